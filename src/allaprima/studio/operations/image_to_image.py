"""Image to image: a picture as the beginning, words as the goal, and one dial between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.studio.operations import derived, latents, walking, words
from allaprima.studio.painting import Unit

STRENGTH = 0.7


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """`strength`: 0 gives the picture back as the model sees it, 1 follows the words alone."""
    said = words.settled(painter, parents[0].recipe, {"count": 1, **given})
    strength = given.get("strength")
    width, height = latents.native_size(parents[0].pixels)
    return {
        **said,
        "strength": STRENGTH if strength is None else float(strength),
        "width": int(given.get("width") or width),
        "height": int(given.get("height") or height),
    }


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of `count` pictures."""
    sitting = words.prepared(painter, arguments, arguments["width"], arguments["height"])
    clean = latents.framed(painter, sitting, [parents[0].pixels])[0]
    # At 0 one step with next to no noise is left: the picture as the model sees it.
    sitting = latents.started(painter, sitting, clean, max(arguments["strength"], 0.02))

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        return tuple(
            derived.painted(each, "image-to-image", arguments, parents, arguments["notes"]) for each in pictures
        )

    yield from walking.paint(painter, sitting, finish, stop=arguments["stop"])
