"""Where to take the steps: the times of a grid, learned from a fine trajectory and then from the pictures themselves.

First the inner times that cost least on the way a fine walk took, by dynamic programming over its own times (the idea
of arXiv:2106.03802): one fine walk prices every step between any two of them, so all grids come at once. Then each
inner time is moved as long as the painted latents come nearer. Pure arithmetic: knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from allaprima.engine import schedule

Grid = tuple[float, ...]
SMALLEST_MOVE = 0.02  # of the way to a neighbouring time
HAND = {
    "equal steps": schedule.linear,
    "cosine": schedule.cosine,
    "shift 0.5": lambda steps: schedule.shifted(steps, 0.5),
    "shift 2": lambda steps: schedule.shifted(steps, 2.0),
    "shift 3": lambda steps: schedule.shifted(steps, 3.0),
}  # spaced by hand


@dataclass(frozen=True)
class FineWalk:
    """A walk in many steps: times [k + 1] from 1 to 0, states [k + 1, n, ...] there, cleans [k, n, ...] predicted."""

    times: tuple[float, ...]
    states: np.ndarray
    cleans: np.ndarray


def prices(walk: FineWalk) -> np.ndarray:
    """[k + 1, k + 1]: how far one straight step from time i lands from the walk's own state at time j > i (root mean
    square); infinity elsewhere."""
    count = len(walk.times)
    table = np.full((count, count), np.inf)
    for i in range(count - 1):
        for j in range(i + 1, count):
            share = walk.times[j] / walk.times[i]
            landed = share * walk.states[i] + (1.0 - share) * walk.cleans[i]
            table[i, j] = float(np.sqrt(np.mean(np.square(landed - walk.states[j]))))
    return table


def cheapest(table: np.ndarray, times: Sequence[float], steps: int) -> Grid:
    """The grid of `steps` steps over these times whose prices add up to least. Raises ValueError for too many steps."""
    last = len(times) - 1
    if not 1 <= steps <= last:
        raise ValueError(f"{steps} steps cannot be taken over {last} fine ones")
    best = table[0].copy()  # in one step from the beginning
    came: list[np.ndarray] = []
    for _ in range(steps - 1):
        ways = best[:, None] + table
        came.append(ways.argmin(axis=0))
        best = ways.min(axis=0)
    places = [last]
    for back in reversed(came):
        places.append(int(back[places[-1]]))
    return tuple(float(times[place]) for place in [0, *reversed(places)])


def refined(
    distance: Callable[[Grid], float], grid: Grid, *, going: Callable[[], bool], step: float = 0.3
) -> tuple[Grid, float, int]:
    """Moves the inner times, one after another, while `distance` falls and `going()`; the grid, its distance, and how
    many grids were tried. `step` is the first move's share of the way to the neighbour; it is halved in turn."""
    best, tried = distance(grid), 1
    while step >= SMALLEST_MOVE and len(grid) > 2:
        moved = False
        for index in range(1, len(grid) - 1):
            for way in (-1, 1):
                if not going():
                    return grid, best, tried
                goal = grid[index] + step * (grid[index - way] - grid[index])
                other = (*grid[:index], float(goal), *grid[index + 1 :])
                found = distance(other)
                tried += 1
                if found < best:
                    grid, best, moved = other, found, True
                    break
        if not moved:
            step /= 2
    return grid, best, tried
