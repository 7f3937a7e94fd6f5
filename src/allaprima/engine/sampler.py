"""The sampler: from noise to a clean latent by flow matching, one explicit step at a time.

A state at time t is z_t = (1 - t) x + t e: noise e at t = 1, the clean latent x at t = 0. The network
predicts x. Pure numpy generators over any callable; knows nothing of text, guidance, bundles or pictures.

    for step in sample(denoise, noise, grid):
        show(step.clean)          # stop consuming and the work stops
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Solver = Literal["euler", "multistep"]
SOLVERS: tuple[Solver, ...] = ("euler", "multistep")


@dataclass(frozen=True)
class Prediction:
    """What the model makes of a state: the clean latent, and the guidance scale it was reached with."""

    clean: Array
    guidance: float


@dataclass(frozen=True)
class SamplerStep:
    """One step done: the model was asked at `t`, the state now stands at `next_t`.

    `removed` and `added` are amounts of noise in units of time: next_t = t - removed + added.
    """

    index: int
    count: int
    t: float
    next_t: float
    state: Array  # [n, c, h, w] at next_t
    clean: Array  # [n, c, h, w] predicted from the state at t
    guidance: float
    removed: float
    added: float


def sample(
    denoise: Callable[[Array, float], Prediction],
    state: Array,
    grid: Sequence[float],
    *,
    solver: Solver = "euler",
    churn: Sequence[float] | None = None,
    fresh_noise: Callable[[], Array] | None = None,
) -> Iterator[SamplerStep]:
    """Walk `state` [n, c, h, w] down `grid` and yield every step; the last one's `clean` is the result.

    `churn` gives for each step the share 0..1 of its remaining noise that is made anew: the step overshoots
    to s (1 - churn) and noise from `fresh_noise()` brings it back to s. 0 is the plain ODE, 1 keeps nothing
    of the old noise, as in multistep consistency sampling (arXiv:2303.01469, algorithm 1).
    """
    walk = Walk(state, grid, solver=solver, churn=churn, fresh_noise=fresh_noise)
    while not walk.is_done:
        yield walk.advance(denoise(walk.state, walk.t))


class Walk:
    """A state on its way down a grid, for whoever asks the model himself, such as for several walks in one call.

    While it is not done, it wants a prediction for its `state` at its `t`; `advance` takes it and makes the step.
    """

    def __init__(
        self,
        state: Array,
        grid: Sequence[float],
        *,
        solver: Solver = "euler",
        churn: Sequence[float] | None = None,
        fresh_noise: Callable[[], Array] | None = None,
    ) -> None:
        """As for `sample`. Raises ValueError for a churn that does not fit the grid."""
        self.state = state
        self.count = len(grid) - 1
        self.index = 0
        self._grid, self._solver, self._fresh_noise = grid, solver, fresh_noise
        self._shares = tuple(churn) if churn else (0.0,) * self.count
        if len(self._shares) != self.count or any(not 0.0 <= share <= 1.0 for share in self._shares):
            raise ValueError(f"churn needs {self.count} values in 0..1, not {self._shares}")
        self._before: tuple[float, Array] | None = None

    @property
    def t(self) -> float:
        """Where the state stands."""
        return self._grid[self.index]

    @property
    def next_t(self) -> float:
        """Where the next step is to land."""
        return self._grid[self.index + 1]

    @property
    def is_done(self) -> bool:
        return self.index >= self.count

    def advance(self, prediction: Prediction) -> SamplerStep:
        """One step, with what the model predicted for `state` at `t`."""
        index, t, goal, clean = self.index, self.t, self._grid[self.index + 1], prediction.clean
        low = goal * (1.0 - self._shares[index])
        # The last step is first order: to extrapolate all the way to t = 0 doubles the prediction's error.
        if self._solver == "multistep" and self._before is not None and low > 0.0:
            state = multistep(self.state, clean, t, low, *self._before)
        else:
            state = euler(self.state, clean, t, low)
        if goal > low:
            if self._fresh_noise is None:
                raise ValueError("churn needs fresh_noise")
            state = renoise(state, self._fresh_noise(), low, goal)
        self._before, self.state, self.index = (t, clean), state, index + 1
        return SamplerStep(index, self.count, t, goal, state, clean, prediction.guidance, t - low, goal - low)


def euler(state: Array, clean: Array, t: float, s: float) -> Array:
    """From t to s along the straight line that `clean` implies; exact if the prediction never changed."""
    share = s / t
    return np.asarray(share * state + (1.0 - share) * clean, np.float32)


def multistep(state: Array, clean: Array, t: float, s: float, t_before: float, clean_before: Array) -> Array:
    """From t to s with the prediction's drift: second order, at no further model call (for s > 0).

    The idea of DPM-Solver++ 2M (arXiv:2211.01095), with the clean latent taken as linear in t instead of in
    log-SNR, which is infinite at both ends of a flow. With u = 1/t the path is d(z/t)/du = x, hence
    z_s = (s/t) z_t + (1 - s/t) x + x' (s ln(t/s) - t + s).
    """
    slope = (clean - clean_before) / (t - t_before)
    weight = s * math.log(t / s) - t + s
    return np.asarray(euler(state, clean, t, s) + weight * slope, np.float32)


def renoise(state: Array, noise: Array, low: float, high: float) -> Array:
    """From time `low` up to `high` by fresh noise, on the same marginal: variances add up to high squared."""
    kept = (1.0 - high) / (1.0 - low)
    spread = math.sqrt(max(high * high - (kept * low) ** 2, 0.0))
    return np.asarray(kept * state + spread * noise, np.float32)


def guide(conditional: Array, unconditional: Array, scale: float) -> Array:
    """Classifier-free guidance on the clean latent (arXiv:2207.12598): uncond + scale (cond - uncond)."""
    return np.asarray(unconditional + scale * (conditional - unconditional), np.float32)
