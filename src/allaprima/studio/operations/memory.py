"""Memory in operations: the drawings a picture was painted from, shown to the painter again, where they are now.

A child that keeps its parent's composition must not be shown drawings in other places; so the parent's own are put
back into their boxes, or new ones into the part of the picture that is to change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import collage, recall
from allaprima.engine.collage import Box, Collage
from allaprima.engine.library import Match
from allaprima.engine.painter import Painter
from allaprima.engine.recall import Recalled
from allaprima.engine.sitting import Sitting

Array = NDArray[np.float32]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


def remembered(painter: Painter, recipe: Mapping[str, Any], window: Box = WHOLE) -> Collage | None:
    """The collage that a recipe's own references make, seen through `window` of the new picture.

    `window` is where the old picture lies in the new one: it may reach outside of 0..1.
    """
    by_digest = {drawing.sha256: drawing for drawing in painter.library.drawings}
    things: list[Recalled] = []
    places: list[tuple[Box, ...]] = []
    for reference in recipe.get("references", []):
        drawing = by_digest.get(reference.get("sha256", ""))
        boxes = tuple(_moved(tuple(box), window) for box in reference.get("boxes", []))
        boxes = tuple(box for box in boxes if _is_seen(box))
        if drawing is None or not boxes or reference.get("inherited"):
            continue
        match = Match(drawing.concept, float(reference.get("score", 1.0)), drawing.name)
        things.append(Recalled(str(reference.get("for", drawing.name)), match, 0, count=len(boxes), drawing=drawing))
        places.append(boxes)
    return collage.paste(things, places, painter.library) if things else None


def recalled(painter: Painter, sitting: Sitting, window: Box) -> tuple[Collage | None, ...]:
    """For each picture of a sitting, what its words call to mind, placed inside `window`."""
    reading = sitting.reading
    things = recall.recall(reading, painter.library, painter.meaning)
    if not things:
        return (None,) * len(sitting.seeds)
    relation = reading.relation_between(things[0].start, things[1].start) if len(things) > 1 else None
    made: list[Collage | None] = []
    for seed in sitting.seeds:
        rng = np.random.Generator(np.random.PCG64([seed, 1]))
        chosen = recall.choose(things, painter.library, sitting.request.style or reading.style, rng)
        composed = collage.compose(chosen, painter.library, relation, reading.scenery, rng)
        boxes = [tuple(_moved(box, window) for box in each) for each in composed.boxes]
        made.append(collage.paste(chosen, boxes, painter.library))
    return tuple(made)


def shown(painter: Painter, sitting: Sitting, collages: Sequence[Collage | None]) -> Sitting:
    """The sitting with these collages, one for each picture, instead of its own."""
    if sitting.memory <= 0.0 or all(each is None for each in collages):
        return replace(sitting, hint=None, collages=(None,) * len(sitting.seeds))
    blank = np.zeros((collage.SIDE, collage.SIDE, 4), np.uint8)
    rgba = np.stack([blank if each is None else each.rgba for each in collages])
    hint = collage.hint(rgba, lambda rgb: painter.backend.run("encoder", {"picture": rgb})["latent"])
    for index, each in enumerate(collages):
        if each is None:
            hint[index] = 0.0
    return replace(sitting, hint=hint, collages=tuple(collages))


def _moved(box: Sequence[float], window: Box) -> Box:
    width, height = window[2] - window[0], window[3] - window[1]
    x0, y0, x1, y1 = box
    return (window[0] + x0 * width, window[1] + y0 * height, window[0] + x1 * width, window[1] + y1 * height)


def _is_seen(box: Box) -> bool:
    """Whether at least half of a box lies in the picture."""
    across = max(min(box[2], 1.0) - max(box[0], 0.0), 0.0) * max(min(box[3], 1.0) - max(box[1], 0.0), 0.0)
    return across * 2.0 >= (box[2] - box[0]) * (box[3] - box[1])
