"""Underpainting: the large colours that a free part begins with, so that it continues what is known.

What a denoiser paints beside a known part meets it at the line and still runs a gradient of its own. So its low
frequencies are held to a simple continuation of the known picture, and only what is finer is the painter's: the idea
of iterative latent variable refinement (arXiv:2108.02938) with the border's continuation as the reference. Pixels and
latent cells; knows no network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allaprima.studio.operations import joining
from allaprima.studio.operations.pictures import Pixels

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Land lies in layers: what stands at the left edge goes on to the left nearly as it is, and what stands at the top
# becomes its row's mean on the way up. Deviation of the blur along the border, for each pixel of distance from it.
SIDEWAYS, UPWARDS = 0.1, 0.5
LAYERED = 4.0  # how much more a row counts than a column, likewise
_RIM = 1 / 128  # of the picture's shorter side: the rim whose mean is continued
LOW = 1.0  # cells: the deviation of the low pass


def ground(pixels: Pixels, free: Mask) -> Pixels:
    """The picture [h, w, 3] with its free part washed over by what is known.

    Around a known rectangle its edges are continued outwards, ever smoother. In any other free part each pixel is a
    mean of the four that it meets on its row and column, the nearest most; where it meets none, a membrane.
    """
    if not free.any() or free.all():
        return pixels
    ys, xs = np.nonzero(~free)
    top, bottom, left, right = int(ys.min()), int(ys.max()) + 1, int(xs.min()), int(xs.max()) + 1
    if free[top:bottom, left:right].any():
        return _between(pixels, free)
    height, width = free.shape
    known = pixels[top:bottom, left:right].astype(np.float32)
    rim = max(round(min(known.shape[:2]) * _RIM), 1)
    wide = np.concatenate(
        [
            _continued(known[:, :rim].mean(axis=1), left, SIDEWAYS)[::-1].transpose(1, 0, 2),
            known,
            _continued(known[:, -rim:].mean(axis=1), width - right, SIDEWAYS).transpose(1, 0, 2),
        ],
        axis=1,
    )
    whole = np.concatenate(
        [
            _continued(wide[:rim].mean(axis=0), top, UPWARDS)[::-1],
            wide,
            _continued(wide[-rim:].mean(axis=0), height - bottom, UPWARDS),
        ]
    )
    return np.where(free[..., None], np.rint(np.clip(whole, 0.0, 255.0)).astype(np.uint8), pixels)


def lowered(difference: Array, free: Array) -> Array:
    """The low frequencies of a difference [n, c, h, w], weighed by how free each cell is: `free` [n, 1, h, w], 0..1."""
    down, across = (_gaussian(length, LOW) for length in difference.shape[2:])
    total = down @ free @ across.T
    return np.asarray(down @ (difference * free) @ across.T / np.maximum(total, 1e-4), np.float32)


def _between(pixels: Pixels, free: Mask) -> Pixels:
    total = np.zeros(free.shape, np.float32)
    summed = np.zeros(pixels.shape, np.float32)
    for turn, weight in enumerate((LAYERED, 1.0, LAYERED, 1.0)):
        # Turned so that what is met lies to the left.
        known, image = np.rot90(~free, turn), np.rot90(pixels, turn)
        columns = np.broadcast_to(np.arange(known.shape[1]), known.shape)
        met = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
        share = np.where(met >= 0, weight / np.maximum(columns - met, 1) ** 2, 0.0).astype(np.float32)
        colour = np.take_along_axis(image, np.maximum(met, 0)[..., None], axis=1)
        total += np.rot90(share, -turn)
        summed += np.rot90(share[..., None] * colour, -turn)
    mean = np.where(total[..., None] > 0.0, summed / np.maximum(total, 1e-9)[..., None], joining.filled(pixels, free))
    return np.where(free[..., None], np.rint(np.clip(mean, 0.0, 255.0)).astype(np.uint8), pixels)


def _continued(profile: Array, depth: int, growth: float) -> Array:
    """An edge [length, 3] continued outwards: [depth, length, 3], at each distance blurred along itself by `growth`
    times that distance."""
    if depth == 0:
        return np.zeros((0, *profile.shape), np.float32)
    wanted = growth * np.arange(1, depth + 1, dtype=np.float32)
    levels = np.concatenate([[0.0], 2.0 ** np.arange(0, np.ceil(np.log2(max(wanted[-1], 1.0))) + 1)])
    blurred = np.stack([profile, *(_gaussian(len(profile), float(level)) @ profile for level in levels[1:])])
    place = np.interp(wanted, levels, np.arange(len(levels)))
    below = np.minimum(place.astype(np.intp), len(levels) - 2)
    share = (place - below).astype(np.float32)[:, None, None]
    return np.asarray(blurred[below] * (1.0 - share) + blurred[below + 1] * share, np.float32)


def _gaussian(length: int, deviation: float) -> Array:
    """Rows that blur a vector of this length, each summing to 1."""
    places = np.arange(length)
    weights = np.exp(-((places[:, None] - places[None]) ** 2) / (2.0 * deviation**2))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
