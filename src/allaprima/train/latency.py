"""What a denoiser costs, part by part: a table of latencies measured on this machine, and their sum for any shape.

Each kind of part at each width and resolution is exported as the bundle's graphs are and run by onnxruntime on one
thread. What is counted is that thread's processor time, so that other work on the machine does not count. The sum
over a network's parts is off by what onnxruntime saves or adds between them; `check` says how far, on whole networks.

    table = LatencyTable.open(Path("data/runs/latency.json"))
    table.total(PRESETS["s"])  # milliseconds of one call, one picture
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from allaprima.errors import TrainingError
from allaprima.train.denoiser import (
    HINT,
    LATENT,
    REGION,
    STATE_WIDTH,
    Attention,
    Block,
    Denoiser,
    DenoiserConfig,
    Words,
)

SIDE = 16  # rows and columns of a square picture's latents
TOKENS = 32
WARM_UP = 5
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
OTHER_MEMORY = 16 << 20  # bytes, several times the second cache
ROWS = 65  # of the time table in whole networks: looking up costs the same at any length


@dataclass(frozen=True)
class Part:
    """A piece of the network: its kind, the widths it is built of, and the side of the square it works on."""

    kind: str
    widths: tuple[int, ...]
    side: int

    def key(self) -> str:
        return f"{self.kind} {'-'.join(map(str, self.widths))} at {self.side}"


def parts(config: DenoiserConfig) -> list[Part]:
    """Every part of a network of this shape, in the order in which they run."""
    c0, c1, c2 = config.widths
    inner = iter(config.inner_widths())
    attended = iter(config.attended or [1] * config.attentions())
    found = [Part("stem", (c0,), SIDE), Part("words", (c1,), 1)]

    def stage(count: int, width: int, side: int, *, attention: bool = True, join: bool = False) -> None:
        for _ in range(count):
            if join:
                found.append(Part("join", (width,), side))
            if (n := next(inner)) > 0:
                found.append(Part("block", (width, n), side))
            if attention and next(attended):
                found.append(Part("attention", (width, c1), side))

    stage(config.down[0], c0, SIDE, attention=False)
    found.append(Part("shrink", (c0, c1), SIDE))
    stage(config.down[1], c1, SIDE // 2)
    found.append(Part("shrink", (c1, c2), SIDE // 2))
    stage(config.middle, c2, SIDE // 4)
    found.append(Part("grow", (c2, c1), SIDE // 4))
    stage(config.up[1], c1, SIDE // 2, join=True)
    found.append(Part("grow", (c1, c0), SIDE // 2))
    stage(config.up[0], c0, SIDE, attention=False, join=True)
    return [*found, Part("out", (c0,), SIDE)]


class _Grow(nn.Sequential):
    def __init__(self, wide: int, narrow: int) -> None:
        super().__init__(nn.Conv2d(wide, narrow * 4, 1), nn.PixelShuffle(2))


class _Joined(nn.Module):
    """A convolution of what is stacked: the stem and the joins."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, *together: torch.Tensor) -> torch.Tensor:
        stacked: torch.Tensor = self.convolution(torch.cat(together, dim=1))
        return stacked


