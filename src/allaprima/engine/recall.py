"""Recall: which drawings of the library a prompt calls to mind.

Noun phrases are looked up by their exact words first and by meaning where that fails; a phrase's best match
wins, and no word is used twice. Knows nothing of boxes or pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allaprima.engine.library import Drawing, Library, Match
from allaprima.engine.reading import Reading, Word, singular

Array = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Array]  # texts -> unit vectors [n, d]

MOST_THINGS = 4  # boxes in one picture
MOST_KINDS = 3  # different things in one picture
LIKENESS = 0.62  # cosine below which two phrases are taken to mean different things
KEYWORD_FLOOR = 0.70  # below this a keyword says too little of what the drawing shows
LONGEST = 4  # words of a library name that are looked for
AS_NEAR = 0.055  # scores of a plural and its singular that are less than this apart
MUCH_OFTENER = 2

# Styles taken when none is asked for; line art, icons and silhouettes only come when called.
PLAIN_STYLES = ("gradient", "noto", "flat", "3d", "twemoji", "emojione", "fx", "blob")


@dataclass(frozen=True)
class Recalled:
    """A thing of the prompt with the concept it means."""

    text: str  # the prompt's own words
    match: Match
    start: int  # index of its first word among the reading's words
    count: int = 1
    colour: str | None = None
    size: str | None = None
    drawing: Drawing | None = None
    is_exact: bool = False


def recall(reading: Reading, library: Library, encode: Encode, *, likeness: float = LIKENESS) -> tuple[Recalled, ...]:
    """The things of a prompt that the library knows, in the prompt's order, at most `MOST_KINDS`."""
    found: list[tuple[float, Recalled]] = []
    used: set[int] = set()
    rivals = _inexact(reading)
    exact = sorted(_exact(reading, library), key=lambda each: (-each[0], each[1].start))
    # A phrase of one plain word that the library has needs no second opinion, and so no encoder.
    sure = {place for score, _, places in exact if score >= 1.0 for place in places}
    sure |= {places[0] for _, _, places in exact if len(places) == 1 and _is_plain(reading, places[0])}
    asked = []
    for thing, places, texts in rivals:
        # What has an exact match was looked up already; meaning is asked about the rest.
        open_ = [text for text in texts if library.exact(text) is None]
        if open_ and sure.isdisjoint(places):
            asked.append((thing, places, open_))
    scored = list(exact)
    if asked:
        texts = list(dict.fromkeys(text for _, _, texts in asked for text in texts))
        vectors = dict(zip(texts, encode(texts), strict=True))
        for thing, places, texts in asked:
            matches = [(match, text) for text in texts for match in library.nearest(vectors[text], 1)]
            if matches:
                best, text = max(matches, key=lambda each: each[0].score)
                scored.append((best.score, replace(thing, text=text, match=best), places))
    for score, candidate, places in sorted(scored, key=lambda each: (-each[0], each[1].start)):
        floor = KEYWORD_FLOOR if candidate.is_exact else likeness
        if candidate.match.score >= floor and used.isdisjoint(places):
            used.update(places)
            found.append((score, candidate))
    found.sort(key=lambda each: -each[0])
    kept = sorted((each for _, each in found[:MOST_KINDS]), key=lambda each: each.start)
    return within(kept)


def cast(things: Sequence[Recalled], names: Sequence[str], library: Library) -> tuple[Recalled, ...]:
    """Give characters their parts: one that the prompt names plays itself, the others the things it names first.

    A character for whom nothing is left stands beside them. Names that the library does not have are passed over.
    """
    parts = list(things)
    free = list(range(len(parts)))
    for name in names:
        found = library.named(name)
        if not found:
            continue
        match = Match(found[0].concept, 1.0, found[0].name)
        itself = [place for place in free if parts[place].match.concept == found[0].concept]
        if itself or free:
            place = itself[0] if itself else free[0]
            free.remove(place)
            parts[place] = replace(parts[place], match=match, drawing=found[0])
        elif len(parts) < MOST_KINDS:
            parts.append(Recalled(found[0].name, match, len(parts) and parts[-1].start + 1, drawing=found[0]))
    return tuple(parts)


def choose(
    things: Sequence[Recalled], library: Library, style: str | None, rng: np.random.Generator
) -> tuple[Recalled, ...]:
    """Give each thing its drawing: in the style asked for if there is one, else all in one drawn by lot."""
    have = [{drawing.style for drawing in library.by_concept[thing.match.concept]} for thing in things]
    order = [PLAIN_STYLES[index] for index in rng.permutation(len(PLAIN_STYLES))]
    # The styles that most of the things exist in go first, so that one picture speaks one language.
    order.sort(key=lambda each: -sum(each in styles for styles in have))
    if style is not None:
        order.insert(0, style)
    chosen = []
    for thing in things:
        if thing.drawing is not None:  # cast already
            chosen.append(thing)
            continue
        drawings = library.by_concept[thing.match.concept]
        rank = {each: place for place, each in reversed(list(enumerate(order)))}
        best = min(rank.get(drawing.style, len(order)) for drawing in drawings)
        pool = [drawing for drawing in drawings if rank.get(drawing.style, len(order)) == best]
        chosen.append(replace(thing, drawing=pool[int(rng.integers(len(pool)))]))
    return tuple(chosen)


