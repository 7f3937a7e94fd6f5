"""A frame that no line betrays is seen; what goes on across a border is not, nor is a picture that nobody touched."""

from __future__ import annotations

import numpy as np
import pytest

from allaprima.studio import operations
from allaprima.studio.operations import continuity, joining, underpainting, walking

SIDE = 256


def sky(top: tuple[int, int, int] = (40, 20, 90), bottom: tuple[int, int, int] = (250, 180, 90)) -> np.ndarray:
    """A gradient with a little noise."""
    share = np.linspace(0, 1, SIDE)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 2, (SIDE, SIDE, 1))
    return np.clip(np.asarray(top) * (1 - share) + np.asarray(bottom) * share + noise, 0, 255).astype(np.uint8)


def around(inner: int = 128) -> np.ndarray:
    """True but for a square in the middle."""
    free = np.ones((SIDE, SIDE), bool)
    edge = (SIDE - inner) // 2
    free[edge : edge + inner, edge : edge + inner] = False
    return free


def test_a_gradient_of_its_own_is_a_frame_though_no_line_shows() -> None:
    free = around()
    smaller = np.where(free[..., None], 0, np.pad(sky()[::2, ::2], ((64, 64), (64, 64), (0, 0)))).astype(np.uint8)
    met = joining.joined(smaller, sky(), free)
    assert joining.seam(met, free) < 1.6 and continuity.frame(met, free) > 2.5
    assert continuity.frame(sky(), free) == pytest.approx(1.0, abs=0.25)
    assert continuity.lines(sky(), np.random.default_rng(1)) == pytest.approx(1.0, abs=0.25)


def test_the_underpainting_goes_on_with_layers_and_keeps_the_known() -> None:
    free = around()
    canvas = np.pad(sky()[::2, ::2], ((64, 64), (64, 64), (0, 0)))
    whole = underpainting.ground(canvas, free)
    assert np.array_equal(whole[~free], canvas[~free]) and continuity.frame(whole, free) < 1.0
    assert np.abs(whole[128].astype(int) - whole[128, 128]).mean() < 6  # a layer goes on to both sides
    assert np.abs(whole[:60].astype(int) - canvas[64, 64:192].mean(axis=0)).mean() < 6  # the top goes on upwards


def test_the_underpainting_of_a_hole_lies_between_its_edges() -> None:
    free = np.zeros((SIDE, SIDE), bool)
    free[80:160, 60:200] = True
    whole = underpainting.ground(sky(), free)
    assert np.abs(whole[free].astype(int) - sky()[free]).mean() < 8


def test_low_frequencies_are_those_of_the_free_cells_alone() -> None:
    free = np.ones((1, 1, 16, 16), np.float32)
    free[..., :8] = 0
    level = np.full((1, 2, 16, 16), 3.0, np.float32)
    level[..., :8] = 99
    np.testing.assert_allclose(underpainting.lowered(level, free)[..., 9:], 3.0, atol=1e-4)
    checks = np.indices((16, 16)).sum(axis=0)[None, None] % 2 * 2.0 - 1.0
    assert np.abs(underpainting.lowered(checks.astype(np.float32), free)[..., 9:]).max() < 0.1


@pytest.mark.parametrize("hold", [0.0, 1.0])
def test_held_cells_end_at_the_underpaintings_large_colours(painter, hold) -> None:
    sitting = painter.prepare("a serene sunset over the ocean", seed=3, steps=3, count=2)
    free = np.ones((16, 16), bool)
    free[4:12, 4:12] = False
    ground = np.random.default_rng(0).normal(0, 1, (16, 1, 1)).astype(np.float32) * np.ones((16, 16, 16), np.float32)
    cells = np.tile(free.astype(np.float32), (2, 1, 1, 1))
    *_, last = walking.walked(painter, sitting, walking.Known(ground, free, hold * cells), rounds=2)
    left = np.abs(underpainting.lowered(ground - last.clean, cells)).mean()
    assert np.array_equal(last.clean[..., ~free], np.tile(ground[:, ~free], (2, 1, 1)))
    assert left < 0.1 if hold else left > 0.3


def test_a_thing_that_is_shown_and_the_depth_of_a_region_loosen_the_hold(painter, monkeypatch) -> None:
    seen = {}
    walked = walking.walked

    def spy(painter, sitting, known=None, rounds=1, look=None):
        seen["known"], seen["hint"] = known, sitting.hint
        yield from walked(painter, sitting, known, rounds, look)

    monkeypatch.setattr(walking, "walked", spy)
    parent = painter.paint("a green field", seed=3, steps=2)
    box = [[0.1, 0.1, 0.9, 0.9]]
    operations.perform(painter, "region", [parent], mask=box, prompt="a fox", seed=1, count=1, steps=1)
    hold, covered = seen["known"].hold[0, 0], seen["hint"][0, -1]
    assert covered.max() > 0.9 and hold[covered > 0.99].max() < 0.02
    assert hold[1, 1] > 0.9 and not hold[~seen["known"].free].any()
    operations.perform(painter, "region", [parent], mask=box, seed=1, count=1, steps=1)
    assert seen["known"].hold[0, 0, 8, 8] < 0.1 < 0.9 < seen["known"].hold[0, 0, 1, 8]
