"""Walking: a sitting painted to its end, as the units of a job, with what is to be kept held in its place.

Known parts are held as in RePaint (arXiv:2201.09865): after each step the cells that are not free are put back to the
known picture under the noise of that time. Knows nothing of why anything is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.sampler import renoise
from allaprima.engine.sitting import Sitting, Step
from allaprima.studio.painting import Painted, Prepared, Progress, Unit

Array = NDArray[np.float32]
Finish = Callable[[tuple[Picture, ...]], tuple[Picture, ...]]


@dataclass(frozen=True)
class Known:
    """What a picture keeps: its latent [c, h, w], and where it may change: bool [h, w]."""

    latent: Array
    free: NDArray[np.bool_]


def walked(painter: Painter, sitting: Sitting, known: Known | None = None, rounds: int = 1) -> Iterator[Step]:
    """The steps of a sitting; `rounds` > 1 takes each step several times, so that new and known grow together."""
    begun = painter.begin(sitting)
    if known is None:
        while not begun.walk.is_done:
            yield painter.advance([begun])[0]
        return
    own = sitting.noise
    start = sitting.grid[0]
    again = [np.random.Generator(np.random.PCG64([seed, 3])) for seed in sitting.seeds]
    walk = begun.walk
    walk.state = _held(walk.state, known, own, start)
    while not walk.is_done:
        for turn in range(rounds):
            t, index = walk.t, walk.index
            (step,) = painter.advance([begun])
            walk.state = _held(walk.state, known, own, step.next_t)
            if turn + 1 < rounds and step.next_t > 0.0:
                noise = np.stack([each.standard_normal(own.shape[1:], np.float32) for each in again])
                walk.state = _held(renoise(walk.state, noise, step.next_t, t), known, own, t)
                walk.index = index
            else:
                break
        yield replace(step, state=walk.state, clean=np.where(known.free, step.clean, known.latent))


def paint(
    painter: Painter,
    sitting: Sitting,
    finish: Finish,
    *,
    stop: float = 1.0,
    known: Known | None = None,
    rounds: int = 1,
) -> Iterator[Unit]:
    """The units of one grid of pictures; `finish` makes of the painted pictures what is given out."""
    yield Prepared(0, 1)
    count = len(sitting.grid) - 1
    last = max(math.ceil(count * stop), 1) - 1
    for step in walked(painter, sitting, known, rounds):
        yield Progress(0, 1, step.index, last + 1, step.next_t, step.preview)
        if step.index >= last:
            break
    yield Painted(0, finish(painter.finish(step)))


def _held(state: Array, known: Known, noise: Array, t: float) -> Array:
    """The state with the known cells as they are at time t."""
    return np.asarray(np.where(known.free, state, (1.0 - t) * known.latent + t * noise), np.float32)
