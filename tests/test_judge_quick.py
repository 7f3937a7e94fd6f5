"""The judge's laws: a perfect painter scores at the ceiling, one that does not listen at the floor.

The drawings are coloured patches, the features small pixels, the painters fakes of the one public method.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from allaprima.errors import UserError
from allaprima.judge import colours, grid, intervals, retrieval
from allaprima.judge.files import write_whole
from allaprima.judge.page import page
from allaprima.judge.prompts import MIXED, SCENERIES, concept_prompt, concept_prompts
from allaprima.judge.quick import Verdict, codec_of, judge
from allaprima.judge.references import ASIDE, MOST_DRAWINGS, Drawings, References, chosen, seen, unit
from allaprima.scene.scenery import paint as compose_scenery

_NAMES = """
    fox owl dog cat cow pig hen bat bee ant eel rat apple pear plum lemon kiwi fig date lime house tent
    tower hut car bus van boat plane train bike sled tree rose fern palm star moon cloud sun
"""
NAMES = _NAMES.split()
STYLES = ("flat", "3d", "noto", "blob")


@dataclass(frozen=True)
class Row:
    name: str
    concept: str
    style: str
    sha256: str


def patches(concept: int, style: int) -> np.ndarray:
    """RGBA [64, 64, 4]: a pattern of the concept's own, a little changed by the style."""
    own = np.random.default_rng(concept).integers(0, 256, (4, 4, 3))
    change = np.random.default_rng([concept, style]).integers(-30, 31, (4, 4, 3))
    small = np.clip(own + change, 0, 255).astype(np.uint8)
    rgb = small.repeat(16, 0).repeat(16, 1)
    return np.dstack([rgb, np.full((64, 64), 255, np.uint8)])


def small_pixels(pictures: np.ndarray) -> np.ndarray:
    """Features [n, 192]: pictures at 8 x 8 pixels, of the middle half."""
    middle = pictures[:, 64:192, 64:192]
    return middle.reshape(len(pictures), 8, 16, 8, 16, 3).mean((2, 4)).reshape(len(pictures), -1).astype(np.float32)


@pytest.fixture(scope="module")
def drawings() -> Drawings:
    rows, images = [], []
    for concept, name in enumerate(NAMES):
        for style in range(len(STYLES)):
            image = patches(concept, style)
            rows.append(Row(name, name, STYLES[style], hashlib.sha256(image.tobytes()).hexdigest()))
            images.append(image)
    rows.append(Row("lonely", "lonely", "flat", "0"))
    images.append(patches(999, 0))
    return chosen("tests", rows, images.__getitem__)


@pytest.fixture(scope="module")
def references(drawings: Drawings) -> References:
    return seen(drawings, small_pixels, "small pixels")


@dataclass(frozen=True)
class Painted:
    pixels: np.ndarray
    recipe: dict[str, Any] = field(default_factory=dict)


@dataclass
class FakePainter:
    """Paints what `show` gives for a prompt, a seed and a memory; keeps what it was asked."""

    show: Callable[[str, int, float], Painted]
    asked: list[tuple[str, int, float]] = field(default_factory=list)

    def paint(self, prompt: str, *, seed: int, steps: int, memory: float = 1.0) -> Painted:
        self.asked.append((prompt, seed, memory))
        return self.show(prompt, seed, memory)


def noise(prompt: str, seed: int, memory: float) -> Painted:
    return Painted(np.random.default_rng(seed).integers(0, 256, (256, 256, 3), dtype=np.uint8))


def one_drawing(drawings: Drawings, rows: Sequence[int]) -> Callable[[str, int, float], Painted]:
    """A painter that shows, for a prompt, the row of its concept that stands at place rows[0], and says so."""
    by_prompt = {concept_prompt(concept): concept for concept in drawings.concepts}

    def show(prompt: str, seed: int, memory: float) -> Painted:
        row = drawings.rows_of[by_prompt[prompt]][rows[0]]
        reference = {"sha256": drawings.rows[row].sha256}
        return Painted(ASIDE.show(drawings.image(row)), {"references": [reference]})

    return show


def value(verdict: Verdict, way: str, what: str = "score") -> float:
    return verdict.report["retrieval"][way][what]["value"]


def test_only_concepts_in_three_styles_are_references(drawings: Drawings) -> None:
    assert "lonely" not in drawings.concepts
    assert len(drawings.concepts) == len(NAMES)


