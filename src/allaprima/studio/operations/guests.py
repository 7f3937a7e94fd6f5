"""Guests: pictures that somebody gave as characters or objects, as drawings that a collage can hold.

A guest is cut out: by its own transparency, by the box of its main drawing if it was painted here, and by its flat
backdrop if it has one. Knows nothing of prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from allaprima.engine.library import Drawing, Library
from allaprima.engine.picture import Picture
from allaprima.studio.operations.background import cut_out
from allaprima.studio.operations.pictures import Pixels, digest
from allaprima.studio.operations.repainting import Window

SIDE = 192  # pixels of the longer side
SOURCE = "a picture given to this one"


@dataclass(frozen=True)
class Guest:
    """A drawing with its own picture, uint8 RGBA; `is_whole` when nothing could be cut away."""

    drawing: Drawing
    rgba: Pixels
    is_whole: bool


class Company:
    """A library's pictures, and those of guests."""

    def __init__(self, library: Library, guests: Sequence[Guest]) -> None:
        self._library = library
        self._guests = {guest.drawing.sha256: guest.rgba for guest in guests}

    def image(self, drawing: Drawing) -> Pixels:
        """The picture of a drawing, RGBA, cut to what is visible."""
        guest = self._guests.get(drawing.sha256)
        return self._library.image(drawing) if guest is None else guest


def guest(picture: Picture, name: str) -> Guest:
    """A picture as a guest called `name`."""
    rgba, is_whole = _cut(picture)
    image = Image.fromarray(rgba)
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    image = image.crop(box) if box else image
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    licence = _licence(picture.recipe)
    drawing = Drawing(-1, name, f"guest:{name}", (), "", licence, SOURCE, "", digest(pixels), 0, 0, (0,))
    return Guest(drawing, pixels, is_whole)


def _cut(picture: Picture) -> tuple[Pixels, bool]:
    pixels = picture.pixels
    if pixels.shape[2] == 4:
        return pixels, False
    for reference in picture.recipe.get("references", []):
        if reference.get("boxes") and not reference.get("inherited"):
            pixels = _boxed(pixels, reference["boxes"][0])
            break
    cut = cut_out(pixels, 32.0)
    if cut.fits:
        return cut.pixels, False
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([pixels, opaque], axis=2), True


def _boxed(pixels: Pixels, box: Sequence[float], margin: float = 0.04) -> Pixels:
    """The part of a picture where its main drawing was shown; the box is in the picture's square."""
    height, width = pixels.shape[:2]
    whole = Window.around(height, width)
    x0, y0, x1, y1 = (
        round(start + (edge + turn * margin) * whole.side)
        for start, edge, turn in zip((whole.x, whole.y, whole.x, whole.y), box, (-1, -1, 1, 1), strict=True)
    )
    part = pixels[max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
    return part if min(part.shape[:2], default=0) >= 16 else pixels


def _licence(recipe: Mapping[str, Any]) -> str:
    return "as given, not checked" if "given" in recipe else str(recipe.get("model", {}).get("licence", ""))
