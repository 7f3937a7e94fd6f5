"""Parity: what onnxruntime makes of a graph against what torch makes of its network, on real inputs.

Knows nothing of bundles or of how graphs are made. A graph that strays too far is refused with its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from allaprima.errors import ExportError

EXACT = 1e-4  # traced graph, float32 weights: relative error allowed
STORED = 2e-2  # graph as it is written, weights narrowed, time tabulated
EIGHT_BITS = 1e-1  # the same where int8 is taken, which its same-seed pictures have to justify

Feeds = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Parity:
    """One output of one graph: errors against torch, `relative` = root mean square of the error over that of the
    output's deviation from its mean; `allowed` bounds it."""

    graph: str
    output: str
    kind: str  # "traced" or "written"
    largest: float
    relative: float
    allowed: float

    @property
    def holds(self) -> bool:
        return bool(np.isfinite(self.relative)) and self.relative <= self.allowed

    def __str__(self) -> str:
        verdict = "" if self.holds else "  TOO FAR"
        return (f"{self.graph:<12} {self.output:<8} {self.kind:<8} largest {self.largest:.2e}  "
                f"relative {self.relative:.2e}  allowed {self.allowed:.0e}{verdict}")  # fmt: skip


def session(model: onnx.ModelProto | str, *, threads: int = 1) -> Any:
    """An onnxruntime session on the processor, as the engine opens it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    source = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def reference(network: nn.Module, feeds: Feeds) -> tuple[np.ndarray, ...]:
    """What torch makes of the same inputs."""
    results = network(*(torch.from_numpy(np.ascontiguousarray(value)) for value in feeds.values()))
    parts = results if isinstance(results, tuple) else (results,)
    return tuple(part.float().numpy() for part in parts)


def compare(
    graph: str, model: onnx.ModelProto | str, feeds: Feeds, wanted: Sequence[np.ndarray], *, kind: str, allowed: float
) -> list[Parity]:
    """Runs a graph on `feeds` and measures each output against `wanted`, in the graph's order."""
    opened = session(model)
    names = [output.name for output in opened.get_outputs()]
    found = opened.run(names, dict(feeds))
    measured = []
    for name, mine, theirs in zip(names, found, wanted, strict=True):
        if mine.shape != theirs.shape:
            raise ExportError(f"{graph}: {name} has shape {list(mine.shape)}, torch gives {list(theirs.shape)}")
        error = mine.astype(np.float64) - theirs
        spread = max(float(theirs.std(dtype=np.float64)), 1e-12)
        measured.append(Parity(graph, name, kind, float(np.abs(error).max()),
                               float(np.sqrt(np.mean(error**2)) / spread), allowed))  # fmt: skip
    return measured


def insist(measured: Sequence[Parity]) -> None:
    """Raises ExportError with the numbers of every output that strays too far."""
    failed = [each for each in measured if not each.holds]
    if failed:
        told = "; ".join(
            f"{each.graph} {each.output} ({each.kind}): relative error {each.relative:.3g}, "
            f"allowed {each.allowed:.0e}, largest {each.largest:.3g}" for each in failed
        )  # fmt: skip
        raise ExportError(f"no bundle is written, the exported graphs do not match torch: {told}")


def check(
    graph: str, exact: onnx.ModelProto, written: str, feeds: Feeds, wanted: Sequence[np.ndarray], *, allowed: float,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """Compares a traced graph and the file it was written to, and says how. Raises as `insist` does."""
    measured = [
        *compare(graph, exact, feeds, wanted, kind="traced", allowed=EXACT),
        *compare(graph, written, feeds, wanted, kind="written", allowed=allowed),
    ]
    for each in measured:
        say(f"  {each}")
    insist(measured)
