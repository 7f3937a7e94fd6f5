"""A recalled drawing takes the colour that the prompt asks for; eyes and outlines stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from allaprima.engine.recolouring import recoloured
from allaprima.scene import colours
from allaprima.scene.vocabulary import COLOUR_RGB


def bird(body: str) -> np.ndarray:
    drawing = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(drawing)
    pencil.ellipse((6, 12, 54, 50), fill=(*COLOUR_RGB[body], 255))
    pencil.ellipse((38, 20, 44, 26), fill=(20, 20, 24, 255))
    return np.asarray(drawing)


@pytest.mark.parametrize("source", ["red", "yellow", "blue", "purple", "brown"])
@pytest.mark.parametrize("target", ["red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink"])
def test_the_body_turns_and_the_eye_stays(source: str, target: str) -> None:
    before = bird(source)
    after = recoloured(before, target)
    assert colours.dominant(after) == target
    assert np.array_equal(after[..., 3], before[..., 3])
    assert np.abs(after[23, 41].astype(int) - before[23, 41].astype(int)).max() <= 6


@pytest.mark.parametrize("target", ["white", "grey", "brown"])
def test_colours_without_a_hue_are_reached_too(target: str) -> None:
    assert colours.dominant(recoloured(bird("blue"), target)) == target


@pytest.mark.parametrize(("body", "colour"), [("blue", None), ("blue", "blue"), ("black", "red"), ("white", "green")])
def test_what_needs_no_turning_or_has_no_hue_comes_back_as_it_is(body: str, colour: str | None) -> None:
    before = bird(body)
    assert recoloured(before, colour) is before


def test_a_detail_is_not_taken_for_the_body() -> None:
    drawing = bird("white").copy()
    drawing[30:34, 20:24, :3] = COLOUR_RGB["red"]
    assert recoloured(drawing, "green") is drawing
