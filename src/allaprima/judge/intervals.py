"""Intervals: how sure a mean over prompts is, by drawing the prompts anew again and again.

Knows nothing of what was measured.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
LEVEL = 0.95

Measure = dict[str, float | None]  # value, low, high; None for what is infinite


def of_mean(values: NDArray[np.floating] | NDArray[np.bool_]) -> Measure:
    """Mean of values [prompts] with its bootstrap interval over prompts."""
    numbers = np.asarray(values, np.float64)
    return of_statistic(len(numbers), lambda rows: numbers[rows].mean(-1))


def of_ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Measure:
    """Mean of `above` over mean of `below`, both [prompts], drawn together; None where below is 0."""
    a, b = np.asarray(above, np.float64), np.asarray(below, np.float64)

    def ratio(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        floor = b[rows].mean(-1)
        return np.where(floor > 0.0, a[rows].mean(-1) / np.where(floor > 0.0, floor, 1.0), np.inf)

    return of_statistic(len(a), ratio)


def of_statistic(count: int, statistic: Callable[[NDArray[np.intp]], NDArray[np.float64]]) -> Measure:
    """`statistic` of all rows 0..count-1, with the interval of what it gives on rows drawn with replacement.

    statistic: rows [..., count] to values [...].
    """
    drawn = statistic(np.random.default_rng(0).integers(count, size=(DRAWS, count)))
    # The nearest drawn value, since infinities cannot be averaged.
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    found = {"value": float(statistic(np.arange(count))), "low": float(low), "high": float(high)}
    return {key: round(value, 5) if np.isfinite(value) else None for key, value in found.items()}


def of_share(scores: NDArray[np.floating], ceiling: NDArray[np.floating]) -> Measure:
    """Mean of `scores` [n] over mean of `ceiling` [m], each drawn for itself; None where the ceiling is 0."""
    a, b = np.asarray(scores, np.float64), np.asarray(ceiling, np.float64)
    rng = np.random.default_rng(0)
    above = a[rng.integers(len(a), size=(DRAWS, len(a)))].mean(-1)
    below = b[rng.integers(len(b), size=(DRAWS, len(b)))].mean(-1)
    drawn = np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), np.inf)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    value = a.mean() / b.mean() if b.mean() > 0.0 else np.inf
    found = {"value": float(value), "low": float(low), "high": float(high)}
    return {key: round(each, 5) if np.isfinite(each) else None for key, each in found.items()}
