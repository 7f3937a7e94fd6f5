"""The upscaler's graph: traced for pictures of any size, compared with torch, written into a bundle.

    add_upscaler(Path("src/allaprima/models/first-light"))     # into a bundle that is there, without exporting the rest

A bundle that gets an upscaler paints what it painted before, so it goes on answering to its former digest. Knows
nothing of training.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch

from allaprima.engine.bundle import Bundle
from allaprima.engine.upscaler import GRAPH
from allaprima.errors import ExportError
from allaprima.export import parity, quantise, same_seed, weights
from allaprima.export.graph_files import Written
from allaprima.export.graphs import OPSET
from allaprima.export.placing import renewed
from allaprima.export.real_inputs import RealInputs
from allaprima.export.trained import Trained
from allaprima.train.upscaler import Upscaler
from allaprima.train.upscaler_pairs import Pairs
from allaprima.train.upscaler_training import load_upscaler

FILE = f"{GRAPH}.onnx"
PICTURES = 8  # that parity and int8 are tried on
OTHER_SIZE = (98, 130)  # a second size for parity, so that nothing of the first one is frozen into the graph
ALIKE = 40.0  # dB between float32 and int8: an upscaler is to sharpen, not to add grain
EXEMPT = ("stem", "head", "cubic")

Say = Callable[[str], None]


class Enlarge(torch.nn.Module):
    """picture [n, 3, h, w] in [-1, 1], even sides -> enlarged [n, 3, 2 h, 2 w], clipped to [-1, 1]."""

    def __init__(self, network: Upscaler) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        enlarged: torch.Tensor = self.network(picture).clamp(-1.0, 1.0)
        return enlarged


def upscaler_graph(network: Upscaler) -> onnx.ModelProto:
    """picture -> enlarged, of any batch, height and width. Raises ExportError."""
    buffer = io.BytesIO()
    axes = {name: {0: "n", 2: f"{name}_height", 3: f"{name}_width"} for name in ("picture", "enlarged")}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                Enlarge(network).eval(), (torch.zeros(1, 3, 32, 32),), buffer,  # type: ignore[arg-type]
                input_names=["picture"],
                output_names=["enlarged"], opset_version=OPSET, dynamo=False, dynamic_axes=axes,
            )  # fmt: skip
        except Exception as error:
            raise ExportError(f"the upscaler cannot be traced: {error}") from error
    model = onnx.load_from_string(buffer.getvalue())
    model.producer_name, model.producer_version, model.doc_string = "allaprima", "", ""
    onnx.checker.check_model(model, full_check=True)
    return model


def write_upscaler(folder: Path, network: Upscaler, pictures: np.ndarray, *, int8: bool, say: Say = print) -> Written:
    """Writes upscaler.onnx into `folder`. Raises ExportError, with the numbers, when it does not match torch.

    `pictures`: what the painter gives, float32 [n, 3, 256, 256] in [-1, 1], n at least 4. `int8`: also try int8.
    """
    exact = upscaler_graph(network)
    judged, others = pictures[: len(pictures) // 2], pictures[len(pictures) // 2 :]
    small, told, allowed = weights.narrowed(exact), [], parity.STORED
    if int8:
        trial, model = _trial(exact, judged, others)
        say(f"  {trial}")
        told.append(str(trial))
        if trial.taken:
            small, allowed = weights.narrowed(model), parity.EIGHT_BITS
    path = str(folder / FILE)
    weights.save(small, path)
    measured: list[parity.Parity] = []
    rows, columns = OTHER_SIZE
    for feeds in ({"picture": judged}, {"picture": np.ascontiguousarray(judged[:1, :, :rows, :columns])}):
        wanted = parity.reference(Enlarge(network), feeds)
        measured += parity.compare(GRAPH, exact, feeds, wanted, kind="traced", allowed=parity.EXACT)
        measured += parity.compare(GRAPH, path, feeds, wanted, kind="written", allowed=allowed)
    for each in measured:
        say(f"  {each}")
    parity.insist(measured)
    return Written(tuple(measured), tuple(told))


def with_upscaler(
    folder: Path, trained: Trained, scenes: RealInputs, written: Written, *, int8: bool, say: Say = print
) -> Written:
    """What was written with the upscaler beside it, where one was trained; its inputs are what the decoder gives."""
    if trained.upscaler is None:
        return written
    with torch.no_grad():
        latents = torch.from_numpy(scenes.part(0, PICTURES).latents)
        pictures = np.concatenate([trained.autoencoder.decode(each[None]).clamp(-1, 1).numpy() for each in latents])
    more = write_upscaler(folder, trained.upscaler, pictures, int8=int8, say=say)
    return Written(written.parities + more.parities, written.trials + more.trials)


def add_upscaler(
    bundle: Path,
    *,
    run: Path = Path("data/runs/upscaler"),
    pairs: Path = Path("data/upscaler"),
    int8: bool = True,
    say: Say = print,
) -> Written:
    """Puts the upscaler of a run into a bundle, or in the place of the one that it has; all else stays as it is.

    Raises BundleError, TrainingError or ExportError, and then leaves the bundle as it was.
    """
    Bundle.open(bundle)  # before anything is measured for it
    network, record = load_upscaler(run)
    seen = np.stack([decoded for _, decoded in Pairs.open(pairs, held_out=True).scenes()[:PICTURES]])
    pictures = np.ascontiguousarray(seen.transpose(0, 3, 1, 2), np.float32) / np.float32(127.5) - np.float32(1)
    with renewed(bundle, FILE) as (folder, info):
        written = write_upscaler(folder, network, pictures, int8=int8, say=say)
        info["training"] = {**info.get("training", {}), "upscaler": {**record, "trials": list(written.trials)}}
    say(f"{bundle / FILE}: {(bundle / FILE).stat().st_size / 1e3:.0f} kB")
    return written


class _Trial(quantise.Trial):
    """An int8 trial with a stricter floor: same pictures, enlarged both ways."""

    @property
    def taken(self) -> bool:
        return self.speed.interval[1] < 1.0 and self.psnr >= ALIKE

    def __str__(self) -> str:
        verdict = "int8 taken" if self.taken else "float32 arithmetic kept"
        return (f"{self.graph}: {verdict}: {self.speed}; same pictures at {self.psnr:.1f} dB (lowest "
                f"{self.lowest_psnr:.1f}), {ALIKE:.0f} dB are needed")  # fmt: skip


def _trial(exact: onnx.ModelProto, judged: np.ndarray, others: np.ndarray) -> tuple[_Trial, onnx.ModelProto]:
    model = quantise.quantised(exact, [{"picture": each[None]} for each in others], exempt=EXEMPT)
    sessions = parity.session(exact), parity.session(model)
    speed = quantise.measure(*sessions, {"picture": judged[:1]}, repeats=12)
    fine, rough = (session.run(["enlarged"], {"picture": judged})[0] for session in sessions)
    likeness = same_seed.psnr(fine, rough)
    return _Trial(GRAPH, speed, float(np.median(likeness)), float(likeness.min())), model
