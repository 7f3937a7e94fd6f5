"""Walking: a sitting painted to its end, as the units of a job, with what is to be kept held in its place.

Known parts are held as in RePaint (arXiv:2201.09865): after each step the cells that are not free are put back to the
known picture under the noise of that time. A network that was taught regions is shown them as well. Free cells are held
in their low frequencies alone, to what the known part leads to there. Knows nothing of why anything is kept.
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
from allaprima.engine.sitting import Begun, Sitting, Step
from allaprima.studio.operations import underpainting
from allaprima.studio.painting import Painted, Prepared, Progress, Unit

Array = NDArray[np.float32]
Finish = Callable[[tuple[Picture, ...]], tuple[Picture, ...]]


@dataclass(frozen=True)
class Known:
    """What a picture keeps: its latent [c, h, w], and where it may change: bool [h, w].

    In free cells the latent is the underpainting; `hold` [n, 1, h, w], 0 .. 1, says how much of the low frequencies
    of each picture there stays with it.
    """

    latent: Array
    free: NDArray[np.bool_]
    hold: Array

    def continued(self, clean: Array) -> Array:
        """Predicted latents [n, c, h, w] with their large colours held to the underpainting."""
        low = underpainting.lowered(self.latent[None] - clean, self.hold)
        return np.asarray(clean + self.hold * low, np.float32)

    def region(self, n: int) -> Array:
        """The network's region channels [n, c + 2, h, w]: known latents, 1 where free, zeros for glyphs."""
        depth = len(self.latent)
        rows = np.zeros((n, depth + 2, *self.free.shape), np.float32)
        rows[:, :depth] = np.where(self.free, 0.0, self.latent)
        rows[:, depth] = self.free
        return rows


@dataclass(frozen=True)
class Look:
    """The colours and contrasts of a style reference: mean and deviation of each latent channel, [1, c, 1, 1]."""

    mean: Array
    deviation: Array
    strength: float  # 0 .. 1

    @classmethod
    def of(cls, latents: Array, shares: Array, strength: float) -> Look:
        """Of latents [n, c, h, w] with shares [n] that sum to 1."""
        mean = np.tensordot(shares, latents.mean(axis=(2, 3)), axes=1)[None, :, None, None]
        deviation = np.tensordot(shares, latents.std(axis=(2, 3)), axes=1)[None, :, None, None]
        return cls(np.asarray(mean, np.float32), np.asarray(deviation, np.float32), strength)

    def over(self, clean: Array) -> Array:
        """Predicted latents gone over to this look by its strength (adaptive instance normalisation)."""
        mean = clean.mean(axis=(2, 3), keepdims=True)
        deviation = clean.std(axis=(2, 3), keepdims=True)
        moved = (clean - mean) / np.maximum(deviation, 1e-4) * self.deviation + self.mean
        return np.asarray(clean + self.strength * (moved - clean), np.float32)


def walked(
    painter: Painter,
    sitting: Sitting,
    known: Known | None = None,
    rounds: int = 1,
    look: Look | None = None,
) -> Iterator[Step]:
    """The steps of a sitting; `rounds` > 1 takes each step several times, so that new and known grow together.

    What holds or moves the picture on its way is the denoiser's: the student was taught undisturbed ways alone.
    """
    if known is not None or look is not None:
        sitting = replace(sitting, sampler="denoiser")
    if known is not None and painter.bundle.knows_regions:
        sitting = replace(sitting, region=known.region(len(sitting.seeds)))
    begun = painter.begin(sitting)
    if known is None:
        while not begun.walk.is_done:
            t = begun.walk.t
            (step,) = painter.advance([begun])
            yield step if look is None else _moved(begun, step, t, look.over(step.clean))
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
            step = _moved(begun, step, t, known.continued(step.clean))
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
    look: Look | None = None,
) -> Iterator[Unit]:
    """The units of one grid of pictures; `finish` makes of the painted pictures what is given out."""
    yield Prepared(0, 1)
    count = len(sitting.grid) - 1
    last = max(math.ceil(count * stop), 1) - 1
    if stop < 1.0:
        sitting = replace(sitting, request=replace(sitting.request, stop=last + 1), sampler="denoiser")
    for step in walked(painter, sitting, known, rounds, look):
        yield Progress(0, 1, step.index, last + 1, step.next_t, step.preview)
        if step.index >= last:
            break
    yield Painted(0, finish(painter.finish(step)))


def _moved(begun: Begun, step: Step, t: float, clean: Array) -> Step:
    """The step from time t as if the model had predicted `clean`; the walk goes on from there."""
    begun.walk.state = np.asarray(begun.walk.state + (1.0 - step.next_t / t) * (clean - step.clean), np.float32)
    return replace(step, clean=clean, state=begun.walk.state)


def _held(state: Array, known: Known, noise: Array, t: float) -> Array:
    """The state with the known cells as they are at time t."""
    return np.asarray(np.where(known.free, state, (1.0 - t) * known.latent + t * noise), np.float32)
