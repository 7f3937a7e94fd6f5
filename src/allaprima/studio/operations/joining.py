"""Joining: new pixels set into old ones so that the old stay as they are and nobody sees where.

What the two differ by along the border is spread smoothly into the new part, and fades with the distance from the
border (the membrane of Poisson image editing, solved from coarse to fine). Pixels only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from allaprima.studio.operations.pictures import Pixels

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

REACH = 0.06  # of the picture's side: the depth at which the correction has fallen to a third
_SWEEPS = 12
_COUNTED = 256


def joined(old: Pixels, new: Pixels, free: Mask) -> Pixels:
    """`old` [h, w, 3] with `new` where `free` [h, w]; every pixel elsewhere is exactly the old one."""
    if not free.any() or free.all():
        return new if free.all() else old
    difference = old.astype(np.float32) - new
    membrane = spread(difference, ~free)
    fade = np.exp(-np.maximum(depth(free) - 1.0, 0.0) / (REACH * max(free.shape)))[..., None]
    mixed = np.rint(np.clip(new + membrane * fade, 0.0, 255.0)).astype(np.uint8)
    return np.where(free[..., None], mixed, old)


def filled(pixels: Pixels, free: Mask) -> Pixels:
    """The picture with its free part washed over smoothly from the border."""
    if not free.any() or free.all():
        return pixels
    washed = spread(pixels.astype(np.float32), ~free)
    return np.where(free[..., None], np.rint(np.clip(washed, 0.0, 255.0)).astype(np.uint8), pixels)


def spread(values: Array, known: Mask) -> Array:
    """`values` [h, w, c] where known, and elsewhere what lies smoothly between: coarse first, then ever finer."""
    height, width = known.shape
    if known.all() or not known.any():
        return np.where(known[..., None], values, 0.0).astype(np.float32)
    if min(height, width) > 2:
        bands = ((0, height % 2), (0, width % 2))
        weights = np.pad(known.astype(np.float32), bands)
        padded = np.pad(np.where(known[..., None], values, 0.0), (*bands, (0, 0)))
        summed = _halved(padded)
        total = _halved(weights[..., None])
        coarse = spread((summed / np.maximum(total, 1e-6)).astype(np.float32), total[..., 0] > 0.0)
        guess = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)[:height, :width]
    else:
        guess = np.broadcast_to(values[known].mean(axis=0), values.shape)
    result = np.where(known[..., None], values, guess).astype(np.float32)
    for _ in range(_SWEEPS):
        edged = np.pad(result, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]) * np.float32(0.25)
        result = np.where(known[..., None], result, mean)
    return result


def depth(free: Mask, most: int = 96) -> Array:
    """For each free pixel how many pixels it lies from the border, about; 0 outside.

    Counted up to `most` on a mask of at most `_COUNTED` pixels a side, so that large pictures cost no more.
    """
    height, width = free.shape
    scale = max(max(height, width) / _COUNTED, 1.0)
    image = Image.fromarray(np.where(free, 255, 0).astype(np.uint8))
    if scale > 1.0:
        small = (max(round(width / scale), 1), max(round(height / scale), 1))
        image = image.resize(small, Image.Resampling.BOX).point(lambda value: 255 if value > 127 else 0)
    total = np.zeros((image.height, image.width), np.float32)
    for _ in range(most):
        layer = np.asarray(image) > 0
        if not layer.any():
            break
        total += layer
        # Beyond the picture's edge there is nothing to join to, and Pillow repeats the edge there.
        image = image.filter(ImageFilter.MinFilter(3))
    if scale > 1.0:
        total = np.asarray(Image.fromarray(total * scale).resize((width, height), Image.Resampling.BILINEAR))
    return np.where(free, total, 0.0).astype(np.float32)


def seam(pixels: Pixels, free: Mask) -> float:
    """How much the picture jumps across the border of `free`, in units of how much it changes beside the border.

    1 is a border that cannot be told from its surroundings; 0 where there is no border. One level of brightness is
    added to both, since nobody sees a smaller step.
    """
    light = pixels.astype(np.float32).mean(axis=2)
    across: list[Array] = []
    beside: list[Array] = []
    for axis in (0, 1):
        change = np.abs(np.diff(light, axis=axis))
        border = np.diff(free, axis=axis) != 0
        near = np.zeros_like(border)
        for shift in (-3, -2, 2, 3):
            near |= np.roll(border, shift, axis=axis)
        across.append(change[border])
        beside.append(change[near & ~border])
    jumps, usual = np.concatenate(across), np.concatenate(beside)
    if not jumps.size or not usual.size:
        return 0.0
    return float((jumps.mean() + 1.0) / (usual.mean() + 1.0))


def _halved(values: Array) -> Array:
    summed = values[0::2, 0::2] + values[1::2, 0::2] + values[0::2, 1::2] + values[1::2, 1::2]
    return np.asarray(summed, np.float32)
