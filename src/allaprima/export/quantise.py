"""Int8 arithmetic for a graph, taken only where it is faster on this machine and the pictures stay the same.

Static, symmetric QDQ with a scale a channel, calibrated on real scenes over every sampler time and both sides of
guidance. First and last layers, norms, softmax and products of two activations stay in float. Knows graphs by the
names of their nodes' operators only.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

Feeds = dict[str, np.ndarray]
QUANTISED = ("Conv", "MatMul", "Gemm")
PSNR_FLOOR = 30.0  # dB, same-seed pictures against float32
REPEATS = 30


@dataclass(frozen=True)
class Speed:
    """Two graphs in turns, milliseconds a call: medians, 5th and 95th percentiles, and the ratio of the medians with
    its 90 % interval by bootstrap (below 1: the second is faster)."""

    first: tuple[float, float, float]  # p5, p50, p95
    second: tuple[float, float, float]
    ratio: float
    interval: tuple[float, float]

    def __str__(self) -> str:
        a, b = self.first, self.second
        return (f"float32 {a[1]:.1f} ms ({a[0]:.1f} to {a[2]:.1f}), int8 {b[1]:.1f} ms ({b[0]:.1f} to {b[2]:.1f}), "
                f"ratio {self.ratio:.2f} ({self.interval[0]:.2f} to {self.interval[1]:.2f})")  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What was measured of an int8 graph, and whether it is to be taken."""

    graph: str
    speed: Speed
    psnr: float  # median over pictures, dB
    lowest_psnr: float

    @property
    def taken(self) -> bool:
        return self.speed.interval[1] < 1.0 and self.psnr >= PSNR_FLOOR

    @property
    def reason(self) -> str:
        """One sentence for the report."""
        slow = f"not faster ({self.speed})" if self.speed.interval[1] >= 1.0 else f"faster ({self.speed})"
        far = f"same-seed pictures at {self.psnr:.1f} dB, {PSNR_FLOOR:.0f} dB are needed"
        near = f"same-seed pictures at {self.psnr:.1f} dB (lowest {self.lowest_psnr:.1f})"
        kept = "int8 taken" if self.taken else "float32 arithmetic kept"
        return f"{self.graph}: {kept}: {slow}; {near if self.psnr >= PSNR_FLOOR else far}"


def quantised(model: onnx.ModelProto, calibration: Sequence[Feeds], *, exempt: Sequence[str] = ()) -> onnx.ModelProto:
    """The graph in int8; nodes whose name contains one of `exempt` stay as they are."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole, ready, done = (str(Path(folder) / f"{name}.onnx") for name in ("whole", "ready", "done"))
        onnx.save(model, whole)
        quant_pre_process(whole, ready, skip_symbolic_shape=True)
        prepared = onnx.load(ready)
        constants = {constant.name for constant in prepared.graph.initializer}
        kept = [
            node.name for node in prepared.graph.node
            if node.op_type in QUANTISED
            and (any(each in node.name for each in exempt) or not any(name in constants for name in node.input[1:2]))
        ]  # fmt: skip
        quantize_static(
            ready, done, _Reader(calibration), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=kept, calibrate_method=CalibrationMethod.MinMax,
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
        )  # fmt: skip
        return onnx.load(done)


def measure(first: Any, second: Any, feeds: Feeds, *, repeats: int = REPEATS) -> Speed:
    """Runs two sessions in turns on the same inputs, after three calls each to warm up."""
    times: tuple[list[float], list[float]] = ([], [])
    for index in range(repeats + 3):
        for which, session in enumerate((first, second) if index % 2 else (second, first)):
            start = time.perf_counter()
            session.run(None, feeds)
            if index >= 3:
                times[which if index % 2 else 1 - which].append((time.perf_counter() - start) * 1000.0)
    a, b = (np.asarray(each) for each in times)
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(a), (1000, len(a)))
    ratios = np.median(b[picks], axis=1) / np.median(a[picks], axis=1)
    low, high = np.percentile(ratios, (5, 95))
    return Speed(_spread(a), _spread(b), float(np.median(b) / np.median(a)), (float(low), float(high)))


def _spread(times: np.ndarray) -> tuple[float, float, float]:
    low, middle, high = np.percentile(times, (5, 50, 95))
    return float(low), float(middle), float(high)


class _Reader:
    """Hands out the calibration's inputs one by one, as onnxruntime wants them."""

    def __init__(self, feeds: Sequence[Feeds]) -> None:
        self._left: Iterator[Feeds] = iter(feeds)

    def get_next(self) -> Feeds | None:
        return next(self._left, None)
