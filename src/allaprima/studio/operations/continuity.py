"""Continuity: how well what was painted continues what was there, over a band on both sides of the border.

`joining.seam` sees a line and not a frame: a new sky may meet the old one without a jump and still run its own
gradient, so that the old picture stands in it as a rectangle. Here each stretch of the border is looked at across: the
known side is continued over it, what was painted is compared with that, and both with the same at lines beside the
border where nothing was painted. Measures alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from allaprima.studio.operations.pictures import Pixels

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

DEPTH = 1 / 16  # of the shorter side: how far the band reaches to either side
STRETCH = 1 / 16  # of the shorter side: over so much of the border is averaged, which leaves the low frequencies
_LEVEL = 1.0  # of brightness, added to both sides of a ratio, since nobody sees less


def frame(pixels: Pixels, free: Mask) -> float:
    """How much the border of `free` shows as a frame, 1 where it cannot be told from the lines beside it.

    For each stretch of the border, the mean profile across it: a line is fitted to the nearest known `DEPTH` and
    continued into the free part; the break is the mean distance (levels a channel, 0 .. 255) of what stands there from
    anything between that line and a level continuation. It is taken in units of the mean break at two parallel lines,
    one and two depths inside the known part, and of all stretches the geometric mean is given out. Straight borders
    count, along rows and columns; 0 where there are none with as much known beside them.
    """
    ratios = [ratio for bands in _bands(pixels, free) for ratio in _ratios(bands)]
    return float(np.exp(np.mean(ratios))) if ratios else 0.0


def lines(pixels: Pixels, rng: np.random.Generator, places: int = 16) -> float:
    """The same at random lines of a picture that nobody touched, from all four sides: the best there is."""
    depth, stretch = _extent(pixels.shape)
    ratios: list[float] = []
    for place in range(places):
        turned = np.rot90(pixels, place)
        edge = int(rng.integers(3 * depth, len(turned) - depth + 1))
        ratios += _ratios(_stretches(turned[edge - 3 * depth : edge + depth], stretch))
    return float(np.exp(np.mean(ratios)))


def _bands(pixels: Pixels, free: Mask) -> Iterator[Array]:
    """For each straight piece of the border the profiles [stretches, 4 depths, 3] across it, three depths known."""
    depth, stretch = _extent(free.shape)
    for turn in range(4):
        # A quarter turn each: the border is then always met going down, from known to free.
        image, mask = np.rot90(pixels, turn), np.rot90(free, turn)
        for row in range(3 * depth, len(mask) - depth + 1):
            known, painted = ~mask[row - 3 * depth : row], mask[row : row + depth]
            meets = np.logical_and.reduce(np.concatenate([known, painted]), axis=0)
            for start, end in _runs(meets):
                if end - start >= stretch // 2:
                    yield _stretches(image[row - 3 * depth : row + depth, start:end], stretch)


def _stretches(band: Pixels, stretch: int) -> Array:
    """A band [rows, length, 3] averaged along its length in pieces of about `stretch`: [pieces, rows, 3]."""
    parts = max(round(band.shape[1] / stretch), 1)
    return np.stack([each.mean(axis=1, dtype=np.float32) for each in np.array_split(band, parts, axis=1)])


def _ratios(bands: Array) -> list[float]:
    """The logarithm of the break at the border of each stretch over that at the lines inside."""
    depth = bands.shape[1] // 4
    first, second, last = (_break(bands[:, place * depth : (place + 2) * depth]) for place in range(3))
    usual = (first + second) / 2
    return [float(each) for each in np.log((last + _LEVEL) / (usual + _LEVEL))]


def _break(profiles: Array) -> Array:
    """For each profile the mean distance of its second half from what its first half leads to."""
    depth = profiles.shape[1] // 2
    known, painted = profiles[:, :depth], profiles[:, depth:]
    places = np.arange(depth, dtype=np.float32) - (depth - 1) / 2
    slope = np.einsum("d,sdc->sc", places, known) / np.sum(places**2)
    ahead = places + depth
    level = np.repeat(known[:, -max(depth // 4, 1) :].mean(axis=1)[:, None], depth, axis=1)
    line = np.clip(known.mean(axis=1)[:, None] + slope[:, None] * ahead[:, None], 0.0, 255.0)
    low, high = np.minimum(level, line), np.maximum(level, line)
    outside = np.maximum(painted - high, 0.0) + np.maximum(low - painted, 0.0)
    return np.asarray(outside.mean(axis=(1, 2)), np.float32)


def _runs(row: Mask) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _extent(shape: tuple[int, ...]) -> tuple[int, int]:
    """Depth and stretch in pixels for pictures of this shape."""
    side = min(shape[:2])
    return max(round(side * DEPTH), 4), max(round(side * STRETCH), 2)
