"""Precision against quality: the same pictures in float32, bfloat16 and int8, judged side by side.

Every form of the graphs paints the same prompts of the same seeds in turns. Beside the likeness to float32's pictures
stands what the judge makes of them, with the difference prompt by prompt, and what time, files and memory each form
takes. Knows painters by their public doors only.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from allaprima.engine.backends import Backend, Feeds, OnnxRuntime
from allaprima.engine.bundle import Bundle
from allaprima.engine.openvino_backend import OpenVino
from allaprima.engine.painter import Painter
from allaprima.export import quantise, same_seed
from allaprima.export.engines import OpenVinoInt8
from allaprima.export.floating import in_folder
from allaprima.export.trials import EXEMPT_NODES
from allaprima.judge import intervals, retrieval
from allaprima.judge.features import Features
from allaprima.judge.prompts import Asked, concept_prompts
from allaprima.judge.references import Progress, References

PAINTING = ("student", "decoder", "encoder", "text_encoder")
CALIBRATION = ("a red fox in the snow", "two green apples on a table", "a serene sunset over the ocean",
               "a small house, pixel art")  # fmt: skip
STATIC = ("student", "decoder", "encoder")  # the text encoder's matrices are too small for it to pay
EXACT = "float32, onnxruntime"


@dataclass(frozen=True)
class Form:
    """One form of the graphs: a painter, the bytes of its graphs' files, the megabytes it took to open."""

    name: str
    painter: Painter
    file_bytes: int
    megabytes: float


def calibration(bundle: Bundle) -> dict[str, list[Feeds]]:
    """What the student's graphs are asked at every step of every grid it was taught, on four prompts."""
    painter = Painter(bundle, OnnxRuntime(bundle, 1))
    run = painter.backend.run
    calls: dict[str, list[Feeds]] = {name: [] for name in PAINTING}

    def watched(name: str, feeds: Feeds) -> Any:
        # Calibration takes one shape; the texts of a prompt's phrases are asked for several at once.
        if name in calls and len(next(iter(feeds.values()))) == 1:
            calls[name].append({key: np.array(value) for key, value in feeds.items()})
        return run(name, feeds)

    painter.backend.run = watched  # type: ignore[method-assign]
    assert bundle.student is not None
    for seed, prompt in enumerate(CALIBRATION):
        for steps in bundle.student.grids:
            painter.paint(prompt, seed=seed, steps=steps, sampler="student", memory=float(seed % 4 != 3))
    return calls


def forms(
    bundle: Bundle, folder: Path, calls: Mapping[str, list[Feeds]], threads: int, wanted: Callable[[str], bool]
) -> list[Form]:
    """The forms that can be opened here and whose name is `wanted`, float32 first; their graphs go into `folder`."""
    import importlib.util

    def made(name: str, change: Callable[[str, onnx.ModelProto], onnx.ModelProto] | None = None) -> Bundle:
        place = folder / name
        place.mkdir()
        return in_folder(bundle, place, change)

    def static(name: str, model: onnx.ModelProto) -> onnx.ModelProto:
        return quantise.quantised(model, calls[name], exempt=EXEMPT_NODES) if name in STATIC else model

    floats = made("float32")
    makers: dict[str, Callable[[], tuple[Bundle, Backend]]] = {
        EXACT: lambda: (floats, OnnxRuntime(floats, threads)),
        "as shipped, onnxruntime": lambda: (bundle, OnnxRuntime(bundle, threads)),
        "int8 static, onnxruntime": lambda: _with(made("static", static), threads),
        "int8 dynamic, onnxruntime": lambda: _with(made("dynamic", _dynamic), threads),
    }
    if importlib.util.find_spec("openvino") is not None:
        makers["bfloat16, OpenVINO"] = lambda: (floats, OpenVino(floats, threads, precision="bf16"))
        if importlib.util.find_spec("nncf") is not None:
            makers["int8 by NNCF, OpenVINO"] = lambda: (floats, OpenVinoInt8(floats, threads, calls))
    opened = []
    for name, make in makers.items():
        if name != EXACT and not wanted(name):
            continue
        source, backend = make()
        before = _resident()
        painter = Painter(source, backend)
        painter.paint(CALIBRATION[0], seed=0, steps=4)
        size = sum((source.folder / f"{graph}.onnx").stat().st_size for graph in PAINTING)
        opened.append(Form(name, painter, size, (_resident() - before) / 1e6))
    return opened


