"""Time grids: the n + 1 times of an n-step run, from 1.0 (noise) down to 0.0 (picture).

Pure functions on tuples of numbers. Knows nothing of models; a bundle's learned grids are only its input.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping


def linear(steps: int) -> tuple[float, ...]:
    """Equal steps."""
    return tuple(1.0 - index / steps for index in range(steps)) + (0.0,)


def shifted(steps: int, shift: float) -> tuple[float, ...]:
    """Equal steps bent towards the noise, t' = s t / (1 + (s - 1) t) (arXiv:2403.03206, section 5.3)."""
    return tuple(shift * t / (1.0 + (shift - 1.0) * t) for t in linear(steps))


def cosine(steps: int) -> tuple[float, ...]:
    """Small steps at both ends, large ones between."""
    return tuple(0.5 * (1.0 + math.cos(math.pi * index / steps)) for index in range(steps)) + (0.0,)


def resample(grid: tuple[float, ...], steps: int) -> tuple[float, ...]:
    """The same curve walked in another number of steps, by linear interpolation over the step index."""
    last = len(grid) - 1
    times = []
    for index in range(steps + 1):
        place = index * last / steps
        below = min(int(place), last - 1)
        share = place - below
        times.append(grid[below] * (1.0 - share) + grid[below + 1] * share)
    return (1.0, *times[1:-1], 0.0)


def grid_for(steps: int, known: Mapping[int, tuple[float, ...]]) -> tuple[float, ...]:
    """The grid of `known` for `steps`; else the nearest known count's curve resampled; else equal steps.

    Of two counts equally near the larger one is taken: a finer curve loses less when it is walked coarsely.
    """
    if steps in known:
        return known[steps]
    # A one-step grid has no curve to speak of.
    counts = [count for count in known if count > 1]
    if not counts:
        return linear(steps)
    nearest = min(counts, key=lambda count: (abs(math.log(count / steps)), -count))
    return resample(known[nearest], steps)


def checked(grid: Iterable[float], steps: int) -> tuple[float, ...]:
    """`grid` as a tuple of floats; raises ValueError unless it falls from 1.0 to 0.0 in `steps` steps."""
    times = tuple(float(t) for t in grid)
    if len(times) != steps + 1 or times[0] != 1.0 or times[-1] != 0.0:
        raise ValueError(f"a grid of {steps} steps needs {steps + 1} times from 1.0 down to 0.0, not {times}")
    if any(not later < earlier for earlier, later in zip(times, times[1:], strict=False)):
        raise ValueError(f"a grid must fall at every step, not {times}")
    return times
