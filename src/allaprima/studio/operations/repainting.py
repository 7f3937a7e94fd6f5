"""Repainting: the part of a canvas that is free is painted, the rest is kept to the pixel.

The painter works in one square window of the canvas; region edits, zoom and pan differ only in what is free and where
the window lies. Known cells are held at each step; a network that was taught to fill in is shown them, too, and for one
that was not the recipe says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine.collage import Box
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.studio.operations import derived, joining, latents, memory, walking, words
from allaprima.studio.operations.memory import Placed
from allaprima.studio.operations.pictures import Pixels
from allaprima.studio.painting import Unit

NOTE = "The model was not trained to fill in: the known part is held in place while the rest is painted around it."


@dataclass(frozen=True)
class Window:
    """A square of the canvas, in its pixels; it may reach beyond, where the canvas is mirrored."""

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
class Canvas:
    """What is to be painted on: pixels [h, w, 3], what is free [h, w], and where the painter looks.

    `old` is the parent's own square in this canvas. `subject` is where things that the words name may go.
    """

    pixels: Pixels
    free: NDArray[np.bool_]
    window: Window
    old: Window
    subject: Window


def repaint(
    painter: Painter,
    parents: Sequence[Picture],
    kind: str,
    arguments: Mapping[str, Any],
    canvas: Canvas,
    notes: Sequence[str] = (),
) -> Iterator[Unit]:
    """The units of `count` pictures of a canvas."""
    window, recipe = canvas.window, parents[0].recipe
    ground = joining.filled(canvas.pixels, canvas.free)
    sitting = words.prepared(painter, arguments)
    before = memory.placed_before(painter, recipe, canvas.old.within(window))
    if arguments["is_new"]:
        # What the words name goes where there is room for it, and what was there before makes that room.
        room = canvas.subject.within(window)
        before = [each for each in before if not _is_free(each, canvas)]
        anew = memory.placed_anew(painter, sitting, room)
    else:
        anew = [[] for _ in sitting.seeds]
    letters = memory.letters_before(recipe, canvas.old.within(window), len(sitting.seeds))
    if arguments["is_new"]:
        letters = memory.letters_anew(sitting, canvas.subject.within(window))
    sitting = memory.shown(painter, sitting, [[*before, *each] for each in anew], letters=letters)
    latent = latents.encoded(painter, [_cut(ground, window)])[0]
    known = walking.Known(latent, _cells(canvas.free, window, latent.shape[1:]))
    said = [*arguments["notes"], *notes, *([] if painter.bundle.knows_regions else [NOTE])]
    whole = Window.around(*canvas.free.shape)

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        made = []
        for picture in pictures:
            side = canvas.window.side
            square = painter.enlarger.fitted(picture.pixels, (side, side), words.enlarge(arguments))
            pixels = _set_in(canvas, square)
            # Boxes are told in the new picture's own square, so that its children find them.
            recipe = memory.moved(picture.recipe, window.within(whole))
            moved = Picture(picture.pixels, recipe, picture.timing_ms)
            made.append(derived.painted(moved, kind, arguments, parents, said, pixels))
        return tuple(made)

    yield from walking.paint(
        painter, sitting, finish, stop=arguments["stop"], known=known, rounds=arguments["rounds"]
    )  # fmt: skip


def _set_in(canvas: Canvas, square: Pixels) -> Pixels:
    """The canvas with a painted square of its window's size in it, wherever it is free."""
    window = canvas.window
    height, width = canvas.free.shape
    x0, y0 = max(window.x, 0), max(window.y, 0)
    x1, y1 = min(window.x + window.side, width), min(window.y + window.side, height)
    result = canvas.pixels.copy()
    part = square[y0 - window.y : y1 - window.y, x0 - window.x : x1 - window.x]
    result[y0:y1, x0:x1] = joining.joined(canvas.pixels[y0:y1, x0:x1], part, canvas.free[y0:y1, x0:x1])
    return result


def _cut(pixels: Pixels, window: Window) -> Pixels:
    """The window's pixels, mirrored where it reaches beyond the canvas."""
    height, width = pixels.shape[:2]
    rows = _mirrored(np.arange(window.y, window.y + window.side), height)
    columns = _mirrored(np.arange(window.x, window.x + window.side), width)
    return np.ascontiguousarray(pixels[rows[:, None], columns])


def _mirrored(places: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    turned = places % (2 * length)
    return np.where(turned < length, turned, 2 * length - 1 - turned)


def _cells(free: NDArray[np.bool_], window: Window, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The latent cells of the window that have any free pixel."""
    height, width = free.shape
    ys, xs = np.nonzero(free)
    inside = (ys >= window.y) & (ys < window.y + window.side) & (xs >= window.x) & (xs < window.x + window.side)
    cells = np.zeros(shape, np.bool_)
    rows, columns = shape
    cells[(ys[inside] - window.y) * rows // window.side, (xs[inside] - window.x) * columns // window.side] = True
    return cells


def _is_free(placed: Placed, canvas: Canvas) -> bool:
    """Whether a thing stands mostly where the canvas is free."""
    height, width = canvas.free.shape
    window = canvas.window
    x0, y0, x1, y1 = placed[1][0]
    left, right = (max(round(window.x + edge * window.side), 0) for edge in (x0, x1))
    top, bottom = (max(round(window.y + edge * window.side), 0) for edge in (y0, y1))
    part = canvas.free[top : min(bottom, height), left : min(right, width)]
    return bool(part.size) and float(part.mean()) > 0.5
