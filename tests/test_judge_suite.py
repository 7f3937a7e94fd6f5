"""The suite and its rules: what is asked, what a picture must show to be right, and what chance would give."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from allaprima.errors import UserError
from allaprima.judge import checking, history, suite
from allaprima.judge.checking import Witness
from allaprima.judge.eye import Sight, Thing, overlap, peaks
from allaprima.judge.held_out import questions_of
from allaprima.judge.suite import Include, Question
from allaprima.judge.suite_making import STYLES, make, split_of
from allaprima.judge.truths import COLOURS, GRID, surroundings, things
from allaprima.judge.truths import STYLES as ALL_STYLES
from allaprima.scene.corpus import PIXELS, Corpus
from allaprima.scene.sample_corpus import sample_corpus
from allaprima.scene.stock import is_held_out

NUMBERS = {f"thing-{place}": place for place in range(12)}


def thing(x: float, y: float, *, colour: str = "red", style: str = "flat", sureness: float = 0.9) -> Thing:
    return Thing(
        sureness,
        (x - 0.1, y - 0.1, x + 0.1, y + 0.1),
        np.asarray([float(name == colour) for name in COLOURS], np.float32),
        np.asarray([float(name == style) for name in ALL_STYLES], np.float32),
    )


def witness(*seen: Thing, what: tuple[int, ...] = (0,), scenery: str = "field", time: str = "day") -> Witness:
    """Things of which the k-th is surely concept what[k]; six of the twelve concepts follow it, the rest are far."""
    scores = np.full((len(what), 12), -1.0, np.float32)
    for row, concept in enumerate(what):
        scores[row, (concept + np.arange(7)) % 12] = np.linspace(0.9, 0.3, 7)
    return Witness(Sight(seen, len(seen), scenery, time, "flat"), scores)


def asks(tag: str, *include: Include, **rest: str) -> Question:
    return Question(tag, "dev", f"{tag} {include} {rest}", 1, include, **rest)


A, B = Include("thing-0", "a"), Include("thing-6", "b")


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (asks("single_object", A), witness(thing(0.5, 0.5)), witness(thing(0.5, 0.5), what=(1,))),
        (
            asks("two_objects", A, B),
            witness(thing(0.2, 0.5), thing(0.8, 0.5), what=(6, 0)),
            witness(thing(0.2, 0.5), thing(0.8, 0.5), what=(0, 0)),
        ),
        (
            asks("counting", Include("thing-0", "a", 3)),
            witness(*(thing(x, 0.5) for x in (0.2, 0.5, 0.8)), what=(0, 0, 0)),
            witness(thing(0.2, 0.5), thing(0.8, 0.5), what=(0, 0)),
        ),
        (
            asks("colours", Include("thing-0", "a", colour="blue")),
            witness(thing(0.5, 0.5, colour="blue")),
            witness(thing(0.5, 0.5, colour="green")),
        ),
        (
            asks("colour_binding", Include("thing-0", "a", colour="blue"), Include("thing-6", "b", colour="red")),
            witness(thing(0.2, 0.5, colour="red"), thing(0.8, 0.5, colour="blue"), what=(6, 0)),
            witness(thing(0.2, 0.5, colour="blue"), thing(0.8, 0.5, colour="red"), what=(6, 0)),
        ),
        (
            asks("position", Include("thing-0", "a", position=("left of", 1)), B),
            witness(thing(0.8, 0.5), thing(0.2, 0.5), what=(6, 0)),
            witness(thing(0.8, 0.5), thing(0.2, 0.5), what=(0, 6)),
        ),
        (
            asks("position", Include("thing-0", "a", position=("above", 1)), B),
            witness(thing(0.5, 0.2), thing(0.5, 0.8), what=(0, 6)),
            witness(thing(0.5, 0.5), what=(0,)),
        ),
        (asks("style", A, style="3d"), witness(thing(0.5, 0.5, style="3d")), witness(thing(0.5, 0.5, style="line"))),
        (asks("scenery", scenery="snow"), witness(thing(0.5, 0.5), scenery="snow"), witness(thing(0.5, 0.5))),
        (asks("time_of_day", time="night"), witness(thing(0.5, 0.5), time="night"), witness(thing(0.5, 0.5))),
        (
            asks("unseen_pair", A, style="3d"),
            witness(thing(0.5, 0.5, style="3d")),
            witness(thing(0.5, 0.5, style="3d"), what=(1,)),
        ),
    ],
)
def test_each_tag_has_its_rule(question: Question, right: Witness, wrong: Witness) -> None:
    assert checking.shows(right, question, NUMBERS)
    assert not checking.shows(wrong, question, NUMBERS)


def test_the_floor_is_the_share_of_other_prompts_a_picture_would_pass_for() -> None:
    questions = [asks("scenery", scenery=name) for name in ("snow", "field", "ocean")]
    questions.append(Question("scenery", "dev", "more snow", 1, (), scenery="snow"))
    seen = [witness(thing(0.5, 0.5), scenery=name) for name in ("snow", "field", "city", "snow")]
    assert checking.floor(seen, questions, NUMBERS).tolist() == pytest.approx([1 / 3, 0, 0, 1 / 3])


def test_the_packages_suite_asks_two_splits_about_different_things() -> None:
    questions = suite.read()
    concepts: dict[str, set[str]] = {split: set() for split in suite.SPLITS}
    prompts: dict[str, set[str]] = {split: set() for split in suite.SPLITS}
    for each in questions:
        concepts[each.split] |= {one.concept for one in each.include}
        prompts[each.split].add(each.prompt)
        assert all(split_of(one.concept) == each.split for one in each.include)
        if each.tag == "unseen_pair":
            assert is_held_out(each.include[0].concept, str(each.style))
        if each.tag == "style":
            assert not is_held_out(each.include[0].concept, str(each.style)) and each.style in STYLES
    assert not concepts["dev"] & concepts["test"]
    for split in suite.SPLITS:
        for tag in suite.TAGS:
            assert len(suite.chosen(questions, split, tags=[tag])) == 100
            assert len({each.seed // 16 for each in suite.chosen(questions, split, tags=[tag])}) == 100
    # Views of sceneries are few, so the splits may share some; nothing else.
    things_only = [each for each in questions if each.include]
    assert len({each.prompt for each in things_only}) == len(things_only)


def test_a_suite_comes_back_as_it_was_written(tmp_path: Path) -> None:
    questions = suite.read()
    file = tmp_path / "suite.jsonl"
    file.write_text(suite.written(questions), encoding="utf-8")
    assert suite.read(file) == questions
    row = json.loads(file.read_text("utf-8").splitlines()[0])
    assert {"tag", "include", "prompt"} <= set(row)


def test_what_is_no_suite_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"tag": 1}\n')
    for file in (tmp_path / "none.jsonl", tmp_path / "bad.jsonl"):
        with pytest.raises(UserError, match="judge suite --make"):
            suite.read(file)
    with pytest.raises(UserError, match="dev or test"):
        suite.chosen(suite.read(), "train")
    with pytest.raises(UserError, match="no tag 'colors'"):
        suite.chosen(suite.read(), "dev", tags=["colors"])


def test_a_suite_is_made_of_any_corpus_and_the_same_again(tmp_path: Path) -> None:
    sample = sample_corpus(tmp_path)
    # Silhouettes are no references: under another style's name its concepts have three.
    drawings = [replace(each, style="3d" if each.style == "silhouette" else each.style) for each in sample.drawings]
    corpus = Corpus(drawings, np.load(tmp_path / PIXELS, mmap_mode="r"))
    made = make(corpus, of_tag=4)
    assert made == make(corpus, of_tag=4)
    assert {each.tag for each in made} >= {
        "single_object",
        "two_objects",
        "counting",
        "position",
        "scenery",
        "time_of_day",
    }


def truth(**changes: object) -> dict[str, object]:
    item = {
        "concept": "cat",
        "name": "cat",
        "style": "flat",
        "box": [0.1, 0.2, 0.5, 0.6],
        "colour": "red",
        "drawing": 0,
    }
    base: dict[str, object] = {
        "objects": [item], "counts": [1], "relation": None, "style": "flat", "scenery": "field", "time_of_day": "night",
        "look": "ink",
    }  # fmt: skip
    return base | changes


def test_a_scenes_truth_gives_the_questions_it_answers() -> None:
    def tags(**changes: object) -> list[str]:
        return [each.tag for each in questions_of(truth(**changes), 7)]

    item = truth()["objects"][0]  # type: ignore[index]
    other = {**item, "concept": "dog", "colour": "blue"}
    assert tags() == ["single_object", "colours", "style"]
    assert tags(objects=[{**item, "colour": None}]) == ["single_object", "style"]
    assert tags(objects=[item, other], counts=[1, 1], relation="left of") == [
        "two_objects",
        "position",
        "colour_binding",
    ]
    assert tags(objects=[item, other], counts=[1, 1], relation="next to") == ["two_objects", "colour_binding"]
    assert tags(objects=[item] * 3, counts=[3]) == ["counting"]
    assert tags(objects=[], counts=[], style=None) == ["scenery", "time_of_day"]
    assert tags(objects=[], counts=[], style=None, scenery="space") == ["scenery"]


def test_truth_is_laid_on_the_grid_and_mirrored_with_its_picture() -> None:
    straight, mirrored = (things([truth()], np.asarray([turned])) for turned in (False, True))
    row, column = divmod(int(straight.cell[0, 0]), GRID)
    assert (row, column) == (6, 4)
    assert straight.heat[0, 6, 4] == 1.0 and straight.heat.max() == 1.0
    assert straight.edges(0, 0) == pytest.approx((0.1, 0.2, 0.5, 0.6))
    assert mirrored.edges(0, 0) == pytest.approx((0.5, 0.2, 0.9, 0.6))
    assert surroundings([truth(), truth(scenery="space")]).time.tolist() == [4, -1]


def test_peaks_are_found_once_each_and_the_best_guess_always() -> None:
    heat, boxes = np.zeros((GRID, GRID), np.float32), np.full((4, GRID, GRID), 0.5, np.float32)
    boxes[2:] = 0.2
    heat[4, 4], heat[4, 5], heat[12, 12] = 0.9, 0.6, 0.8
    found = peaks(heat, boxes)
    assert [round(sureness, 1) for sureness, _ in found] == [0.9, 0.8]
    assert found[0][1] == pytest.approx((4.5 / 16 - 0.1, 4.5 / 16 - 0.1, 4.5 / 16 + 0.1, 4.5 / 16 + 0.1))
    assert len(peaks(heat * 0.01, boxes)) == 1
    assert overlap((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == pytest.approx(1 / 3)


def test_reports_are_kept_line_by_line_and_a_cut_line_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "history.jsonl"
    history.append(file, "score", {"value": 1})
    history.append(file, "added", {"value": 2})
    with open(file, "a", encoding="utf-8") as lines:
        lines.write('{"kind": "score", "val')
    assert [row["value"] for row in history.read(file)] == [1, 2]
    assert [row["value"] for row in history.read(file, "score")] == [1]
    with pytest.raises(UserError, match="judge score"):
        history.read(tmp_path / "none")
