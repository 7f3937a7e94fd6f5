"""Previews: a latent seen as a small picture through one matrix, and a picture shown in a terminal.

The matrix costs a thousandth of the decoder, so that every step can be watched. Knows nothing of steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.style import Style
from rich.text import Text

Array = NDArray[np.float32]
UPPER_HALF = "▀"  # its ink is the upper pixel, its ground the lower


def latent_to_rgb(latent: Array, matrix: Array, bias: Array) -> NDArray[np.uint8]:
    """Latents [n, c, h, w] as pictures uint8 [n, h, w, 3]; matrix [c, 3] and bias [3] give RGB in -1..1."""
    rgb = latent.transpose(0, 2, 3, 1) @ matrix + bias
    return to_bytes(rgb)


def to_bytes(rgb: Array) -> NDArray[np.uint8]:
    """RGB in -1..1 of any shape as uint8."""
    return np.asarray(np.rint((np.clip(rgb, -1.0, 1.0) + 1.0) * 127.5), np.uint8)


def half_blocks(pixels: NDArray[np.uint8], columns: int = 48) -> Text:
    """A picture uint8 [h, w, 3] as coloured half blocks, two pixels to a cell."""
    height, width = pixels.shape[:2]
    rows = max(round(columns * height / width / 2), 1) * 2
    smaller = columns < width
    filter_ = Image.Resampling.LANCZOS if smaller else Image.Resampling.BICUBIC
    small = np.asarray(Image.fromarray(pixels).resize((columns, rows), filter_))
    text = Text(no_wrap=True, end="")
    for row in range(0, rows, 2):
        for upper, lower in zip(small[row], small[row + 1], strict=True):
            text.append(UPPER_HALF, Style(color=_hex(upper), bgcolor=_hex(lower)))
        text.append("\n")
    return text


def _hex(rgb: NDArray[np.uint8]) -> str:
    red, green, blue = (int(value) for value in rgb)
    return f"#{red:02x}{green:02x}{blue:02x}"
