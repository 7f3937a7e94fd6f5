"""Copies are found moved, scaled, mirrored and recoloured; other drawings of a thing are not taken for copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from allaprima.judge import copying
from allaprima.judge.aligning import Sheet, Stencil, best
from allaprima.judge.checking import Witness, shows
from allaprima.judge.eye import Sight, Thing
from allaprima.judge.references import Drawings, every
from allaprima.judge.suite import Include, Question
from allaprima.judge.truths import COLOURS
from allaprima.judge.truths import STYLES as STYLES_KNOWN
from allaprima.scene.stock import is_held_out

STYLES = ("noto", "twemoji", "fx", "line")
CONCEPTS = [name for name in (f"thing-{place}" for place in range(60))
            if not any(is_held_out(name, style) for style in STYLES)][:6]  # fmt: skip


@dataclass(frozen=True)
class Row:
    name: str
    concept: str
    style: str
    sha256: str


ROWS = tuple(Row(name, name, style, f"{name} {style}") for name in CONCEPTS for style in STYLES)


@cache
def drawing(place: int) -> np.ndarray:
    """A few coloured shapes on nothing, others for each row: uint8 [128, 128, 4]."""
    rng = np.random.default_rng(place)
    image = Image.new("RGBA", (128, 128))
    pen = ImageDraw.Draw(image)
    for turn in range(9):
        x, y = rng.integers(10, 70, 2).tolist()
        wide, high = rng.integers(12, 56 - 4 * turn, 2).tolist()
        shape = pen.rectangle if rng.random() < 0.5 else pen.ellipse
        shape((x, y, x + wide, y + high), fill=(*map(int, rng.integers(0, 255, 3)), 255))
    return np.asarray(image)


def ground(seed: int) -> np.ndarray:
    """A blurred scenery, uint8 [128, 128, 3]."""
    noise = np.random.default_rng(seed).integers(60, 220, (5, 5, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).resize((128, 128), Image.Resampling.BICUBIC))


def shelf() -> copying.Shelf:
    return copying.Shelf(ROWS, drawing)


def shown(place: int, change: str) -> copying.Known:
    picture = copying.plant(drawing(place), ground(place), change, np.random.default_rng(place))
    return copying.Known(picture, ROWS[place].concept, ROWS[place].style, ROWS[place].sha256)


def test_a_drawing_is_found_where_it_lies_and_which_way_round() -> None:
    picture = ground(3).copy()
    own = Image.fromarray(drawing(5))
    small = own.crop(own.getbbox()).resize((60, 60), Image.Resampling.BOX)
    whole = Image.fromarray(picture)
    whole.paste(small, (50, 20), small)
    straight = best(Sheet.of(np.asarray(whole)), Stencil.of(drawing(5)))
    turned = best(Sheet.of(np.asarray(whole)[:, ::-1]), Stencil.of(drawing(5)))
    assert straight.likeness > 0.7 and not straight.is_mirrored and turned.is_mirrored
    assert straight.box == pytest.approx((50 / 128, 20 / 128, 110 / 128, 80 / 128), abs=0.06)
    assert turned.box == pytest.approx((18 / 128, 20 / 128, 78 / 128, 80 / 128), abs=0.06)
    assert turned.likeness == pytest.approx(straight.likeness, abs=0.05)
    assert best(Sheet.of(np.asarray(whole)), Stencil.of(drawing(6))).likeness < straight.likeness - 0.2


def test_planted_copies_are_found_and_other_drawings_are_not_taken_for_copies() -> None:
    where = shelf()
    real = [shown(place, copying.CHANGES[0]) for place in range(len(ROWS))]
    planted = {change: [shown(place, change) for place in range(turn, 16, 4)]
               for turn, change in enumerate(copying.CHANGES)}  # fmt: skip
    told: list[tuple[int, int]] = []
    limit = copying.limit(where, real, planted, lambda done, total: told.append((done, total)))
    assert told[-1] == (len(real) + 16, len(real) + 16)
    assert limit.found["planted"]["value"] >= 0.75 and limit.found["real_scenes"]["value"] >= 0.75
    assert limit.false_alarms["value"] <= 0.25 and limit.pictures == {"real": 24, "planted": 16}

    asked_otherwise = [copying.Asked(ROWS[place].concept, "blob") for place in range(8)]
    pictures = [real[place].picture for place in range(8)]
    copied = copying.rates(where, pictures, asked_otherwise, limit.value, 2)
    assert copied["copied_in_another_style"]["value"] >= 0.75
    as_asked = [copying.Asked(ROWS[place].concept, ROWS[place].style) for place in range(8)]
    assert copying.rates(where, pictures, as_asked, limit.value, 2)["copied_in_another_style"]["value"] == 0.0


def test_renderings_of_one_design_are_no_copies_of_each_other() -> None:
    assert copying.design("3d") == copying.design("flat") != copying.design("line") == "line"
    compared = copying.Compared(np.asarray([0.9, 0.5], np.float32), (copying.design("flat"), "line"))
    assert compared.evidence(copying.design("3d")) == pytest.approx(0.5 + 1.0 * (0.5 - 0.9))
    assert compared.evidence("line") == pytest.approx(0.9 + 1.0 * (0.9 - 0.5))
    assert compared.evidence("line", without=copying.design("3d")) == -1.0


def test_pairs_that_training_never_shows_cannot_be_copied() -> None:
    held = next(f"n{place}" for place in range(999) if is_held_out(f"n{place}", "fx"))
    rows = (Row(held, held, "fx", "a"), Row(held, held, "silhouette", "b"), Row("x", "x", "fx", "c"))
    assert copying.Shelf(rows, drawing).drawings(held) == []


def test_the_style_is_that_of_the_drawing_a_picture_is_likest_to() -> None:
    where = copying.Shelf(ROWS, drawing, held_out_too=True)
    told = [where.style(shown(place, copying.CHANGES[place % 2]).picture, ROWS[place].concept) for place in range(8)]
    assert sum(style == row.style for style, row in zip(told, ROWS[:8], strict=True)) >= 7
    assert where.style(ground(0), "nothing") is None


def test_drawings_tell_the_style_before_the_judge_does() -> None:
    nothing = np.zeros(20, np.float32)
    thing = Thing(1.0, (0.2, 0.2, 0.8, 0.8), nothing[: len(COLOURS)], np.eye(len(STYLES_KNOWN), dtype=np.float32)[0])
    sight = Sight((thing,), 1, "plain", "day", "flat")
    asked = Question("style", "dev", "a fox", 1, (Include("fox", "fox"),), "line")
    by_eye, by_drawing = (Witness(sight, np.zeros((1, 1), np.float32), style) for style in (None, "line"))
    assert not shows(by_eye, asked, {}) and shows(by_drawing, asked, {})
    assert shows(by_eye, replace(asked, style=STYLES_KNOWN[0]), {})


def test_a_catalogue_names_the_drawing_in_a_box_that_is_a_little_off(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs allaprima[judge]")
    from allaprima.judge.catalogue import Catalogue

    drawings = Drawings("tests", ROWS, drawing)
    catalogue, kept = (Catalogue.of(drawings, tmp_path) for _ in range(2))
    right = []
    for place in range(0, len(ROWS), 3):
        picture = shown(place, copying.CHANGES[place % 2]).picture
        x0, y0, x1, y1 = best(Sheet.of(picture), Stencil.of(drawing(place))).box
        box = (x0 + 0.02, y0 + 0.02, x1 + 0.04, y1 + 0.04)
        likeness = catalogue.look(picture, box)
        right.append(int(likeness.argmax()) == place)
        assert np.array_equal(likeness, kept.look(picture, box))
        concepts = catalogue.concepts(likeness)
        assert concepts.max() == likeness.max() and len(concepts) == len(CONCEPTS)
    assert sum(right) >= len(right) - 1
    assert catalogue.rows_of_hash[ROWS[5].sha256] == [5]


def test_all_drawings_of_the_known_concepts_are_kept_in_mind() -> None:
    few = Drawings("tests", ROWS[:4], drawing)
    more = (*ROWS[:8], Row("x", ROWS[0].concept, "silhouette", "s"), Row("y", ROWS[0].concept, "blob", "b"))
    known = every(few, more, lambda place: np.full((1, 1, 4), place, np.uint8))
    assert [row.sha256 for row in known.rows] == [*(row.sha256 for row in ROWS[:4]), "b"]
    assert known.image(4)[0, 0, 0] == 9 and known.concepts == few.concepts
