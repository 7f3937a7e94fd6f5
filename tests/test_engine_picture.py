"""Picture files: whole or not at all, with their recipe inside."""

from __future__ import annotations

import hashlib
import io
import os

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from allaprima.engine.picture import Picture, check_writable, read_recipe
from allaprima.engine.preview import HalfBlocks, latent_to_rgb
from allaprima.errors import UserError

RECIPE = {"prompt": "ein Fuchs, ⛄ 狐", "seed": 7, "version": "0.1.0"}


@pytest.fixture
def picture() -> Picture:
    rows, columns = np.mgrid[0:64, 0:96].astype(np.uint8)
    return Picture(np.stack([rows * 3, columns * 2, rows + columns], axis=2), RECIPE)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".webp", ".jpg", ".jpeg"])
def test_a_file_carries_its_recipe(picture, tmp_path, suffix) -> None:
    path = tmp_path / f"fox{suffix}"
    digest = picture.save(path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_recipe(path) == RECIPE
    with Image.open(path) as image:
        assert image.size == (96, 64)
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - picture.pixels).mean() < 4
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_png_is_exact_and_repeatable(picture, tmp_path) -> None:
    picture.save(tmp_path / "a.png")
    picture.save(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture.pixels)


@pytest.mark.parametrize("name", ["fox.gif", "fox", "fox.png.exe", "missing/fox.png", "x" * 300 + ".png", "a\0.png"])
def test_places_that_cannot_be_written_are_told_first(tmp_path, name) -> None:
    with pytest.raises(UserError) as caught:
        check_writable(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_picture(tmp_path) -> None:
    (tmp_path / "x.png").mkdir()
    with pytest.raises(UserError, match="folder"):
        check_writable(tmp_path / "x.png")


def test_a_failed_write_leaves_the_old_file(picture, tmp_path, monkeypatch) -> None:
    path = tmp_path / "fox.png"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UserError, match="No space left"):
        picture.save(path)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["fox.png"]


def test_files_without_a_recipe_are_told(tmp_path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    with pytest.raises(UserError, match="no recipe"):
        read_recipe(tmp_path / "plain.png")
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(UserError, match="cannot be read"):
        read_recipe(tmp_path / "text.png")


def test_a_preview_is_one_matrix() -> None:
    latent = np.zeros((2, 16, 16, 16), np.float32)
    latent[1, 0] = 1.0
    matrix = np.zeros((16, 3), np.float32)
    matrix[0] = (1.0, 0.0, -1.0)
    pixels = latent_to_rgb(latent, matrix, np.zeros(3, np.float32))
    assert pixels.shape == (2, 16, 16, 3)
    assert pixels[0, 3, 3].tolist() == [128, 128, 128]
    assert pixels[1, 3, 3].tolist() == [255, 128, 0]


def test_half_blocks_show_two_rows_a_line(picture) -> None:
    out = io.StringIO()
    console = Console(width=80, force_terminal=True, color_system="truecolor", file=out)
    console.print(HalfBlocks(picture.pixels, 24))
    lines = out.getvalue().splitlines()
    assert [line.count("▀") for line in lines] == [24] * 8
    assert "48;2;" in lines[0]  # the lower pixel is the cell's ground
