"""`{a, b}`: one prompt that stands for several, each with a map back to what was typed.

Groups expand first, before anything else is read, so they may stand anywhere: in words, weights, quotations, picture
addresses, parameter values and parameter names. Knows nothing of what the words mean.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from allaprima.prompt.mistake import PromptMistake

MOST_JOBS = 40
MOST_GROUPS = 100
DEEPEST_NESTING = 10
MOST_CHARACTERS = 60_000
"""In all jobs of one prompt together."""

_MARK = re.compile(r'[{},|]|(?<![0-9])"[^"{}]*"')
_CHOOSE_SEVERAL = re.compile(r"\s*[0-9]+(-[0-9]+)?\$\$")
_ODDS = re.compile(r"\s*[0-9]*\.?[0-9]+::(?=\s*[^\s0-9.])")


@dataclass(frozen=True, slots=True)
class Variant:
    """One expansion. `starts` and `origins` pair an index in `text` with the index in the prompt it came from."""

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def origin(self, position: int) -> int:
        """Where the character at `position` of `text` stands in the prompt as it was typed."""
        i = bisect_right(self.starts, position) - 1
        return self.origins[i] + position - self.starts[i]


@dataclass(slots=True)
class _Group:
    at: int
    options: list[_Sequence]


@dataclass(slots=True)
class _Sequence:
    """Ranges of the prompt, and groups, one after another."""

    items: list[tuple[int, int] | _Group] = field(default_factory=list)

    def count(self) -> int:
        product = 1
        for item in self.items:
            if isinstance(item, _Group):
                product *= sum(option.count() for option in item.options)
        return product

    def expand(self) -> Iterator[tuple[tuple[int, int], ...]]:
        """Every choice, as ranges of the prompt; the leftmost group varies slowest."""
        chosen: list[tuple[tuple[int, int], ...]] = [()]
        for item in self.items:
            if isinstance(item, _Group):
                choices = [choice for option in item.options for choice in option.expand()]
                chosen = [(*before, *choice) for before in chosen for choice in choices]
            else:
                chosen = [(*before, item) for before in chosen]
        return iter(chosen)


def expand(prompt: str, warn: dict[str, None]) -> list[Variant]:
    """All variants of a sealed prompt, at most MOST_JOBS. Adds to `warn`. Raises PromptMistake."""
    if "{" not in prompt and "}" not in prompt:
        return [Variant(prompt, (0,), (0,))]
    sequence = _Reader(prompt, warn).read()
    jobs = sequence.count()
    first = next((item.at for item in sequence.items if isinstance(item, _Group)), 0)
    if jobs > MOST_JOBS:
        number = str(jobs) if jobs < 10**9 else "more than a billion"
        raise PromptMistake(
            "too_many_jobs",
            f"These braces make {number} prompts; at most {MOST_JOBS} are painted from one. Take out some options.",
            first,
        )
    chosen = list(sequence.expand())
    if sum(end - start for ranges in chosen for start, end in ranges) > MOST_CHARACTERS:
        raise PromptMistake(
            "too_long",
            f"These braces make {jobs} prompts of more than {MOST_CHARACTERS:,} characters together. "
            "Shorten the prompt, or paint it in several goes.",
            first,
        )
    return [_variant(prompt, ranges) for ranges in chosen]


def _variant(prompt: str, ranges: tuple[tuple[int, int], ...]) -> Variant:
    pieces, starts, origins, length = [], [], [], 0
    for start, end in ranges:
        if start < end:
            pieces.append(prompt[start:end])
            starts.append(length)
            origins.append(start)
            length += end - start
    return Variant("".join(pieces), tuple(starts) or (0,), tuple(origins) or (0,))


class _Reader:
    """Recursive descent over the braces of a sealed prompt."""

    def __init__(self, prompt: str, warn: dict[str, None]) -> None:
        self.prompt = prompt
        self.warn = warn
        self.marks = list(_MARK.finditer(prompt))
        self.next = 0
        self.groups = 0

    def read(self) -> _Sequence:
        sequence, start = _Sequence(), 0
        while self.next < len(self.marks):
            mark = self.marks[self.next]
            if mark[0] == "{":
                sequence.items.append((start, mark.start()))
                sequence.items.append(self.group(1))
                start = self.marks[self.next - 1].end()
            elif mark[0] == "}":
                raise PromptMistake(
                    "unbalanced_braces",
                    "This } closes nothing. Open it with {, or write \\} for the character itself.",
                    mark.start(),
                    "\\}",
                )
            else:
                self.next += 1
        sequence.items.append((start, len(self.prompt)))
        return sequence

    def group(self, depth: int) -> _Group:
        opening = self.marks[self.next].start()
        self.groups += 1
        if depth > DEEPEST_NESTING or self.groups > MOST_GROUPS:
            raise PromptMistake(
                "too_many",
                f"Braces nest at most {DEEPEST_NESTING} deep, and a prompt has at most {MOST_GROUPS} pairs of them.",
                opening,
            )
        self.next += 1
        pieces: list[tuple[int, int] | _Group | str] = []
        start = opening + 1
        while self.next < len(self.marks):
            mark = self.marks[self.next]
            if mark[0] == "{":
                pieces += [(start, mark.start()), self.group(depth + 1)]
                start = self.marks[self.next - 1].end()
                continue
            self.next += 1
            if mark[0] == "}":
                pieces.append((start, mark.start()))
                return _Group(opening, self.options(pieces, opening))
            if mark[0] in ",|":
                pieces += [(start, mark.start()), mark[0]]
                start = mark.end()
        raise PromptMistake(
            "unbalanced_braces",
            "This { is never closed. Write } after the last option, or \\{ for the character itself.",
            opening,
            "\\{",
        )

    def options(self, pieces: list[tuple[int, int] | _Group | str], opening: int) -> list[_Sequence]:
        """Split at the bars if there are any (then commas are words), else at the commas."""
        bars = "|" in pieces
        separator, other = ("|", ",") if bars else (",", "|")
        options = [_Sequence()]
        for piece in pieces:
            if piece == separator:
                options.append(_Sequence())
            elif piece == other:
                before = options[-1].items[-1]
                assert isinstance(before, tuple)
                options[-1].items.append((before[1], before[1] + 1))
            elif not isinstance(piece, str):
                options[-1].items.append(piece)
        for option in options:
            self.trim(option, bars)
        if len(options) == 1 and not self.prompt[opening + 1 : self.marks[self.next - 1].start()].strip():
            self.warn["{} holds nothing, and was left out."] = None
        return options

    def trim(self, option: _Sequence, bars: bool) -> None:
        """Take the space off both ends; refuse or drop what only other tools understand."""
        start, end = self.ends(option, 0)
        if bars and (several := _CHOOSE_SEVERAL.match(self.prompt, start, end)):
            raise PromptMistake(
                "unsupported",
                "Choosing several of the options ($$) is not possible. Write them out: {red and blue|green}.",
                start,
                self.prompt[several.end() : end].strip() or None,
            )
        if bars and (odds := _ODDS.match(self.prompt, start, end)):
            self.warn["The odds of options ({2::a|b}) mean nothing here: every option becomes a job."] = None
            start = odds.end()
        text = self.prompt[start:end]
        option.items[0] = (start + len(text) - len(text.lstrip()), end)
        start, end = self.ends(option, -1)
        option.items[-1] = (start, start + len(self.prompt[start:end].rstrip()))

    @staticmethod
    def ends(option: _Sequence, which: int) -> tuple[int, int]:
        item = option.items[which]
        assert isinstance(item, tuple)  # pieces begin and end with a range, if only an empty one
        return item
