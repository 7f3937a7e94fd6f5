"""Reading what stands after a parameter's name, by the kind of value that the table asks for.

Knows the kinds of value; knows nothing of single parameters, nor of what stands before or after.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from allaprima.prompt.lexer import CLOSE, OPEN, reveal, reveal_exactly
from allaprima.prompt.mistake import Kind, PromptMistake
from allaprima.prompt.parameters import (
    Choice,
    Codes,
    Flag,
    Name,
    Number,
    Parameter,
    Ratio,
    References,
    Value,
    Words,
)
from allaprima.prompt.suggest import did_you_mean
from allaprima.prompt.tree import Aspect, ImageReference

MOST_WEIGHT = 1000

_TOKEN = re.compile(r"[^ ]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_RATIO = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?[:x/] ?([0-9]+(?:\.[0-9]+)?)")
_ADDRESS = re.compile(r"<*https?://[^ ]+", re.I)
_FILE = re.compile(r".*\.(?:png|gif|jpe?g|webp)>*", re.I | re.S)
_CODE = re.compile(r"[0-9]+")
_PROFILE = re.compile(r"[A-Za-z0-9_-]+")
_STYLE = re.compile(r"[\w+.-]*[\w+]")
_MODEL = re.compile(r"[a-z](?:[a-z0-9._-]*[a-z0-9])?")
_SIGIL = re.compile(r"[@ ]+")
_SPACE_BEFORE_COMMA = re.compile(" +,")
_PUNCTUATION = ",.;:!?"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A parameter as it stands in sealed text: where its name and what follows begin, and what follows."""

    row: Parameter
    spelling: str
    at: int
    text: str
    text_at: int

    def tokens(self) -> list[tuple[str, int]]:
        return [(m[0], self.text_at + m.start()) for m in _TOKEN.finditer(self.text)]

    def fail(self, kind: Kind, message: str, at: int, suggestion: str | None = None) -> NoReturn:
        raise PromptMistake(kind, message, at, suggestion)

    def fail_value(self, kind: Kind, token: str, at: int, suggestion: str | None = None, why: str = "") -> NoReturn:
        shown = token if len(token) <= 40 else token[:40] + "..."
        fix = f" Write {suggestion}." if suggestion else ""
        self.fail(kind, f"--{self.spelling} takes {self.row.range}, not {shown}.{why}{fix}", at, suggestion)


class ExtraWords(Exception):
    """A complete value is followed by more: `at` is where the first word too many stands."""

    def __init__(self, at: int) -> None:
        self.at = at


def looks_like_picture(token: str) -> bool:
    """Whether one word of sealed text is a picture's address or file, a weight behind it allowed."""
    address = _split_weight(token)[0]
    return bool(_ADDRESS.match(address) or _FILE.fullmatch(address))


def read_value(chunk: Chunk, warn: dict[str, None]) -> Any:
    """The value of a parameter, of the type its field in Parameters has. Raises PromptMistake or ExtraWords."""
    return _READERS[type(chunk.row.value)](chunk, chunk.row.value, warn)


def read_picture(token: str, at: int) -> ImageReference:
    """A picture before the words. Raises PromptMistake."""
    return _reference(token, at)


def read_weight(digits: str, at: int) -> float:
    """A weight, rounded to six decimals. Raises PromptMistake if it is beyond 1000 either way."""
    weight = round(float(digits), 6) if len(digits) < 40 else math.inf
    if abs(weight) > MOST_WEIGHT:
        raise PromptMistake(
            "out_of_range",
            f"A weight goes from -{MOST_WEIGHT} to {MOST_WEIGHT}; only the ratio of weights matters.",
            at,
            "::" + ("-" if digits.startswith("-") else "") + str(MOST_WEIGHT),
        )
    return weight + 0.0  # no minus zero


def _flag(chunk: Chunk, value: Flag, warn: dict[str, None]) -> bool:
    if tokens := chunk.tokens():
        raise ExtraWords(tokens[0][1])
    return True


def _number(chunk: Chunk, value: Number, warn: dict[str, None]) -> float | int:
    token, at = _only_token(chunk, lambda t: bool(_NUMBER.fullmatch(t)))
    if not _NUMBER.fullmatch(token):
        near = _NUMBER.match(token)
        chunk.fail_value("bad_value", token, at, _written(chunk, _fit(float(near[0]), value)) if near else None)
    number = float(token) if len(token) < 40 else math.inf * (-1 if token[0] == "-" else 1)
    if not value.low <= number <= value.high:
        chunk.fail_value("out_of_range", token, at, _written(chunk, _fit(number, value)))
    if value.steps:
        nearest = _fit(number, value)
        if nearest != number:
            warn[f"--{chunk.spelling} {token} was moved to {nearest:g}, the nearest that there is."] = None
        return nearest
    if value.whole:
        if "." in token:
            chunk.fail_value("bad_value", token, at, _written(chunk, _fit(number, value)))
        return int(token)
    return round(number, 6) + 0.0