def test_a_concept_lends_each_style_before_any_style_twice() -> None:
    rows = [Row("a", "a", style, str(place)) for place, style in enumerate(["x"] * 9 + ["y", "z"])]
    kept = chosen("tests", rows, lambda row: patches(0, 0)).rows
    assert len(kept) == MOST_DRAWINGS
    assert [row.style for row in kept[:4]] == ["x", "y", "z", "x"]


def test_too_few_styles_are_told_with_what_to_do() -> None:
    with pytest.raises(UserError, match="allaprima corpus build"):
        chosen("corpus", [Row("a", "a", "x", "0")], lambda row: patches(0, 0))


def test_a_perfect_painter_scores_at_the_ceiling(drawings: Drawings, references: References) -> None:
    painter = FakePainter(one_drawing(drawings, [0]))
    verdict = judge(painter, references, small_pixels, codec=lambda pictures: pictures, prompts=30)
    ceiling = value(verdict, "ceiling_real_drawings")
    assert ceiling >= 0.9
    assert value(verdict, "with_library") >= ceiling - 0.05
    assert value(verdict, "with_library_not_by_its_own_references") >= 0.9
    assert value(verdict, "ceiling_through_autoencoder") == ceiling
    assert value(verdict, "with_library", "times_floor") > 5


def test_a_painter_that_does_not_listen_scores_at_its_floor(
    drawings: Drawings, references: References
) -> None:
    verdict = judge(FakePainter(noise), references, small_pixels, prompts=40)
    for way in ("with_library", "words_alone"):
        score = verdict.report["retrieval"][way]["score"]
        floor = verdict.report["retrieval"][way]["floor"]["value"]
        assert score["low"] <= floor <= score["high"] + 0.05
    assert "ceiling_through_autoencoder" not in verdict.report["retrieval"]


def test_a_broken_codec_lowers_only_its_own_ceiling(drawings: Drawings, references: References) -> None:
    painter = FakePainter(one_drawing(drawings, [0]))
    verdict = judge(painter, references, small_pixels, codec=lambda p: np.full_like(p, 128), prompts=30)
    assert value(verdict, "ceiling_through_autoencoder") < 0.5 < value(verdict, "ceiling_real_drawings")


def test_both_ways_are_painted_with_the_same_words_and_seed(
    drawings: Drawings, references: References
) -> None:
    painter = FakePainter(noise)
    judge(painter, references, small_pixels, prompts=10)
    with_library, alone = painter.asked[::2], painter.asked[1::2]
    assert [each[:2] for each in with_library] == [each[:2] for each in alone]
    assert {each[2] for each in with_library} == {1.0} and {each[2] for each in alone} == {0.0}
    assert len({seed for _, seed, _ in alone}) == 10


def test_the_same_question_gives_the_same_report(drawings: Drawings, references: References) -> None:
    first, second = (judge(FakePainter(noise), references, small_pixels, prompts=12) for _ in range(2))
    assert json.dumps(first.report, allow_nan=False) == json.dumps(second.report, allow_nan=False)


def test_prompts_are_distinct_plain_and_no_more_than_asked(drawings: Drawings) -> None:
    asked = concept_prompts(drawings, 25)
    assert len({each.concept for each in asked}) == len(asked) == 25
    assert concept_prompt("owl") == "an owl on a plain background"
    assert len(concept_prompts(drawings, 1000)) == len(NAMES)


def test_nearest_concepts_count_each_concept_once_and_leave_out_what_is_excluded() -> None:
    likeness = np.asarray([[0.9, 0.8, 0.7, 0.1]], np.float32)
    concept_of = np.asarray([0, 0, 1, 2])
    assert retrieval.nearest_concepts(likeness, concept_of, top=2).tolist() == [[0, 1]]
    assert retrieval.nearest_concepts(likeness, concept_of, [(0, 1)], top=2).tolist() == [[1, 2]]


def test_the_floor_is_what_every_shuffle_gives_on_average() -> None:
    found = np.asarray([[0, 1], [1, 2], [0, 3]])
    wanted = np.asarray([0, 1, 3])
    exact = retrieval.floor(found, wanted).mean()
    rotations = [retrieval.hits(found, np.roll(wanted, shift)).mean() for shift in (1, 2)]
    assert exact == pytest.approx(np.mean(rotations))


