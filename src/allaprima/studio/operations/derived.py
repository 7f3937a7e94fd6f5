"""Recipes of operations: what was asked, of which pictures, and all recipes that those came from.

A recipe holds `operation` (kind and complete arguments), `parents` (their identities), and `ancestry`: the recipes of
all forebears by identity, flat, so that a file alone tells how it came to be. Knows nothing of how it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import allaprima
from allaprima.engine.picture import Picture
from allaprima.engine.recipe import FORMAT
from allaprima.studio.operations.pictures import Pixels, identity

_OWN = ("operation", "parents", "ancestry", "notes", "given", "batch", "resized", "stop", "stopped_after")
_PAINTED = ("grid", "churn", "unread")  # of the painting that an operation on pixels does not repeat


def painted(
    picture: Picture,
    kind: str,
    arguments: Mapping[str, Any],
    parents: Sequence[Picture],
    notes: Sequence[str] = (),
    pixels: Pixels | None = None,
) -> Picture:
    """A picture that the painter just made, as the child of others; `pixels` if they were changed since."""
    pixels = picture.pixels if pixels is None else pixels
    recipe = dict(picture.recipe)
    for key in ("stop", "stopped_after", "resized"):  # said by the operation's arguments and size
        recipe.pop(key, None)
    recipe |= _kinship(kind, arguments, parents, notes, recipe.get("references", []), pixels)
    return Picture(pixels, recipe, picture.timing_ms)


def reworked(
    pixels: Pixels, kind: str, arguments: Mapping[str, Any], parents: Sequence[Picture], notes: Sequence[str] = ()
) -> Picture:
    """A picture that was made of the first parent's pixels without painting."""
    inherited = {key: value for key, value in parents[0].recipe.items() if key not in (*_OWN, *_PAINTED)}
    recipe = {**inherited, "format": FORMAT, "version": allaprima.__version__}
    return Picture(pixels, recipe | _kinship(kind, arguments, parents, notes, inherited.get("references", []), pixels))


def _kinship(
    kind: str,
    arguments: Mapping[str, Any],
    parents: Sequence[Picture],
    notes: Sequence[str],
    references: Sequence[Mapping[str, Any]],
    pixels: Pixels,
) -> dict[str, Any]:
    names = [identity(parent) for parent in parents]
    ancestry: dict[str, Any] = {}
    for name, parent in zip(names, parents, strict=True):
        ancestry |= parent.recipe.get("ancestry", {})
        ancestry[name] = {key: value for key, value in parent.recipe.items() if key != "ancestry"}
    credits = list(references)
    seen = {each.get("sha256") for each in credits}
    for parent in parents:
        for each in parent.recipe.get("references", []):
            if each.get("sha256") not in seen:
                seen.add(each.get("sha256"))
                credits.append({**each, "inherited": True})
    said = {
        "size": [pixels.shape[1], pixels.shape[0]],
        "references": credits,
        "operation": {"kind": kind, "arguments": dict(arguments)},
        "parents": names,
        "ancestry": ancestry,
    }
    return said | ({"notes": list(dict.fromkeys(notes))} if notes else {})
