"""Memory in operations: the drawings a picture was painted from, shown to the painter again, where they are now.

A child that keeps its parent's composition must not be shown drawings in other places; so the parent's own are put
back into their boxes, and new ones into the part of the picture that is to change. Boxes are fractions of a square; a
picture of another shape is the middle of that square, whether it was cut from it or painted in its own shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import collage, lettering, recall, shapes
from allaprima.engine.collage import Box, Collage, Images, Letters
from allaprima.engine.library import Match
from allaprima.engine.painter import Painter
from allaprima.engine.recall import Recalled
from allaprima.engine.sitting import Sitting

Array = NDArray[np.float32]
Placed = tuple[Recalled, tuple[Box, ...]]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


def placed_before(painter: Painter, recipe: Mapping[str, Any], window: Box = WHOLE) -> list[Placed]:
    """The drawings of a recipe's references that this painter has, at their places.

    `window` is where the old square lies in the new one: it may reach outside of 0..1.
    """
    by_digest = {drawing.sha256: drawing for drawing in painter.library.drawings}
    found: list[Placed] = []
    for reference in moved_references(recipe, window):
        drawing = by_digest.get(reference.get("sha256", ""))
        if drawing is not None:
            boxes = tuple((box[0], box[1], box[2], box[3]) for box in reference["boxes"])
            match = Match(drawing.concept, float(reference.get("score", 1.0)), drawing.name)
            words = str(reference.get("for", drawing.name))
            found.append((Recalled(words, match, 0, count=len(boxes), drawing=drawing), boxes))
    return found


def moved_references(recipe: Mapping[str, Any], window: Box = WHOLE) -> list[dict[str, Any]]:
    """A recipe's references with their boxes as seen through `window`; those that are out of sight are left out."""
    moved = []
    for reference in recipe.get("references", []):
        boxes = [through(box, window) for box in reference.get("boxes", [])]
        seen = [[round(edge, 4) for edge in box] for box in boxes if _is_seen(box)]
        if seen and not reference.get("inherited"):
            moved.append({**reference, "boxes": seen})
    return moved


def moved(recipe: Mapping[str, Any], window: Box) -> dict[str, Any]:
    """A recipe with the boxes of its references and letters as seen through `window`."""
    seen = {**recipe, "references": moved_references(recipe, window)}
    (letters,) = letters_before(recipe, window, 1)
    if letters is None:
        seen.pop("lettering", None)
    else:
        seen["lettering"] = {**recipe["lettering"], "box": [round(edge, 4) for edge in letters.box]}
    return seen


def placed_anew(painter: Painter, sitting: Sitting, window: Box) -> list[list[Placed]]:
    """For each picture of a sitting, what its words call to mind, placed inside `window`."""
    reading = sitting.reading
    things = recall.recall(reading, painter.library, painter.meaning)
    if not things:
        return [[] for _ in sitting.seeds]
    relation = recall.relation(reading, things)
    made: list[list[Placed]] = []
    for seed, own in zip(sitting.seeds, sitting.collages, strict=True):
        rng = np.random.Generator(np.random.PCG64([seed, 1]))
        chosen = recall.choose(things, painter.library, sitting.request.style or reading.style, rng)
        planned = collage.compose(chosen, painter.library, relation, reading.scenery, rng).boxes
        if own is not None and own.letters is not None:
            rows, columns = sitting.shape
            box = shapes.squared(own.letters.box, (columns, rows))
            planned = lettering.beside(planned, replace(own.letters, box=box))
        boxes = [tuple(through(box, window) for box in each) for each in planned]
        made.append(list(zip(chosen, boxes, strict=True)))
    return made


def letters_before(recipe: Mapping[str, Any], window: Box, n: int) -> list[Letters | None]:
    """The letters of a recipe at their place seen through `window`, for each of n pictures; None where out of sight.

    Their boxes, like those of things, are fractions of the square around the picture.
    """
    told = recipe.get("lettering")
    if not told:
        return [None] * n
    box = through(told["box"], window)
    if not _is_seen(box):
        return [None] * n
    return [Letters(told["text"], tuple(told["lines"]), told.get("colour"), told["place"], box)] * n


def letters_anew(sitting: Sitting, window: Box) -> list[Letters | None]:
    """The letters that a sitting planned itself, inside `window`."""
    size = (sitting.shape[1], sitting.shape[0])
    own = (each.letters if each is not None else None for each in sitting.collages)
    return [
        None if each is None else replace(each, box=through(shapes.squared(each.box, size), window)) for each in own
    ]


def in_square(boxes: Sequence[Sequence[Box]], shape: tuple[int, int]) -> list[tuple[Box, ...]]:
    """Boxes of things in a picture of this shape (rows, columns), in fractions of the square around it."""
    return [tuple(shapes.squared(box, (shape[1], shape[0])) for box in each) for each in boxes]


def shown(
    painter: Painter,
    sitting: Sitting,
    placed: Sequence[Sequence[Placed]],
    images: Images | None = None,
    letters: Sequence[Letters | None] = (),
) -> Sitting:
    """The sitting with these things and letters, for each picture its own, instead of those it recalled itself.

    `images` has the pictures of things that are not in the painter's library.
    """
    if sitting.memory <= 0.0 or not (any(placed) or any(letters)):
        return replace(sitting, hint=None, collages=(None,) * len(sitting.seeds))
    rows, columns = sitting.shape
    collages: list[Collage | None] = [
        collage.paste(
            [thing for thing, _ in each],
            [tuple(shapes.within(box, (columns, rows)) for box in boxes) for _, boxes in each],
            images or painter.library,
            sitting.shape,
        )
        if each
        else None
        for each in placed
    ]
    for index, words in enumerate(letters):
        if words is not None:
            placed_words = replace(words, box=shapes.within(words.box, (columns, rows)))
            collages[index] = lettering.into(collages[index], placed_words, sitting.shape)
    blank = np.zeros((rows * collage.CELL, columns * collage.CELL, 4), np.uint8)
    rgba = np.stack([blank if each is None else each.rgba for each in collages])
    hint = collage.hint(rgba, lambda rgb: painter.backend.run("encoder", {"picture": rgb})["latent"])
    for index, each in enumerate(collages):
        if each is None:
            hint[index] = 0.0
    return replace(sitting, hint=hint, collages=tuple(collages))


def through(box: Sequence[float], window: Box) -> Box:
    """A box of one square in the coordinates of another, in which the first one lies at `window`."""
    width, height = window[2] - window[0], window[3] - window[1]
    x0, y0, x1, y1 = box
    return (window[0] + x0 * width, window[1] + y0 * height, window[0] + x1 * width, window[1] + y1 * height)


def _is_seen(box: Box) -> bool:
    """Whether at least half of a box lies in the picture."""
    across = max(min(box[2], 1.0) - max(box[0], 0.0), 0.0) * max(min(box[3], 1.0) - max(box[1], 0.0), 0.0)
    return across * 2.0 >= (box[2] - box[0]) * (box[3] - box[1])
