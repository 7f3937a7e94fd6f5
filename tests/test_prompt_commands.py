"""`allaprima parse`: one JSON object, or lines for people; exit code 2 with the place of the mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from allaprima.prompt import reference
from allaprima.prompt.commands import PARSE_SETTINGS, parse_command

ROOT = Path(__file__).parent.parent


def run(*words: str) -> Result:
    app = typer.Typer(add_completion=False)
    app.command("parse", context_settings=PARSE_SETTINGS)(parse_command)
    return CliRunner().invoke(app, list(words))


def test_json_on_stdout() -> None:
    result = run("a {red, blue} cat --ar 16:9", "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert [job["canonical"] for job in printed["jobs"]] == ["a red cat --aspect 16:9", "a blue cat --aspect 16:9"]
    assert printed["jobs"][0]["text"] == [{"text": "a red cat", "weight": 1.0, "normalised": 1.0}]
    assert printed["warnings"] == []


def test_a_prompt_without_quotation_marks_around_it() -> None:
    result = run("a", "cat", "--ar", "16:9", "--no", "dogs,", "birds", "--json")
    assert json.loads(result.stdout)["jobs"][0]["canonical"] == "a cat --aspect 16:9 --no dogs, birds"


def test_a_mistake_as_json() -> None:
    result = run("a cat --choas 50", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "error": {
            "message": "--choas is not a parameter. Did you mean --chaos?",
            "position": 6,
            "suggestion": "--chaos",
        }
    }


@pytest.mark.parametrize("text", ["", "--ar 16:9", "a\ud800 --\ud800", "a {"])
def test_strange_prompts_as_json(text: str) -> None:
    result = run(text, "--json")
    assert result.exit_code in (0, 2)
    assert json.loads(result.stdout).keys() & {"jobs", "error"}


def test_a_mistake_for_people() -> None:
    result = run("a cat --choas 50")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "a cat --choas 50\n      ^\n--choas is not a parameter. Did you mean --chaos?\n"


def test_lines_for_people() -> None:
    lines = run('a.png a "SALE" sign:: rain::.5 --fast').stdout.splitlines()
    assert lines[0] == 'job 1 of 1: a.png a "SALE" sign::1 rain::0.5 --fast'
    assert lines[1] == "  picture   a.png  (1)"
    assert lines[2].endswith("(1, 66.6667 %)")
    assert "  letters   SALE" in lines
    assert lines[-1].startswith("note: --fast")


def test_the_room_needs_nothing_but_python() -> None:
    """Reading a prompt loads no array library, nor the command line's."""
    code = (
        "import sys; from allaprima.prompt import parse; parse('a cat --ar 2:1');"
        "print([m for m in ('numpy', 'PIL', 'typer', 'torch') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_the_reference_page_is_up_to_date() -> None:
    page = ROOT / "docs" / "reference" / "parameters.md"
    assert page.read_text(encoding="utf-8") == reference.page(), "run: python -m allaprima.prompt.reference"


def test_the_page_about_the_language_states_the_limits_as_they_are() -> None:
    page = " ".join((ROOT / "docs" / "prompt.md").read_text(encoding="utf-8").split())
    for name, limit in reference.limits().items():
        assert f"{limit:,} {name}" in page
