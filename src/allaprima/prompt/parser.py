"""From a line of text to prompts: pictures, words with weights, parameters, in this order.

A recursive descent in three steps: permutations (permutations.py) make one text per job; each is cut into pictures,
words and parameters; the table (parameters.py) says how each value is read (values.py). Every mistake is a
PromptMistake that points at a character of what was typed. Knows nothing of what is painted.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from allaprima.prompt.foreign import emphases
from allaprima.prompt.lexer import CLOSE, DASHES, OPEN, as_typed, reveal, seal, seal_quotations
from allaprima.prompt.mistake import PromptMistake
from allaprima.prompt.parameters import BY_NAME, RETIRED, TABLE, Name, Parameter, References, Words
from allaprima.prompt.permutations import MOST_JOBS, expand
from allaprima.prompt.suggest import did_you_mean
from allaprima.prompt.tree import (
    ImageReference,
    Parameters,
    ParsedPrompt,
    Prompt,
    TextPart,
    normalised,
    total_weight,
)
from allaprima.prompt.values import (
    Chunk,
    ExtraWords,
    looks_like_picture,
    read_picture,
    read_value,
    read_weight,
)

MOST_CHARACTERS = 10_000
MOST_PARTS = 32
MOST_PICTURES = 10

_IMAGINE = re.compile(r"(?: */imagine(?: +prompt:?|:)?(?![^ ]))+", re.I)
_TOKEN = re.compile(r" *([^ ]+)")
_LETTER = r"[^\W\d_]"
_INTRO = re.compile(rf"(?<![^ ])(?:-(?=[-{DASHES}])|[{DASHES}])[-{DASHES}]*(?={_LETTER})")
_NAME = re.compile(rf"({_LETTER}+)([^ ]*)")
_COLONS = re.compile(
    rf"(:{{2,}})(?:([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:,|(?=[ {OPEN}]|::|$)))?",
)
_GLUED = re.compile(r"(?<=[^ ])--([A-Za-z]+)(?![A-Za-z])")
_SPACED = re.compile(r"(?<![^ ])(- +- *|(?:--|[—–―]) +)([A-Za-z]+)(?![A-Za-z])(?= *$| +[0-9.]| +(?:-[- ]|[—–―]))")
_UNFINISHED = re.compile(r"(?<![^ ])--(?= *$)")
_ONE_DASH = re.compile(r"(?<![^ ])-([A-Za-z]{2,})(?= +[0-9.]| *$)")
_DIGIT_BEFORE_QUOTE = re.compile(f"(?<=[0-9])(?={OPEN})")
_LONE_QUOTE = re.compile(r'(?<![0-9])"')


def parse(text: str) -> ParsedPrompt:
    """Read a prompt. Raises PromptMistake (a UserError) that says what was expected, where, and how to mend it.

    Takes at most 50 ms for anything of up to 5,000 characters.
    """
    if len(text) > MOST_CHARACTERS:
        raise PromptMistake(
            "too_long",
            f"A prompt has at most {MOST_CHARACTERS:,} characters, not {len(text):,}.",
            MOST_CHARACTERS,
        )
    warn: dict[str, None] = {}
    jobs: dict[Prompt, None] = {}
    repeats, repeat_at = 0, 0
    for variant in expand(seal(text), warn):
        reader = _Job(variant.text, warn)
        try:
            job = reader.read()
        except PromptMistake as mistake:
            raise mistake.moved_to(variant.origin(mistake.position)) from None
        if job in jobs:
            warn["Options that come out the same are painted once. Use --repeat to paint a prompt several times."] = (
                None
            )
        else:
            repeats += job.parameters.repeat
            repeat_at = variant.origin(reader.places["repeat"]) if "repeat" in reader.places else repeat_at
        jobs[job] = None
    if repeats > MOST_JOBS:
        raise PromptMistake(
            "too_many_jobs",
            f"--repeat makes {repeats} jobs of this prompt; at most {MOST_JOBS} are painted from one.",
            repeat_at,
            f"--repeat {MOST_JOBS // len(jobs)}" if len(jobs) * 2 <= MOST_JOBS else None,
        )
    return ParsedPrompt(tuple(jobs), tuple(warn))


class _Job:
    """One text without permutations, sealed; positions are indices into it."""

    def __init__(self, text: str, warn: dict[str, None]) -> None:
        self.text = seal_quotations(text)
        self.warn = warn
        self.places: dict[str, int] = {}
        """Where each parameter stands."""

    def read(self) -> Prompt:
        if (unfinished := _UNFINISHED.search(self.text)) is not None:
            raise PromptMistake("unrecognized", "Here the name of a parameter is expected.", unfinished.start())
        images, at = self.images()
        intro = _INTRO.search(self.text, at)
        words_end = intro.start() if intro else len(self.text)
        self.check_dashes(at, words_end)
        parts, negative_at = self.parts(at, words_end)
        parameters = self.parameters(words_end)
        if not parts and not images:
            raise PromptMistake("empty", "The prompt has no words. Say what to paint, as in: a red apple.", at)
        if parts and total_weight(parts, parameters.no) <= 1e-9:
            raise PromptMistake(
                "weights_not_positive",
                "The weights add up to 0 or less, so nothing would be left to paint. Make the negative ones smaller.",
                self.places.get("no", at) if negative_at is None else negative_at,
            )
        prompt = Prompt(normalised(parts) if parts else (), images, parameters)
        self.check_together(prompt, at)
        return prompt

    def images(self) -> tuple[tuple[ImageReference, ...], int]:
        """The pictures at the start, and where the words begin."""
        imagine = _IMAGINE.match(self.text)
        at = imagine.end() if imagine else 0
        found: list[ImageReference] = []
        while (token := _TOKEN.match(self.text, at)) and looks_like_picture(token[1]):
            if len(found) == MOST_PICTURES:
                raise PromptMistake(
                    "too_many", f"A prompt begins with at most {MOST_PICTURES} pictures.", token.start(1)
                )
            found.append(read_picture(token[1], token.start(1)))
            at = token.end()
        start = _TOKEN.match(self.text, at)
        return tuple(found), start.start(1) if start else at

    def check_dashes(self, start: int, end: int) -> None:
        """Parameters that were not meant as words: no space before the dashes, a space within them, one dash only."""
        if any(dash in self.text[start:end] for dash in "-" + DASHES):
            for glued in _GLUED.finditer(self.text, start, end):
                if glued[1].lower() in BY_NAME:
                    raise _missing_space_before(glued[1], glued.start())
            if (spaced := _SPACED.search(self.text, start, len(self.text))) and spaced.start() < end:
                name = spaced[2].lower()
                if name in BY_NAME:
                    raise PromptMistake(
                        "missing_space",
                        f"Two dashes stand together right before the name: --{name}.",
                        spaced.start(),
                        f"--{name}",
                    )
            for single in _ONE_DASH.finditer(self.text, start, end):
                if single[1].lower() in BY_NAME:
                    self.warn[f"-{single[1]} was read as words. A parameter has two dashes: --{single[1].lower()}."] = (
                        None
                    )
        if '"' in self.text and _LONE_QUOTE.search(self.text):
            self.warn["A quotation mark without a partner was read as a plain character."] = None

    def parts(self, start: int, end: int) -> tuple[tuple[TextPart, ...], int | None]:
        """The weighted parts, and where the first negative weight stands."""
        found: list[TextPart] = []
        negative_at: int | None = None
        words_at = start
        for colons in _COLONS.finditer(self.text, start, end):
            if len(colons[1]) > 2:
                raise PromptMistake("bad_weight", "Weights have exactly two colons: words::2.", colons.start(), "::")
            weight = 1.0
            if colons[2] is not None:
                weight = read_weight(colons[2], colons.start(2))
                if weight < 0 and negative_at is None:
                    negative_at = colons.start(2)
            found += self.part(words_at, colons.start(), weight, closed=True)
            self.check_count(found, colons.start())
            words_at = colons.end()
        found += self.part(words_at, end, 1.0, closed=False)
        self.check_count(found, end)
        return tuple(found), negative_at

    def part(self, start: int, end: int, weight: float, *, closed: bool) -> list[TextPart]:
        raw = self.text[start:end]
        if not raw.strip():
            if closed:
                self.warn[":: without words before it was left out."] = None
            return []
        if "://" in raw and re.search(r"https?://", raw, re.I):
            self.warn["A picture's address counts only before the words; here it was read as words."] = None
        pieces = emphases(raw, start, self.warn) if "(" in raw or "[" in raw else [(raw, 1.0)]
        parts = [replace(_text_part(words), weight=round(weight * factor, 6) + 0.0) for words, factor in pieces]
        return [part for part in parts if part.text]

    def check_count(self, found: list[TextPart], at: int) -> None:
        if len(found) > MOST_PARTS:
            raise PromptMistake("too_many", f"A prompt has at most {MOST_PARTS} weighted parts.", at)

    def parameters(self, start: int) -> Parameters:
        """All parameters from `start` on."""
        values: dict[str, object] = {}
        intros = list(_INTRO.finditer(self.text, start))
        ends = [*(intro.start() for intro in intros[1:]), len(self.text)]
        for intro, end in zip(intros, ends, strict=False):
            chunk = self.chunk(intro, end)
            if chunk is None:
                continue
            try:
                value = read_value(chunk, self.warn)
            except ExtraWords as extra:
                raise self.words_too_late(chunk.row, extra.at, end, start) from None
            name = chunk.row.name
            if name == "style" and value == "raw":
                name, value = "raw", True
            if name not in values:
                values[name] = value
                self.places[name] = chunk.at
            elif isinstance(chunk.row.value, Words | References):
                self.add_more(values, name, value, chunk)
            elif name != "raw":
                self.warn[f"--{name} is written more than once; the first counts."] = None
        return Parameters(given=frozenset(values), **values)  # type: ignore[arg-type]  # read by the table

    def chunk(self, intro: re.Match[str], end: int) -> Chunk | None:
        """A parameter's row and the text behind its name; None for one that is retired."""
        named = _NAME.match(self.text, intro.end(), end)
        assert named is not None  # the dashes are followed by a letter
        word, glued = named[1].lower(), named[2]
        row = BY_NAME.get(word)
        if not glued and row and intro[0] in ("--", *DASHES):
            chunk = Chunk(row, word, intro.start(), self.text[named.end() : end], named.end())
            self.check_glued(chunk)
            return chunk
        if not glued and word in RETIRED:
            self.check_retired(word, named.end(), end)
            return None
        raise self.bad_name(intro, word, glued, named)

    def check_glued(self, chunk: Chunk) -> None:
        for glued in _GLUED.finditer(self.text, chunk.text_at, chunk.text_at + len(chunk.text)):
            if glued[1].lower() in BY_NAME and not isinstance(chunk.row.value, References):
                raise _missing_space_before(glued[1], glued.start())

    def check_retired(self, word: str, start: int, end: int) -> None:
        words = self.text[start:end].split()
        if len(words) > RETIRED[word]:
            raise PromptMistake(
                "text_after_parameters",
                f"--{word} is an old parameter that does nothing any more, and it takes "
                f"{'one value' if RETIRED[word] else 'no value'}. Take it out.",
                start,
            )
        instead = " Use --ar for the shape." if word in ("width", "height", "h") else ""
        self.warn[f"--{word} is an old parameter that does nothing any more.{instead}"] = None

    def bad_name(self, intro: re.Match[str], word: str, glued: str, named: re.Match[str]) -> PromptMistake:
        known = word in BY_NAME or word in RETIRED
        if known and intro[0] not in ("--", *DASHES):
            return PromptMistake("missing_space", f"A parameter has two dashes: --{word}.", intro.start(), f"--{word}")
        rest = as_typed(glued)
        if known and not rest.strip(",.;:!?"):
            return PromptMistake(
                "bad_value",
                f"Parameters have no punctuation behind them. Write --{word}.",
                named.end(1),
                f"--{word}",
            )
        if known and glued.startswith("--"):
            return _missing_space_before(glued[2:], named.end(1))
        if known and not (glued[0] in "-_" and glued[1:2].isalpha()):
            value = rest.lstrip("=:")
            return PromptMistake(
                "missing_space",
                f"A space stands between a parameter and its value: --{word} {value}.",
                named.end(1),
                f"--{word} {value}",
            )
        full = (word + rest).lower()
        meant = did_you_mean(full, BY_NAME) or (did_you_mean(word, BY_NAME) if word not in BY_NAME else word)
        shown = full if len(full) <= 40 else full[:40] + "..."
        help_ = f" Did you mean --{meant}?" if meant else f" If it belongs to the words, write \\--{shown}."
        return PromptMistake(
            "unrecognized",
            f"--{shown} is not a parameter.{help_}",
            intro.start(),
            f"--{meant}" if meant else None,
        )

    def words_too_late(self, row: Parameter, start: int, end: int, parameters_at: int) -> PromptMistake:
        """Words behind a complete value: they belong before the first parameter."""
        late = as_typed(self.text[start:end]).strip()
        before = as_typed(self.text[:parameters_at]).strip()
        after = as_typed(self.text[parameters_at:start] + self.text[end:]).split()
        mended = " ".join(" ".join((before, late, *after)).split())
        shown = late if len(late) <= 40 else late[:40] + "..."
        named = " A name of several words has hyphens: pixel-art." if isinstance(row.value, Name) else ""
        return PromptMistake(
            "text_after_parameters",
            f"The words come before all parameters, but here {shown} follows one.{named} Write: {mended}",
            start,
            mended,
        )

    def add_more(self, values: dict[str, object], name: str, value: object, chunk: Chunk) -> None:
        """--no and references may be written again; the lists join."""
        earlier = values[name]
        assert (
            isinstance(earlier, tuple) and isinstance(value, tuple) and isinstance(chunk.row.value, Words | References)
        )
        joined = tuple(dict.fromkeys((*earlier, *value)))
        if len(joined) > chunk.row.value.most:
            raise PromptMistake("out_of_range", f"--{name} takes {chunk.row.range}, not {len(joined)}.", chunk.at)
        values[name] = joined

    def check_together(self, prompt: Prompt, words_at: int) -> None:
        """What single values cannot show: clashes, orphans, pictures alone, and parameters that do nothing here."""
        given = prompt.parameters.given
        for row in TABLE:
            if row.name not in given:
                continue
            for other in row.clashes:
                if other in given and self.places[other] < self.places[row.name]:
                    raise PromptMistake(
                        "incompatible",
                        f"--{row.name} and --{other} exclude each other. Keep one of them.",
                        self.places[row.name],
                    )
            if row.idle:
                self.warn[f"--{row.name}: {row.idle}"] = None
            elif row.needs and not any(need in given or (need == "images" and prompt.images) for need in row.needs):
                wanted = "a picture before the words" if row.needs == ("images",) else f"--{row.needs[0]}"
                self.warn[f"--{row.name} does nothing without {wanted}."] = None
        if prompt.text:
            return
        if len(prompt.images) == 1 and not given & {"video", "edit"}:
            raise PromptMistake(
                "image_alone",
                "One picture alone says too little. Add words after it, or a second picture.",
                words_at,
            )
        for name in ("stylize", "weird"):
            if name in given:
                self.warn[f"--{name} does nothing without words."] = None


def _text_part(raw: str) -> TextPart:
    text = reveal(_DIGIT_BEFORE_QUOTE.sub(" ", raw))
    if OPEN not in text:
        return TextPart(text)
    marks = [i for i, c in enumerate(text) if c in (OPEN, CLOSE)]
    quotes = tuple((start + 1, end) for start, end in list(pairwise(marks))[::2])
    return TextPart(text.replace(OPEN, '"').replace(CLOSE, '"'), quotes=quotes)


def _missing_space_before(name: str, at: int) -> PromptMistake:
    word = re.match(r"[A-Za-z]*", name)
    spelled = f" --{word[0].lower() if word else ''}"
    return PromptMistake("missing_space", f"A space stands before the dashes of a parameter:{spelled}.", at, spelled)
