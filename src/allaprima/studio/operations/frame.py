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
from allaprima.studio.operations.repainting import Canvas, View, Window
from allaprima.studio.painting import Unit

DIRECTIONS = ("left", "right", "up", "down")
REACH = 5.0  # cells: farther out the world may become another one


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
        **repainting.asked(given),
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
    return {**said, "direction": direction, "strip": strip, **repainting.asked(given)}


def work_pan(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    pixels, direction, strip = opaque(parents[0].pixels), arguments["direction"], arguments["strip"]
    height, width = pixels.shape[:2]
    across = direction in ("left", "right")
    x = strip if direction == "left" else 0
    y = strip if direction == "up" else 0
    new_width, new_height = width + strip * across, height + strip * (not across)
    side = max(strip, round((height if across else width) * 0.6))
    subject = {
        "left": Window(0, (height - side) // 2, side),
        "right": Window(new_width - side, (height - side) // 2, side),
        "up": Window((width - side) // 2, 0, side),
        "down": Window((width - side) // 2, new_height - side, side),
    }[direction]
    length = min(_seen(painter, pixels, strip, across), new_width if across else new_height)
    left = new_width - length if direction == "right" else 0
    top = new_height - length if direction == "down" else 0
    view = View(left, top, length if across else width, height if across else length)
    canvas = _canvas(pixels, new_width, new_height, x, y, view, subject)
    yield from repainting.repaint(painter, parents, "pan", arguments, canvas)


def resolve_square(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """As much around a picture as makes it square."""
    parent = parents[0]
    if parent.width == parent.height:
        raise UserError("The picture is square already.")
    said = words.settled(painter, parent.recipe, {"count": 4, **given})
    return {**said, **repainting.asked(given)}


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
    view: View | None = None,
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
    return Canvas(pixels, free, view or View(0, 0, width, height), old, subject or whole, REACH)


def _seen(painter: Painter, pixels: Pixels, strip: int, across: bool) -> int:
    """How far along its way a pan looks: as far as the longest shape that is painted, and beyond the new strip."""
    height, width = pixels.shape[:2]
    longest = max(size[0] / size[1] if across else size[1] / size[0] for size in painter.bundle.picture_sizes)
    return max(round(float((height if across else width) * longest)), round(strip * 1.5))


def _fit(parent: Picture, width: int, height: int, factor: float) -> tuple[int, int]:
    """The old picture's size inside the new one's: `factor` times smaller than what would just fit."""
    scale = min(width / parent.width, height / parent.height) / factor
    return max(round(parent.width * scale), 1), max(round(parent.height * scale), 1)


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LARGEST:
        raise UserError(f"The picture would have {width} x {height} pixels; at most {LARGEST} are possible: pan less.")
