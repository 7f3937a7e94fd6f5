"""Crowds, copies, cut-outs and blind sheets: each measure knows its two ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from allaprima.errors import UserError
from allaprima.judge import blind, fidelity
from allaprima.judge.commands import app
from allaprima.judge.intervals import of_share
from allaprima.judge.recognising import cut, top, whitening
from allaprima.judge.references import unit


def test_like_crowds_are_near_nothing_apart_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    reference, same, other = rng.normal(size=(200, 16)), rng.normal(size=(200, 16)), rng.normal(0.6, 1, size=(200, 16))
    found = fidelity.report(
        reference.astype(np.float32), {"same": same.astype(np.float32), "other": other.astype(np.float32)}
    )
    for kind in ("kid", "mmd"):
        alike, apart = found["same"][kind], found["other"][kind]
        assert alike["low"] <= 0.0 <= alike["high"], "unbiased: a like crowd's interval holds 0"
        assert apart["low"] > alike["high"]
        assert apart["low"] <= apart["value"] <= apart["high"]


def test_kid_is_the_formula_written_out() -> None:
    a, b = np.asarray([[1.0, 0.0], [0.0, 1.0]]), np.asarray([[1.0, 1.0], [2.0, 0.0]])
    # k(a0,a1) = 1, k(b0,b1) = (2/2+1)^3 = 8; across: 1.5^3, 2^3, 1.5^3, 1.
    across = (1.5**3 + 2.0**3 + 1.5**3 + 1.0) / 4
    assert fidelity.distance(a, b, fidelity.cubic) == pytest.approx(1.0 + 8.0 - 2 * across)
    assert fidelity.median_distance(np.asarray([[0.0], [1.0], [3.0]])) == pytest.approx(2.0)


def test_whitening_lets_a_concept_be_found_through_what_varies_within_it() -> None:
    rng = np.random.default_rng(1)
    concepts, each = 30, 6
    concept_of = np.repeat(np.arange(concepts), each)
    signal = np.repeat(rng.normal(0, 0.3, (concepts, 24)), each, 0)
    signal[:, 4:14] = 0.0
    noise = rng.normal(0, 0.1, (concepts * each, 24))
    noise[:, 4:14] *= 8.0  # styles: large, and saying nothing
    features = (signal + noise).astype(np.float32)

    def found(seen: np.ndarray) -> float:
        likeness = unit(seen) @ unit(seen).T
        np.fill_diagonal(likeness, -1.0)
        return float((concept_of[likeness.argmax(1)] == concept_of).mean())

    assert found(features) < 0.4 < 0.8 < found(features @ whitening(features[None], concept_of))


def test_a_cut_shows_the_box_with_a_little_around_it_even_at_the_edge() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:32, 0:16] = 255
    shown = cut(picture, (0.0, 0.25, 0.25, 0.5), side=40)
    assert shown.shape == (40, 40, 3)
    assert shown[20, 20].min() == 255 and shown[20, 0].min() == 255 and shown[1, 20].max() < 60
    assert top(np.asarray([[0.9, 0.8, 0.1], [0.1, 0.2, 0.9]], np.float32), 0, 2).tolist() == [True, False]


def test_a_share_of_a_ceiling_of_nothing_is_left_open() -> None:
    assert of_share(np.ones(4), np.zeros(4))["value"] is None
    half = of_share(np.asarray([1.0, 0.0] * 50), np.ones(50))
    assert half["value"] == 0.5 and half["low"] < 0.5 < half["high"]


def pairs() -> list[blind.Pair]:
    dark, light = (np.full((32, 32, 3), value, np.uint8) for value in (20, 230))
    return [blind.Pair(f"prompt <{place}>", dark, light) for place in range(20)]


def saved(page: str, choices: dict[str, str], file: Path) -> Path:
    """What the page's button saves."""
    table = json.loads(re.search(r"id=sheet>(.*?)</script>", page, re.S).group(1))  # type: ignore[union-attr]
    file.write_text(json.dumps({**table, "choices": choices}))
    return file


def test_a_blind_sheet_hides_whose_is_whose_and_its_choices_tell(tmp_path: Path) -> None:
    page = blind.sheet(pairs(), ("first light", "second <light>"), seed=3)
    assert "first light" not in page and "http" not in page and "&lt;0&gt;" in page
    turned = [blind.is_turned(3, place) for place in range(20)]
    assert any(turned) and not all(turned)
    for_a = {str(place): "right" if each else "left" for place, each in enumerate(turned)}
    found = blind.score(saved(page, for_a, tmp_path / "choices.json"))
    assert (found["a"], found["chosen"], found["share_of_a"]["value"]) == ("first light", 20, 1.0)
    left = blind.score(saved(page, dict.fromkeys(for_a, "left"), tmp_path / "left.json"))
    assert left["share_of_a"]["value"] == pytest.approx(turned.count(False) / 20)
    even = blind.score(saved(page, {"0": "same"}, tmp_path / "even.json"))
    assert (even["share_of_a"]["value"], even["same"]) == (0.5, 1)


@pytest.mark.parametrize("choices", [{}, {"0": "up"}, {"99": "left"}])
def test_choices_that_say_nothing_are_told(choices: dict[str, str], tmp_path: Path) -> None:
    page = blind.sheet(pairs(), ("a", "b"), seed=3)
    with pytest.raises(UserError, match="hoose|choices"):
        blind.score(saved(page, choices, tmp_path / "choices.json"))
    with pytest.raises(UserError, match="Save the choices"):
        blind.score(tmp_path / "none.json")


def test_a_blind_sheet_of_two_bundles_is_written_and_scored(tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.html"
    made = CliRunner().invoke(
        app,
        [
            "blind",
            str(tiny_bundle),
            str(tiny_bundle),
            "--out",
            str(out),
            "--prompts",
            "3",
            "--steps",
            "1",
            "--threads",
            "1",
        ],
    )
    assert made.exit_code == 0, made.output
    page = out.read_text("utf-8")
    assert page.count("<section>") == 3 and page.count("data:image/webp") == 6
    file = saved(page, {"0": "same", "1": "same"}, tmp_path / "choices.json")
    told = CliRunner().invoke(app, ["blind", "--score", str(file)])
    assert told.exit_code == 0 and "50.0%" in told.output and "2 of 3 pairs" in told.output
