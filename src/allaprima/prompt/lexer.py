"""Characters that mean something, and how they are made to mean nothing: escapes and quotation marks.

Reading works on a *sealed* copy of the prompt, of the same length, so that every position holds: characters that were
escaped, or stand in quotation marks, are replaced by private stand-ins which no rule of the grammar matches. `reveal`
turns them back. Knows nothing of the grammar itself.
"""

from __future__ import annotations

import re

DASHES = "—–―"
"""Characters that an editor makes of two hyphens."""

ESCAPABLE = ',{}|\\:()[]"-./<>@ ' + DASHES
"""A backslash before one of these makes it plain; before anything else it is itself a plain character."""

_BASE = 0xF0000
_SKIP = chr(_BASE + 0x100)
OPEN, CLOSE = chr(_BASE + 0x101), chr(_BASE + 0x102)
"""The two marks of a quotation, in sealed text."""

_SEALED = {c: chr(_BASE + i) for i, c in enumerate(ESCAPABLE)}
_PRIVATE = [*_SEALED.values(), _SKIP, OPEN, CLOSE]
_SEAL = {ord(c): private for c, private in _SEALED.items()}
_REVEAL: dict[int, str | None] = {ord(private): c for c, private in _SEALED.items()} | {ord(_SKIP): None}
_AS_TYPED = _REVEAL | {ord(_SKIP): "\\", ord(OPEN): '"', ord(CLOSE): '"'}

# Control characters, invisible spaces and our own stand-ins are spaces; typographic double quotation marks are plain.
_CLEAN: dict[int, str] = (
    {i: " " for i in (*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2060, 0xFEFF)}
    | {ord(c): '"' for c in "“”„‟"}
    | {ord(c): " " for c in _PRIVATE}
)
_SPACE = re.compile(r"\s")
_ESCAPE = re.compile(rf"\\([{re.escape(ESCAPABLE)}])")
_QUOTATION = re.compile(r'(?<![0-9])"([^"]*)"')
_SPACE_BEFORE_COMMA = re.compile(rf"(?<! ) +(?={_SKIP}{_SEALED[',']})")


def seal(prompt: str) -> str:
    """The prompt cleaned, all white space a plain space, its escapes sealed; the same length."""
    cleaned = _SPACE.sub(" ", prompt.translate(_CLEAN))
    return _ESCAPE.sub(lambda m: _SKIP + _SEALED[m[1]], cleaned) if "\\" in cleaned else cleaned


def seal_quotations(text: str) -> str:
    """Sealed text with its quotations sealed too: from OPEN to CLOSE nothing is special. A mark right after a digit
    is an inch, and opens nothing; a mark without a partner stays a plain `"`."""
    return _QUOTATION.sub(lambda m: OPEN + m[1].translate(_SEAL) + CLOSE, text) if '"' in text else text


def reveal(text: str) -> str:
    """The words of sealed text, single-spaced; OPEN and CLOSE stay. A space before an escaped comma is dropped."""
    return " ".join(_SPACE_BEFORE_COMMA.sub("", text).translate(_REVEAL).split())


def reveal_exactly(text: str) -> str:
    """The characters of sealed text, without the marks of a quotation: for names and addresses."""
    return text.translate(_REVEAL).replace(OPEN, "").replace(CLOSE, "")


def as_typed(text: str) -> str:
    """Sealed text as it could be typed, escapes and quotation marks included: for suggestions."""
    return text.translate(_AS_TYPED)
