"""Enlarging: by the bundle's upscaler where it has one, by Lanczos where not, and each recipe by its own way again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from allaprima.engine import upscaler
from allaprima.engine.painter import Painter
from allaprima.engine.upscaler import LANCZOS, OVERLAP, TILE, Enlarger, spans
from allaprima.errors import UserError
from allaprima.studio import operations

FOX = "a red fox under a starry night sky"


@pytest.fixture(scope="module")
def sharper(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Painter:
    """The tiny bundle after it got an upscaler."""
    from tiny_upscaler import add

    folder = tmp_path_factory.mktemp("sharper") / "tiny"
    shutil.copytree(tiny_bundle, folder)
    return Painter(add(folder), "onnxruntime", threads=1)


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Soft waves with hard edges in them."""
    y, x = np.mgrid[:height, :width]
    levels = [128 + 90 * np.sin(x / (7 + c) + y / 11) + 30 * ((x // 16 + y // 24) % 2) for c in range(channels)]
    return np.clip(np.stack(levels, axis=2), 0, 255).astype(np.uint8)


def test_a_bundle_without_an_upscaler_enlarges_by_lanczos(painter: Painter) -> None:
    made = painter.paint(FOX, seed=1, steps=1, width=512)
    plain = painter.paint(FOX, seed=1, steps=1)
    assert made.recipe["resized"] == {"from": [256, 256], "filter": "lanczos"}
    wanted = Image.fromarray(plain.pixels).resize((512, 512), Image.Resampling.LANCZOS)
    assert np.array_equal(made.pixels, np.asarray(wanted))
    with pytest.raises(UserError, match="no upscaler"):
        painter.paint(FOX, seed=1, steps=1, width=512, enlarge="learned")


def test_larger_pictures_are_made_by_the_upscaler_and_their_recipes_name_it(sharper: Painter) -> None:
    made = sharper.paint(FOX, seed=1, steps=1, width=512)
    digest = sharper.bundle.info["files"]["upscaler.onnx"]
    assert made.recipe["resized"] == {"from": [256, 256], "filter": f"learned:{digest[:16]}"}
    by_lanczos = sharper.paint(FOX, seed=1, steps=1, width=512, enlarge="lanczos")
    assert by_lanczos.recipe["resized"]["filter"] == "lanczos"
    assert not np.array_equal(made.pixels, by_lanczos.pixels)
    for each in (made, by_lanczos):
        assert sharper.replay(each.recipe).encode() == each.encode()
    assert sharper.paint(FOX, seed=1, steps=1, width=1024).pixels.shape == (1024, 1024, 3)


def test_what_was_painted_before_there_was_an_upscaler_comes_out_as_it_was(painter: Painter, sharper: Painter) -> None:
    for width, height in ((512, 512), (400, 128), (100, 100), (256, 256)):
        before = painter.paint(FOX, seed=3, steps=2, width=width, height=height)
        assert np.array_equal(sharper.replay(before.recipe).pixels, before.pixels)
    parent = painter.paint(FOX, seed=3, steps=2)
    before = operations.perform(painter, "upscale", [parent], side=512)[0]
    assert "without an upscaler" in before.recipe["notes"][0]
    assert np.array_equal(operations.replay(sharper, before.recipe).pixels, before.pixels)
    # The other way round there is nothing to make it with, and nothing is painted instead.
    with pytest.raises(UserError, match="open that bundle"):
        painter.replay(sharper.paint(FOX, seed=3, steps=2, width=512).recipe)


def test_another_upscaler_is_refused(sharper: Painter, tmp_path: Path) -> None:
    from tiny_upscaler import add

    made = sharper.paint(FOX, seed=1, steps=1, width=512)
    enlarged = operations.perform(sharper, "upscale", [sharper.paint(FOX, seed=1, steps=1)], side=512)[0]
    shutil.copytree(sharper.bundle.folder, tmp_path / "other")
    other = Painter(add(tmp_path / "other", strength=0.1), "onnxruntime", threads=1)
    assert np.array_equal(other.replay(sharper.paint(FOX, seed=1, steps=1).recipe).pixels,
                          sharper.paint(FOX, seed=1, steps=1).pixels)  # fmt: skip
    with pytest.raises(UserError, match="another upscaler"):
        other.replay(made.recipe)
    with pytest.raises(UserError, match="another upscaler"):
        operations.replay(other, enlarged.recipe)
    with pytest.raises(UserError, match="learned or lanczos"):
        other.paint(FOX, enlarge="bicubic")


def test_tiles_leave_no_seam_and_no_gap(sharper: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = picture(301, 260)
    whole = sharper.enlarger.doubled(pixels)
    assert whole.shape == (602, 520, 3)
    seen: list[tuple[int, ...]] = []
    run = sharper.enlarger.double
    assert run is not None
    monkeypatch.setattr(upscaler, "TILE", 128)
    tiled = Enlarger(lambda tile: seen.append(tile.shape) or run(tile), "0" * 64).doubled(pixels)
    assert len(seen) == 25 and max(max(shape[2:]) for shape in seen) == 128
    assert np.abs(tiled.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("side", [1, 2, 512, 513, 960, 1024, 1025, 2048])
def test_spans_cover_a_side_once_and_see_beyond(side: int) -> None:
    cut = spans(side)
    assert [first for first, _, _, _ in cut] == [0, *(end for _, end, _, _ in cut)][:-1] and cut[-1][1] == side
    for first, end, sees_from, sees_to in cut:
        assert sees_from % 2 == 0 and 0 < sees_to - sees_from <= TILE
        assert sees_from == 0 or first - sees_from >= OVERLAP
        assert sees_to == side or sees_to - end >= OVERLAP


@pytest.mark.parametrize("size", [(1, 1), (33, 20), (64, 31)])
def test_odd_sizes_and_other_scales_are_fitted(sharper: Painter, size: tuple[int, int]) -> None:
    pixels = picture(size[1], size[0])
    for wanted in ((2 * size[0], 2 * size[1]), (3 * size[0] + 1, 5 * size[1])):
        made = sharper.enlarger.fitted(pixels, wanted)
        assert made.shape == (wanted[1], wanted[0], 3) and made.dtype == np.uint8
    # A few more pixels are not worth it.
    assert sharper.enlarger.taken((100, 100), (120, 120)) == LANCZOS


def test_transparent_pictures_keep_their_edges_clean(sharper: Painter) -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[8:32, 8:32] = (250, 200, 40, 255)  # what is transparent is black underneath
    made = sharper.enlarger.doubled(pixels)
    assert made.shape == (80, 80, 4) and made[0, 0, 3] == 0 and made[40, 40, 3] == 255
    visible = made[made[..., 3] > 60]
    assert np.abs(visible[:, :3].astype(int) - (250, 200, 40)).max() < 70  # black would be 250 away


def test_upscale_says_how_and_repeats_itself(sharper: Painter) -> None:
    fox = sharper.paint(FOX, seed=7, steps=2)
    (large,) = operations.perform(sharper, "upscale", [fox], side=1024)
    assert (large.width, large.height) == (1024, 1024)
    assert large.recipe["operation"]["arguments"]["method"] == sharper.enlarger.name
    assert "learned" in large.recipe["notes"][0]
    assert operations.replay(sharper, large.recipe).encode() == large.encode()
    (plain,) = operations.perform(sharper, "upscale", [fox], side=512, method="lanczos")
    assert "no detail" in plain.recipe["notes"][0]


def test_a_part_painted_anew_in_a_large_picture_is_enlarged_the_same_way_again(sharper: Painter) -> None:
    large = operations.perform(sharper, "upscale", [sharper.paint(FOX, seed=7, steps=2)], side=512)[0]
    (one,) = operations.perform(sharper, "region", [large], mask=[[0.5, 0.0, 1.0, 1.0]], seed=1, count=1)
    assert np.array_equal(one.pixels[:, :200], large.pixels[:, :200])
    assert one.recipe["operation"]["arguments"]["options"]["enlarge"] == sharper.enlarger.name
    assert operations.replay(sharper, one.recipe).encode() == one.encode()
