"""Learned grids: the arithmetic on walks that are known, and the command's work on a real tiny denoiser."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from allaprima.engine import schedule
from allaprima.train.grid import FineWalk, cheapest, prices, refined

CORNER = 0.4375


def bent_walk() -> FineWalk:
    """A walk that is straight but for one corner: the prediction changes at time CORNER."""
    times = schedule.linear(16)
    first, second = np.full((1, 4), 2.0), np.full((1, 4), -1.0)
    states, cleans = [np.ones((1, 4))], []
    for t, after in zip(times[:-1], times[1:], strict=True):
        cleans.append(first if t > CORNER else second)
        states.append(cleans[-1] + after / t * (states[-1] - cleans[-1]))
    return FineWalk(times, np.stack(states), np.stack(cleans))


def test_two_steps_meet_where_the_way_bends() -> None:
    walk = bent_walk()
    table = prices(walk)
    grid = cheapest(table, walk.times, 2)
    assert grid == (1.0, CORNER, 0.0)
    assert table[0, walk.times.index(CORNER)] < 1e-9 < table[0, -1]


def test_more_steps_never_cost_more_and_as_many_as_the_fine_ones_cost_nothing() -> None:
    rng = np.random.default_rng(0)
    walk = FineWalk(schedule.linear(8), rng.standard_normal((9, 2, 3)), rng.standard_normal((8, 2, 3)))
    table = prices(walk)

    def price(grid: tuple[float, ...]) -> float:
        places = [walk.times.index(t) for t in grid]
        return float(sum(table[i, j] for i, j in zip(places[:-1], places[1:], strict=True)))

    every = {n: price(cheapest(table, walk.times, n)) for n in (1, 2, 8)}
    assert every[1] >= every[2] >= 0.0
    assert cheapest(table, walk.times, 8) == walk.times
    with pytest.raises(ValueError, match="cannot be taken"):
        cheapest(table, walk.times, 9)


def test_moving_times_finds_the_nearest_grid_and_keeps_it_falling() -> None:
    wanted = np.asarray((1.0, 0.83, 0.41, 0.12, 0.0))

    def distance(grid: tuple[float, ...]) -> float:
        return float(np.abs(np.asarray(schedule.checked(grid, 4)) - wanted).sum())

    grid, best, tried = refined(distance, schedule.linear(4), going=lambda: True)
    assert best < 0.06 and tried > 10
    assert grid[0] == 1.0 and grid[-1] == 0.0
    stopped, _, tried = refined(distance, schedule.linear(4), going=lambda: False)
    assert stopped == schedule.linear(4) and tried == 1


def test_a_crowd_of_real_ones_is_near_and_a_blurred_one_far() -> None:
    from allaprima.train.likeness import Likeness

    rng = np.random.default_rng(1)

    def crowd(n: int) -> np.ndarray:
        return np.repeat(rng.standard_normal((n, 2, 4, 4)), 2, axis=3).repeat(2, axis=2) + 0.3 * rng.standard_normal(
            (n, 2, 8, 8)
        )

    likeness, real = Likeness.of(crowd(200)), crowd(60)
    blurred = 0.5 * real
    assert abs(likeness.distance(real)) < 5 < likeness.distance(blurred)
    gain, (low, high) = likeness.gain(blurred, real)
    assert low < gain < high and low > 0
    _, (low, high) = likeness.gain(real, real)
    assert low <= 0.0 <= high


@pytest.mark.train
def test_the_command_writes_grids_that_are_nearer_than_hand_made_ones_and_export_reads_them(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from allaprima.errors import TrainingError
    from allaprima.train.grid_learning import learn_grids, read_grids
    from tiny_teacher import tiny_teacher

    runs = tiny_teacher(tmp_path)
    said: list[str] = []
    learned = learn_grids(teacher=runs / "denoiser", folder=tmp_path / "grid", bank=runs / "bank", minutes=0.05,
                          guidance=2.0, scenes=4, crowd=6, say=said.append)  # fmt: skip
    grids, churn = read_grids(tmp_path / "grid")
    assert set(grids) == {2, 4, 8, 16} and set(churn) <= {4, 8, 16}
    assert all(shares[-1] == 0.0 for shares in churn.values())
    table = json.loads((tmp_path / "grid" / "grids.json").read_text())["table"]
    for steps, grid in grids.items():
        rows = {row["grid"]: row["distance"] for row in table if row["steps"] == steps}
        taken = next(row for row in table if row["steps"] == steps and np.allclose(row["times"], grid, atol=1e-3))
        assert taken["distance"] == min(rows.values()) and {"equal steps", "cosine", "learned"} <= set(rows)
    assert any("fresh noise taken" in line for line in said)
    assert learned.grids == grids
    (tmp_path / "grid" / "grids.json").write_text('{"grids": {"2": [1.0, 1.0, 0.0]}, "churn": {}}')
    with pytest.raises(TrainingError, match="train grid"):
        read_grids(tmp_path / "grid")
    assert read_grids(tmp_path / "nowhere") == ({}, {})
