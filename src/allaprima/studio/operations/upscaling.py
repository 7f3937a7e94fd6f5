"""Upscaling: the same picture with more pixels.

There is no learned upscaler yet: Lanczos with a little unsharp masking, and the recipe says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import derived
from allaprima.studio.operations.pictures import LARGEST, Pixels
from allaprima.studio.painting import Painted, Unit

METHOD = "lanczos + unsharp"
NOTE = "Enlarged by Lanczos and unsharp masking: no upscaler was learned yet, so no detail is added."


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """To a longer side of `side` pixels, or `factor` times as large."""
    longest = max(parents[0].width, parents[0].height)
    side = given.get("side") or round(longest * float(given.get("factor") or 2.0))
    if not longest < side <= LARGEST:
        raise UserError(
            f"The picture's longer side has {longest} pixels: upscale it to more than that and at most {LARGEST}, "
            f"not {side}."
        )
    return {"side": int(side), "method": METHOD}


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """One unit: the enlarged picture."""
    pixels = enlarged(parents[0].pixels, arguments["side"])
    yield Painted(0, (derived.reworked(pixels, "upscale", arguments, parents, [NOTE]),))


def enlarged(pixels: Pixels, side: int) -> Pixels:
    """A picture with a longer side of `side` pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    image = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    colour = image.convert("RGB").filter(ImageFilter.UnsharpMask(radius=scale, percent=60, threshold=2))
    if image.mode == "RGBA":
        colour.putalpha(image.getchannel("A"))
    return np.asarray(colour)
