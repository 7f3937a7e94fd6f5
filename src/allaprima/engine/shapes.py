"""Shapes: at which of its sizes a model paints a picture that is not square, and where things stand in it.

A bundle lists the sizes that it paints (`picture_sizes`); the one nearest in shape is taken, and what is asked for is
cut and scaled from it. Layouts are planned for a square, as the training's scenes were; here they are laid into the
picture's own shape. Numbers alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allaprima.engine.bundle import Bundle

Size = tuple[int, int]  # width, height, pixels
Cells = tuple[int, int]  # rows, columns of a latent
Box = tuple[float, float, float, float]


def painted_at(bundle: Bundle, width: int | None, height: int | None) -> Size:
    """The bundle's size that is nearest in shape to width x height; one side alone, or none, means a square."""
    if not width or not height:
        return bundle.picture_sizes[0]
    return nearest(bundle.picture_sizes, width / height)


def nearest(sizes: Sequence[Size], ratio: float) -> Size:
    """The size whose width to height comes closest to `ratio`; of two equally near the first."""
    return min(sizes, key=lambda size: abs(math.log(size[0] / size[1] / ratio)))


def cells(bundle: Bundle, size: Size) -> Cells:
    """Rows and columns of the latent of a picture of this size."""
    _, rows, columns = bundle.latent_shape
    width, height = bundle.picture_sizes[0]
    return size[1] * rows // height, size[0] * columns // width


def laid(boxes: Sequence[Box], shape: Cells, *, standing: bool) -> tuple[Box, ...]:
    """Boxes planned in a square, in a picture of `shape`: each as large as the shorter side makes it.

    In a wide picture they move apart; in a tall one they keep together, around the lowest feet if they stand on a
    ground, around the middle if not.
    """
    rows, columns = shape
    if rows == columns or not boxes:
        return tuple(boxes)
    if columns > rows:
        share = rows / columns
        return tuple(_moved(x0, y0, x1, y1, share) for x0, y0, x1, y1 in boxes)
    share = columns / rows
    anchor = max(box[3] for box in boxes) if standing else 0.5
    return tuple((x0, anchor + (y0 - anchor) * share, x1, anchor + (y1 - anchor) * share) for x0, y0, x1, y1 in boxes)


def squared(box: Sequence[float], size: Size) -> Box:
    """A box in fractions of a picture of `size`, in fractions of the square that the picture is the middle of."""
    width, height = size
    side = max(width, height)
    left, above = (side - width) / 2, (side - height) / 2
    x0, y0, x1, y1 = box
    return ((left + x0 * width) / side, (above + y0 * height) / side,
            (left + x1 * width) / side, (above + y1 * height) / side)  # fmt: skip


def within(box: Sequence[float], size: Size) -> Box:
    """The other way: from fractions of the square to fractions of the picture in its middle."""
    width, height = size
    side = max(width, height)
    left, above = (side - width) / 2, (side - height) / 2
    x0, y0, x1, y1 = box
    return ((x0 * side - left) / width, (y0 * side - above) / height,
            (x1 * side - left) / width, (y1 * side - above) / height)  # fmt: skip


def _moved(x0: float, y0: float, x1: float, y1: float, share: float) -> Box:
    """A box narrowed around its middle, and kept inside if it was."""
    middle, half = (x0 + x1) / 2, (x1 - x0) / 2 * share
    middle = min(max(middle, half), 1.0 - half) if x0 >= 0.0 and x1 <= 1.0 else middle
    return (middle - half, y0, middle + half, y1)
