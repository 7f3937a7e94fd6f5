"""Networks to ONNX graphs: the graphs of a bundle, with the names and shapes that the engine expects.

Latents and pictures have axes of any size beside the batch's: a picture of another shape is the same graph on other
rows and columns. What depends on nothing but the time becomes a constant here. Knows nothing of how weights are stored,
of parity, or of files other than the graph it returns.
"""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import onnx
import torch
from torch import nn

from allaprima.errors import ExportError
from allaprima.export.folded import FoldedDenoiser, FoldedStudent
from allaprima.train.autoencoder import LATENT_CHANNELS, Autoencoder
from allaprima.train.denoiser import HINT, LATENT, REGION, STATE_WIDTH, Denoiser
from allaprima.train.prior import MEANING, Prior, Sketcher
from allaprima.train.text import TextEncoder

OPSET = 20
SIDE = 16  # rows and columns of a square picture's latent
TOKENS = 32
ENCODER_SIDE = 128  # pixels
# The names of axes that are of any size; a session for one shape of picture fixes them when it is opened.
BATCH = {0: "n"}
FREE = {
    **dict.fromkeys(("latent", "hint", "region", "clean"), {0: "n", 2: "rows", 3: "columns"}),
    "picture": {0: "n", 2: "height", 3: "width"},
}


class Jump(nn.Module):
    """A student with its two times apart, as its graph takes them."""

    def __init__(self, network: Denoiser) -> None:
        super().__init__()
        self.network = network

    def forward(self, *feeds: torch.Tensor) -> torch.Tensor:
        *known, time, until = feeds
        clean: torch.Tensor = self.network(*known, torch.stack([time, until], dim=1))
        return clean


class Decode(nn.Module):
    """latent [n, 16, 16, 16] -> picture [n, 3, 256, 256], clipped to [-1, 1]."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        return self.autoencoder.decode(latent).clamp(-1.0, 1.0)


class Encode(nn.Module):
    """picture [n, 3, 128, 128] in [-1, 1] -> latent [n, 16, 16, 16]."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return self.autoencoder.encode(picture)


def text_encoder_graph(network: TextEncoder) -> onnx.ModelProto:
    """ids [n, 32] -> states, vector."""
    ids = torch.zeros(2, TOKENS, dtype=torch.int64)
    ids[:, :5] = torch.arange(10).reshape(2, 5) + 1
    return to_onnx(network, {"ids": ids}, ("states", "vector"))


def denoiser_graph(network: Denoiser, *, rows: int) -> onnx.ModelProto:
    """(latent, hint, region, states, text_mask, time) -> clean, time looked up in a table of `rows` rows."""
    return to_onnx(folded(network, rows=rows), example_feeds(), ("clean",))


def student_graph(network: Denoiser, *, jumps: Sequence[tuple[float, float]]) -> onnx.ModelProto:
    """(latent, hint, region, states, text_mask, time, until) -> clean, for the jumps from time to until it knows."""
    starts, ends = (torch.tensor(each) for each in zip(*jumps[:2], strict=True))
    feeds = {**example_feeds(len(starts)), "time": starts, "until": ends}
    return to_onnx(folded_student(network, jumps=jumps), feeds, ("clean",))


def prior_graph(network: Prior) -> onnx.ModelProto:
    """(vector, style) -> sketch, cover, sureness."""
    return to_onnx(Sketcher(network), prior_feeds(network.config.styles), ("sketch", "cover", "sureness"))


def prior_feeds(styles: int, n: int = 2) -> dict[str, torch.Tensor]:
    """Inputs of the prior: meanings by chance, the styles in turn."""
    vectors = torch.randn(n, MEANING, generator=torch.Generator().manual_seed(5))
    asked = torch.nn.functional.one_hot(torch.arange(n) % styles, styles).float()
    return {"vector": torch.nn.functional.normalize(vectors, dim=1), "style": asked}


def decoder_graph(autoencoder: Autoencoder) -> onnx.ModelProto:
    """latent -> picture."""
    return to_onnx(Decode(autoencoder), {"latent": torch.zeros(2, LATENT_CHANNELS, SIDE, SIDE)}, ("picture",))


def encoder_graph(autoencoder: Autoencoder) -> onnx.ModelProto:
    """picture -> latent."""
    return to_onnx(Encode(autoencoder), {"picture": torch.zeros(2, 3, ENCODER_SIDE, ENCODER_SIDE)}, ("latent",))


def example_feeds(n: int = 2) -> dict[str, torch.Tensor]:
    """Inputs of the denoiser in the order of its `forward`: noise, four words for each, times between 0 and 1."""
    generator = torch.Generator().manual_seed(5)
    mask = torch.zeros(n, TOKENS)
    mask[:, :4] = 1.0
    return {
        "latent": torch.randn(n, LATENT, SIDE, SIDE, generator=generator),
        "hint": torch.randn(n, HINT, SIDE, SIDE, generator=generator),
        "region": torch.zeros(n, REGION, SIDE, SIDE),
        "states": torch.randn(n, TOKENS, STATE_WIDTH, generator=generator) * mask[:, :, None],
        "text_mask": mask,
        "time": torch.linspace(0.1, 0.9, n),
    }


def folded(network: Denoiser, *, rows: int) -> FoldedDenoiser:
    """The network as it is run; the one given stays as it is."""
    return FoldedDenoiser(_own(network), rows=rows).eval()


def folded_student(network: Denoiser, *, jumps: Sequence[tuple[float, float]]) -> FoldedStudent:
    """The student as it is run; the one given stays as it is."""
    return FoldedStudent(_own(network), jumps=jumps).eval()


def _own(network: Denoiser) -> Denoiser:
    copied: Denoiser = copy.deepcopy(network).eval()
    return copied.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload,no-any-return]


def to_onnx(network: nn.Module, feeds: Mapping[str, torch.Tensor], outputs: Sequence[str]) -> onnx.ModelProto:
    """The graph of `network` with the axes in `FREE` of any size; every other axis is fixed. Raises ExportError.

    The tracing exporter is used: on this network the other one takes a hundred times as long, and its fused
    attention node refuses a mask that is broadcast over the queries.
    """
    buffer, names = io.BytesIO(), (*feeds, *outputs)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                network.eval(), tuple(feeds.values()), buffer, input_names=list(feeds), output_names=list(outputs),
                opset_version=OPSET, dynamo=False, dynamic_axes={name: FREE.get(name, BATCH) for name in names},
            )  # fmt: skip
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise ExportError(f"{type(network).__name__} cannot be traced: {lines[-1] if lines else error}") from error
    model = onnx.load_from_string(buffer.getvalue())
    name_shapes(model, feeds)
    model.producer_name, model.producer_version, model.doc_string = "allaprima", "", ""
    onnx.checker.check_model(model, full_check=True)
    return model


def name_shapes(model: onnx.ModelProto, feeds: Mapping[str, torch.Tensor]) -> None:
    """Writes the fixed axes of the outputs, which tracing leaves nameless, as onnxruntime finds them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    results: Sequence[Any] = session.run(None, {name: value.numpy() for name, value in feeds.items()})
    for output, value in zip(model.graph.output, results, strict=True):
        axes = output.type.tensor_type.shape.dim
        for place, (axis, size) in enumerate(zip(axes, value.shape, strict=True)):
            if place not in FREE.get(output.name, BATCH):
                axis.dim_value = size
