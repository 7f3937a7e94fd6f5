"""The prior: things are sketched from words alone, told of in the recipe, and made again from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from allaprima.engine.backends import Fake
from allaprima.engine.painter import Painter
from allaprima.engine.prior import Prior, cutout, imagined
from allaprima.engine.reading import read
from tiny_bundle import STYLES, build


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Painter:
    return Painter(build(tmp_path_factory.mktemp("prior") / "tiny", any_shape=True, prior=True), "onnxruntime")


def test_words_alone_are_sketched_and_no_drawing_is_named(painter: Painter) -> None:
    picture = painter.paint("a red fox in the snow, flat design", seed=3, steps=2, memory=0.0)
    (thing,) = picture.recipe["sketched"]
    assert thing["for"] == "fox" and thing["style"] == "flat" and len(thing["boxes"]) == 1
    assert picture.recipe["references"] == [] and picture.recipe["memory"] == 0.0


def test_a_sketch_is_shown_at_every_step_and_changes_the_picture(painter: Painter) -> None:
    steps = list(painter.steps("a fox", seed=3, steps=2, memory=0.0))
    assert all(step.hinted for step in steps)
    plain = painter.paint("a fox", seed=3, steps=2, memory=0.0, prior=False)
    assert "sketched" not in plain.recipe
    assert (plain.pixels != painter.finish(steps[-1])[0].pixels).any()


def test_with_the_library_the_prior_is_not_asked(painter: Painter) -> None:
    assert "sketched" not in painter.paint("a fox", seed=3, steps=2).recipe


def test_recipes_with_and_without_a_sketch_are_repeated(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ("1", "0"):
        monkeypatch.setenv("ALLAPRIMA_PRIOR", setting)
        first = painter.paint("two cats and a dog", seed=5, steps=2, memory=0.0)
        monkeypatch.setenv("ALLAPRIMA_PRIOR", str(1 - int(setting)))
        assert (painter.replay(first.recipe).pixels == first.pixels).all()


def test_a_bundle_without_a_prior_paints_from_words_as_before(tmp_path: Path) -> None:
    bare = Painter(build(tmp_path / "bare"), "onnxruntime")
    assert "sketched" not in bare.paint("a fox", seed=3, steps=2, memory=0.0).recipe


def test_things_counts_and_adjectives_are_taken_from_the_words() -> None:
    ((things, sketches),) = imagined(read("three hot dogs left of a blue boat"), None, prior_of(1.0), meanings, [rng()])
    assert [(thing.text, thing.count, thing.colour) for thing in things] == [("dogs", 3, None), ("boat", 1, "blue")]
    assert len({thing.drawing.style for thing in things if thing.drawing}) == 1  # one picture speaks one language
    assert all(sketches.image(thing.drawing).shape[2] == 4 for thing in things if thing.drawing)


def test_what_it_is_not_sure_of_is_left_to_the_words() -> None:
    assert imagined(read("a fox"), None, prior_of(0.5), meanings, [rng()])[0][0] == ()
    assert imagined(read("at night in the snow"), None, prior_of(1.0), meanings, [rng()])[0][0] == ()


def test_a_style_that_it_was_not_taught_is_left_to_the_denoiser() -> None:
    def styles(asked: float) -> set[str]:
        ((things, _),) = imagined(read("a fox"), "line", prior_of(1.0, line=asked), meanings, [rng()])
        return {thing.drawing.style for thing in things if thing.drawing}

    assert styles(1.0) == {"line"} and "line" not in styles(0.948)


def test_a_cutout_has_the_sketchs_own_colour_and_is_cut_to_it() -> None:
    odds = np.full((32, 32), -20.0, np.float32)
    odds[8:24, 4:28] = 20.0
    picture = np.zeros((3, 128, 128), np.float32)  # grey
    picture[0, 32:96, 16:112] = 1.0
    rgba = cutout(picture, odds)
    assert abs(rgba.shape[0] - 64) <= 4 and abs(rgba.shape[1] - 96) <= 4
    assert rgba[32, 48].tolist() == [255, 127, 127, 255]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def meanings(texts: object) -> np.ndarray:
    return np.full((len(list(texts)), 384), 384**-0.5, np.float32)  # type: ignore[call-overload]


def prior_of(sureness: float, **of_style: float) -> Prior:
    """A prior that is as sure of everything as it is told, in some styles more or less."""
    each = np.asarray([of_style.get(style, sureness) for style in STYLES], np.float32)

    def sketch(feeds: dict) -> dict:
        n = len(feeds["vector"])
        return {"sketch": np.zeros((n, 16, 8, 8), np.float32), "cover": np.full((n, 1, 32, 32), 8.0, np.float32),
                "sureness": feeds["style"] @ each}  # fmt: skip

    def decode(feeds: dict) -> dict:
        return {"picture": np.zeros((len(feeds["latent"]), 3, 128, 128), np.float32)}

    return Prior(tuple(STYLES), Fake({"prior": sketch, "decoder": decode}))
