"""Repainting: the part of a canvas that is free is painted, the rest is kept to the pixel.

The painter works in one view of the canvas, of a shape that it paints; region edits, zoom and pan differ only in what
is free and where the view lies. Known cells are held at each step, and free ones to the large colours that the known
lead to; a network that was taught to fill in is shown the known, too, and for one that was not the recipe says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import shapes
from allaprima.engine.collage import Box
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.shapes import Size
from allaprima.engine.sitting import Sitting
from allaprima.studio.operations import derived, joining, latents, memory, underpainting, walking, words
from allaprima.studio.operations.memory import Placed
from allaprima.studio.operations.pictures import Pixels
from allaprima.studio.painting import Unit

ROUNDS = 2
HOLD = 1.0
EDGE = 4.0  # cells that have a thing's edge are the thing's, once it covers one part in so many
NOTE = "The model was not trained to fill in: the known part is held in place while the rest is painted around it."


@dataclass(frozen=True)
class Window:
    """A square of the canvas, in its pixels, in whose fractions boxes are told; it may reach beyond."""

    x: int
    y: int
    side: int

    @classmethod
    def around(cls, height: int, width: int) -> Window:
        """The square that a picture is the middle of."""
        side = max(height, width)
        return cls(-((side - width) // 2), -((side - height) // 2), side)

    def within(self, other: Window) -> Box:
        """Where this one lies in the other, in fractions of the other's side."""
        x, y = (self.x - other.x) / other.side, (self.y - other.y) / other.side
        share = self.side / other.side
        return (x, y, x + share, y + share)


