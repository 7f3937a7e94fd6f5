"""The judge's prompts: single things in plain words, sceneries for their colours, and a fixed mixed list.

Seeds and words are fixed, so that two models are asked the same. Knows nothing of pictures.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from allaprima.judge.references import Drawings
from allaprima.scene import nouns

CHOICE_SEED = 20  # of the concepts that are asked for; changing it makes numbers incomparable
_PLAIN = re.compile(r"[a-z]+(?:[ -][a-z]+){0,2}")


@dataclass(frozen=True)
class Asked:
    """A prompt for one thing: its words, the number of its concept among the references, and its seed."""

    text: str
    concept: int
    seed: int


def concept_prompts(drawings: Drawings, count: int) -> tuple[Asked, ...]:
    """At most `count` prompts, each for another concept, from those with a plain name of up to three words."""
    names = {concept: plain_name(drawings, concept) for concept in drawings.concepts}
    usable = [concept for concept in drawings.concepts if _PLAIN.fullmatch(names[concept])]
    order = np.random.default_rng(CHOICE_SEED).permutation(len(usable))[:count]
    number = {concept: place for place, concept in enumerate(drawings.concepts)}
    return tuple(
        Asked(concept_prompt(names[usable[place]]), number[usable[place]], 1000 + turn)
        for turn, place in enumerate(order)
    )


def plain_name(drawings: Drawings, concept: str) -> str:
    """The name most of a concept's drawings bear; of equals the shortest, then the first by letters."""
    names = Counter(drawings.rows[row].name for row in drawings.rows_of[concept])
    return min(names, key=lambda name: (-names[name], len(name), name))


def concept_prompt(name: str) -> str:
    """A thing on a plain ground, as one would type it."""
    return f"{with_article(name)} on a plain background"


def with_article(name: str) -> str:
    """ "red fox" -> "a red fox"; what is a mass or many stays bare."""
    bare = nouns.is_mass(name) or nouns.is_plural(name)
    return name if bare else nouns.article(name)


@dataclass(frozen=True)
class Scenery:
    """A scenery to be told by its colours: prompts for it, and what the compositor paints for its ceiling."""

    name: str
    prompts: tuple[str, ...]
    composed: tuple[tuple[str, str], ...]  # scenery and time of day


SCENERIES = (
    Scenery(
        "sunset",
        ("a serene sunset over the ocean", "sunset over the hills", "an orange sunset sky"),
        (("ocean", "sunset"), ("hills", "sunset"), ("sky", "sunset")),
    ),
    Scenery(
        "ocean",
        ("the ocean on a sunny day", "a calm blue sea", "waves of the open sea in daylight"),
        (("ocean", "day"),),
    ),
    Scenery(
        "field",
        ("a large green field with a blue sky", "a grass field in the daytime", "green farmland on a sunny day"),
        (("field", "day"),),
    ),
    Scenery(
        "night",
        ("a starry night sky", "mountains at night", "hills under a starry night sky"),
        (("sky", "night"), ("mountains", "night"), ("hills", "night")),
    ),
    Scenery(
        "snow",
        ("a snowy landscape", "a winter landscape in the daytime", "a field of snow on a clear day"),
        (("snow", "day"),),
    ),
)

# What people type first, in the order of the page: lone things, several things, sceneries, styles.
MIXED = (
    "a red fox", "an owl", "a slice of pizza", "a sailboat", "a green apple", "a rocket",
    "a guitar", "a cactus", "a sleeping cat", "a penguin", "a hot air balloon", "a cup of coffee",
    "a red fox under a starry night sky", "a sailboat on the ocean at sunset", "a penguin in the snow",
    "a camel in the desert", "an astronaut in space", "a lighthouse on a rocky coast", "a whale under the sea",
    "a house in a green field", "a bicycle on a country road", "a tree on a hill", "an owl in a forest at night",
    "a train in the mountains",
    "two cats", "three red apples", "a dog and a cat", "a pair of birds on a beach", "four balloons in the sky",
    "a cat to the left of a dog", "a bird above a house", "a rabbit next to a carrot", "two yellow ducks on a lake",
    "a blue car and a red bus in the city", "a cow and a sheep in a meadow", "a candle between two books",
    "a serene sunset over the ocean", "a large green field with a blue sky", "snowy mountains at dawn",
    "a city skyline at night", "rolling hills in the rain", "a desert with sand dunes at sunset",
    "a pine forest in fog", "a waterfall in the jungle", "a volcano erupting at night", "a tropical island",
    "stars and planets in outer space", "a coral reef under the sea", "a flower meadow in spring",
    "a cozy living room", "a river in the woods at dusk", "a beach with palm trees on a sunny day",
    "a pixel art castle", "a flat design bicycle", "a 3d render of a donut", "line art of a rabbit",
    "a hand drawn flower", "a glossy cartoon bee", "a watercolor landscape of hills", "an ink drawing of mountains",
    "a pixel art ocean at sunset", "an oil painting of a field", "a blue elephant", "a purple tree in the snow",
)  # fmt: skip
