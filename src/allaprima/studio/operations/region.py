"""Vary region: the part of a picture under a mask is painted anew, with its own words or new ones."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import repainting, words
from allaprima.studio.operations.pictures import opaque
from allaprima.studio.operations.repainting import Canvas, View, Window
from allaprima.studio.painting import Unit

REACH = 1.5  # cells: beyond that a part that is painted anew need not look like what lies around it
LARGEST_MASK = 4_000_000  # characters


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """`mask`: white is painted anew. A PNG in base64, or boxes [[x0, y0, x1, y1], ...] in fractions of the sides."""
    if given.get("mask") is None:
        raise UserError("region needs a mask: a PNG that is white where to paint, or boxes as 0.1,0.2,0.5,0.6.")
    parent = parents[0]
    free = read_mask(given["mask"], parent.width, parent.height)
    if not free.any():
        raise UserError("The mask is black everywhere: make it white where the picture is to change.")
    said = words.settled(painter, parent.recipe, {"count": 4, **given})
    return {**said, "mask": write_mask(free), **repainting.asked(given)}


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    pixels = opaque(parents[0].pixels)
    height, width = pixels.shape[:2]
    free = read_mask(arguments["mask"], width, height)
    whole = Window.around(height, width)
    canvas = Canvas(pixels, free, View(0, 0, width, height), whole, _subject(free), REACH)
    yield from repainting.repaint(painter, parents, "region", arguments, canvas)


def read_mask(mask: Any, width: int, height: int) -> NDArray[np.bool_]:
    """A mask of either kind for a picture of this size, true where it is to be painted. Raises UserError."""
    if isinstance(mask, str) and len(mask) <= LARGEST_MASK:
        try:
            data = base64.b64decode(mask.split(",", 1)[-1] if mask.startswith("data:") else mask, validate=True)
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > 16_000_000:
                    raise UserError(f"The mask has {image.width} x {image.height} pixels: make it smaller.")
                # Some programs paint masks by making what is to change transparent.
                is_clear = "A" in image.getbands() and np.asarray(image.getchannel("A")).min() < 128
                light = image.getchannel("A").point(lambda alpha: 255 - alpha) if is_clear else image.convert("L")
                sized = light.resize((width, height), Image.Resampling.BILINEAR)
            return np.asarray(sized) >= 128
        except (binascii.Error, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError("The mask cannot be read: give a PNG in base64, white where to paint.") from error
    try:
        boxes = [tuple(float(edge) for edge in box) for box in mask]
    except (TypeError, ValueError):
        raise UserError(
            "A mask is a PNG in base64, or boxes [[x0, y0, x1, y1], ...] in fractions of the sides."
        ) from None
    free = np.zeros((height, width), np.bool_)
    for box in boxes:
        if len(box) != 4 or not (0.0 <= box[0] < box[2] <= 1.0 and 0.0 <= box[1] < box[3] <= 1.0):
            raise UserError(f"A box is x0, y0, x1, y1 with 0 <= x0 < x1 <= 1 and the same for y, not {list(box)}.")
        x0, y0, x1, y1 = box
        free[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)] = True
    return free


def write_mask(free: NDArray[np.bool_]) -> str:
    """A mask as a PNG of one bit a pixel, in base64."""
    out = io.BytesIO()
    Image.fromarray(np.where(free, 255, 0).astype(np.uint8)).convert("1").save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode("ascii")


def _subject(free: NDArray[np.bool_]) -> Window:
    """The square around what is free; what the words name is composed into it."""
    ys, xs = np.nonzero(free)
    side = int(max(ys.max() - ys.min(), xs.max() - xs.min())) + 1
    return Window(int(xs.min() + xs.max() + 1 - side) // 2, int(ys.min() + ys.max() + 1 - side) // 2, side)
