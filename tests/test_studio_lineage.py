"""A lineage of ten operations, and what is done with a picture without painting."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio import operations
from allaprima.studio.operations import background, lineage, pictures

FOX = "a red fox under a starry night sky"


def given(pixels: np.ndarray, name: str = "mine.png") -> Picture:
    return Picture(pixels, pictures.given_recipe(pixels, name))


def apple(ground=(240, 240, 235)) -> np.ndarray:
    image = Image.new("RGB", (128, 128), ground)
    ImageDraw.Draw(image).ellipse((20, 40, 108, 100), fill=(210, 30, 40))
    return np.asarray(image)


def test_a_lineage_of_ten_operations_replays_to_the_same_bytes(painter, tmp_path) -> None:
    perform = operations.perform
    picture = painter.paint(FOX, seed=7, steps=2)
    picture = perform(painter, "vary", [picture], seed=1)[2]
    picture = perform(painter, "region", [picture], mask=[[0.1, 0.2, 0.5, 0.9]], prompt="a dog", seed=2, count=2)[1]
    picture = perform(painter, "zoom", [picture], factor=1.5, seed=3, count=1)[0]
    picture = perform(painter, "pan", [picture], direction="left", seed=4, count=1)[0]
    picture = perform(painter, "square", [picture], seed=5, count=2)[1]
    other = perform(painter, "reroll", [picture], prompt="a blue bird in the snow", seed=6, count=1)[0]
    picture = perform(painter, "blend", [picture, other], weights=[2, 1], seed=7, count=2)[0]
    picture = perform(painter, "image-to-image", [picture], prompt="two cats --no snow", strength=0.5, seed=8)[0]
    picture = perform(painter, "vary", [picture], strength="strong", seed=9, count=2)[1]
    picture = perform(painter, "upscale", [picture], side=300)[0]
    picture.save(tmp_path / "last.png")
    recipe = json.loads(json.dumps(operations.open_picture(tmp_path / "last.png").recipe))
    assert lineage.generations(recipe) == 10
    again = operations.replay(painter, recipe)
    assert again.encode() == picture.encode()
    # A parent that was written down wrongly is noticed, not passed over.
    first = next(each for each in recipe["ancestry"].values() if "operation" not in each)
    first["seed"] += 1
    with pytest.raises(UserError, match="came out with other pixels"):
        operations.replay(painter, recipe)


def test_blend_lies_between(painter) -> None:
    red, blue = painter.paint("red", seed=1, steps=2), painter.paint("blue", seed=2, steps=2)
    blends = [
        operations.perform(painter, "blend", [red, blue], weights=[w, 1 - w], noise=0.3, seed=3, count=1)[0]
        for w in (0.9, 0.1)
    ]
    to_red = [np.abs(each.pixels.astype(float) - red.pixels).mean() for each in blends]
    assert to_red[0] < to_red[1]
    assert [part[0] for part in blends[0].recipe["parts"]] == ["red", "blue"]
    with pytest.raises(UserError, match="2 to 5 pictures"):
        operations.perform(painter, "blend", [red])
    with pytest.raises(UserError, match="None of the pictures has words"):
        operations.perform(painter, "blend", [given(apple()), given(apple((0, 0, 0)))])


def test_a_flat_backdrop_becomes_transparent(painter, tmp_path) -> None:
    (cut,) = operations.perform(painter, "background", [given(apple())])
    assert cut.pixels.shape == (128, 128, 4)
    alpha = cut.pixels[..., 3]
    assert alpha[:30].max() == 0 and alpha[60:80, 40:90].min() == 255
    assert np.array_equal(cut.pixels[70, 64, :3], (210, 30, 40))
    cut.save(tmp_path / "cut.png")
    opened = operations.open_picture(tmp_path / "cut.png")
    assert np.array_equal(opened.pixels, cut.pixels) and opened.recipe["operation"]["kind"] == "background"


def test_a_shaded_backdrop_goes_and_a_busy_one_is_refused(painter) -> None:
    shade = np.linspace(60, 250, 128)[:, None, None].repeat(128, 1).repeat(3, 2)
    thing = (apple() == (210, 30, 40)).all(axis=2)
    shaded = np.where(thing[..., None], apple(), shade).astype(np.uint8)
    assert background.cut_out(shaded).fits
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3)).astype(np.uint8)
    with pytest.raises(UserError, match="cannot be told from the rest"):
        operations.perform(painter, "background", [given(noise)])


def test_describe_names_what_is_like_it_and_says_its_limits(painter) -> None:
    said = operations.describe(painter.library, apple())
    assert said.things[0][0] == "red apple" and "red" in said.colours
    assert 2 <= len(said.prompts) <= 4 and "apple" in said.prompts[0]
    assert "no network here reads pictures" in said.notes[0]
    night = operations.describe(painter.library, np.full((64, 64, 3), (12, 14, 40), np.uint8))
    assert any("night" in place or place == "space" for place, _ in night.places)


def test_shorten_measures_by_leaving_out(painter) -> None:
    said = operations.shorten(painter, "a red fox , under the sky --ar 3:2")
    influence = {each.word: each.influence for each in said.words}
    assert max(influence.values()) == 1.0 and min(influence.values()) < 0.9
    assert said.prompts and all(len(each.split()) < 7 for each in said.prompts)
    strongest = max(influence, key=lambda word: influence[word])
    assert all(strongest in each.split() for each in said.prompts)
    assert "left aside" in said.notes[0]
    with pytest.raises(UserError, match="2 to 40 words"):
        operations.shorten(painter, "fox")


def test_vector_of_a_flat_picture_only() -> None:
    pytest.importorskip("vtracer")
    svg = operations.vector(given(apple()))
    assert "<svg" in svg and svg.count("<path") < 30 and '"kind": "vector"' in svg
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    with pytest.raises(UserError, match="too shaded to trace"):
        operations.vector(given(noise))
    assert "<path" in operations.vector(given(noise), force=True)
