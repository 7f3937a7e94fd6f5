"""How many people's steps to put into one model call: measured on the machine, because it differs.

A batch pays while each further picture costs clearly less than a call of its own. It must also stay short: everybody
in it waits for the whole of it. Knows nothing of who is painting.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from allaprima.engine.painter import Painter

SIZES = (1, 2, 4, 8)
LONGEST_MS = 250.0  # a step in which everybody waits longer than this is no live painting
GAIN = 0.95  # a larger batch is taken when a picture costs at most this share of what it did


@dataclass(frozen=True)
class Batching:
    """The size chosen, and the ms of a step for each size that was tried."""

    size: int
    measured_ms: Mapping[int, float]


def measure(painter: Painter, *, repeats: int = 3) -> Batching:
    """Time steps of 1, 2, 4 and 8 sittings together; takes a second or so.

    They are the student's where the bundle has one, as live pictures mostly are, else guided ones.
    """
    measured: dict[int, float] = {}
    best, cost = 1, float("inf")
    few = painter.bundle.student
    sitting = painter.prepare("a red fox in the snow", seed=1, steps=100 if few is None else max(few.grids))
    for size in SIZES:
        begun = [painter.begin(sitting) for _ in range(size)]
        for _ in range(20):  # walk on to where guidance is in force
            if few is not None or begun[0].walk.t <= painter.bundle.guidance_interval[1]:
                break
            painter.advance(begun)
        fastest = float("inf")
        for _ in range(repeats):
            if begun[0].walk.is_done:
                begun = [painter.begin(sitting) for _ in range(size)]
            start = time.perf_counter()
            painter.advance(begun)
            fastest = min(fastest, (time.perf_counter() - start) * 1000.0)
        measured[size] = fastest
        if fastest / size <= cost * GAIN and (size == 1 or fastest <= LONGEST_MS):
            best, cost = size, fastest / size
        elif fastest > LONGEST_MS:
            break
    return Batching(best, measured)
