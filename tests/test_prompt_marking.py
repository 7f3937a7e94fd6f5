"""The marks that colour a prompt say what the parser reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allaprima.prompt import PromptMistake, parse
from allaprima.prompt.marking import marks
from prompt_cases import READ

PIECES = ["a fox", "::2 ", "--ar 3:2", " --no ", "{", "}", ",", "|", '"', "\\", "(red:1.3)", "[x]", " ", "é🦊", "—c 5"]


def told(prompt: str) -> list[tuple[str, str, str]]:
    return [(prompt[each.start : each.end], each.kind, each.name) for each in marks(prompt)]


def test_every_part_of_the_grammar_is_marked() -> None:
    prompt = 'p.png a (red:1.3) fox::2 "hi" [sad] \\{ {a, b} cat --ar 3:2 —c 5 --choas 1'
    assert [each for each in told(prompt) if each[1] != "words"] == [
        ("p.png", "picture", ""),
        ("(red:1.3)", "emphasis", ""),
        ("::2", "weight", ""),
        ('"hi"', "quote", ""),
        ("[sad]", "less", ""),
        ("\\{", "escape", ""),
        ("{", "brace", ""),
        (",", "brace", ""),
        ("}", "brace", ""),
        ("--ar", "parameter", "aspect"),
        (" 3:2 ", "value", "aspect"),
        ("—c", "parameter", "chaos"),
        (" 5 ", "value", "chaos"),
        ("--choas", "unknown", ""),
        (" 1", "value", ""),
    ]


def test_a_parameter_made_by_a_permutation_is_marked_where_it_was_typed() -> None:
    found = told("a {cat, dog --tile} {--seed 1, --seed 2}")
    assert ("--tile", "parameter", "tile") in found
    assert found.count(("--seed", "parameter", "seed")) == 2


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=25).map("".join))
def test_marks_cover_any_text_and_touch_each_other(prompt: str) -> None:
    found = marks(prompt)
    assert [each.start for each in found] == [0, *(each.end for each in found)][: len(found)]
    assert (found[-1].end if found else 0) == len(prompt)
    assert all(each.start < each.end for each in found)


@pytest.mark.parametrize("prompt", sorted({row[0] for rows in READ.values() for row in rows}))
def test_marks_name_the_parameters_that_the_parser_reads(prompt: str) -> None:
    named = {each.name for each in marks(prompt) if each.kind == "parameter"}
    try:
        read = {name for job in parse(prompt).jobs for name in job.parameters.given}
    except PromptMistake:
        return
    # --style raw is read as --raw.
    assert {"style" if name == "raw" and "raw" not in named else name for name in read} == named
