"""Lessons for the student: the teacher's guided trajectories, kept where the student's steps begin and land.

A trajectory is led by the teacher from noise to picture, or by the student, with the teacher saying at each of its
steps where that should have landed: so the student learns to mend its own errors (the idea of DAgger,
arXiv:1011.0686). Knows nothing of losses or weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from allaprima.train.bank import Batch
from allaprima.train.denoiser import Denoiser
from allaprima.train.denoiser_training import conditions
from allaprima.train.flow import Conditions
from allaprima.train.student import Terms, landing

DROP_HINT = 0.2  # of the scenes: words alone, as pure scenery has them
FINE_STEPS = 16  # of the teacher in all

Guided = Callable[[torch.Tensor, Conditions, float], torch.Tensor]


def guided(teacher: Denoiser, terms: Terms, *, fast: bool) -> Guided:
    """The teacher's guided prediction of the clean latents, for a state at one time."""
    low, high = terms.guidance_interval

    @torch.no_grad()
    def predict(state: torch.Tensor, given: Conditions, t: float) -> torch.Tensor:
        alone = not low <= t <= high or terms.guidance_scale == 1.0
        all_ = given if alone else given.joined(given.emptied())
        rows = state if alone else torch.cat([state, state])
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            said = teacher(rows, all_.hint, all_.region, all_.states, all_.text_mask, torch.full((len(rows),), t))
        if alone:
            return said
        said, unsaid = said.chunk(2)
        return unsaid + terms.guidance_scale * (said - unsaid)

    return predict


def walk(predict: Guided, state: torch.Tensor, given: Conditions, start: float, end: float, steps: int) -> torch.Tensor:
    """The teacher's equal Euler steps from one time to another."""
    times = [start + (end - start) * index / steps for index in range(steps)] + [end]
    for t, after in zip(times[:-1], times[1:], strict=True):
        clean = predict(state, given, t)
        state = clean + (after / t) * (state - clean)
    return state


def substeps(grid: Sequence[float]) -> tuple[int, ...]:
    """How many of the teacher's steps go into each step of a grid: about FINE_STEPS in all, by the root of its length,
    since early times bend more."""
    roots = [(t - after) ** 0.5 for t, after in zip(grid[:-1], grid[1:], strict=True)]
    return tuple(max(2, round(FINE_STEPS * root / sum(roots))) for root in roots)


def lesson_conditions(batch: Batch, rng: np.random.Generator) -> Conditions:
    """The batch's words always, its hints but for some scenes."""
    given = conditions(batch, None)
    shown = torch.from_numpy((rng.random(len(given.hint)) >= DROP_HINT).astype(np.float32))
    return Conditions(given.hint * shown[:, None, None, None], given.region, given.states, given.text_mask)


@dataclass(frozen=True)
class Drawn:
    """n lessons: a state at times[:, 0], where it should land at times[:, 1], and what is known."""

    state: torch.Tensor
    landed: torch.Tensor
    times: torch.Tensor  # [n, 2]
    given: Conditions


class Pool:
    """The latest trajectories, at most `room` of them, as float16: begun [k, c, h, w] and landed [k, c, h, w] for the
    k steps of the finest grid. Those led by the teacher teach its coarser grids' longer steps too."""

    def __init__(self, terms: Terms, room: int, shares: dict[int, float]) -> None:
        self.finest = max(terms.grids)
        self.grid = terms.grids[self.finest]
        self.counts = sorted((n for n in terms.grids if shares.get(n, 0.0) > 0.0), reverse=True)
        weights = np.asarray([shares[n] for n in self.counts])
        self.chances = weights / weights.sum()
        self.room, self.size, self.next = room, 0, 0
        self.arrays: dict[str, np.ndarray] = {}
        self.by_teacher = np.zeros(room, bool)

    def add(self, begun: torch.Tensor, landed: torch.Tensor, given: Conditions, *, by_teacher: bool) -> None:
        """begun, landed: [n, k, c, h, w]."""
        parts = {"begun": begun, "landed": landed, "hint": given.hint, "region": given.region,
                 "states": given.states, "mask": given.text_mask}  # fmt: skip
        n = len(begun)
        places = (self.next + np.arange(n)) % self.room
        for name, value in parts.items():
            if name not in self.arrays:
                self.arrays[name] = np.zeros((self.room, *value.shape[1:]), np.float16)
            self.arrays[name][places] = value.numpy().astype(np.float16)
        self.by_teacher[places] = by_teacher
        self.next, self.size = int(places[-1] + 1) % self.room, min(self.size + n, self.room)

    def draw(self, n: int, rng: np.random.Generator) -> Drawn:
        """n steps of any trajectories and grids."""
        places = rng.integers(self.size, size=n)
        counts = rng.choice(self.counts, n, p=self.chances)
        counts = np.where(self.by_teacher[places], counts, self.finest)
        length = self.finest // counts
        first = (rng.random(n) * counts).astype(int) * length
        last = first + length - 1
        grid = np.asarray(self.grid, np.float32)

        def rows(name: str, *index: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(self.arrays[name][(places, *index)].astype(np.float32))

        given = Conditions(*(rows(name) for name in ("hint", "region", "states", "mask")))
        times = torch.from_numpy(np.stack([grid[first], grid[last + 1]], axis=1))
        return Drawn(rows("begun", first), rows("landed", last), times, given)


def gather(
    pool: Pool, predict: Guided, given: Conditions, noise: torch.Tensor, *, student: Denoiser | None, fast: bool
) -> None:
    """Adds a trajectory for each noise [n, c, h, w]: led by the student where one is given."""
    begun, landed, state = [], [], noise
    for t, after, fine in zip(pool.grid[:-1], pool.grid[1:], substeps(pool.grid), strict=True):
        begun.append(state)
        right = walk(predict, state, given, t, after, fine)
        landed.append(right)
        if student is None:
            state = right
            continue
        times = torch.tensor([[t, after]]).expand(len(state), 2)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
            clean = student(state, given.hint, given.region, given.states, given.text_mask, times)
        state = landing(state, clean, times)
    pool.add(torch.stack(begun, 1), torch.stack(landed, 1), given, by_teacher=student is None)