def _fit(number: float, value: Number) -> float | int:
    if value.steps:
        nearest = min(value.steps, key=lambda step: (abs(step - number), step))
        return int(nearest) if value.whole else float(nearest)
    number = min(max(number, value.low), value.high)
    return round(number) if value.whole else number


def _choice(chunk: Chunk, value: Choice, warn: dict[str, None]) -> str:
    def known(token: str) -> bool:
        return token.lower() in value.values or (value.named and bool(_MODEL.fullmatch(token.lower())))

    if value.bare is not None:
        tokens = chunk.tokens()
        if not tokens:
            return value.bare
        word = tokens[0][0].rstrip(_PUNCTUATION)
        if not known(word) and not _NUMBER.fullmatch(word):
            raise ExtraWords(tokens[0][1])
    token, at = _only_token(chunk, known)
    if not known(token):
        if _NUMBER.fullmatch(token) and len(token) < 40:
            numbers = [word for word in value.values if _NUMBER.fullmatch(word)]
            near = min(numbers, key=lambda word: abs(float(word) - float(token)), default=None)
        else:
            near = did_you_mean(token.lower(), value.values)
        kind: Kind = "out_of_range" if _NUMBER.fullmatch(token) else "bad_value"
        chunk.fail_value(kind, token, at, _written(chunk, near) if near else None)
    word = token.lower()
    return word.removesuffix(".0") if word in value.values else word


