"""What each character of a prompt is to the parser: for whoever colours a prompt while it is typed.

Works with the parser's own rules, step by step as it does, but never refuses anything: what cannot be read keeps the
kind that it has so far, and the parser's mistake says the rest. Knows nothing of colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from allaprima.prompt.foreign import _pairs as pairs
from allaprima.prompt.lexer import _SKIP as ESCAPE
from allaprima.prompt.lexer import CLOSE, OPEN, seal, seal_quotations
from allaprima.prompt.mistake import PromptMistake
from allaprima.prompt.parameters import BY_NAME, RETIRED
from allaprima.prompt.parser import _COLONS as COLONS
from allaprima.prompt.parser import _IMAGINE as IMAGINE
from allaprima.prompt.parser import _INTRO as INTRO
from allaprima.prompt.parser import _NAME as NAME
from allaprima.prompt.parser import _TOKEN as TOKEN
from allaprima.prompt.permutations import Variant, expand
from allaprima.prompt.values import looks_like_picture

Kind = Literal[
    "words", "weight", "quote", "brace", "emphasis", "less", "escape", "picture", "parameter", "value", "unknown"
]
BRACES = "{},|"


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start` to `end` of a prompt as it was typed; `name` is the parameter's long name, or empty."""

    start: int
    end: int
    kind: Kind
    name: str = ""


_Said = tuple[Kind, str]


def marks(prompt: str) -> tuple[Mark, ...]:
    """The prompt cut into marks that touch each other and cover all of it; braces that do not pair are plain words.

    Where a permutation makes one character two things, the first of its prompts decides.
    """
    sealed = seal(prompt)
    try:
        variants = expand(sealed, {})
        inside = any(len(variant.starts) > 1 for variant in variants) or "{" in sealed
    except PromptMistake:
        variants, inside = [Variant(sealed, (0,), (0,))], False
    said: list[_Said | None] = [None] * len(prompt)
    for variant in variants:
        for start, end, kind, name in _of(variant.text):
            for at in range(start, end):
                origin = variant.origin(at)
                if origin < len(said) and said[origin] is None:
                    said[origin] = (kind, name)
    for at, character in enumerate(sealed):
        if said[at] is None:
            is_mark = inside and character in BRACES
            said[at] = ("brace", "") if is_mark else (said[at - 1] if at and not _is_brace(said[at - 1]) else None)
    return tuple(_joined(each or ("words", "") for each in said))


def _is_brace(said: _Said | None) -> bool:
    return said is not None and said[0] == "brace"


def _joined(said: Iterator[_Said]) -> Iterator[Mark]:
    start, before, at = 0, None, -1
    for at, each in enumerate(said):
        # A brace, an escape and a weight are each one mark, however close the next one stands.
        if before is not None and each != before:
            yield Mark(start, at, *before)
            start = at
        before = each
    if before is not None:
        yield Mark(start, at + 1, *before)


def _of(sealed: str) -> Iterator[tuple[int, int, Kind, str]]:
    """The marks of one text without permutations, in the order in which they count: the first one for a character."""
    text = seal_quotations(sealed)
    imagine = IMAGINE.match(text)
    at = imagine.end() if imagine else 0
    while (token := TOKEN.match(text, at)) and looks_like_picture(token[1]):
        yield token.start(1), token.end(1), "picture", ""
        at = token.end()
    intro = INTRO.search(text, at)
    words_end = intro.start() if intro else len(text)
    yield from _words(text, at, words_end)
    intros = list(INTRO.finditer(text, words_end))
    for number, each in enumerate(intros):
        named = NAME.match(text, each.end())
        assert named is not None  # the dashes are followed by a letter
        end = intros[number + 1].start() if number + 1 < len(intros) else len(text)
        row = BY_NAME.get(named[1].lower())
        is_known = row is not None and not named[2]
        is_old = named[1].lower() in RETIRED and not named[2]
        name = row.name if row is not None and is_known else ""
        name_end = named.end(1) if is_known or is_old else min(named.end(), end)
        yield each.start(), name_end, "parameter" if is_known else "unknown", name
        yield name_end, end, "value", name


def _words(text: str, start: int, end: int) -> Iterator[tuple[int, int, Kind, str]]:
    at = start
    while (at := text.find(ESCAPE, at, end)) >= 0:
        yield at, min(at + 2, end), "escape", ""
        at += 2
    at = start
    while (opening := text.find(OPEN, at, end)) >= 0 and (closing := text.find(CLOSE, opening, end)) >= 0:
        yield opening, closing + 1, "quote", ""
        at = closing + 1
    words_at = start
    for colons in COLONS.finditer(text, start, end):
        yield from _emphases(text, words_at, colons.start())
        yield colons.start(), colons.end(), "weight", ""
        words_at = colons.end()
    yield from _emphases(text, words_at, end)
    yield start, end, "words", ""


def _emphases(text: str, start: int, end: int) -> Iterator[tuple[int, int, Kind, str]]:
    for pair in pairs(text[start:end], {}):
        yield start + pair.start, start + pair.end, "emphasis" if pair.factor >= 1 else "less", ""
