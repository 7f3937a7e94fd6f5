"""Blending: two to five pictures become one, by their latents, their words and their drawings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from allaprima.engine import collage, recall
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.recall import Recalled
from allaprima.engine.sitting import Sitting
from allaprima.engine.wish import sides
from allaprima.errors import UserError
from allaprima.studio.operations import derived, latents, memory, walking, words
from allaprima.studio.operations.memory import Placed
from allaprima.studio.painting import Unit

SHAPES = {"square": 1.0, "portrait": 2 / 3, "landscape": 3 / 2}
# A mean of pictures is a double exposure: enough of it has to go for one picture to come out.
NOISE = 0.9
NOTE_WORDLESS = "{names} had no words, so only the colours and shapes of it count."


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """Blend pictures by `weights`; without a prompt by the words they have, weighed alike."""
    weights = [float(each) for each in given.get("weights") or [1.0] * len(parents)]
    if len(weights) != len(parents) or min(weights) < 0.0 or sum(weights) <= 0.0:
        raise UserError(f"blend needs a weight of 0 or more for each of the {len(parents)} pictures, not {weights}.")
    weights = [round(each / sum(weights), 6) for each in weights]
    notes: list[str] = []
    if given.get("prompt"):
        said = words.settled(painter, {}, {"count": 4, **given})
    else:
        spoken = [
            (parent, share) for parent, share in zip(parents, weights, strict=True) if parent.recipe.get("prompt")
        ]
        if not spoken:
            raise UserError("None of the pictures has words: say with --prompt what the blend is to show.")
        silent = [parent for parent in parents if not parent.recipe.get("prompt")]
        if silent:
            names = ", ".join(str(parent.recipe.get("given", {}).get("name") or "A picture") for parent in silent)
            notes.append(NOTE_WORDLESS.format(names=names))
        parts = [[text, weight * share] for parent, share in spoken for text, weight in _parts(parent)]
        recipe = {**spoken[0][0].recipe, "parts": parts}
        recipe.pop("style", None)
        said = words.settled(painter, recipe, {"count": 4, **given})
    noise = given.get("noise")
    return {
        **said,
        "notes": [*said["notes"], *notes],
        "weights": weights,
        "shape": given.get("shape") or "square",
        "noise": NOISE if noise is None else float(noise),
    }


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    width, height = sides(SHAPES[arguments["shape"]])
    sitting = words.prepared(painter, arguments, width, height)
    encoded = latents.framed(painter, sitting, [parent.pixels for parent in parents])
    weights = np.asarray(arguments["weights"], np.float32)
    mean = np.tensordot(weights, encoded, axes=1)
    # Means lie nearer to the middle than any picture does; as much spread is given back.
    spread = np.sqrt(np.tensordot(weights, encoded.var(axis=(1, 2, 3)), axes=1) / max(float(mean.var()), 1e-6))
    sitting = latents.started(
        painter, sitting, np.asarray(mean * min(float(spread), 1.5), np.float32), arguments["noise"]
    )
    if not arguments["is_new"]:
        sitting = memory.shown(painter, sitting, _together(painter, sitting, parents))

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        return tuple(derived.painted(each, "blend", arguments, parents, arguments["notes"]) for each in pictures)

    yield from walking.paint(painter, sitting, finish, stop=arguments["stop"])


def _together(painter: Painter, sitting: Sitting, parents: Sequence[Picture]) -> list[list[Placed]]:
    """For each picture, the main drawing of every parent, placed anew beside the others."""
    things: list[Recalled] = []
    for parent in parents:
        placed = memory.placed_before(painter, parent.recipe)
        if placed and len(things) < recall.MOST_KINDS:
            things.append(replace(placed[0][0], count=1))
    if not things:
        return [[] for _ in sitting.seeds]
    made = []
    for seed in sitting.seeds:
        rng = np.random.Generator(np.random.PCG64([seed, 1]))
        composed = collage.compose(things, painter.library, None, sitting.reading.scenery, rng, sitting.shape)
        made.append(list(zip(things, memory.in_square(composed.boxes, sitting.shape), strict=True)))
    return made


def _parts(parent: Picture) -> list[tuple[str, float]]:
    return [(text, weight) for text, weight in parent.recipe.get("parts") or [(parent.recipe["prompt"], 1.0)]]
