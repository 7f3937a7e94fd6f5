"""The regions judge on a real, tiny model: what it says is kept is kept, and its bounds are bounds."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from allaprima.engine.bundle import read_manifest, write_manifest
from allaprima.engine.painter import Painter
from allaprima.judge import regions
from allaprima.judge.references import References, of_library, seen
from allaprima.studio.operations import joining


def small_pixels(pictures: np.ndarray) -> np.ndarray:
    """Features [n, 192]: pictures at 8 x 8 pixels."""
    side = pictures.shape[1] // 8
    cells = pictures.reshape(len(pictures), 8, side, 8, side, 3).mean((2, 4))
    return cells.reshape(len(pictures), -1).astype(np.float32)


@pytest.fixture(scope="module")
def taught(tiny_bundle, tmp_path_factory) -> Painter:
    folder = tmp_path_factory.mktemp("taught") / "bundle"
    shutil.copytree(tiny_bundle, folder)
    info, _ = read_manifest(folder)
    write_manifest(folder, {**info, "training": {**info["training"], "regions": True}})
    return Painter(folder, "onnxruntime", threads=1)


@pytest.fixture(scope="module")
def references(painter) -> References:
    return seen(of_library(painter.library), small_pixels, "small pixels")


def test_a_taught_network_is_judged_with_and_without_the_known_part(taught, references) -> None:
    report, rows = regions.judge(taught, references, small_pixels, count=4, steps=2)
    assert report["taught"] is True and len(rows) == 4
    for way in ("regions_fed", "known_cells_held_only", "large_colours_free"):
        each = report[way]
        assert each["frame"]["value"] > 0 and each["continued"]["frame"]["value"] > 0
        assert each["outside_identical"]["value"] == 1.0 and each["continued"]["kept_identical"]["value"] == 1.0
        assert each["seam"]["value"] > 0 and each["continued"]["seam"]["value"] > 0
        assert set(each["inside_follows_words"]) == {"score", "floor", "times_floor"}
    assert report["bounds"]["seam_untouched"]["value"] < report["bounds"]["seam_pasted"]["value"]
    assert report["bounds"]["frame_untouched"]["value"] < report["bounds"]["frame_pasted"]["value"]
    assert report["regions_fed"]["continued"] != report["large_colours_free"]["continued"]
    for row in rows:
        assert np.array_equal(row.child[~row.free], row.parent[~row.free]) and 0.15 < row.free.mean() < 0.45
        assert joining.seam(row.parent, row.free) > 0


def test_an_untaught_network_is_judged_as_it_is(painter, references) -> None:
    report, _ = regions.judge(painter, references, small_pixels, count=4, steps=1)
    assert report["taught"] is False and "regions_fed" not in report and "known_cells_held_only" in report


def test_changes_are_the_same_every_time_and_ask_for_different_things(references) -> None:
    asked = regions.changes(references, 6)
    assert asked == regions.changes(references, 6) and len({each.concept for each in asked}) == len(asked)
    assert all(0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1 for x0, y0, x1, y1 in (each.box for each in asked))


def test_an_untaught_twin_shares_everything_but_the_claim(taught) -> None:
    twin = regions.untaught(taught)
    assert taught.bundle.knows_regions and not twin.bundle.knows_regions
    assert np.array_equal(twin.paint("a fox", seed=1, steps=2).pixels, taught.paint("a fox", seed=1, steps=2).pixels)
