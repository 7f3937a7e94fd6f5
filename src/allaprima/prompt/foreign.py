"""The emphasis of other tools, `(word:1.3)` and `[word]`, said in weights of our own.

The words stay where they are, in one sentence, and what is emphasised becomes one more part: `a (red:1.3) cat` is read
as `a red cat::1 red::0.3`, since guidance adds up. `[word]` divides by 1.1, as it does elsewhere, and so takes away a
little. Works on sealed text; knows nothing of `::` and parameters.
"""

from __future__ import annotations

import re

from allaprima.prompt.mistake import PromptMistake

MOST_EMPHASES = 32
STRONGEST = 4.0
_BRACKETS_DIVIDE = 1.1
_MOST_TAKEN = -0.5
"""What is taken away from a part in all, in units of its weight, so that the part itself stays."""

_MARK = re.compile(r"[(\[]|(?<![0-9]): *([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)) *\)|[)\]]")


def emphases(text: str, at: int, warn: dict[str, None]) -> list[tuple[str, float]]:
    """Split one part of sealed text into (words, factor): the whole without its marks, then what is emphasised.

    Factors are of the part's weight. Parentheses without a number are words. Raises PromptMistake when there are more
    than MOST_EMPHASES.
    """
    pairs = _pairs(text, warn)
    if not pairs:
        return [(text, 1.0)]
    if len(pairs) > MOST_EMPHASES:
        raise PromptMistake(
            "too_many",
            f"A prompt has at most {MOST_EMPHASES} emphasised places.",
            at + pairs[MOST_EMPHASES].start,
        )
    cuts = sorted({cut for pair in pairs for cut in ((pair.start, pair.start + 1), (pair.inner_end, pair.end))})
    whole = _tidy(_without(text, cuts, 0, len(text)))
    factors = {whole: 1.0}
    for pair in pairs:
        outer = 1.0
        for other in pairs:
            if other.start < pair.start and pair.end < other.end:
                outer *= other.factor
        words = _tidy(_without(text, cuts, pair.start, pair.end))
        factors[words] = factors.get(words, 0.0) + outer * (pair.factor - 1)
    taken = sum(factor for words, factor in factors.items() if factor < 0 and words != whole)
    if taken < _MOST_TAKEN:
        factors = {w: f * (_MOST_TAKEN / taken) if f < 0 and w != whole else f for w, f in factors.items()}
    return [(words, factor) for words, factor in factors.items() if words == whole or abs(factor) >= 1e-6]


class _Pair:
    """A pair of marks from `start` to `end`; its words end at `inner_end`."""

    __slots__ = ("end", "factor", "inner_end", "start")

    def __init__(self, start: int, inner_end: int, end: int, factor: float) -> None:
        self.start, self.inner_end, self.end, self.factor = start, inner_end, end, factor


def _pairs(text: str, warn: dict[str, None]) -> list[_Pair]:
    found: list[_Pair] = []
    open_marks: list[tuple[str, int]] = []
    for mark in _MARK.finditer(text):
        kind = mark[0][-1]
        if kind in "([":
            open_marks.append((kind, mark.start()))
            continue
        if not open_marks or open_marks[-1][0] != ("(" if kind == ")" else "["):
            continue
        start = open_marks.pop()[1]
        inner = text[start + 1 : mark.start()]
        if not inner.strip(" ()[]"):
            continue
        if kind == "]":
            if ":" in inner or "|" in inner:
                warn["[a:b:0.5] and [a|b] change words while painting elsewhere; here they are read as words."] = None
            else:
                found.append(_Pair(start, mark.start(), mark.end(), 1 / _BRACKETS_DIVIDE))
        elif mark[1] is not None:
            factor = float(mark[1]) if len(mark[1]) < 40 else STRONGEST + 1
            if 0 <= factor <= STRONGEST:
                found.append(_Pair(start, mark.start(), mark.end(), factor))
            else:
                warn[f"Emphasis like (word:1.3) goes from 0 to {STRONGEST:g}; beyond that it is read as words."] = None
        if len(found) > MOST_EMPHASES:
            break
    return sorted(found, key=lambda pair: pair.start)


def _without(text: str, cuts: list[tuple[int, int]], start: int, end: int) -> str:
    pieces = []
    for cut_start, cut_end in cuts:
        if start <= cut_start and cut_end <= end:
            pieces.append(text[start:cut_start])
            start = cut_end
    pieces.append(text[start:end])
    return "".join(pieces)


def _tidy(text: str) -> str:
    return " ".join(text.split())