def judge(
    opened: Sequence[Form], references: References, features: Features, *, prompts: int, steps: int,
    progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The table as plain JSON values; intervals are over prompts, ratios and differences to the first form."""
    asked = concept_prompts(references.drawings, prompts)
    wanted = np.asarray([each.concept for each in asked], np.intp)
    pictures: dict[str, list[np.ndarray]] = {form.name: [] for form in opened}
    times: dict[str, list[tuple[float, float]]] = {form.name: [] for form in opened}
    for place, each in enumerate(asked):
        turn = place % len(opened)
        for form in (*opened[turn:], *opened[:turn]):
            pixels, spent = _painted(form, each, steps)
            pictures[form.name].append(pixels)
            times[form.name].append(spent)
        if progress:
            progress("painting in every precision", place + 1, len(asked))
    exact = np.stack(pictures[opened[0].name])
    hits = {name: _hits(shown, wanted, references, features) for name, shown in pictures.items()}
    first = np.asarray(times[opened[0].name])
    rows = []
    for form in opened:
        spent, shown = np.asarray(times[form.name]), np.stack(pictures[form.name])
        likeness = same_seed.psnr(_planes(exact), _planes(shown))
        gained = hits[form.name].astype(np.float64) - hits[opened[0].name]
        rows.append({
            "form": form.name, "psnr": float(np.median(likeness)), "lowest_psnr": float(likeness.min()),
            "retrieval": intervals.of_mean(hits[form.name]), "difference": intervals.of_mean(gained),
            "ms": float(np.median(spent[:, 0])), "cpu_ms": float(np.median(spent[:, 1])),
            "speed": intervals.of_ratio(first[:, 1], spent[:, 1]),
            "file_mb": form.file_bytes / 1e6, "memory_mb": form.megabytes,
        })  # fmt: skip
    return {"prompts": len(asked), "steps": steps, "top": retrieval.TOP, "rows": rows}


def _with(bundle: Bundle, threads: int) -> tuple[Bundle, Backend]:
    return bundle, OnnxRuntime(bundle, threads)


def _dynamic(name: str, model: onnx.ModelProto) -> onnx.ModelProto:
    """Int8 weights, and activations rounded by their own range at each call; matrix products alone."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as aside, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exact, done = (str(Path(aside) / each) for each in ("exact.onnx", "done.onnx"))
        onnx.save(model, exact)
        quantize_dynamic(exact, done, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
        return onnx.load(done)


def _painted(form: Form, asked: Asked, steps: int) -> tuple[np.ndarray, tuple[float, float]]:
    clock, processor = time.perf_counter(), time.process_time()
    pixels = form.painter.paint(asked.text, seed=asked.seed, steps=steps).pixels
    return pixels, ((time.perf_counter() - clock) * 1e3, (time.process_time() - processor) * 1e3)


def _hits(shown: Sequence[np.ndarray], wanted: np.ndarray, references: References, features: Features) -> np.ndarray:
    parts = [references.likeness(features(np.stack(shown[at : at + 16]))) for at in range(0, len(shown), 16)]
    return retrieval.hits(retrieval.nearest_concepts(np.concatenate(parts), references.drawings.concept_of), wanted)


def _planes(pixels: np.ndarray) -> np.ndarray:
    return pixels.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0


def _resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def lines(report: Mapping[str, Any]) -> list[str]:
    """The table for a reader."""
    told = [f"{'form':<27} {'dB':>5} {'least':>5}  top-{report['top']:<22} {'against float32':<25} {'ms':>6} "
            f"{'cpu ms':>6} {'times float32':<20} {'files':>6} {'memory':>6}"]  # fmt: skip
    for row in report["rows"]:
        hit, gain, speed = (row[key] for key in ("retrieval", "difference", "speed"))
        told.append(
            f"{row['form']:<27} {row['psnr']:>5.1f} {row['lowest_psnr']:>5.1f}  "
            f"{hit['value']:.1%} ({hit['low']:.1%} to {hit['high']:.1%})".ljust(67)
            + f"{gain['value'] * 100:+.1f} ({gain['low'] * 100:+.1f} to {gain['high'] * 100:+.1f})".ljust(26)
            + f"{row['ms']:>6.0f} {row['cpu_ms']:>6.0f} "
            + f"{speed['value']:.2f} ({speed['low']:.2f} to {speed['high']:.2f})".ljust(21)
            + f"{row['file_mb']:>6.1f} {row['memory_mb']:>6.0f}"
        )
    told.append(f"{report['prompts']} prompts, {report['steps']} steps; 95 % intervals over prompts; speed by "
                "processor time; files: MB of student, decoder, encoder, text encoder; memory: MB taken")  # fmt: skip
    return told
