"""Upscaling: the same picture with more pixels, by the model's upscaler.

A model without one enlarges by Lanczos and a little unsharp masking, as did all of them once, and the recipe says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.upscaler import LANCZOS
from allaprima.errors import UserError
from allaprima.studio.operations import derived
from allaprima.studio.operations.pictures import LARGEST, Pixels
from allaprima.studio.painting import Painted, Unit

SHARPENED = "lanczos + unsharp"
NOTE = "Enlarged by Lanczos and unsharp masking, without an upscaler: no detail is added."
NOTE_LEARNED = "Enlarged by the upscaler learned from vector drawings: edges become sharp, nothing new is painted."


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """To a longer side of `side` pixels, or `factor` times as large, by a `method`: the model's best if not given."""
    longest = max(parents[0].width, parents[0].height)
    side = given.get("side") or round(longest * float(given.get("factor") or 2.0))
    if not longest < side <= LARGEST:
        raise UserError(
            f"The picture's longer side has {longest} pixels: upscale it to more than that and at most {LARGEST}, "
            f"not {side}."
        )
    method = painter.enlarger.named(given.get("method"))
    return {"side": int(side), "method": SHARPENED if method == LANCZOS else method}


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """One unit: the enlarged picture."""
    pixels, method = parents[0].pixels, arguments["method"]
    if method == SHARPENED:
        larger, note = sharpened(pixels, arguments["side"]), NOTE
    else:
        larger, note = painter.enlarger.fitted(pixels, _size(pixels, arguments["side"]), method), NOTE_LEARNED
    yield Painted(0, (derived.reworked(larger, "upscale", arguments, parents, [note]),))


def sharpened(pixels: Pixels, side: int) -> Pixels:
    """A picture with a longer side of `side` pixels, by Lanczos and unsharp masking."""
    size = _size(pixels, side)
    image = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    scale = side / max(pixels.shape[:2])
    colour = image.convert("RGB").filter(ImageFilter.UnsharpMask(radius=scale, percent=60, threshold=2))
    if image.mode == "RGBA":
        colour.putalpha(image.getchannel("A"))
    return np.asarray(colour)


def _size(pixels: Pixels, side: int) -> tuple[int, int]:
    """Width and height with a longer side of `side` pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    return max(round(width * scale), 1), max(round(height * scale), 1)