def _ratio(chunk: Chunk, value: Ratio, warn: dict[str, None]) -> Aspect:
    tokens = chunk.tokens()
    if len(tokens) > 1 and (spaced := _RATIO.match(chunk.text.strip())) and " " in spaced[0]:
        chunk.fail_value("bad_value", spaced[0], tokens[0][1], _written(chunk, f"{spaced[1]}:{spaced[2]}"))
    token, at = _only_token(chunk, lambda t: bool(_RATIO.fullmatch(t)))
    match = _RATIO.fullmatch(token)
    if not match or len(token) > 24:
        chunk.fail_value("bad_value", token, at, _written(chunk, chunk.row.example))
    width, height = (int(round(float(n) * 1000)) for n in match.groups())
    divisor = math.gcd(width, height) or 1
    aspect = Aspect(width // divisor, height // divisor)
    if ":" not in token or "." in token:
        fix = _written(chunk, str(aspect)) if min(aspect) > 0 else None
        chunk.fail_value("bad_value", token, at, fix)
    if min(aspect) == 0 or max(aspect) > value.widest * min(aspect):
        wide = f"{value.widest}:1" if aspect.width >= aspect.height else f"1:{value.widest}"
        chunk.fail_value("out_of_range", token, at, _written(chunk, wide))
    return aspect


def _words(chunk: Chunk, value: Words, warn: dict[str, None]) -> tuple[str, ...]:
    if (colons := chunk.text.find("::")) >= 0:
        chunk.fail(
            "bad_value",
            f"--{chunk.spelling} takes no weights. Write the thing among the words with a weight of its own: red::-1.",
            chunk.text_at + colons,
        )
    items = [_item(item) for item in chunk.text.split(",")]
    found = tuple(dict.fromkeys(item for item in items if item))
    if not found:
        chunk.fail("missing_value", _needs_value(chunk), chunk.at, _written(chunk, chunk.row.example))
    return found


def _item(text: str) -> str:
    words = " ".join(reveal(text).replace(OPEN, "").replace(CLOSE, "").split())
    return _SPACE_BEFORE_COMMA.sub(",", words)


def _name(chunk: Chunk, value: Name, warn: dict[str, None]) -> str:
    def spelled(token: str) -> str:
        return "-".join(reveal_exactly(token).lower().split())

    token, at = _only_token(chunk, lambda t: bool(_STYLE.fullmatch(spelled(t))))
    if not _STYLE.fullmatch(spelled(token)):
        chunk.fail_value("bad_value", spelled(token) or '""', at, _written(chunk, chunk.row.example))
    return spelled(token)


def _references(chunk: Chunk, value: References, warn: dict[str, None]) -> tuple[ImageReference, ...]:
    found: list[ImageReference] = []
    for token, at in chunk.tokens():
        plain = not (OPEN in token or token.startswith("@") or looks_like_picture(token))
        code = value.codes and (_CODE.fullmatch(_split_weight(token)[0]) or _split_weight(token)[0].lower() == "random")
        if plain and not code and found:
            raise ExtraWords(at)
        clean = token.rstrip(",;")
        if clean != token:
            chunk.fail(
                "bad_value",
                "References have spaces between them, no punctuation.",
                at + len(clean),
                clean or None,
            )
        found.append(_reference(token, at, name_allowed=True))
    if not found:
        chunk.fail("missing_value", _needs_value(chunk), chunk.at, _written(chunk, chunk.row.example))
    if len(found) > value.most:
        message = f"--{chunk.spelling} takes {chunk.row.range}, not {len(found)}."
        chunk.fail("out_of_range", message, chunk.tokens()[value.most][1])
    return tuple(found)


def _codes(chunk: Chunk, value: Codes, warn: dict[str, None]) -> tuple[ImageReference, ...]:
    found: list[ImageReference] = []
    for token, at in chunk.tokens():
        code, weight, weight_at = _split_weight(token)
        if found and code.isalpha() and weight is None:  # a weighed one can only be meant as a name
            raise ExtraWords(at)
        if not _PROFILE.fullmatch(code):
            chunk.fail_value("bad_value", reveal_exactly(token), at, why=" A code has letters, digits, - and _ only.")
        found.append(ImageReference(code, _reference_weight(weight, at + weight_at)))
    if len(found) > value.most:
        message = f"--{chunk.spelling} takes {chunk.row.range}, not {len(found)}."
        chunk.fail("out_of_range", message, chunk.tokens()[value.most][1])
    return tuple(found) or (ImageReference(value.bare),)


def _reference(token: str, at: int, *, name_allowed: bool = False) -> ImageReference:
    sealed, weight, weight_at = _split_weight(token)
    ref = reveal_exactly(sealed)
    while _ADDRESS.match(ref) and ref.startswith("<") and ref.endswith(">"):
        ref = ref[1:-1]
    if name_allowed and not (_ADDRESS.match(ref) or _FILE.fullmatch(ref)):
        ref = ref[match.end() :] if (match := _SIGIL.match(ref)) else ref
        ref = ref.lower() if ref.lower() == "random" else ref
    if not ref.strip():
        raise PromptMistake("bad_value", "Here a picture or a name is expected.", at)
    return ImageReference(ref, _reference_weight(weight, at + weight_at))


def _split_weight(token: str) -> tuple[str, str | None, int]:
    """`ref::2` -> ("ref", "2", 5). Colons further left belong to the address."""
    before, colons, after = token.rpartition("::")
    if not colons or not before or (after and not _NUMBER.fullmatch(after)):
        return token, None, 0
    return before, after, len(before) + 2


def _reference_weight(digits: str | None, at: int) -> float:
    weight = read_weight(digits, at) if digits else 1.0
    if weight <= 0:
        raise PromptMistake(
            "out_of_range",
            "The weight of a picture is above 0. To keep something out, write it after --no.",
            at,
            "::1",
        )
    return weight


def _only_token(chunk: Chunk, good: Callable[[str], bool]) -> tuple[str, int]:
    """The first word after the name, if it is there and alone; a comma or full stop behind a good one is told."""
    tokens = chunk.tokens()
    if not tokens:
        chunk.fail("missing_value", _needs_value(chunk), chunk.at, _written(chunk, chunk.row.example))
    token, at = tokens[0]
    bare = token.rstrip(_PUNCTUATION)
    if bare != token and good(bare) and not good(token):
        chunk.fail_value(
            "bad_value",
            token,
            at + len(bare),
            _written(chunk, bare),
            " Parameters have no punctuation behind them.",
        )
    if len(tokens) > 1 and good(token):
        raise ExtraWords(tokens[1][1])
    return token, at


def _needs_value(chunk: Chunk) -> str:
    return f"--{chunk.spelling} needs a value: {chunk.row.range}, as in --{chunk.spelling} {chunk.row.example}."


def _written(chunk: Chunk, value: object) -> str:
    return f"--{chunk.spelling} " + (f"{value:.10g}" if isinstance(value, float) else str(value))


_READERS: dict[type[Value], Callable[[Chunk, Any, dict[str, None]], Any]] = {
    Flag: _flag,
    Number: _number,
    Choice: _choice,
    Ratio: _ratio,
    References: _references,
    Codes: _codes,
    Words: _words,
    Name: _name,
}