def test_an_interval_holds_its_value_and_narrows_with_more_prompts() -> None:
    rng = np.random.default_rng(3)
    few, many = (intervals.of_mean(rng.random(n) < 0.4) for n in (40, 1000))
    for each in (few, many):
        assert each["low"] <= each["value"] <= each["high"]
    assert many["high"] - many["low"] < few["high"] - few["low"]


def test_a_ratio_to_a_floor_of_nothing_is_left_open_and_stays_json() -> None:
    open_ended = intervals.of_ratio(np.ones(5), np.zeros(5))
    assert open_ended["value"] is None
    json.dumps(open_ended, allow_nan=False)


def test_features_of_references_are_kept_and_read_again(drawings: Drawings, tmp_path: Path) -> None:
    first = seen(drawings, small_pixels, "small pixels", tmp_path)

    def never(pictures: np.ndarray) -> np.ndarray:
        raise AssertionError("the features were kept")

    again = seen(drawings, never, "small pixels", tmp_path)
    assert np.allclose(first.features, again.features, atol=1e-2)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    mended = seen(drawings, small_pixels, "small pixels", tmp_path)
    assert np.allclose(first.features, mended.features)


def test_the_codec_takes_the_bundles_graphs_at_their_sizes() -> None:
    def run(name: str, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if name == "encoder":
            assert feeds["picture"].shape[1:] == (3, 128, 128)
            return {"latent": feeds["picture"]}
        return {"picture": feeds["latent"].repeat(2, 2).repeat(2, 3)}

    picture = np.random.default_rng(0).integers(0, 256, (1, 128, 128, 3), dtype=np.uint8)
    picture = picture.repeat(2, 1).repeat(2, 2)
    assert np.abs(codec_of(run)(picture).astype(int) - picture).max() <= 1


def scenery_painter(prompt: str, seed: int, memory: float) -> Painted:
    """Paints every scenery prompt as the compositor would."""
    label, lot = next(
        (label, scenery.prompts.index(prompt))
        for label, scenery in enumerate(SCENERIES)
        if prompt in scenery.prompts
    )
    name, time_of_day = SCENERIES[label].composed[lot % len(SCENERIES[label].composed)]
    rng = np.random.default_rng([seed, label])
    return Painted(compose_scenery(name, time_of_day=time_of_day, size=64, rng=rng).picture)


def test_composed_sceneries_are_told_by_their_colours_and_grey_ones_are_not() -> None:
    right = colours.judge(FakePainter(scenery_painter), seeds=3)
    assert right["separation"]["value"] >= 0.75
    assert right["floor"]["value"] < 0.45
    assert right["separation"]["value"] > right["floor"]["high"]
    assert set(right["mean_rgb"]) == {"sunset", "ocean", "field", "night", "snow"}
    deaf = colours.judge(FakePainter(noise), seeds=3)
    assert deaf["separation"]["value"] < 0.45


def test_the_grid_shows_the_fixed_prompts_with_seeds_in_order(tmp_path: Path) -> None:
    painter = FakePainter(noise)
    tiles = grid.samples(painter, 10)
    assert [(prompt, seed) for prompt, seed, _ in painter.asked] == [(MIXED[i], i) for i in range(10)]
    page = grid.sheet(tiles)
    assert page.width > page.height / 2 and np.asarray(page).std() > 10
    write_whole(tmp_path / "deep" / "grid.png", grid.encoded(page, "PNG"))
    with Image.open(tmp_path / "deep" / "grid.png") as again:
        assert again.size == page.size
    assert len(MIXED) == len(set(MIXED)) == 64
    with pytest.raises(UserError, match="1 to"):
        grid.samples(painter, 0)


def test_the_page_holds_every_prompt_and_no_outside_link(drawings: Drawings, references: References) -> None:
    verdict = judge(FakePainter(one_drawing(drawings, [1])), references, small_pixels, prompts=5)
    text = page(verdict)
    assert all(row.asked.text in text for row in verdict.rows)
    assert text.count("class=hit") >= 5
    assert "http" not in text


def test_unwritable_places_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        write_whole(tmp_path / "file" / "page.html", b"")


def test_unit_vectors_have_length_one_and_nothing_stays_nothing() -> None:
    made = unit(np.asarray([[3.0, 4.0], [0.0, 0.0]], np.float32))
    assert np.allclose(made, [[0.6, 0.8], [0.0, 0.0]])
