"""Frame: more of the world around a picture: zoom out, pan, make square.

Zooming out keeps the size of the picture, so that the old one becomes smaller in it, or with `grow` the pixels, so that
the picture becomes larger around it. Panning and squaring always keep the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import repainting, words
from allaprima.studio.operations.pictures import LARGEST, Pixels, opaque
from allaprima.studio.operations.repainting import Canvas, Window
from allaprima.studio.painting import Unit

DIRECTIONS = ("left", "right", "up", "down")
ROUNDS = 2


def resolve_zoom(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """Zoom out `factor` times; `grow` keeps the pixels and makes the picture larger."""
    parent, factor, grow = parents[0], float(given.get("factor") or 2.0), bool(given.get("grow"))
    width, height = int(given.get("width") or parent.width), int(given.get("height") or parent.height)
    if grow:
        width, height = round(parent.width * factor), round(parent.height * factor)
    inner = (parent.width, parent.height) if grow else _fit(parent, width, height, factor)
    _check_size(width, height)
    if inner[0] < 16 or inner[1] < 16 or inner == (width, height):
        raise UserError(f"Zooming out {factor:g} times leaves {inner[0]} x {inner[1]} pixels: choose another factor.")
    said = words.settled(painter, parent.recipe, {"count": 4, **given})
    return {
        **said,
        "factor": factor,
        "grow": grow,
        "width": width,
        "height": height,
        "inner": list(inner),
        "rounds": int(given.get("rounds") or ROUNDS),
    }


def work_zoom(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    size = (arguments["inner"][0], arguments["inner"][1])
    image = Image.fromarray(opaque(parents[0].pixels))
    inner = np.asarray(image if image.size == size else image.resize(size, Image.Resampling.LANCZOS))
    width, height = arguments["width"], arguments["height"]
    canvas = _canvas(inner, width, height, (width - size[0]) // 2, (height - size[1]) // 2)
    yield from repainting.repaint(painter, parents, "zoom", arguments, canvas)


def resolve_pan(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """More of the picture in one `direction`, by `amount` of its side."""
    parent, direction = parents[0], given.get("direction")
    if direction is None:
        raise UserError(f"pan needs a direction: {', '.join(DIRECTIONS)}.")
    amount = float(given.get("amount") or 0.5)
    across = direction in ("left", "right")
    strip = max(round((parent.width if across else parent.height) * amount), 8)
    _check_size(parent.width + strip * across, parent.height + strip * (not across))
    said = words.settled(painter, parent.recipe, {"count": 4, **given})
    return {**said, "direction": direction, "strip": strip, "rounds": int(given.get("rounds") or ROUNDS)}


def work_pan(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    pixels, direction, strip = opaque(parents[0].pixels), arguments["direction"], arguments["strip"]
    height, width = pixels.shape[:2]
    across = direction in ("left", "right")
    x = strip if direction == "left" else 0
    y = strip if direction == "up" else 0
    new_width, new_height = width + strip * across, height + strip * (not across)
    # The painter looks at the new strip and at as much of the old picture as its square has room for.
    side = max(height if across else width, round(strip * 1.5))
    left = {"left": 0, "right": new_width - side}.get(direction, (new_width - side) // 2)
    top = {"up": 0, "down": new_height - side}.get(direction, (new_height - side) // 2)
    middle = max(strip, round(side * 0.6))
    subject = {
        "left": Window(0, (height - middle) // 2, middle),
        "right": Window(new_width - middle, (height - middle) // 2, middle),
        "up": Window((width - middle) // 2, 0, middle),
        "down": Window((width - middle) // 2, new_height - middle, middle),
    }[direction]
    canvas = _canvas(pixels, new_width, new_height, x, y, Window(left, top, side), subject)
    yield from repainting.repaint(painter, parents, "pan", arguments, canvas)


def resolve_square(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """As much around a picture as makes it square."""
    parent = parents[0]
    if parent.width == parent.height:
        raise UserError("The picture is square already.")
    said = words.settled(painter, parent.recipe, {"count": 4, **given})
    return {**said, "rounds": int(given.get("rounds") or ROUNDS)}


def work_square(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    pixels = opaque(parents[0].pixels)
    height, width = pixels.shape[:2]
    side = max(height, width)
    canvas = _canvas(pixels, side, side, (side - width) // 2, (side - height) // 2)
    yield from repainting.repaint(painter, parents, "square", arguments, canvas)


def _canvas(
    inner: Pixels,
    width: int,
    height: int,
    x: int,
    y: int,
    window: Window | None = None,
    subject: Window | None = None,
) -> Canvas:
    """A canvas with the old picture at (x, y) and everything else free."""
    pixels = np.zeros((height, width, 3), np.uint8)
    free = np.ones((height, width), np.bool_)
    rows, columns = slice(y, y + inner.shape[0]), slice(x, x + inner.shape[1])
    pixels[rows, columns], free[rows, columns] = inner, False
    whole = Window.around(height, width)
    own = Window.around(*inner.shape[:2])
    old = Window(own.x + x, own.y + y, own.side)
    return Canvas(pixels, free, window or whole, old, subject or whole)


def _fit(parent: Picture, width: int, height: int, factor: float) -> tuple[int, int]:
    """The old picture's size inside the new one's: `factor` times smaller than what would just fit."""
    scale = min(width / parent.width, height / parent.height) / factor
    return max(round(parent.width * scale), 1), max(round(parent.height * scale), 1)


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LARGEST:
        raise UserError(f"The picture would have {width} x {height} pixels; at most {LARGEST} are possible: pan less.")
