"""Tiling: a picture painted on a ring in both directions, so that it repeats without a seam.

The network pads its borders with nothing, so it is shown the latent turned by half in every other step, and the decoder
all four turns, of which only the middles count. Arrays alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
_MAPS = ("latent", "hint", "region")


def turned(feeds: Mapping[str, NDArray[Any]], index: int) -> dict[str, NDArray[Any]]:
    """The denoiser's inputs as they are shown in step `index`: by turns as they are and turned by half."""
    return {key: turn(value, index) if key in _MAPS else value for key, value in feeds.items()}


def turn(maps: NDArray[Any], index: int) -> NDArray[Any]:
    """Maps [n, c, h, w] turned by half both ways in odd steps. Turning twice gives them back."""
    if index % 2 == 0:
        return maps
    return np.roll(maps, (maps.shape[2] // 2, maps.shape[3] // 2), axis=(2, 3))


def decoded(latent: Array, decode: Callable[[Array], Array]) -> Array:
    """Pictures [n, 3, H, W] of latents on a ring: each pixel from the turns that have it far from their border."""
    rows, columns = latent.shape[2:]
    total: Array | None = None
    for down in (0, rows // 2):
        for right in (0, columns // 2):
            picture = decode(np.ascontiguousarray(np.roll(latent, (down, right), axis=(2, 3))))
            height, width = picture.shape[2:]
            weight = _middle(height)[:, None] * _middle(width)[None, :]
            part = np.roll(picture * weight, (-down * height // rows, -right * width // columns), axis=(2, 3))
            total = part if total is None else total + part
    assert total is not None
    return total


def resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A tile uint8 [h, w, 3] at (width, height), resampled as if it went on beyond its edges; stretched, not cut."""
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    wide = Image.fromarray(np.tile(pixels, (3, 3, 1)))
    box = (float(width), float(height), float(2 * width), float(2 * height))
    return np.asarray(wide.resize(size, Image.Resampling.BICUBIC, box=box))


def _middle(side: int) -> Array:
    """1 in the middle, 0 at both ends; together with itself moved by half a side it makes 1 everywhere."""
    nearness = 1.0 - np.abs(2.0 * (np.arange(side) + 0.5) / side - 1.0)
    ramp = np.clip(2.0 * nearness - 0.5, 0.0, 1.0)
    return np.asarray(ramp * ramp * (3.0 - 2.0 * ramp), np.float32)
