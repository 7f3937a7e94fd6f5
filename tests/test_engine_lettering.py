"""Quoted words: found in a prompt, planned beside its things, drawn into the collage, told by the recipe."""

from __future__ import annotations

import numpy as np
import pytest

from allaprima import typeface
from allaprima.engine import lettering
from allaprima.engine.collage import Letters
from allaprima.engine.lettering import broken, read
from allaprima.engine.reading import read as read_words
from allaprima.scene import layout
from allaprima.studio import operations

STOP = 'a red sign that says "STOP" above a fox'


@pytest.mark.parametrize(
    ("prompt", "text", "colour", "place", "rest"),
    [
        (STOP, "STOP", None, "above", "a fox"),
        ('the word "fox" in red letters on a plain background', "fox", "red", None, "on a plain background"),
        ("a cat holding a sign “hi”", "hi", None, None, "a cat"),
        ('a fox, with the words "good luck" below it in dark blue', "good luck", None, "below", None),
        ('a dog below the word "bank" in black letters', "bank", "black", "above", "a dog"),
        ('an owl with the text "OQ" in yellow lettering over it', "OQ", "yellow", "above", "an owl"),
        ('yellow text that says "sun" in the snow', "sun", "yellow", None, "in the snow"),
        ('a cake with "Happy Birthday" written on it', "Happy Birthday", None, None, "a cake"),
        ('a 12" pizza and "x" on a table', "x", None, None, 'a 12" pizza on a table'),
    ],
)
def test_quoted_words_are_found_with_what_belongs_to_them(prompt, text, colour, place, rest) -> None:
    said, left = read(prompt)
    assert said is not None and (said.text, said.colour, said.place) == (text, colour, place)
    assert rest is None or left == rest


@pytest.mark.parametrize(
    "prompt", ["a fox", "a dog's bone", "a 12\" pizza", 'a sign "привет"', 'a "" cat', '"' + 41 * "x" + '"']
)
def test_what_is_no_lettering_stays_as_it_is(prompt: str) -> None:
    assert read(prompt) == (None, prompt)


def test_long_texts_are_broken_between_words() -> None:
    assert broken("STOP") == ("STOP",) and broken("good luck") == ("good luck",)
    assert broken("happy birthday") == ("happy", "birthday")
    assert broken("happy birthday to you my friend") == ("happy", "birthday to", "you my friend")
    assert broken("incomprehensibilities") == ("incomprehensibilities",)


@pytest.mark.parametrize("place", ["alone", "scenery", "above", "below"])
def test_letters_fit_the_picture_and_things_make_room(place: str) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        ink = typeface.set_words(("WELCOME",))
        box = layout.lettering(ink.width / ink.height, 1, place, rng, padding=0.28)
        assert all(0 <= edge <= 1 for edge in box) and box[3] - box[1] > 12 / 128
        letters = Letters("WELCOME", ("WELCOME",), None, place, box)
        things = (((0.1, 0.05, 0.5, 0.95),), ((0.5, 0.3, 0.9, 0.9),))
        moved = lettering.beside(things, letters)
        if place in ("alone", "scenery"):
            assert moved == things
            continue
        for (x0, y0, x1, y1), (a0, b0, a1, b1) in ((m[0], t[0]) for m, t in zip(moved, things, strict=True)):
            assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
            assert y0 > box[3] if place == "above" else y1 < box[1]
            assert (x1 - x0) / (y1 - y0) == pytest.approx((a1 - a0) / (b1 - b0))


def test_letters_are_in_the_collage_and_in_the_recipe_and_repeat(painter) -> None:
    sitting = painter.prepare(STOP, seed=5, count=2)
    assert [thing.text for thing in sitting.collages[0].things] == ["fox"]  # and no sign from the library
    for collage in sitting.collages:
        letters = collage.letters
        assert letters is not None and letters.text == "STOP" and letters.place == "above"
        x0, y0, x1, y1 = (round(edge * 128) for edge in letters.box)
        inked = (collage.rgba[y0:y1, x0:x1, :3] == lettering.NEUTRAL).all(axis=-1).mean()
        assert 0.25 < inked < 0.9
    assert sitting.collages[0].letters != sitting.collages[1].letters
    picture = painter.paint(STOP, seed=5, steps=2)
    assert picture.recipe["lettering"]["text"] == "STOP" and picture.recipe["lettering"]["place"] == "above"
    assert np.array_equal(painter.replay(picture.recipe).pixels, picture.pixels)


def test_a_word_alone_has_a_collage_of_its_own(painter) -> None:
    (collage,) = painter.prepare('the word "fox" in yellow letters', seed=1).collages
    assert collage.things == () and collage.letters.place == "alone"
    assert tuple(collage.rgba[collage.rgba[..., 3] == 255][0, :3]) == (252, 211, 60)
    (beach,) = painter.prepare('a sign that says "HELLO" in the snow', seed=1).collages
    assert beach.letters.place == "scenery"
    (dark,) = painter.prepare('the word "fox" under a starry night sky', seed=1).collages
    assert dark.letters.colour == "white" and (dark.rgba[dark.rgba[..., 3] == 255][:, :3] > 240).all()


def test_lettering_can_be_turned_off(painter, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = painter.paint(STOP, seed=5, steps=2)
    without = painter.paint(STOP, seed=5, steps=2, lettering=False)
    assert "lettering" not in without.recipe and not np.array_equal(without.pixels, picture.pixels)
    assert np.array_equal(painter.replay(without.recipe).pixels, without.pixels)
    assert "lettering" not in painter.paint(STOP, seed=5, steps=2, memory=0.0).recipe
    monkeypatch.setenv("ALLAPRIMA_LETTERING", "0")
    assert "lettering" not in painter.paint(STOP, seed=5, steps=2).recipe
    assert np.array_equal(painter.replay(picture.recipe).pixels, picture.pixels)


def test_operations_keep_letters_where_they_were(painter) -> None:
    parent = painter.paint(STOP, seed=5, steps=2)
    (varied,) = operations.perform(painter, "vary", [parent], seed=9, count=1)
    assert varied.recipe["lettering"] == parent.recipe["lettering"]
    (zoomed,) = operations.perform(painter, "zoom", [parent], factor=2.0, seed=9, count=1)
    before, after = parent.recipe["lettering"]["box"], zoomed.recipe["lettering"]["box"]
    assert after == pytest.approx([0.25 + edge / 2 for edge in before], abs=0.01)
    (other,) = operations.perform(painter, "vary", [parent], prompt="a dog", seed=9, count=1)
    assert "lettering" not in other.recipe


@pytest.mark.parametrize("shape", [(16, 32), (32, 16), (16, 24)])
def test_letters_keep_their_form_in_other_shapes(shape: tuple[int, int]) -> None:
    said, rest = read('the word "fox" in yellow letters on a beach')
    assert said is not None
    ink = typeface.set_words(said.lines)
    for seed in range(8):
        letters = lettering.plan(said, None, read_words(rest), np.random.default_rng(seed), shape)
        collage = lettering.into(None, letters, shape)
        assert collage.rgba.shape == (shape[0] * 8, shape[1] * 8, 4)
        rows, columns = (np.flatnonzero(collage.rgba[..., 3].max(axis=axis) > 128) for axis in (1, 0))
        wide, high = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
        assert wide / high == pytest.approx(ink.width / ink.height, rel=0.12)
        assert wide < shape[1] * 8 and high < shape[0] * 8
