"""What a prompt is understood to say, and which drawings it calls to mind."""

from __future__ import annotations

import numpy as np
import pytest

from allaprima.engine import recall as recalling
from allaprima.engine.bundle import Bundle
from allaprima.engine.library import PLAINEST, PLAINEST_SCORE, Drawing, Library
from allaprima.engine.reading import read, singular
from allaprima.scene import vocabulary


def things(prompt: str) -> list[tuple[str, int, str | None, str | None]]:
    return [(each.text, each.count, each.colour, each.size) for each in read(prompt).phrases]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red fox under a starry night sky", [("fox", 1, "red", None)]),
        ("two small red foxes next to a barn", [("foxes", 2, "red", "small"), ("barn", 1, None, None)]),
        ("a serene sunset over the ocean", []),
        ("a large green field with a blue sky", []),
        ("a photo of a flock of birds over the mountains", [("birds", 3, None, None)]),
        ("a blue bird and a yellow bird", [("bird", 1, "blue", None), ("bird", 1, "yellow", None)]),
        ("an orange and a rose", [("orange", 1, None, None), ("rose", 1, None, None)]),
        ("an orange cat", [("cat", 1, "orange", None)]),
        ("a dragon breathing fire", [("dragon", 1, None, None), ("fire", 1, None, None)]),
        ("a steaming cup of coffee", [("coffee", 1, None, None)]),
        ("a treasure chest full of coins", [("treasure chest", 1, None, None), ("coins", 2, None, None)]),
        # What belongs to the thing before is no thing beside it.
        ("portrait of a woman with blue hair", [("woman", 1, None, None)]),
        ("a cat with green eyes and a hat", [("cat", 1, None, None), ("hat", 1, None, None)]),
        ("a horse with wings", [("horse", 1, None, None)]),
        ("an eye", [("eye", 1, None, None)]),
        ("happy pumpkin, halloween", [("pumpkin", 1, None, None)]),
        ("", []),
        ("?!,,", []),
    ],
)
def test_noun_phrases_with_their_modifiers(prompt, expected) -> None:
    assert things(prompt) == expected


def test_scenery_time_and_weather() -> None:
    reading = read("a castle on an island, foggy morning")
    assert (reading.scenery, reading.time_of_day, reading.weather) == ("island", "sunrise", "foggy")
    assert read("a red fox under a starry night sky").time_of_day == "night"
    sunset = read("a serene sunset over the ocean")
    assert (sunset.scenery, sunset.time_of_day) == ("ocean", "sunset")
    field = read("a large green field with a blue sky")
    assert (field.scenery, field.time_of_day) == ("field", "day")


def test_styles_are_read_with_and_without_hyphens() -> None:
    assert read("a hand drawn cat").style == read("a cat, hand-drawn").style == "hand-drawn"
    assert read("PIXEL ART dog").style == "pixel art"
    assert read("a cat, watercolor").looks == ("watercolor",)
    assert read("a blue butterfly, flat vector").style == "flat"
    for style, word in vocabulary.STYLE_ADJECTIVES.items():  # as captions put them before a thing
        said = read(f"a {word} fox")
        assert said.style == style and [each.text for each in said.phrases] == ["fox"]


def test_the_relation_between_two_things() -> None:
    reading = read("a puppy to the left of a birthday cake")
    first, second = reading.phrases
    assert reading.relation_between(first.start, second.start) == "left of"
    assert read("a cat on a hill").relations == ()
    rider, horse = read("an astronaut riding a horse").phrases
    assert read("an astronaut riding a horse").relation_between(rider.start, horse.start) == "on top of"


@pytest.mark.parametrize(
    ("many", "one"),
    [("foxes", "fox"), ("puppies", "puppy"), ("wolves", "wolf"), ("buses", "bus"), ("bus", "bus"),
     ("glass", "glass"), ("tomatoes", "tomato"), ("cats", "cat"), ("people", "person"), ("peaches", "peach")],
)  # fmt: skip
def test_singulars(many, one) -> None:
    assert singular(many) == one


def names(painter, prompt: str) -> list[tuple[str, int]]:
    encode = lambda texts: painter._text.encode(texts).vector  # noqa: E731
    found = recalling.recall(read(prompt), painter.library, encode)
    return [(thing.match.concept, thing.count) for thing in found]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red fox next to two puppies", [("fox", 1), ("dog", 2)]),  # by words, and by meaning
        ("a red apple", [("red-apple", 1)]),  # a name that holds a colour
        ("a green apple and a cat", [("green-apple", 1), ("cat", 1)]),
        ("four cats, four dogs", [("cat", 3), ("dog", 1)]),  # no more than fit
        ("a serene sunset over the ocean", []),
        ("pixel art", []),  # a style is no thing
        ("a dog running in the snow", [("dog", 1)]),
        ("zzzzz", []),
    ],
)
def test_recall(painter, prompt, expected) -> None:
    assert names(painter, prompt) == expected


