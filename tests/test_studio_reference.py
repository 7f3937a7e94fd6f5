"""The reference: a page for each parameter that says what the table says, pictures, and effects that are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from allaprima.cli import main
from allaprima.engine.bundle import MODELS
from allaprima.prompt import TABLE, parse
from allaprima.studio import effects, reference_pages

PAGES = Path(__file__).parent.parent / "docs" / "reference"
MOVING = {row.name for row in TABLE if "video" in (row.name, *row.needs)}


def test_every_page_is_what_the_table_and_the_measurements_say() -> None:
    pages = reference_pages.pages(reference_pages.read(PAGES))
    assert {row.name for row in TABLE} <= pages.keys()
    for name, page in pages.items():
        written = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert written == page, "run: allaprima reference --text"


def test_what_was_measured_has_its_picture_and_is_what_is_defined() -> None:
    results = reference_pages.read(PAGES)
    assert set(results) <= set(effects.EFFECTS)
    for name, found in results.items():
        assert 0 < (PAGES / "pictures" / f"{name}.webp").stat().st_size <= reference_pages.LARGEST
        assert found["key"] == effects.EFFECTS[name].key, f"run: allaprima reference --only {name}"


def test_every_parameter_that_paints_has_an_effect_and_its_prompts_can_be_read() -> None:
    assert {row.name for row in TABLE} - MOVING - {"sv"} <= set(effects.EFFECTS)
    for effect in effects.EFFECTS.values():
        plain, changed = (parse(prompt).jobs[0] for prompt in (effect.plain, effect.changed))
        assert effect.name in ("weights", "seed") or effect.name in changed.parameters.given
        assert (plain != changed) == (effect.name != "seed")


def test_pages_are_made_and_a_run_goes_on_where_it_was(tmp_path, tiny_bundle, capsys) -> None:
    words = ["reference", "--out", str(tmp_path), "--bundle", str(tiny_bundle), "--only", "seed", "--only", "draft"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    results = json.loads(capsys.readouterr().out)
    assert ended.value.code in (0, None) and set(results) == {"seed", "draft"}
    assert results["seed"]["holds"] and (results["draft"]["before"], results["draft"]["after"]) == (4.0, 2.0)
    assert "4 without, 2 with it" in (tmp_path / "draft.md").read_text()
    assert "nothing to show" in (tmp_path / "video.md").read_text()
    before = (tmp_path / "pictures" / "seed.webp").stat().st_mtime_ns
    with pytest.raises(SystemExit):
        main([*words])
    assert (tmp_path / "pictures" / "seed.webp").stat().st_mtime_ns == before
    with pytest.raises(SystemExit) as ended:
        main(["reference", "--out", str(tmp_path), "--only", "choas"])
    assert ended.value.code == 2


def test_an_effect_holds_only_if_the_interval_says_so() -> None:
    assert effects.measured([1, 2, 3], [2, 3, 4]).holds("more")
    assert not effects.measured([1, 2, 3], [2, 1, 3]).holds("more")
    assert effects.measured([1, 2], [1, 2]).holds("same") and not effects.measured([1, 2], [1, 3]).holds("same")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no", "weights", "iw", "cref", "tile", "style", "seed", "stop"])
def test_effects_of_the_shipped_bundle(name) -> None:
    if not (MODELS / "first-light" / "bundle.json").is_file():
        pytest.skip("no bundle is installed")
    from allaprima.engine.painter import Painter

    painter = Painter()
    shelf, effect = effects.Shelf(painter), effects.EFFECTS[name]
    plain, changed = (effects.paint(painter, prompt, effect.count, shelf) for prompt in (effect.plain, effect.changed))
    found = effects.measured(*effect.metric(plain, changed, shelf))
    wanted = {"more": found.difference > 0, "less": found.difference < 0, "same": found.difference == 0}
    assert wanted[effect.aim], found
