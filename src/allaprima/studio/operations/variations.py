"""Variations: a picture painted again from itself under noise (vary, remix), or the same wish once more (reroll).

Subtle keeps the composition and its drawings; strong keeps little more than the large colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import derived, latents, memory, walking, words
from allaprima.studio.painting import Unit

# The time at which the painting is taken up again: the share of it that is noise. At 0.85 the old thing still showed
# through the new one; at 0.92 only the large colours of the scenery are left.
STRENGTHS = {"subtle": 0.6, "strong": 0.92}


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """Vary one picture, with its own words or new ones (remix)."""
    strength = given.get("strength") or "subtle"
    noise = given.get("noise")
    said = words.settled(painter, parents[0].recipe, {"count": 4, **given})
    said["size"] = _size(said, parents[0])
    return {**said, "strength": strength, "noise": STRENGTHS[strength] if noise is None else float(noise)}


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of a grid of variations."""
    parent = parents[0]
    width, height = arguments["size"]
    sitting = words.prepared(painter, arguments, width, height)
    clean = latents.framed(painter, sitting, [parent.pixels])[0]
    sitting = latents.started(painter, sitting, clean, arguments["noise"])
    notes = list(arguments["notes"])
    if arguments["strength"] == "subtle" and not arguments["is_new"]:
        # Other drawings than the picture was painted from would only be put on top of it.
        old = memory.placed_before(painter, parent.recipe)
        n = len(sitting.seeds)
        letters = memory.letters_before(parent.recipe, memory.WHOLE, n)
        sitting = memory.shown(painter, sitting, [old] * n, letters=letters)

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        return tuple(derived.painted(each, "vary", arguments, parents, notes) for each in pictures)

    yield from walking.paint(painter, sitting, finish, stop=arguments["stop"])


def resolve_reroll(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """The same words with other seeds."""
    if parents[0].recipe.get("given"):
        raise UserError("A picture that was not painted here cannot be rolled again: vary it, or give it words.")
    said = words.settled(painter, parents[0].recipe, {"count": 4, **given})
    return {**said, "size": _size(said, parents[0])}


def work_reroll(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of a new grid."""
    width, height = arguments["size"]
    sitting = words.prepared(painter, arguments, width, height)

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        return tuple(derived.painted(each, "reroll", arguments, parents, arguments["notes"]) for each in pictures)

    yield from walking.paint(painter, sitting, finish, stop=arguments["stop"])


def _size(said: Mapping[str, Any], parent: Picture) -> list[int]:
    """Width and height that new words ask for, or else those of a picture of the parent's shape."""
    width, height = said["size"]
    return [width, height] if width and height else list(latents.native_size(parent.pixels))
