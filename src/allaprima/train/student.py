"""The student: the denoiser's network told where its step is to land, so that one call does the work of many.

It is the teacher's network with a second time beside the first: `time` is [n, 2], where the state stands and where the
step ends. Its prediction, taken as the clean latents, carries the state there by one straight line; guidance is in it.
Knows nothing of how it is trained.

    student = of_teacher(teacher)
    landed = landing(state, student(state, hint, region, states, text_mask, times), times)
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from allaprima.engine import schedule
from allaprima.errors import TrainingError
from allaprima.train.denoiser import Denoiser, DenoiserConfig, TimeTable, time_features
from allaprima.train.run import Run

Grids = Mapping[int, tuple[float, ...]]


class JumpTable(nn.Module):
    """times [n, 2] -> every block's scale and shift, [n, total]. Begins as the teacher's table of the first time."""

    def __init__(self, now: TimeTable) -> None:
        super().__init__()
        width = self.width = now.width
        self.now = now
        self.then = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        nn.init.zeros_(self.then[2].weight)
        nn.init.zeros_(self.then[2].bias)

    def forward(self, times: torch.Tensor) -> torch.Tensor:
        now, then = times.unbind(dim=1)
        hidden = self.now.mlp(time_features(now, self.width)) + self.then(time_features(then, self.width))
        modulation: torch.Tensor = self.now.out(hidden)
        return modulation


@dataclass(frozen=True)
class Terms:
    """What a student promises: the grids it was taught, and the guidance that is folded into it."""

    grids: Grids
    guidance_scale: float
    guidance_interval: tuple[float, float]

    @classmethod
    def of(cls, *, steps: int = 4, shift: float = 1.0, guidance: float, interval: tuple[float, float]) -> Terms:
        """Grids of `steps`, half of it and so on down to one, each made of the times of the one before."""
        grid = schedule.shifted(steps, shift)
        grids = {steps: grid}
        while steps % 2 == 0:
            steps, grid = steps // 2, grid[::2]
            grids[steps] = grid
        return cls(grids, guidance, interval)

    def jumps(self) -> tuple[tuple[float, float], ...]:
        """Each (time, time it lands at) of any grid, once."""
        pairs = [pair for grid in self.grids.values() for pair in zip(grid[:-1], grid[1:], strict=True)]
        return tuple(dict.fromkeys(pairs))

    def as_json(self) -> dict[str, Any]:
        return {"grids": {str(n): list(grid) for n, grid in self.grids.items()},
                "guidance_scale": self.guidance_scale, "guidance_interval": list(self.guidance_interval)}  # fmt: skip

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Terms:
        low, high = told["guidance_interval"]
        return cls({int(n): schedule.checked(grid, int(n)) for n, grid in told["grids"].items()},
                   float(told["guidance_scale"]), (float(low), float(high)))  # fmt: skip


def of_teacher(teacher: Denoiser) -> Denoiser:
    """A student that says for each time what its teacher says without guidance. The teacher stays as it is."""
    student = copy.deepcopy(teacher)
    if not isinstance(student.time, TimeTable):
        raise TypeError("a student is made of a denoiser, not of another student")
    student.time = JumpTable(student.time)  # type: ignore[assignment]
    return student


def with_config(config: DenoiserConfig) -> Denoiser:
    """A student of this shape with weights that are yet to be loaded."""
    return of_teacher(Denoiser(config))


def landing(state: torch.Tensor, clean: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
    """Where the straight line that `clean` implies carries a state [n, c, h, w]; times [n, 2]."""
    share = (times[:, 1] / times[:, 0])[:, None, None, None]
    return clean + share * (state - clean)


def needed(state: torch.Tensor, landed: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
    """The prediction with which `landing` would give `landed`."""
    share = (times[:, 1] / times[:, 0])[:, None, None, None]
    return (landed - share * state) / (1.0 - share)


@torch.no_grad()
def paint(
    student: Denoiser, noise: torch.Tensor, given: Sequence[torch.Tensor], grid: Sequence[float]
) -> torch.Tensor:
    """Latents painted along a grid, one call a step; `given`: hint, region, states, text_mask."""
    state = noise
    for pair in zip(grid[:-1], grid[1:], strict=True):
        times = torch.tensor([pair]).expand(len(state), 2)
        state = landing(state, student(state, *given, times), times)
    return state


def load_student(folder: Path) -> tuple[Denoiser, Terms, dict[str, Any]]:
    """Averaged weights, what they promise, and the run's record. Raises TrainingError when there is none."""
    state = Run(folder, None).load()
    if state is None:
        raise TrainingError(f"no student in {folder}; run `allaprima train student` first")
    shape = {key: tuple(value) if isinstance(value, list) else value for key, value in state["config"].items()}
    student = with_config(DenoiserConfig(**shape))
    student.load_state_dict(state["ema"])
    record = {key: state[key] for key in ("step", "examples", "minutes", "teacher", "validation") if key in state}
    return student.eval(), Terms.from_json(state["terms"]), record