def _exact(reading: Reading, library: Library) -> list[tuple[float, Recalled, range]]:
    """Every run of up to `LONGEST` words that is a phrase of the library; longer runs score more."""
    words, found = reading.words, []
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            run = words[start:end]
            if not _may_name(run) or (end - start == 1 and not _is_head(reading, start)):
                continue
            text = _said(words, start, end)
            head = text.rsplit(" ", 1)
            ones = " ".join([*head[:-1], singular(head[-1])])
            stands, one = (library.exact(each, reading.style) for each in (text, ones))
            match = _likelier(stands, one, library, reading.style)
            if match is None:
                continue
            phrase = next((each for each in reading.phrases if start <= each.start + len(each.words) - 1 < end), None)
            thing = Recalled(text, match, start, is_exact=True)
            if phrase is not None:
                thing = replace(thing, count=phrase.count, colour=phrase.colour, size=phrase.size)
            found.append((match.score + 0.1 * (end - start - 1), thing, range(start, end)))
    return found


def _likelier(stands: Match | None, one: Match | None, library: Library, style: str | None) -> Match | None:
    """Of what words mean as they stand and what their last word's singular means: as they stand, unless the singular
    alone is drawn in full, is nearer to a name ("children": a child, not a sign for children), or is as near and drawn
    far more often ("balloons")."""
    if stands is None or one is None or stands.concept == one.concept:
        return stands or one
    drawn = [library.is_drawn(each.concept, style) for each in (stands, one)]
    if drawn[0] != drawn[1]:
        return stands if drawn[0] else one
    often = len(library.by_concept[one.concept]) >= MUCH_OFTENER * len(library.by_concept[stands.concept])
    nearer = one.score - stands.score
    return one if nearer > AS_NEAR or (often and nearer >= -AS_NEAR) else stands


def _inexact(reading: Reading) -> list[tuple[Recalled, range, list[str]]]:
    """Every noun phrase with its places and the texts to try by meaning: its last words, then all, then its
    manner."""
    nothing = Match("", 0.0, "")
    phrases = []
    for phrase in reading.phrases:
        words = [*phrase.words[:-1], singular(phrase.words[-1])]
        texts = [" ".join(words[-length:]) for length in range(1, min(3, len(words)) + 1)]
        if phrase.manner:
            texts.append(" ".join([*phrase.manner, *words]))
        thing = Recalled(phrase.text, nothing, phrase.start, phrase.count, phrase.colour, phrase.size)
        phrases.append((thing, range(phrase.start, phrase.start + len(phrase.words)), texts))
    return phrases


def _is_plain(reading: Reading, place: int) -> bool:
    """Whether the noun phrase at `place` is that word alone, with no adjective to change its meaning."""
    return any(each.start == place and len(each.words) == 1 and not each.manner for each in reading.phrases)


def _may_name(run: Sequence[Word]) -> bool:
    """Whether a run can name a thing: it has a word of its own; scenery and style words are none."""
    if run[0].kind in ("stop", "relation", "count") or run[-1].kind not in ("free", "deed", "colour"):
        return False
    inner = ("free", "deed", "colour", "size", "adjective", "stop")
    if not all(word.kind in inner or word.text in _JOINS for word in run):
        return False
    return any(word.kind == "free" for word in run)


_JOINS = frozenset({"and", "on", "by", "over", "one", "two"})


def _is_head(reading: Reading, place: int) -> bool:
    """Whether the word at `place` ends its noun phrase."""
    return any(place == each.start + len(each.words) - 1 for each in reading.phrases)


def _said(words: Sequence[Word], start: int, end: int) -> str:
    """The text of a run; a Word shared by several places is said once."""
    return " ".join(word.text for place, word in enumerate(words[start:end], start)
                    if place == start or words[place - 1] is not word)  # fmt: skip


def relation(reading: Reading, things: Sequence[Recalled]) -> str | None:
    """What the prompt says of where the first thing is to the second, if there are two."""
    return reading.relation_between(things[0].start, things[1].start) if len(things) > 1 else None


def within(things: Sequence[Recalled]) -> tuple[Recalled, ...]:
    """Counts cut so that all things together fit the picture, each at least once."""
    room = MOST_THINGS - len(things)
    fitted = []
    for thing in things:
        extra = min(max(thing.count - 1, 0), room)
        room -= extra
        fitted.append(replace(thing, count=1 + extra))
    return tuple(fitted)
