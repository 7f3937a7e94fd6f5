"""Captions: English, true, and short enough for the text encoder."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from allaprima.scene import captions, nouns
from allaprima.scene.truth import SceneObject, Truth
from allaprima.scene.vocabulary import SCENERIES, TIMES, WEATHERS


def _thing(name: str, **more: object) -> SceneObject:
    made = SceneObject(name, name, "flat", 0, (0.2, 0.2, 0.8, 0.8), None, None, word=name)
    return replace(made, **more)  # type: ignore[arg-type]


def _truth(*objects: SceneObject, counts: tuple[int, ...] = (), **more: object) -> Truth:
    counts = counts or (1,) * len(objects)
    plain = Truth(
        objects,
        counts,
        None,
        "flat" if objects else None,
        "beach",
        "day",
        None,
        "gradient",
        colour_said=(True,) * len(counts),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def _said(truth: Truth, times: int = 80) -> list[tuple[str, str]]:
    return [captions.write(truth, np.random.default_rng(seed)) for seed in range(times)]


@pytest.mark.parametrize(
    ("name", "one", "many"),
    [
        ("dog", "a dog", "dogs"),
        ("owl", "an owl", "owls"),
        ("fox", "a fox", "foxes"),
        ("mouse", "a mouse", "mice"),
        ("unicorn", "a unicorn", "unicorns"),
        ("hourglass", "an hourglass", "hourglasses"),
        ("sheep", "a sheep", "sheep"),
        ("butterfly", "a butterfly", "butterflies"),
        ("monkey", "a monkey", "monkeys"),
        ("grapes", "grapes", "grapes"),
        ("face with tears of joy", "a face with tears of joy", "faces with tears of joy"),
        ("bus", "a bus", "buses"),
        ("man", "a man", "men"),
        ("woman running", "a woman running", "women running"),
        ("cactus", "a cactus", "cacti"),
        ("ear of corn", "an ear of corn", "ears of corn"),
        ("maple leaf", "a maple leaf", "maple leaves"),
        ("bread", "bread", "pieces of bread"),
        ("potato", "a potato", "potatoes"),
        ("knife", "a knife", "knives"),
        ("hammer and wrench", "hammer and wrench", "hammers and wrenches"),
        ("ewe", "a ewe", "ewes"),
    ],
)
def test_articles_and_plurals(name: str, one: str, many: str) -> None:
    assert nouns.singular(name) == one
    assert nouns.plural(name) == many


def test_a_count_is_said_with_a_plural() -> None:
    for dense, short in _said(_truth(_thing("cat"), _thing("cat"), counts=(2,))):
        for caption in (dense, short):
            assert re.search(r"\b(two|2|a pair of|a couple of)\b.*\bcats\b", caption.lower()), caption


def test_a_recoloured_thing_loses_its_old_colour() -> None:
    apple = _thing("red apple", colour="blue", recoloured_from="red")
    for dense, short in _said(_truth(apple)):
        assert "blue apple" in dense.lower() and "blue apple" in short.lower()
        assert "red" not in dense.lower().split()


def test_a_colour_not_to_be_said_is_not_said() -> None:
    for dense, short in _said(_truth(_thing("apple", colour="green"), colour_said=(False,))):
        assert "green" not in f"{dense} {short}".lower()


@pytest.mark.parametrize("relation", ["left of", "above", "on top of"])
def test_a_relation_is_said_in_order(relation: str) -> None:
    for dense, short in _said(_truth(_thing("cat"), _thing("dog"), relation=relation)):
        assert dense.lower().index("cat") < dense.lower().index("dog")
        assert short.lower().index("cat") < short.lower().index("dog")


def test_things_of_mixed_style_carry_their_own() -> None:
    truth = _truth(_thing("cat"), _thing("dog", style="pixel art"), relation="next to", style="mixed")
    for dense, _ in _said(truth):
        assert "flat vector cat" in dense.lower() and "pixel art dog" in dense.lower()


@pytest.mark.parametrize("scenery", list(SCENERIES))
@pytest.mark.parametrize("time_of_day", list(TIMES))
def test_scenery_is_never_said_against_the_truth(scenery: str, time_of_day: str) -> None:
    stormy = re.compile(r"storm|thunder|lightning|rain\b|raining|snowfall|falling|fog|mist|overcast|cloudy")
    hours = {
        "sunset": r"sunset|golden hour",
        "night": r"night|midnight|stars|starry|moonlight",
        "day": r"daylight|by day",
    }
    for dense, short in _said(_truth(scenery=scenery, time_of_day=time_of_day), 40):
        for caption in (dense.lower(), short.lower()):
            assert not stormy.search(caption), caption
            for hour, words in hours.items():
                if hour != time_of_day and not (
                    scenery == "space" or hour == "night" and time_of_day == "dusk"
                ):
                    assert not re.search(words, caption), (time_of_day, caption)


@pytest.mark.parametrize("weather", [name for name in WEATHERS if name != "clear"])
def test_weather_is_said_and_calm_is_not(weather: str) -> None:
    words = {
        "cloudy": "cloud|overcast",
        "rainy": "rain|wet|drizzle",
        "snowy": "snow|wintry",
        "foggy": "fog|mist|hazy",
        "stormy": "storm|thunder|lightning|dramatic",
        "rainbow": "rainbow",
    }
    for dense, short in _said(_truth(scenery="lake", weather=weather)):
        assert re.search(words[weather], dense.lower()), dense
        if weather in {"stormy", "rainy"}:
            assert not re.search(r"serene|calm|peaceful|tranquil|blue sky|sunny", f"{dense} {short}".lower())


def test_what_people_type_first_is_said() -> None:
    sunsets = " / ".join(
        c for pair in _said(_truth(scenery="ocean", time_of_day="sunset"), 400) for c in pair
    )
    assert "a serene sunset over the ocean" in sunsets
    fields = " / ".join(c for pair in _said(_truth(scenery="field"), 600) for c in pair)
    assert "a large green field with a blue sky" in fields
    peaks = " / ".join(
        c
        for pair in _said(_truth(scenery="mountains", time_of_day="night", weather="snowy"), 400)
        for c in pair
    )
    assert "snowy mountains at night" in peaks


def test_captions_are_of_a_length_the_encoder_reads() -> None:
    mailbox = _thing("open mailbox", colour="blue", size="large")
    truth = _truth(mailbox, _thing("umbrella", size="small"), relation="left of", time_of_day="sunset")
    said = _said(truth, 200)
    assert max(len(dense.split()) for dense, _ in said) <= 30
    assert np.median([len(dense.split()) for dense, _ in said]) <= 25
    assert all(len(short.split()) <= len(dense.split()) + 12 for dense, short in said)


def test_no_word_twice_in_a_row_and_no_empty_slot() -> None:
    for scenery in SCENERIES:
        for dense, short in _said(_truth(scenery=scenery), 40):
            for caption in (dense, short):
                assert not re.search(r"\b(\w+) \1\b", caption.lower()), caption
                assert "  " not in caption and not caption.startswith((" ", ",")), caption
