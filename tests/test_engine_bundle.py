"""A bundle opens whole or not at all, and says what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from allaprima.engine.bundle import MANIFEST, REQUIRED, Bundle, write_manifest
from allaprima.errors import BundleError


@pytest.fixture
def copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "copy"))


def test_an_opened_bundle_knows_its_parts(tiny_bundle) -> None:
    bundle = Bundle.open(tiny_bundle)
    assert bundle.name == "tiny" and bundle.latent_shape == (16, 16, 16)
    assert bundle.picture_sizes[0] == (256, 256)
    assert len(bundle.grid(8)) == 9 and len(bundle.grid(7)) == 8
    assert bundle.preview_matrix.shape == (16, 3)
    assert len(bundle.sha256) == 64


@pytest.mark.parametrize("name", [*REQUIRED, MANIFEST])
def test_one_flipped_byte_anywhere_is_noticed(copy, name) -> None:
    path = copy / name
    raw = bytearray(path.read_bytes())
    for place in (0, len(raw) // 3, len(raw) - 1):
        flipped = bytearray(raw)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(BundleError, match="damaged") as caught:
            Bundle.open(copy)
        assert "\n" not in str(caught.value) and "--bundle" in str(caught.value)
    path.write_bytes(raw)
    Bundle.open(copy)


def test_no_byte_of_the_manifest_is_free(copy) -> None:
    path = copy / MANIFEST
    raw = path.read_bytes()
    for place in range(0, len(raw), 37):
        flipped = bytearray(raw)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(BundleError):
            Bundle.open(copy)


@pytest.mark.parametrize("name", [*REQUIRED, MANIFEST])
def test_a_missing_file_is_named(copy, name) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match="missing") as caught:
        Bundle.open(copy)
    assert name in str(caught.value)


def test_a_newer_format_asks_for_an_upgrade(copy) -> None:
    path = copy / MANIFEST
    path.write_text(path.read_text().replace('"format": 1', '"format": 9'))
    with pytest.raises(BundleError, match="pip install --upgrade"):
        Bundle.open(copy)


def test_no_folder_and_no_json_are_told(tmp_path) -> None:
    with pytest.raises(BundleError, match="No model bundle in"):
        Bundle.open(tmp_path / "nowhere")
    (tmp_path / MANIFEST).write_text("[]")
    with pytest.raises(BundleError, match="damaged"):
        Bundle.open(tmp_path)


def test_writing_again_gives_the_same_bytes_and_drops_nothing(copy) -> None:
    before = (copy / MANIFEST).read_bytes()
    write_manifest(copy, json.loads(before))
    assert (copy / MANIFEST).read_bytes() == before


def test_an_incomplete_folder_or_manifest_is_not_sealed(copy) -> None:
    before = (copy / MANIFEST).read_bytes()
    info = json.loads(before)
    with pytest.raises(BundleError, match="licence"):
        write_manifest(copy, {key: value for key, value in info.items() if key != "licence"})
    with pytest.raises(BundleError, match="grid"):
        write_manifest(copy, {**info, "time_grids": {"2": [1.0, 0.0]}})
    assert (copy / MANIFEST).read_bytes() == before
    (copy / "CREDITS.md").unlink()
    with pytest.raises(BundleError, match="CREDITS.md"):
        write_manifest(copy, info)
    assert not list(copy.glob("*.part"))


def test_the_setting_names_the_bundle(tiny_bundle, monkeypatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_BUNDLE", str(tiny_bundle))
    assert Bundle.open().folder == tiny_bundle


def test_files_beside_the_graphs_are_sealed_too(copy) -> None:
    info = json.loads((copy / MANIFEST).read_text())
    (copy / "extra.npy").write_bytes(b"1234")
    write_manifest(copy, info)
    (copy / "extra.npy").write_bytes(b"1235")
    with pytest.raises(BundleError, match=r"extra\.npy"):
        Bundle.open(copy)
