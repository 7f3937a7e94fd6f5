"""Makes the prompt suite from the corpus and the vocabulary: the same corpus gives the same file.

Concepts are dealt to the two splits by their names' hash, so no split knows the other's. Only things with a plain
name that exist in several styles are asked for, so that they can be recognised. Knows nothing of painters or scores.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from allaprima.judge.prompts import plain_name, with_article
from allaprima.judge.references import Drawings, of_corpus
from allaprima.judge.suite import POSITIONS, SPLITS, TAGS, Include, Question
from allaprima.scene import colours, nouns, vocabulary
from allaprima.scene.plot import TIMELESS
from allaprima.scene.stock import is_held_out

if TYPE_CHECKING:
    from allaprima.scene.corpus import Corpus

OF_TAG = 100  # questions of each tag in each split
SEEDS = {"dev": 5_000_000, "test": 6_000_000}
NAME = re.compile(r"[a-z]+(?:[ -][a-z]+)?")
NOT_ASKED = frozenset({"symbol", "flag", "people", "face"})  # groups whose drawings name few things one can see
# A thing called sunrise or motorway says something of the picture around it too.
SURROUNDINGS = frozenset(
    word
    for table in (vocabulary.SCENERIES, vocabulary.TIMES, vocabulary.WEATHERS)
    for phrases in table.values()
    for phrase in phrases
    for word in phrase.split()
) | frozenset({"motorway", "railway", "globe", "map", "world"})
# Icons' names that are no things: nobody would type them.
NO_THINGS = frozenset(
    [
        "unlocked",
        "locked",
        "oncoming",
        "incoming",
        "outgoing",
        "low",
        "empty",
        "closed",
        "open",
        "left",
        "right",
        "up",
        "down",
        "arrival",
        "departure",
        "increasing",
        "decreasing",
        "mark",
        "button",
        "sign",
        "symbol",
        "zone",
        "bright",
        "dim",
        "front",
        "rear",
        "non",
    ]
)
STYLES = tuple(name for name in vocabulary.STYLES if name not in ("weather icon", "silhouette"))
COLOURS = colours.VIVID
NUMBERS = {2: "two", 3: "three", 4: "four"}
PLACES = ("field", "beach", "snow", "forest", "desert", "mountains", "road", "city")


def make(corpus: Corpus, *, of_tag: int = OF_TAG) -> tuple[Question, ...]:
    """The whole suite, both splits, tag by tag."""
    drawings = of_corpus(corpus)
    made: list[Question] = []
    for split in SPLITS:
        stock = _Stock(corpus, drawings, split)
        for tag in TAGS:
            rng = np.random.default_rng([SPLITS.index(split), TAGS.index(tag)])
            first = SEEDS[split] + 10_000 * TAGS.index(tag)
            seen: set[str] = set()
            for turn in range(of_tag * 20):
                one = _MAKERS[tag](stock, split, len(seen), first + 16 * len(seen), rng)
                if one is not None and one.prompt not in seen:
                    seen.add(one.prompt)
                    made.append(one)
                if len(seen) == of_tag or (turn > 50 and not seen):
                    break
    return tuple(made)


def split_of(concept: str) -> str:
    """Which split may ask for this concept."""
    return SPLITS[hashlib.sha256(f"split: {concept}".encode()).digest()[0] % 2]


class _Stock:
    """The concepts that one split may ask for, in an order of its own, and their names."""

    def __init__(self, corpus: Corpus, drawings: Drawings, split: str) -> None:
        self.corpus = corpus
        self.names: dict[str, str] = {}
        self._colours: dict[str, frozenset[str]] = {}
        groups = {concept: corpus.drawings[rows[0]].group for concept, rows in corpus.by_concept.items()}
        for concept in drawings.concepts:
            name = plain_name(drawings, concept)
            usable = NAME.fullmatch(name) and not nouns.is_plural(name) and not nouns.is_mass(name)
            usable = usable and (SURROUNDINGS | NO_THINGS).isdisjoint(name.split())
            if split_of(concept) == split and usable and groups[concept] not in NOT_ASKED:
                self.names[concept] = name
        order = np.random.default_rng(SPLITS.index(split)).permutation(len(self.names))
        self.concepts = [sorted(self.names)[place] for place in order]
        self.plain = [each for each in self.concepts if nouns.colour_in(self.names[each]) is None]
        self.pairs = [
            (concept, style)
            for concept in self.concepts
            for style in STYLES
            if is_held_out(concept, style) and self._styles(concept) - {style} and style in self._styles(concept)
        ]

    def _styles(self, concept: str) -> set[str]:
        return {self.corpus.drawings[row].style for row in self.corpus.by_concept[concept]}

    def seen_styles(self, concept: str) -> list[str]:
        """Styles that the concept was composed in for training, in the vocabulary's order."""
        return [style for style in STYLES if style in self._styles(concept) and not is_held_out(concept, style)]

    def is_colourable(self, concept: str) -> bool:
        """Whether two of the concept's drawings at least have one vivid colour, so that another can be asked for."""
        if concept not in self._colours:
            rows = self.corpus.by_concept[concept][:8]
            found = [colours.dominant(self.corpus.image(row)[2::5, 2::5]) for row in rows]
            self._colours[concept] = frozenset({"yes"} if sum(each in COLOURS for each in found) >= 2 else ())
        return bool(self._colours[concept])

    def colourable(self, rng: np.random.Generator, avoid: str = "") -> str | None:
        for _ in range(60):
            concept: str = self.plain[int(rng.integers(len(self.plain)))]
            if concept != avoid and self.is_colourable(concept):
                return concept
        return None


