"""Region edits, zoom, pan and square: what is kept is kept to the pixel, and the join is not to be seen."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio import operations
from allaprima.studio.operations import joining, region

FOX = "a red fox under a starry night sky"


@pytest.fixture(scope="module")
def fox(painter) -> Picture:
    return painter.paint(FOX, seed=7, steps=4)


def disc(side: int = 256) -> np.ndarray:
    ys, xs = np.mgrid[:side, :side]
    return (xs - 150) ** 2 + (ys - 110) ** 2 < 60**2


def png(mask: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_region_keeps_every_pixel_outside_the_mask_and_joins(painter, fox) -> None:
    made = operations.perform(painter, "region", [fox], mask=png(disc()), prompt="a blue bird", seed=3, count=2)
    for each in made:
        assert np.array_equal(each.pixels[~disc()], fox.pixels[~disc()])
        assert np.abs(each.pixels[disc()].astype(int) - fox.pixels[disc()]).mean() > 2
        assert joining.seam(each.pixels, disc()) < 1.6
    bird = next(each for each in made[0].recipe["references"] if each["name"] == "bird")
    x0, y0, x1, y1 = bird["boxes"][0]
    assert 0.3 < (x0 + x1) / 2 < 0.85 and 0.15 < (y0 + y1) / 2 < 0.7  # in the mask, not where a lone bird would go
    assert any("not trained to fill in" in note for note in made[0].recipe["notes"])


def test_the_join_is_needed(fox) -> None:
    other = np.full_like(fox.pixels, 128)
    pasted = np.where(disc()[..., None], other, fox.pixels)
    assert joining.seam(joining.joined(fox.pixels, other, disc()), disc()) < 0.5 * joining.seam(pasted, disc())


def test_masks_of_every_kind() -> None:
    free = region.read_mask([[0.25, 0.5, 0.5, 1.0]], 40, 20)
    assert free.sum() == 10 * 10 and free[10, 10] and not free[9, 10]
    assert np.array_equal(region.read_mask(region.write_mask(free), 40, 20), free)
    assert np.array_equal(region.read_mask("data:image/png;base64," + region.write_mask(free), 40, 20), free)
    clear = np.zeros((20, 40, 4), np.uint8)
    clear[..., 3] = np.where(free, 0, 255)
    out = io.BytesIO()
    Image.fromarray(clear).save(out, "PNG")
    assert np.array_equal(region.read_mask(base64.b64encode(out.getvalue()).decode(), 40, 20), free)


@pytest.mark.parametrize("mask", ["not a mask", [[0.5, 0.5, 0.4, 0.6]], [[0, 0, 2, 1]], 7, [["a", 0, 0, 0]]])
def test_masks_that_are_none(mask) -> None:
    with pytest.raises(UserError, match="mask|box"):
        region.read_mask(mask, 40, 20)


def test_an_empty_mask_is_told(painter, fox) -> None:
    with pytest.raises(UserError, match="black everywhere"):
        operations.perform(painter, "region", [fox], mask=png(np.zeros((8, 8), bool)))


def test_zoom_keeps_the_old_picture_in_the_middle(painter, fox) -> None:
    (zoomed,) = operations.perform(painter, "zoom", [fox], factor=2.0, seed=1, count=1)
    small = np.asarray(fox.image.resize((128, 128), Image.Resampling.LANCZOS))
    assert zoomed.pixels.shape == fox.pixels.shape
    assert np.array_equal(zoomed.pixels[64:192, 64:192], small)
    outside = np.ones((256, 256), bool)
    outside[64:192, 64:192] = False
    assert joining.seam(zoomed.pixels, outside) < 1.6
    before, after = fox.recipe["references"][0]["boxes"][0], zoomed.recipe["references"][0]["boxes"][0]
    np.testing.assert_allclose(after, [0.25 + edge / 2 for edge in before], atol=1e-3)


def test_zoom_may_keep_the_pixels_instead(painter, fox) -> None:
    (grown,) = operations.perform(painter, "zoom", [fox], factor=1.5, grow=True, count=1)
    assert grown.pixels.shape == (384, 384, 3)
    assert np.array_equal(grown.pixels[64:320, 64:320], fox.pixels)


@pytest.mark.parametrize(
    ("direction", "size", "corner"),
    [("left", (384, 256), (128, 0)), ("right", (384, 256), (0, 0)), ("up", (256, 384), (0, 128)),
     ("down", (256, 384), (0, 0))],
)  # fmt: skip
def test_pan_keeps_the_old_picture(painter, fox, direction, size, corner) -> None:
    (panned,) = operations.perform(painter, "pan", [fox], direction=direction, seed=1, count=1)
    assert (panned.width, panned.height) == size
    x, y = corner
    assert np.array_equal(panned.pixels[y : y + 256, x : x + 256], fox.pixels)
    assert panned.pixels.std() > 1


def test_square(painter, fox) -> None:
    (panned,) = operations.perform(painter, "pan", [fox], direction="right", seed=1, count=1)
    (square,) = operations.perform(painter, "square", [panned], seed=1, count=1)
    assert (square.width, square.height) == (384, 384)
    assert np.array_equal(square.pixels[64:320], panned.pixels)
    with pytest.raises(UserError, match="square already"):
        operations.perform(painter, "square", [square])
    assert operations.replay(painter, square.recipe).encode() == square.encode()


def test_spread_is_smooth_and_keeps_what_is_known() -> None:
    values = np.zeros((64, 48, 1), np.float32)
    known = np.ones((64, 48), bool)
    known[8:56, 8:40] = False
    values[known] = np.linspace(0, 1, 64, dtype=np.float32).repeat(48).reshape(64, 48)[known][:, None]
    filled = joining.spread(values, known)
    assert np.array_equal(filled[known], values[known])
    assert np.abs(np.diff(filled[..., 0], axis=0)).max() < 0.1
    assert 0.3 < filled[32, 24, 0] < 0.7


def test_depth_of_a_large_mask_is_about_that_of_a_small_one() -> None:
    small, large = joining.depth(disc()), joining.depth(disc().repeat(4, 0).repeat(4, 1))
    assert small.max() == pytest.approx(60 / 2**0.5, abs=3) and large.max() == pytest.approx(4 * small.max(), rel=0.1)
    assert large[0, 0] == 0 and small[110, 91] <= 2
