"""Lineage: a picture made again from its recipe, and before it everything that it came from.

Parents are found in the recipe's ancestry and made first; each must come out with the pixels it had, or the replay
stops there and says so. Pictures that were given, and not painted, have to be given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import table
from allaprima.studio.operations.pictures import Pixels, identity

DEEPEST = 200  # generations


def replay(painter: Painter, recipe: Mapping[str, Any], sources: Mapping[str, Pixels] | None = None) -> Picture:
    """The picture of a recipe, whether painted from words or by operations. Raises UserError if it cannot be.

    `sources`: the pixels of pictures that were given from outside, by their pixels' digests.
    """
    return _Replay(painter, recipe.get("ancestry", {}), sources or {}).picture(recipe)


def parents(recipe: Mapping[str, Any]) -> tuple[str, ...]:
    """The identities of the pictures that an operation began with; none for a picture painted from words."""
    return tuple(recipe.get("parents", ()))


def generations(recipe: Mapping[str, Any]) -> int:
    """How many operations lie between a picture and the first of its forebears."""
    ancestry = recipe.get("ancestry", {})
    known: dict[str, int] = {}

    def depth(each: Mapping[str, Any], budget: int) -> int:
        if budget < 0:
            raise UserError(f"The lineage goes back more than {DEEPEST} generations.")
        best = 0
        for name in parents(each):
            if name not in known:
                known[name] = depth(ancestry.get(name, {}), budget - 1)
            best = max(best, known[name] + 1)
        return best

    return depth(recipe, DEEPEST)


class _Replay:
    """One replay: every forebear is made once."""

    def __init__(self, painter: Painter, ancestry: Mapping[str, Any], sources: Mapping[str, Pixels]) -> None:
        self._painter, self._ancestry, self._sources = painter, ancestry, sources
        self._made: dict[str, Picture] = {}

    def picture(self, recipe: Mapping[str, Any], depth: int = 0) -> Picture:
        if depth > DEEPEST:
            raise UserError(f"The lineage goes back more than {DEEPEST} generations.")
        operation = recipe.get("operation")
        if operation is None:
            return self._painter.replay(recipe)
        model = recipe.get("model", {})
        if model and not self._painter.bundle.paints_as(str(model.get("sha256"))):
            raise UserError(
                f"The recipe is for the model {model.get('name')} {str(model.get('sha256'))[:12]}: open that bundle."
            )
        began_with = [self._parent(name, depth + 1) for name in parents(recipe)]
        made = table.carried_out(self._painter, operation["kind"], began_with, operation["arguments"])
        index = int((recipe.get("batch") or {"index": 0})["index"])
        if index >= len(made):
            raise UserError("This is not a recipe that can be repeated: its place in the grid does not exist.")
        return made[index]

    def _parent(self, name: str, depth: int) -> Picture:
        if name in self._made:
            return self._made[name]
        recipe = self._ancestry.get(name)
        if recipe is None:
            raise UserError(f"The recipe does not tell how its parent {name[:12]} was made.")
        if "given" in recipe:
            pixels = self._sources.get(str(recipe["given"].get("sha256")))
            if pixels is None:
                called = recipe["given"].get("name") or name[:12]
                raise UserError(f"The picture {called} was given from outside: give it again to replay what follows.")
            picture = Picture(pixels, recipe)
        else:
            whole = {**recipe, "ancestry": self._ancestry} if "operation" in recipe else recipe
            picture = self.picture(whole, depth)
        if identity(Picture(picture.pixels, recipe)) != name:
            # Either its recipe was changed since, or the numbers are not the same here.
            raise UserError(
                f"The parent {name[:12]} came out with other pixels: replay it on the backend that it was painted "
                f"with ({recipe.get('backend', 'unknown')}, version {recipe.get('version', 'unknown')})."
            )
        # Children write down their parents' recipes as they were, ancestry included only once.
        own = self._ancestry_of(recipe)
        self._made[name] = Picture(picture.pixels, {**recipe, **({"ancestry": own} if own else {})})
        return self._made[name]

    def _ancestry_of(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in parents(recipe):
            found |= self._ancestry_of(self._ancestry.get(name, {}))
            found[name] = self._ancestry.get(name, {})
        return found