def test_a_style_that_is_asked_for_is_taken_and_one_picture_keeps_one_style(painter) -> None:
    encode = lambda texts: painter._text.encode(texts).vector  # noqa: E731
    found = recalling.recall(read("a fox and a dog"), painter.library, encode)
    chosen = recalling.choose(found, painter.library, "pixel art", np.random.default_rng(0))
    assert {thing.drawing.style for thing in chosen} == {"pixel art"}
    for seed in range(8):
        chosen = recalling.choose(found, painter.library, None, np.random.default_rng(seed))
        assert len({thing.drawing.style for thing in chosen}) == 1
        assert chosen[0].drawing.style != "line"


def test_the_library_decodes_drawings_cut_to_what_is_visible(painter) -> None:
    pixels = painter.library.image(painter.library.drawings[0])
    assert pixels.shape[2] == 4 and pixels.shape[0] < pixels.shape[1] < 96
    assert not pixels.flags.writeable


def test_meaning_finds_names_before_keywords(painter) -> None:
    vector = painter._text.encode(["hound"]).vector[0]
    assert painter.library.nearest(vector, 1)[0].concept == "dog"
    assert painter.library.exact("Pet").score < painter.library.exact("dog").score == 1.0


def test_a_keyword_counts_by_its_nearness_to_the_name() -> None:
    rows = [("full moon", ("moon", "cheese")), ("moon cake", ("moon", "cheese"))]
    phrases = ["full moon", "moon", "cheese", "moon cake"]
    vectors = np.asarray([[1, 0.2, 0], [1, 0, 0], [0, 0.5, 1], [0.5, 1, 0]], np.float32)
    drawings = [
        Drawing(index, name, name, words, "flat", "", "", "", "", 0, 0,
                tuple(phrases.index(each) for each in (name, *words)))
        for index, (name, words) in enumerate(rows)
    ]  # fmt: skip
    library = Library(drawings, phrases, vectors, b"")
    assert library.exact("moon").concept == "full moon"
    assert library.exact("cheese").score < recalling.KEYWORD_FLOOR + 0.1
    assert library.exact("full-moon").score == 1.0


def test_a_thing_that_is_only_an_outline_comes_when_outlines_are_called() -> None:
    rows = [("lantern", (), "silhouette"), ("paper lantern", ("lantern",), "flat")]
    phrases = ["lantern", "paper lantern"]
    drawings = [
        Drawing(index, name, name, words, style, "", "", "", "", 0, 0,
                tuple(phrases.index(each) for each in (name, *words)))
        for index, (name, words, style) in enumerate(rows)
    ]  # fmt: skip
    library = Library(drawings, phrases, np.asarray([[1, 0.2], [1, 0.3]], np.float32), b"")
    assert library.exact("lantern").concept == "paper lantern"
    assert library.exact("lantern", "silhouette").concept == "lantern"
    assert library.exact("lantern", "flat").concept == "paper lantern"


def test_everyday_words_find_what_most_styles_draw() -> None:
    shelf = Library.open(Bundle.open(None))
    for words in PLAINEST:
        match = shelf.exact(words)
        assert match is not None and match.score == PLAINEST_SCORE, f"no drawing is called so: {words}"
    for prompt, style, drawn in (
        ("a steaming cup of coffee on a table, 3d render", "3d", "hot beverage"),
        ("a glass of wine, line art", "line", "wine glass"),
        ("a bottle of wine", None, "wine bottle"),
        # A plural means what its singular does, unless it has a drawing of its own that is drawn as often.
        ("three children playing in a park", None, "child"),
        ("two horses in a field", None, "horse"),
        ("four balloons in the sky", None, "balloon"),
        ("three apples", None, "red apple"),
        ("two cherries", None, "cherries"),
        ("a pair of glasses", None, "glasses"),
        ("french fries", None, "french fries"),
    ):
        first = recalling.recall(read(prompt), shelf, lambda texts: np.zeros((len(texts), 384), np.float32))[0]
        (chosen, *_) = recalling.choose([first], shelf, style, np.random.default_rng(0))
        assert chosen.drawing is not None and chosen.drawing.name == drawn, prompt
        assert style is None or chosen.drawing.style == style, prompt
