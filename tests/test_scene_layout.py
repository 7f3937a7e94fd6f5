"""Boxes: inside the picture, clear of each other, and where the relation says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from allaprima.scene import layout
from allaprima.scene.layout import Box, plan, settle
from allaprima.scene.vocabulary import RELATIONS, SCENERIES

SEEDS = range(60)
PLACES = (None, "plain", "space", "beach", "mountains")


def _overlap(a: Box, b: Box) -> float:
    """Common area over the smaller area."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    area = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(wide, 0.0) * max(high, 0.0) / area


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


@pytest.mark.parametrize("scenery", PLACES)
@pytest.mark.parametrize("count", [1, 2, 3, 4, [1, 1], [2, 1], [1, 1, 1], [1, 1, 1, 1]])
def test_boxes_are_inside_and_apart(count: int | list[int], scenery: str | None) -> None:
    total = count if isinstance(count, int) else sum(count)
    for seed, relation in itertools.product(SEEDS, (None, *RELATIONS)):
        boxes = plan(count, relation, np.random.default_rng(seed), scenery)
        assert len(boxes) == total
        for box in boxes:
            assert -1e-9 <= box[0] < box[2] <= 1 + 1e-9 and -1e-9 <= box[1] < box[3] <= 1 + 1e-9, (
                seed,
                relation,
            )
        for a, b in itertools.combinations(boxes, 2):
            assert _overlap(a, b) < 0.12, (seed, relation, boxes)


@pytest.mark.parametrize("scenery", PLACES)
@pytest.mark.parametrize("relation", list(RELATIONS))
def test_the_relation_holds_for_drawings_of_any_aspect(relation: str, scenery: str | None) -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        aspects = rng.uniform(0.4, 2.5, 2)
        first, second = settle(
            plan([1, 1], relation, rng, scenery), list(aspects), relation=relation, scenery=scenery
        )
        (x, y), (other_x, other_y) = _middle(first), _middle(second)
        if relation == "left of":
            assert x < other_x and first[2] <= second[0] + 0.02
        elif relation == "right of":
            assert x > other_x and first[0] >= second[2] - 0.02
        elif relation == "above":
            assert y < other_y and first[3] <= second[1] + 0.02
        elif relation == "below":
            assert y > other_y and first[1] >= second[3] - 0.02
        elif relation == "on top of":
            assert y < other_y and abs(first[3] - second[1]) < 0.03 and abs(x - other_x) < 0.15
        else:
            assert abs(y - other_y) < 0.3 and abs(x - other_x) > 0.15


def test_a_lone_object_is_large_and_near_the_middle() -> None:
    boxes = [plan(1, None, np.random.default_rng(seed), "plain")[0] for seed in range(300)]
    sides = np.array([box[2] - box[0] for box in boxes])
    centres = np.array([_middle(box) for box in boxes])
    assert sides.min() > 0.44 and sides.max() < 0.87
    assert np.abs(centres - 0.5).max() < 0.25 and np.abs(centres.mean(axis=0) - 0.5).max() < 0.03


@pytest.mark.parametrize("word", list(layout.SIZED_SIDE))
def test_a_size_word_is_kept(word: str) -> None:
    for seed in SEEDS:
        assert layout.size_word(plan(1, None, np.random.default_rng(seed), "plain", sizes=[word])[0]) == word


def test_sizes_beside_each_other_differ_as_said() -> None:
    for seed, relation in itertools.product(SEEDS, RELATIONS):
        small, other = plan([1, 1], relation, np.random.default_rng(seed), "plain", sizes=["small", "large"])
        assert small[2] - small[0] < 0.85 * (other[2] - other[0])


def test_things_stand_on_the_ground_and_float_where_there_is_none() -> None:
    for seed in SEEDS:
        standing = plan(2, None, np.random.default_rng(seed), "beach", ground=0.8)
        assert all(0.75 < box[3] < 0.92 for box in standing)
    floating = [
        plan(1, None, np.random.default_rng(seed), "space", sizes=["small"])[0] for seed in range(200)
    ]
    assert abs(np.mean([_middle(box)[1] for box in floating]) - 0.5) < 0.04
    assert set(SCENERIES) > layout.FLOATING


def test_the_dice_alone_decide() -> None:
    one, again, other = (plan(3, None, np.random.default_rng(seed), "field") for seed in (5, 5, 6))
    assert one == again != other


def test_no_objects_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        plan(0, None, np.random.default_rng(0))
