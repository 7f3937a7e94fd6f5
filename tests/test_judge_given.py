"""Given pictures: what comes back of them stands between floor and ceiling; and the rows that a release is held to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from allaprima.judge import given, targets
from allaprima.judge.added import Never
from allaprima.judge.copying import Shelf
from allaprima.judge.quick import codec_of
from allaprima.judge.suite import Include, Question

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter


class Row:
    """A drawing of a thing in a style."""

    def __init__(self, concept: str, style: str) -> None:
        self.name, self.concept, self.style, self.sha256 = concept, concept, style, f"{concept} {style}"


def coloured(red: int, green: int, blue: int) -> np.ndarray:
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[8:56, 8:56] = red, green, blue, 255
    return rgba


@pytest.mark.parametrize("role", ["character", "object"])
def test_a_guest_is_told_from_others_between_floor_and_ceiling(painter: Painter, role: str) -> None:
    guests = [Never("dog", coloured(250, 10, 10)), Never("house", coloured(10, 10, 250))]
    others = [coloured(10, 250, 10), coloured(250, 250, 10), coloured(128, 128, 128)]
    report, tiles = given.characters(
        painter, guests, others, role=role, codec=codec_of(painter.backend.run), steps=1, images=2,
    )  # fmt: skip
    assert (report["pictures"], report["distractors"]) == (4, 3)
    assert report["first_five"]["score"]["value"] == 1.0, "of four, the first five are all"
    for lot in ("first", "first_five"):
        for name in ("score", "floor", "ceiling"):
            assert 0.0 <= report[lot][name]["low"] <= report[lot][name]["value"] <= report[lot][name]["high"] <= 1.0
    assert [each.prompt for each in tiles] == ["a dog in the snow", "a house in a green field"]
    assert len(given.tiled({"--cref": tiles})) == 4
    json.dumps(report, allow_nan=False)


def test_the_given_picture_is_where_the_prompt_puts_it(painter: Painter) -> None:
    without = painter.paint("a dog in the snow", seed=3, steps=1, memory=1.0)
    (made,) = given.asked(painter, "a dog in the snow --cref guest.png", coloured(250, 10, 10), 3, 1, 1)
    assert made.recipe["references"][0]["name"] == "guest" and not np.array_equal(made.pixels, without.pixels)


def test_a_style_is_asked_for_with_a_picture_of_another_thing(painter: Painter) -> None:
    asked = [Question("style", "dev", f"a {name}, {style}", place, (Include(name, name),), style)
             for place, (name, style) in enumerate([("dog", "flat"), ("cat", "flat"), ("house", "line")])]  # fmt: skip
    drawn: list[tuple[str, str]] = []
    rows = tuple(Row(name, style) for name in ("dog", "cat", "house") for style in ("flat", "line"))
    shelf = Shelf(rows, lambda place: coloured(40 * place, 30, 200), held_out_too=True)

    def drawing(concept: str, style: str) -> np.ndarray:
        drawn.append((concept, style))
        return coloured(30, 30, 30)

    report, tiles = given.styles(
        painter, shelf, asked, drawing,
        by_name=False, codec=codec_of(painter.backend.run), steps=1, images=1,
    )  # fmt: skip
    assert report["pictures"] == 2, "nothing else is in line, so no picture can be given for it"
    assert [each.prompt for each in tiles] == ["dog, flat", "cat, flat"]
    assert ("cat", "flat") in drawn and set(report) >= {"score", "floor", "ceiling", "without"}


def test_a_pasted_drawing_covers_its_box_and_no_more() -> None:
    ground = np.full((100, 100, 3), 200, np.uint8)
    made = given.pasted(coloured(250, 10, 10), ground, (0.2, 0.3, 0.6, 0.9))
    assert made[60, 40].tolist() == [250, 10, 10]
    outside = np.ones((100, 100), bool)
    outside[30:90, 20:60] = False
    assert (made[outside] == 200).all()


def test_targets_pool_their_tags_and_are_reached_by_the_share_itself() -> None:
    def scores(right: float) -> dict[str, Any]:
        return {tag: np.asarray([right] * 10) for tag in ("scenery", "time_of_day", "counting", "style")}

    ceilings = {"scenery": np.ones(20), "time_of_day": np.asarray([1.0, 0.0] * 10), "counting": np.ones(4)}
    rows = targets.table({"with_library": scores(0.7), "words_alone": scores(0.4)}, ceilings)
    assert [row["row"] for row in rows] == ["counting 2 to 4", "scenery and time of day"], "style has no ceiling"
    counting, around = rows
    assert counting["ways"]["with_library"]["is_reached"] and not counting["ways"]["words_alone"]["is_reached"]
    assert around["ways"]["with_library"]["share_of_ceiling"]["value"] == pytest.approx(0.7 / 0.75, abs=1e-4)
    assert not around["ways"]["with_library"]["is_reached"]
    assert not targets.reached({"value": None, "low": None, "high": None}, 0.5)
