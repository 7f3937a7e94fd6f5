"""What a scene is about: its objects, their relation, style and size, the scenery, the hour, the weather,
the look.

All weights of the mix are the named constants here. It knows no boxes, pixels or words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from allaprima.scene import captions
from allaprima.scene.stock import Stock
from allaprima.scene.synonyms import SYNONYMS
from allaprima.scene.truth import SceneObject, Truth

KINDS = {"one": 0.45, "two": 0.20, "counted": 0.10, "several": 0.05, "scenery": 0.20}
PLAIN_SHARE = 0.4  # of scenes with objects: on a plain or patterned backdrop
PLAIN_SHARE_OF: dict[str, float] = {
    "pixel art": 0.65,
    "hand-drawn": 0.6,
    "silhouette": 0.6,
}  # thin, open shapes
PATTERN_SHARE = 0.25  # of those: patterned
SAME_STYLE_SHARE = 0.85
SIZE_SAID_SHARE = 0.35  # a size is asked for, and so true and said

RELATION_WEIGHTS = {
    "left of": 1.2,
    "right of": 1.2,
    "above": 1.0,
    "below": 1.0,
    "next to": 1.4,
    "on top of": 0.8,
}
COUNT_WEIGHTS = {2: 0.4, 3: 0.35, 4: 0.25}
SCENERY_WEIGHTS = {
    "ocean": 2.2,
    "beach": 1.8,
    "lake": 1.2,
    "river": 1.1,
    "field": 2.2,
    "meadow": 1.2,
    "hills": 1.4,
    "mountains": 2.0,
    "forest": 1.7,
    "desert": 1.3,
    "snow": 1.4,
    "city": 1.6,
    "space": 1.4,
    "underwater": 1.2,
    "sky": 1.5,
    "island": 1.0,
    "waterfall": 0.8,
    "volcano": 0.7,
    "garden": 1.0,
    "road": 1.0,
    "room": 0.9,
}
TIME_WEIGHTS = {"day": 0.42, "sunset": 0.2, "night": 0.22, "sunrise": 0.08, "dusk": 0.08}
WEATHER_WEIGHTS = {
    None: 0.6,
    "cloudy": 0.11,
    "rainy": 0.06,
    "snowy": 0.06,
    "foggy": 0.06,
    "stormy": 0.06,
    "rainbow": 0.05,
}
LOOK_WEIGHTS = {"flat": 1.0, "gradient": 1.4, "painterly": 1.4, "watercolor": 1.0, "pixel": 0.7, "ink": 0.5}
# Backdrops that suit a style of drawing; a style not named here takes any.
SUITING_LOOKS: dict[str, dict[str, float]] = {
    "pixel art": {"pixel": 5.0, "flat": 1.0},
    "flat": {"flat": 3.0, "gradient": 2.0, "watercolor": 0.5},
    "twemoji": {"flat": 3.0, "gradient": 2.0, "painterly": 0.5},
    "icon": {"flat": 3.0, "gradient": 1.5},
    "fx": {"flat": 2.0, "gradient": 2.0, "watercolor": 0.5},
    "3d": {"gradient": 3.0, "painterly": 1.5},
    "gradient": {"gradient": 3.0, "painterly": 1.0, "flat": 1.0},
    "hand-drawn": {"watercolor": 2.0, "ink": 1.5, "flat": 1.0},
    "line": {"flat": 2.0, "watercolor": 1.0, "ink": 1.0, "gradient": 1.0},
    "silhouette": {"flat": 2.0, "gradient": 2.0, "watercolor": 0.7, "ink": 0.7},
}

# Sceneries under a roof, under water or off the planet have no hour or weather to speak of.
TIMELESS = {"space": "night", "underwater": "day", "plain": "day", "pattern": "day"}
WEATHERLESS = frozenset({*TIMELESS, "room"})
UNLIKELY_WEATHER: dict[str, frozenset[str]] = {
    "desert": frozenset({"snowy", "rainy", "foggy"}),
    "beach": frozenset({"snowy"}),
    "island": frozenset({"snowy"}),
    "garden": frozenset({"snowy"}),
    "meadow": frozenset({"snowy"}),
    "snow": frozenset({"rainy"}),
    "volcano": frozenset({"rainbow", "snowy"}),
    "sky": frozenset({"foggy"}),
}


def plot(stock: Stock, rng: np.random.Generator) -> Truth:
    """Everything about the scene but boxes and colours."""
    kind = choose(KINDS, rng)
    counts: list[int] = []
    relation = None
    if kind == "one":
        counts = [1]
    elif kind == "two":
        counts, relation = [1, 1], choose(RELATION_WEIGHTS, rng)
    elif kind == "counted":
        counts = [choose(COUNT_WEIGHTS, rng)]
    elif kind == "several":
        counts = [1] * int(rng.integers(3, 5)) if rng.random() < 0.75 else [2, 1]
    style = stock.style(rng) if counts else None
    objects: list[SceneObject] = []
    mixed = len(counts) > 1 and rng.random() >= SAME_STYLE_SHARE
    seen: frozenset[str] = frozenset()
    for count in counts:
        own = stock.style(rng) if mixed and objects else style
        index = stock.drawing(rng, own, seen)
        drawing = stock.corpus.drawings[index]
        seen |= {drawing.concept}
        size = None
        if rng.random() < SIZE_SAID_SHARE and len(counts) <= 2 and sum(counts) <= 2:
            # Beside another thing, a size is only worth saying when the two differ.
            size = choose({"small": 1.0, "large": 1.2, "medium": 0.25 if kind == "one" else 0.0}, rng)
        word = drawing.name
        synonyms = SYNONYMS.get(drawing.name.lower(), ())
        if synonyms and rng.random() < captions.SYNONYM_SHARE:
            word = synonyms[int(rng.integers(len(synonyms)))]
        item = SceneObject(
            drawing.concept, drawing.name, own, index, (0.0, 0.0, 1.0, 1.0), None, size, word=word
        )
        objects += [item] * count
    if len(counts) == 2 and sum(counts) == 2 and objects[0].size and objects[0].size == objects[1].size:
        objects[1] = replace(objects[1], size=None)
    scenery, time_of_day, weather = _surroundings(style, rng)
    suiting = SUITING_LOOKS.get(style or "", LOOK_WEIGHTS) if rng.random() < 0.85 else LOOK_WEIGHTS
    styles = {obj.style for obj in objects}
    return Truth(
        objects=tuple(objects),
        counts=tuple(counts),
        relation=relation,
        style=None if not styles else styles.pop() if len(styles) == 1 else "mixed",
        scenery=scenery,
        time_of_day=time_of_day,
        weather=weather,
        look=choose(suiting, rng),
        backdrop_colour=None,
    )


def _surroundings(style: str | None, rng: np.random.Generator) -> tuple[str, str, str | None]:
    if style is not None and rng.random() < PLAIN_SHARE_OF.get(style, PLAIN_SHARE):
        return ("pattern" if rng.random() < PATTERN_SHARE else "plain"), "day", None
    scenery = choose(SCENERY_WEIGHTS, rng)
    time_of_day = TIMELESS.get(scenery) or choose(TIME_WEIGHTS, rng)
    if scenery in WEATHERLESS:
        return scenery, time_of_day, None
    unlikely = UNLIKELY_WEATHER.get(scenery, frozenset())
    if time_of_day in {"night", "dusk"}:
        unlikely |= {"rainbow"}
    weather = choose({name: w for name, w in WEATHER_WEIGHTS.items() if name not in unlikely}, rng)
    return scenery, time_of_day, weather


Key = TypeVar("Key")


def choose(weights: Mapping[Key, float], rng: np.random.Generator) -> Key:
    """One of the keys, by weight."""
    edges = np.cumsum(list(weights.values()))
    return list(weights)[
        min(int(np.searchsorted(edges, rng.random() * edges[-1], side="right")), len(weights) - 1)
    ]