def _place(turn: int, rng: np.random.Generator) -> tuple[str, str | None]:
    """Words after the subject and the scenery they name: a third none, a third a plain ground, a third a place."""
    if turn % 3 == 0:
        return "", None
    if turn % 3 == 1:
        return " on a plain background", "plain"
    scenery = PLACES[int(rng.integers(len(PLACES)))]
    return f" {vocabulary.PLACES[scenery][0]}", scenery


def _single(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    concept = stock.concepts[turn % len(stock.concepts)]
    name = stock.names[concept]
    words, scenery = _place(turn, rng)
    return Question(
        "single_object", split, with_article(name) + words, seed, (Include(concept, name),), scenery=scenery
    )


def _two_of(stock: _Stock, rng: np.random.Generator) -> tuple[str, str]:
    a, b = rng.permutation(len(stock.plain))[:2]
    return stock.plain[int(a)], stock.plain[int(b)]


def _two(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    a, b = _two_of(stock, rng)
    words, scenery = _place(turn, rng)
    text = f"{with_article(stock.names[a])} and {with_article(stock.names[b])}{words}"
    include = (Include(a, stock.names[a]), Include(b, stock.names[b]))
    return Question("two_objects", split, text, seed, include, scenery=scenery)


def _counting(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    concept = stock.plain[int(rng.integers(len(stock.plain)))]
    name, count = stock.names[concept], 2 + turn % 3
    words, scenery = _place(turn // 3, rng)
    text = f"{NUMBERS[count]} {nouns.plural(name)}{words}"
    return Question("counting", split, text, seed, (Include(concept, name, count),), scenery=scenery)


def _colours(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    concept, colour = stock.colourable(rng), COLOURS[turn % len(COLOURS)]
    if concept is None:
        return None
    name = stock.names[concept]
    words, scenery = _place(turn // 8, rng)
    text = f"{nouns.article(f'{colour} {name}')}{words}"
    return Question("colours", split, text, seed, (Include(concept, name, colour=colour),), scenery=scenery)


def _binding(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    a = stock.colourable(rng)
    b = stock.colourable(rng, a or "")
    if a is None or b is None:
        return None
    first, second = (COLOURS[int(place)] for place in rng.permutation(len(COLOURS))[:2])
    words, scenery = _place(turn, rng)
    texts = [nouns.article(f"{colour} {stock.names[each]}") for colour, each in ((first, a), (second, b))]
    include = (Include(a, stock.names[a], colour=first), Include(b, stock.names[b], colour=second))
    return Question("colour_binding", split, " and ".join(texts) + words, seed, include, scenery=scenery)


def _position(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    a, b = _two_of(stock, rng)
    relation = POSITIONS[turn % 4]
    words, scenery = _place(turn // 4, rng)
    said = vocabulary.RELATIONS[relation][0]
    text = f"{with_article(stock.names[a])} {said} {with_article(stock.names[b])}{words}"
    include = (Include(a, stock.names[a], position=(relation, 1)), Include(b, stock.names[b]))
    return Question("position", split, text, seed, include, scenery=scenery)


def _style(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    style = STYLES[turn % len(STYLES)]
    for _ in range(200):
        concept = stock.concepts[int(rng.integers(len(stock.concepts)))]
        if style in stock.seen_styles(concept):
            return _styled("style", stock, concept, style, split, turn, seed)
    return None


def _unseen(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    if turn >= len(stock.pairs):
        return None
    return _styled("unseen_pair", stock, *stock.pairs[turn], split, turn, seed)


def _styled(tag: str, stock: _Stock, concept: str, style: str, split: str, turn: int, seed: int) -> Question:
    name = stock.names[concept]
    if turn % 2:
        text = f"{nouns.article(f'{vocabulary.STYLE_ADJECTIVES[style]} {name}')} on a plain background"
    else:
        text = f"{with_article(name)} on a plain background, {vocabulary.STYLES[style][0]}"
    return Question(tag, split, text, seed, (Include(concept, name),), style=style, scenery="plain")


def _view(scenery: str, rng: np.random.Generator) -> str:
    views = vocabulary.VIEWS[scenery]
    view = views[int(rng.integers(len(views)))]
    adjectives = vocabulary.VIEW_ADJECTIVES[scenery]
    said = f"{adjectives[int(rng.integers(len(adjectives)))]} {view}" if rng.random() < 0.6 else view
    return with_article(said)


def _scenery(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    names = [name for name in vocabulary.SCENERIES if name not in ("plain", "pattern")]
    scenery = names[turn % len(names)]
    return Question("scenery", split, _view(scenery, rng), seed, scenery=scenery)


def _time(stock: _Stock, split: str, turn: int, seed: int, rng: np.random.Generator) -> Question | None:
    names = [name for name in vocabulary.SCENERIES if name not in TIMELESS and name != "room"]
    time = tuple(vocabulary.TIMES)[turn % len(vocabulary.TIMES)]
    scenery = names[int(rng.integers(len(names)))]
    phrases = vocabulary.TIME_PHRASES[time]
    text = f"{with_article(vocabulary.VIEWS[scenery][0])} {phrases[int(rng.integers(len(phrases)))]}"
    return Question("time_of_day", split, text, seed, scenery=scenery, time=time)


Maker = Callable[[_Stock, str, int, int, np.random.Generator], Question | None]
_MAKERS: dict[str, Maker] = {
    "single_object": _single, "two_objects": _two, "counting": _counting, "colours": _colours,
    "colour_binding": _binding,
    "position": _position, "style": _style, "scenery": _scenery, "time_of_day": _time, "unseen_pair": _unseen,
}  # fmt: skip


def tally(questions: Sequence[Question]) -> dict[str, dict[str, int]]:
    """How many questions each split has of each tag."""
    return {
        split: {tag: sum(each.split == split and each.tag == tag for each in questions) for tag in TAGS}
        for split in SPLITS
    }
