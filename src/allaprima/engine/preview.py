"""Previews: a latent seen as a small picture through one matrix, and a picture shown in a terminal.

The matrix costs a thousandth of the decoder, so that every step can be watched. Knows nothing of steps.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.color import Color
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style

Array = NDArray[np.float32]
UPPER_HALF = "▀"  # its ink is the upper pixel, its ground the lower


def latent_to_rgb(latent: Array, matrix: Array, bias: Array) -> NDArray[np.uint8]:
    """Latents [n, c, h, w] as pictures uint8 [n, h, w, 3]; matrix [c, 3] and bias [3] give RGB in -1..1."""
    rgb = latent.transpose(0, 2, 3, 1) @ matrix + bias
    return to_bytes(rgb)


def to_bytes(rgb: Array) -> NDArray[np.uint8]:
    """RGB in -1..1 of any shape as uint8."""
    return np.asarray(np.rint((np.clip(rgb, -1.0, 1.0) + 1.0) * 127.5), np.uint8)


class HalfBlocks:
    """A picture uint8 [h, w, 3] for rich: coloured half blocks, two pixels to a cell, `columns` cells
    wide."""

    def __init__(self, pixels: NDArray[np.uint8], columns: int = 48) -> None:
        height, width = pixels.shape[:2]
        rows = max(round(columns * height / width / 2), 1) * 2
        kind = Image.Resampling.LANCZOS if columns < width else Image.Resampling.BICUBIC
        self._pixels = np.asarray(Image.fromarray(pixels).resize((columns, rows), kind))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        # Segments instead of one Text: two thousand spans a frame would cost more than the painting.
        for upper_row, lower_row in zip(self._pixels[::2], self._pixels[1::2], strict=True):
            for upper, lower in zip(upper_row.tolist(), lower_row.tolist(), strict=True):
                yield Segment(UPPER_HALF, Style.from_color(_colour(*upper), _colour(*lower)))
            yield Segment.line()


@functools.lru_cache(maxsize=4096)
def _colour(red: int, green: int, blue: int) -> Color:
    return Color.from_rgb(red, green, blue)