class _Out(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(width // 16, width)
        self.out = nn.Conv2d(width, LATENT, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        clean: torch.Tensor = self.out(F.silu(self.norm(x)))
        return clean


@torch.no_grad()
def built(part: Part) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """The part with random weights as it is run in a bundle, and inputs for one picture."""
    from allaprima.export.folded import FoldedAttention, FoldedBlock, FoldedWords  # what is measured is what is shipped

    def maps(channels: int) -> torch.Tensor:
        return torch.randn(1, channels, part.side, part.side)

    first, *rest = part.widths or (1,)
    match part.kind:
        case "nothing":
            return nn.Identity(), {"x": torch.randn(1, 1)}
        case "stem":
            stacked = {"latent": maps(LATENT), "hint": maps(HINT), "region": maps(REGION)}
            return _Joined(nn.Conv2d(LATENT + HINT + REGION, first, 3, padding=1)), stacked
        case "words":
            return FoldedWords(Words(first)), {"states": torch.randn(1, TOKENS, STATE_WIDTH)}
        case "block":
            block = Block(first, rest[0])
            nn.init.normal_(block.conv2.weight, std=0.02)
            return FoldedBlock(block), {"x": maps(first), "scale": torch.randn(1, rest[0], 1, 1),
                                        "shift": torch.randn(1, rest[0], 1, 1)}  # fmt: skip
        case "attention":
            attention = Attention(first, rest[0])
            for last in (attention.out.weight, attention.mlp[2].weight):
                nn.init.normal_(last, std=0.02)  # type: ignore[arg-type]
            return FoldedAttention(attention), {"x": maps(first), "words": torch.randn(1, TOKENS + 1, rest[0]),
                                                "shut": torch.zeros(1, 1, 1, TOKENS + 1 + part.side**2)}  # fmt: skip
        case "shrink":
            return nn.Conv2d(first, rest[0], 3, stride=2, padding=1), {"x": maps(first)}
        case "grow":
            return _Grow(first, rest[0]), {"x": maps(first)}
        case "join":
            return _Joined(nn.Conv2d(2 * first, first, 1)), {"x": maps(first), "skip": maps(first)}
        case "out":
            return _Out(first), {"x": maps(first)}
    raise TrainingError(f"no part is called {part.kind!r}")


def session_of(graph: Any) -> Any:
    """An onnxruntime session of one thread for square pictures, as the engine opens it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    for axis in ("rows", "columns"):
        options.add_free_dimension_override_by_name(axis, SIDE)
    return onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])


def part_session(part: Part) -> tuple[Any, dict[str, np.ndarray]]:
    """A part ready to run, and what to run it on."""
    from allaprima.export.graphs import to_onnx

    module, feeds = built(part)
    return session_of(to_onnx(module, feeds, ("y",))), {name: value.numpy() for name, value in feeds.items()}


def whole_session(network: Denoiser) -> tuple[Any, dict[str, np.ndarray]]:
    """A whole denoiser ready to run, and what to run it on: one picture."""
    from allaprima.export.graphs import denoiser_graph, example_feeds

    feeds = {name: value.numpy() for name, value in example_feeds(1).items()}
    return session_of(denoiser_graph(network, rows=ROWS)), feeds


def in_turns(runs: Sequence[tuple[Any, Mapping[str, np.ndarray]]], *, rounds: int = 60) -> list[float]:
    """Lower quartiles of milliseconds of processor time of each session's call, the sessions taking turns.

    Before each call other memory is walked through: in a whole network a part finds its weights outside the nearest
    caches, since all the other parts have run meanwhile.
    """
    taken, other = np.zeros((rounds + WARM_UP, len(runs))), np.zeros(OTHER_MEMORY // 4, np.float32)
    for turn in taken:
        for place, (session, feeds) in enumerate(runs):
            other += 1.0
            start = time.thread_time_ns()
            session.run(None, feeds)
            turn[place] = time.thread_time_ns() - start
    return [float(ms) for ms in np.quantile(taken[WARM_UP:], 0.25, axis=0) / 1e6]


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    import onnxruntime

    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    flags = ""
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
        flags = next((line.split(":", 1)[1] for line in lines if line.startswith("flags")), "")
    told = [flag for flag in INSTRUCTIONS if f" {flag} " in f"{flags} "]
    return {"processor": model, "instructions": told, "cores": os.cpu_count(), "threads": 1, "batch": 1,
            "runtime": f"onnxruntime {onnxruntime.__version__}, float32",
            "clock": "processor time, lower quartile"}  # fmt: skip


@dataclass
class LatencyTable:
    """Milliseconds by part, kept in a JSON file; what is missing is measured when it is asked for."""

    path: Path
    ms: dict[str, float] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=machine)
    scale: float = 1.0  # of the sum, and what is added to it: `check` fits them to whole networks
    offset: float = 0.0
    checked: str = ""  # what `check` found
    measure: Callable[[Part], float] | None = None

    @classmethod
    def open(cls, path: Path, *, measure: Callable[[Part], float] | None = None) -> LatencyTable:
        """The table in a file, or an empty one. Raises TrainingError when it was measured on another machine."""
        table = cls(path, measure=measure)
        if path.exists():
            told = json.loads(path.read_text(encoding="utf-8"))
            if told["machine"] != table.machine:
                raise TrainingError(f"{path} was measured on another machine or runtime; move it away to measure anew")
            table.ms, table.scale, table.offset = told["ms"], told["scale"], told["offset"]
            table.checked = told["checked"]
        return table

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {"machine": self.machine, "scale": self.scale, "offset": self.offset,
                "checked": self.checked, "ms": dict(sorted(self.ms.items()))}  # fmt: skip
        aside = self.path.with_suffix(".part")
        aside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        os.replace(aside, self.path)

    def part(self, part: Part) -> float:
        """Milliseconds of one part, without what calling a graph costs by itself."""
        key = part.key()
        if key not in self.ms:
            self.ms[key] = (self.measure or measured)(part)
        return self.ms[key]

    def sum(self, config: DenoiserConfig) -> float:
        return sum(self.part(part) for part in parts(config))

    def total(self, config: DenoiserConfig) -> float:
        """Milliseconds foretold for one call of a whole network."""
        return self.offset + self.scale * self.sum(config)


def measured(part: Part) -> float:
    """Milliseconds of a part, in turns with a graph that does nothing, whose time is taken off."""
    alone, nothing = in_turns([part_session(part), part_session(Part("nothing", (), 1))])
    return max(alone - nothing, 0.0)


@dataclass(frozen=True)
class Check:
    """How the sum over parts compares with whole networks: milliseconds of each, the fit, its errors."""

    sums: tuple[float, ...]
    wholes: tuple[float, ...]
    scale: float
    offset: float
    r_squared: float
    error: float  # mean of the relative error of the fitted model, each network foretold by a fit to the others

    def __str__(self) -> str:
        raw = np.mean(np.abs(np.array(self.sums) / np.array(self.wholes) - 1))
        return (f"{len(self.wholes)} whole networks of {min(self.wholes):.1f} to {max(self.wholes):.1f} ms: the plain "
                f"sum is {raw:.1%} off, {self.scale:.3f} x sum {self.offset:+.2f} ms is {self.error:.1%} off (each "
                f"network left out of its fit); R2 {self.r_squared:.4f}")  # fmt: skip


def fit(sums: Sequence[float], wholes: Sequence[float]) -> Check:
    """A straight line from sums to whole networks' times; at least four of each. Raises TrainingError for fewer."""
    if len(sums) < 4:
        raise TrainingError(f"{len(sums)} networks are too few to check the table on; give 4 or more")
    x, y = np.array(sums), np.array(wholes)
    scale, offset = np.polyfit(x, y, 1)
    left_out = []
    for place in range(len(x)):
        others = np.arange(len(x)) != place
        a, b = np.polyfit(x[others], y[others], 1)
        left_out.append(abs((a * x[place] + b) / y[place] - 1))
    r_squared = 1 - ((y - scale * x - offset) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return Check(tuple(sums), tuple(wholes), float(scale), float(offset), float(r_squared), float(np.mean(left_out)))


def check(table: LatencyTable, configs: Sequence[DenoiserConfig], *, rounds: int = 30) -> Check:
    """Measures whole networks of these shapes, and fits the table's sums to them."""
    wholes = in_turns([whole_session(Denoiser(config).eval()) for config in configs], rounds=rounds)
    found = fit([table.sum(config) for config in configs], wholes)
    table.scale, table.offset, table.checked = found.scale, found.offset, str(found)
    return found
