"""Operations on a real, tiny model: what they keep, what they change, and that their recipes repeat them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio import operations
from allaprima.studio.operations import lineage, pictures
from allaprima.studio.painting import Painted, Prepared, Progress

FOX = "a red fox under a starry night sky"


@pytest.fixture(scope="module")
def fox(painter) -> Picture:
    return painter.paint(FOX, seed=7, steps=4)


def far(one: Picture, other: Picture) -> float:
    return float(np.abs(one.pixels.astype(float) - other.pixels).mean())


def test_vary_gives_four_that_are_near_and_strong_ones_that_are_less_so(painter, fox) -> None:
    subtle = operations.perform(painter, "vary", [fox], seed=1)
    strong = operations.perform(painter, "vary", [fox], seed=1, strength="strong")
    assert len(subtle) == len(strong) == 4
    assert len({each.pixels.tobytes() for each in subtle}) == 4
    assert np.mean([far(fox, each) for each in subtle]) < np.mean([far(fox, each) for each in strong])
    assert subtle[2].recipe["prompt"] == FOX and subtle[2].seed == 3
    assert subtle[2].recipe["operation"]["kind"] == "vary"
    assert subtle[2].recipe["parents"] == [pictures.identity(fox)]


def test_a_remix_has_the_new_words_and_their_parameters(painter, fox) -> None:
    (one,) = operations.perform(painter, "vary", [fox], prompt="a blue bird --ar 2:1 --seed 5 --no snow", count=1)
    assert one.seed == 5 and "bird" in one.recipe["prompt"]
    assert [part[0] for part in one.recipe["parts"]] == ["a blue bird", "snow"]
    assert (one.width, one.height) == (512, 256)


def test_reroll_keeps_the_words_alone(painter, fox) -> None:
    (one,) = operations.perform(painter, "reroll", [fox], seed=9, count=1)
    assert np.array_equal(one.pixels, painter.paint(FOX, seed=9, steps=4).pixels)


def test_image_to_image_goes_from_the_picture_to_the_words(painter, fox) -> None:
    distances = [
        far(fox, operations.perform(painter, "image-to-image", [fox], strength=s, prompt="a blue bird", seed=2)[0])
        for s in (0.0, 0.5, 1.0)
    ]
    assert distances == sorted(distances)
    whole = operations.perform(painter, "image-to-image", [fox], strength=1.0, prompt="a blue bird", seed=2, steps=4)[0]
    assert np.array_equal(whole.pixels, painter.paint("a blue bird", seed=2, steps=4).pixels)


def test_upscale_says_how(painter, fox) -> None:
    (large,) = operations.perform(painter, "upscale", [fox], side=512)
    assert (large.width, large.height) == (512, 512)
    assert "Lanczos" in large.recipe["notes"][0] and large.recipe["references"]
    with pytest.raises(UserError, match="upscale it to more"):
        operations.perform(painter, "upscale", [large], side=256)


def test_a_picture_of_another_shape_keeps_it(painter) -> None:
    wide = painter.paint(FOX, seed=7, steps=2, width=320, height=256)
    (varied,) = operations.perform(painter, "vary", [wide], count=1, seed=1)
    assert (varied.width, varied.height) == (320, 256)


def test_a_given_picture_needs_words(painter) -> None:
    pixels = np.full((40, 60, 3), 90, np.uint8)
    given = Picture(pixels, pictures.given_recipe(pixels, "mine.png"))
    with pytest.raises(UserError, match="has no words"):
        operations.perform(painter, "vary", [given])
    with pytest.raises(UserError, match="cannot be rolled again"):
        operations.perform(painter, "reroll", [given])
    (made,) = operations.perform(painter, "vary", [given], prompt="a dog", count=1, seed=3)
    with pytest.raises(UserError, match=r"mine\.png was given from outside"):
        operations.replay(painter, made.recipe)
    again = operations.replay(painter, made.recipe, {pictures.digest(pixels): pixels})
    assert again.encode() == made.encode()


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("vary", {"count": 17}, "count must be between 1 and 16"),
        ("vary", {"strength": "mild"}, "strength must be subtle or strong"),
        ("vary", {"side": 3}, "vary takes no side"),
        ("vary", {"prompt": "a {red, blue} fox"}, "makes 2"),
        ("paint", {}, "No operation is called"),
        ("upscale", {"side": 300.5}, "whole number"),
    ],
)
def test_wrong_arguments_are_told(painter, fox, name, given, message) -> None:
    with pytest.raises(UserError, match=message):
        operations.perform(painter, name, [fox], **given)


def test_the_units_of_a_job(painter, fox) -> None:
    arguments = operations.resolve(painter, "vary", [fox], {"count": 2, "seed": 1})
    units = list(operations.work(painter, "vary", [fox], arguments))
    assert isinstance(units[0], Prepared) and isinstance(units[-1], Painted)
    steps = [unit for unit in units if isinstance(unit, Progress)]
    assert len(steps) == operations.steps_of(arguments) and steps[0].previews.shape == (2, 16, 16, 3)


def test_replay_from_the_file_alone(painter, fox, tmp_path) -> None:
    varied = operations.perform(painter, "vary", [fox], seed=1)[2]
    large = operations.perform(painter, "upscale", [varied], side=400)[0]
    large.save(tmp_path / "large.png")
    opened = operations.open_picture(tmp_path / "large.png")
    assert lineage.generations(opened.recipe) == 2
    assert operations.replay(painter, json.loads(json.dumps(opened.recipe))).encode() == large.encode()
    with pytest.raises(UserError, match="made of other pictures"):
        painter.replay(opened.recipe)