@dataclass(frozen=True)
class View:
    """What the painter looks at: a part of the canvas, in its pixels; beyond the canvas it is mirrored."""

    x: int
    y: int
    width: int
    height: int

    @property
    def square(self) -> Window:
        """The square that it is the middle of."""
        own = Window.around(self.height, self.width)
        return Window(own.x + self.x, own.y + self.y, own.side)

    def painted(self, sizes: Sequence[Size]) -> tuple[View, Size]:
        """The least view around this one that has the shape of one of `sizes`, and that size."""
        size = shapes.nearest(sizes, self.width / self.height)
        scale = max(self.width / size[0], self.height / size[1])
        width, height = max(round(size[0] * scale), self.width), max(round(size[1] * scale), self.height)
        return View(self.x - (width - self.width) // 2, self.y - (height - self.height) // 2, width, height), size


@dataclass(frozen=True)
class Canvas:
    """What is to be painted on: pixels [h, w, 3], what is free [h, w], and where the painter looks at least.

    `old` is the parent's own square in this canvas. `subject` is where things that the words name may go. `reach`: the
    depth, in cells of the latent, at which the hold on the large colours has fallen to a third.
    """

    pixels: Pixels
    free: NDArray[np.bool_]
    view: View
    old: Window
    subject: Window
    reach: float


def asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What all ways of repainting may be asked for."""
    hold = given.get("hold")
    return {"rounds": int(given.get("rounds") or ROUNDS), "hold": HOLD if hold is None else float(hold)}


def repaint(
    painter: Painter,
    parents: Sequence[Picture],
    kind: str,
    arguments: Mapping[str, Any],
    canvas: Canvas,
    notes: Sequence[str] = (),
) -> Iterator[Unit]:
    """The units of `count` pictures of a canvas."""
    recipe = parents[0].recipe
    sizes = painter.bundle.picture_sizes
    view, size = canvas.view.painted(sizes)
    sitting = words.prepared(painter, arguments, *size)
    if sitting.shape != shapes.cells(painter.bundle, size):  # quoted words are written in squares alone
        view, size = canvas.view.painted(sizes[:1])
        sitting = words.prepared(painter, arguments, *size)
    square = view.square
    before = memory.placed_before(painter, recipe, canvas.old.within(square))
    if arguments["is_new"]:
        # What the words name goes where there is room for it, and what was there before makes that room.
        room = canvas.subject.within(square)
        before = [each for each in before if not _is_free(each, canvas, square)]
        anew = memory.placed_anew(painter, sitting, room)
    else:
        anew = [[] for _ in sitting.seeds]
    letters = memory.letters_before(recipe, canvas.old.within(square), len(sitting.seeds))
    if arguments["is_new"]:
        letters = memory.letters_anew(sitting, canvas.subject.within(square))
    sitting = memory.shown(painter, sitting, [[*before, *each] for each in anew], letters=letters)
    known = _known(painter, sitting, canvas, view, arguments)
    said = [*arguments["notes"], *notes, *([] if painter.bundle.knows_regions else [NOTE])]
    whole = Window.around(*canvas.free.shape)

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        made = []
        for picture in pictures:
            part = painter.enlarger.fitted(picture.pixels, (view.width, view.height), words.enlarge(arguments))
            pixels = _set_in(canvas, view, part)
            # Boxes are told in the new picture's own square, so that its children find them.
            recipe = memory.moved(picture.recipe, square.within(whole))
            moved = Picture(picture.pixels, recipe, picture.timing_ms)
            made.append(derived.painted(moved, kind, arguments, parents, said, pixels))
        return tuple(made)

    yield from walking.paint(
        painter, sitting, finish, stop=arguments["stop"], known=known, rounds=arguments["rounds"]
    )  # fmt: skip


def _known(
    painter: Painter, sitting: Sitting, canvas: Canvas, view: View, arguments: Mapping[str, Any]
) -> walking.Known:
    """What is kept of the canvas, and how much of its continuation."""
    ground = underpainting.ground(canvas.pixels, canvas.free)
    latent = latents.of_shape(painter, [_cut(ground, view)], sitting.shape)[0]
    free = _cells(_cut(canvas.free, view), sitting.shape)
    hold = np.tile(np.where(free, arguments["hold"], 0.0).astype(np.float32), (len(sitting.seeds), 1, 1, 1))
    # A thing that is shown stands out from what lies around it, and the rest need not make room for another.
    cover = np.zeros_like(hold) if sitting.hint is None else np.minimum(sitting.hint[:, -1:] * EDGE, 1.0)
    reach = np.where((cover * free).any(axis=(1, 2, 3), keepdims=True), np.inf, canvas.reach)
    hold *= (1.0 - cover) * np.exp((1.0 - np.maximum(joining.depth(free), 1.0)) / reach)
    return walking.Known(latent, free, hold)


def _set_in(canvas: Canvas, view: View, painted: Pixels) -> Pixels:
    """The canvas with a painted view of it, wherever it is free."""
    height, width = canvas.free.shape
    x0, y0 = max(view.x, 0), max(view.y, 0)
    x1, y1 = min(view.x + view.width, width), min(view.y + view.height, height)
    result = canvas.pixels.copy()
    part = painted[y0 - view.y : y1 - view.y, x0 - view.x : x1 - view.x]
    result[y0:y1, x0:x1] = joining.joined(canvas.pixels[y0:y1, x0:x1], part, canvas.free[y0:y1, x0:x1])
    return result


def _cut(pixels: NDArray[Any], view: View) -> NDArray[Any]:
    """The view's pixels, mirrored where it reaches beyond the canvas."""
    height, width = pixels.shape[:2]
    rows = _mirrored(np.arange(view.y, view.y + view.height), height)
    columns = _mirrored(np.arange(view.x, view.x + view.width), width)
    return np.ascontiguousarray(pixels[rows[:, None], columns])


def _mirrored(places: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    turned = places % (2 * length)
    return np.where(turned < length, turned, 2 * length - 1 - turned)


def _cells(free: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The latent cells of a view that have any free pixel."""
    ys, xs = np.nonzero(free)
    cells = np.zeros(shape, np.bool_)
    cells[ys * shape[0] // free.shape[0], xs * shape[1] // free.shape[1]] = True
    return cells


def _is_free(placed: Placed, canvas: Canvas, square: Window) -> bool:
    """Whether a thing stands mostly where the canvas is free."""
    height, width = canvas.free.shape
    x0, y0, x1, y1 = placed[1][0]
    left, right = (max(round(square.x + edge * square.side), 0) for edge in (x0, x1))
    top, bottom = (max(round(square.y + edge * square.side), 0) for edge in (y0, y1))
    part = canvas.free[top : min(bottom, height), left : min(right, width)]
    return bool(part.size) and float(part.mean()) > 0.5
