"""Procedural scenery: a place at a time of day, in some weather, in some look, painted from nothing.

Landscapes are painted in unit coordinates from dice rolled before the size is known, so a seed shows the same scene
at every size. Knows nothing of drawings, captions or training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allaprima.errors import UserError
from allaprima.scene import interiors, looks, nature, places, realms, shores, weathers
from allaprima.scene.canvas import Canvas
from allaprima.scene.palettes import light_for
from allaprima.scene.stage import Stage

PAINTERS: dict[str, Callable[[Stage], float]] = {
    "ocean": shores.ocean,
    "beach": shores.beach,
    "lake": shores.lake,
    "river": shores.river,
    "field": nature.field,
    "meadow": nature.meadow,
    "hills": nature.hills,
    "mountains": nature.mountains,
    "forest": nature.forest,
    "desert": nature.desert,
    "snow": nature.snow,
    "city": places.city,
    "space": realms.space,
    "underwater": realms.underwater,
    "sky": nature.open_sky,
    "island": shores.island,
    "waterfall": shores.waterfall,
    "volcano": nature.volcano,
    "garden": places.garden,
    "road": places.road,
    "room": interiors.room,
    "plain": realms.plain,
    "pattern": realms.pattern,
}
SCENERIES: tuple[str, ...] = tuple(PAINTERS)
TIMES: tuple[str, ...] = ("day", "sunrise", "sunset", "dusk", "night")
WEATHERS: tuple[str, ...] = ("clear", "cloudy", "rainy", "snowy", "foggy", "stormy", "rainbow")
LOOKS: tuple[str, ...] = tuple(looks.LOOKS)

# Where weather shows nothing, and where the hour does not show.
WEATHERLESS: frozenset[str] = frozenset({"space", "underwater", "plain", "pattern"})
TIMELESS: frozenset[str] = frozenset({"space"})


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A painted place. picture: uint8 [size, size, 3]. ground: height (0 top, 1 bottom) where feet look right."""

    picture: NDArray[np.uint8]
    ground: float
    kind: str


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise UserError(f"unknown {what} {name!r}: choose one of {', '.join(names)}")


def paint(
    scenery: str,
    *,
    time_of_day: str = "day",
    weather: str | None = None,
    look: str = "gradient",
    size: int = 128,
    rng: np.random.Generator,
) -> Backdrop:
    """Paint `scenery` at `size` pixels square; the state of `rng` alone fixes the scene.

    Weather is ignored where it cannot show (WEATHERLESS); in a room it shows in the window.
    Raises UserError for a name that is not known or a size outside 32..2048.
    """
    _known("scenery", scenery, SCENERIES)
    _known("time of day", time_of_day, TIMES)
    _known("look", look, LOOKS)
    if weather is not None:
        _known("weather", weather, WEATHERS)
    if not 32 <= size <= 2048:
        raise UserError(f"size is {size} pixels: choose 32 to 2048")
    if weather == "clear" or scenery in WEATHERLESS:
        weather = None
    style = looks.LOOKS[look]
    canvas = Canvas(style.base_size or size, style.flat)
    stage = Stage(canvas, light_for(rng, time_of_day, weather), rng, weather)
    ground = PAINTERS[scenery](stage)
    if scenery != "room":
        weathers.fall(stage)
    picture = looks.finish(style, canvas, size, rng)
    return Backdrop(picture, ground, scenery)
