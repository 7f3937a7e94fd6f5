"""Pictures as latents and back to where the painter can start from them.

Where the painter paints in the picture's own shape, it is fitted to it. Where it paints a square, a picture of another
shape is put into the square that the painter would have cut it from, its edges mirrored. Knows nothing of words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from allaprima.engine.collage import CELL, SIDE
from allaprima.engine.painter import Painter
from allaprima.engine.sitting import Sitting
from allaprima.engine.wish import sides
from allaprima.studio.operations.pictures import Pixels, opaque

Array = NDArray[np.float32]


def squared(pixels: Pixels) -> Pixels:
    """The square that a picture is the middle of: its longer side, the missing bands mirrored."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    above, left = (side - height) // 2, (side - width) // 2
    bands = ((above, side - height - above), (left, side - width - left), (0, 0))
    return pixels if height == width else np.pad(pixels, bands, mode="symmetric")


def framed(painter: Painter, sitting: Sitting, pictures: Sequence[Pixels]) -> Array:
    """Pictures of any shape as latents [n, c, h, w] of the shape in which a sitting is painted."""
    rows, columns = sitting.noise.shape[2:]
    if rows == columns:
        return encoded(painter, [squared(each) for each in pictures])
    size = (columns * CELL, rows * CELL)
    return _latents(painter, [ImageOps.fit(Image.fromarray(opaque(each)), size, Image.Resampling.LANCZOS)
                              for each in pictures])  # fmt: skip


def encoded(painter: Painter, pictures: Sequence[Pixels]) -> Array:
    """Square pictures uint8 [s, s, 3 or 4] as latents [n, c, h, w]."""
    return _latents(painter, [Image.fromarray(opaque(each)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
                              for each in pictures])  # fmt: skip


def of_shape(painter: Painter, pictures: Sequence[Pixels], shape: tuple[int, int]) -> Array:
    """Pictures uint8 [h, w, 3] as latents [n, c, rows, columns], stretched to that shape."""
    size = (shape[1] * CELL, shape[0] * CELL)
    return _latents(painter, [Image.fromarray(each).resize(size, Image.Resampling.LANCZOS) for each in pictures])


def _latents(painter: Painter, images: Sequence[Image.Image]) -> Array:
    small = [np.asarray(each, np.float32) for each in images]
    rgb = np.ascontiguousarray(np.stack(small).transpose(0, 3, 1, 2) / 127.5 - 1.0, np.float32)
    return np.asarray(painter.backend.run("encoder", {"picture": rgb})["latent"], np.float32)


def started(painter: Painter, sitting: Sitting, clean: Array, t: float) -> Sitting:
    """The sitting begun at time t, from `clean` [c, h, w] or [n, c, h, w] under as much of its own noise.

    The steps left are their share of the steps asked for, at the distances that the model learned.
    """
    if t >= 1.0:
        return sitting
    steps = max(math.ceil(sitting.request.steps * t - 1e-9), 1)
    grid = tuple(t * each for each in painter.bundle.grid(steps))
    churn = painter.bundle.churn.get(steps, (0.0,) * steps)
    noise = np.asarray((1.0 - t) * clean + t * sitting.noise, np.float32)
    # The student knows its own grids alone.
    return replace(sitting, grid=grid, churn=churn, noise=noise, sampler="denoiser")


def native_size(pixels: Pixels) -> tuple[int, int]:
    """Width and height at which a picture of this shape is painted."""
    return sides(pixels.shape[1] / pixels.shape[0])
