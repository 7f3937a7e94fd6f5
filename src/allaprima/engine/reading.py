"""Reading: what a prompt says, in the vocabulary that the scenes were composed with.

Words only: phrases of the vocabulary are claimed longest first, and what remains between them are noun
phrases. It never fails: a prompt that says nothing it knows has no objects. Knows nothing of vectors or of
the library.

    read("two small red foxes next to a barn at night").phrases[0]  # words "foxes", count 2, red, small
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from allaprima.scene import vocabulary

Kind = Literal[
    "free", "stop", "colour", "count", "size", "style", "look", "scenery", "time", "weather", "relation",
    "adjective", "deed", "break",
]  # fmt: skip

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[,;:.!?()\[\]|\n]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STOP = _words("""
a an the this that these those of in on at to by with without from for into onto over under as is are was be
being been it its it's his her hers their our my your he she they we i you who which whose and or but so very
some any all each there here where while when out up down off no not
""")

# Words of measure and of picture-making: "a cup of tea" is tea, "a photo of a cat" a cat.
_MEASURES = _words("""
bunch pair group flock herd couple lot lots piece slice photo photograph picture image painting drawing
illustration sketch portrait view scene rendering render trio kind type sort cup bowl glass plate mug bottle
basket vase jar pot bucket box bag pile stack
""")

# Things that only say where or how another thing is; to paste one of them would be a surprise.
_CIRCUMSTANCES = _words("""
water ground air background foreground light lights shadow shadows top bottom side middle front back distance
horizon wind wall roof branch floor edge corner day time style color colour colors colours world way
halloween christmas easter
""")

# After "with": parts of the thing before. A woman with blue hair is no woman beside a hair.
_PARTS = _words("""
hair eye eyes ear ears nose mouth beard moustache mustache fur tail tails wing wings leg legs arm arms horn horns teeth
claws feathers whiskers spots stripes scales smile face door doors window windows chimney wheel wheels sail sails
""")

# How people say a style or a relation besides the vocabulary's own phrases.
_RELATION_PHRASES = {"on top of": ("riding", "riding on", "perched on")}
_STYLE_PHRASES = {"flat": ("flat vector art", "flat vector style", "flat icon", "vector art")}

# Words in -ing that are things; any other is something a thing does, and ends its noun phrase.
_THINGS_IN_ING = _words("""
king ring wing string spring building ceiling wedding earring pudding clothing lightning dumpling duckling
sling swing starling gosling icing railing awning viking sibling darling
""")

# What people say of everything; none of it can be drawn by itself.
_ADJECTIVES = _words("""
beautiful pretty cute adorable lovely nice good great amazing awesome stunning gorgeous epic magical mystical
dreamy happy sad angry funny silly scary spooky serene calm peaceful tranquil quiet cozy cosy warm cold hot
bright dark vivid colorful colourful soft smooth simple minimal minimalist detailed intricate old young new
ancient modern fluffy furry round tall short long wide vast fresh lonely majestic dramatic cinematic realistic
photorealistic masterpiece quality highly ultra hd 4k 8k high best super really whole entire single several
many few friendly cheerful giant distant full frozen steaming wooden broken empty
""")

_SEVERAL = {
    "several": 3, "many": 4, "few": 3, "some": 2, "flock": 3, "herd": 3, "bunch": 3, "group": 3, "pair": 2,
    "couple": 2, "trio": 3,
}  # fmt: skip

_IRREGULAR = {
    "mice": "mouse", "geese": "goose", "feet": "foot", "teeth": "tooth", "men": "man", "women": "woman",
    "people": "person", "children": "child", "wolves": "wolf", "leaves": "leaf", "knives": "knife",
    "loaves": "loaf", "calves": "calf", "elves": "elf", "shelves": "shelf", "halves": "half", "oxen": "ox",
    "cacti": "cactus",
}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One word or mark of the prompt and what it was taken for."""

    text: str
    kind: Kind
    name: str = ""  # the vocabulary's name for it: "left of", "ocean", "red"


@dataclass(frozen=True)
class NounPhrase:
    """A run of words that no vocabulary claims: something to look for in the library."""

    words: tuple[str, ...]
    start: int  # index of its first word among the reading's words
    count: int = 1
    colour: str | None = None
    size: str | None = None
    manner: tuple[str, ...] = ()  # adjectives right before it

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Reading:
    """What a prompt says. Names are the vocabulary's own; `phrases` come in the order of the prompt."""

    text: str
    words: tuple[Word, ...]
    phrases: tuple[NounPhrase, ...]
    styles: tuple[str, ...]
    looks: tuple[str, ...]
    colours: tuple[str, ...]
    scenery: str | None
    time_of_day: str | None
    weather: str | None
    relations: tuple[tuple[int, str], ...]  # (index among the words, name)

    @property
    def style(self) -> str | None:
        """The first style that was asked for."""
        return self.styles[0] if self.styles else None

    def relation_between(self, first: int, second: int) -> str | None:
        """The relation said between two words, by their index; the last one before the second counts."""
        between = [name for index, name in self.relations if first < index < second]
        return between[-1] if between else None


def read(text: str) -> Reading:
    """Read a prompt; case, hyphens and punctuation inside words do not matter."""
    raw = _WORD.findall(text.casefold().replace("-", " ").replace("’", "'"))
    words = _without_parts(_free_bare_colours(_tag(raw)))
    names: dict[Kind, list[str]] = {}
    for word in words:
        if word.name and word.name not in names.setdefault(word.kind, []):
            names[word.kind].append(word.name)
    relations = [
        (index, word.name)
        for index, word in enumerate(words)
        if word.kind == "relation" and (index == 0 or words[index - 1] is not word)
    ]
    return Reading(
        text=text,
        words=tuple(words),
        phrases=tuple(_noun_phrases(words)),
        styles=tuple(names.get("style", ())),
        looks=tuple(names.get("look", ())),
        colours=tuple(names.get("colour", ())),
        scenery=_first(names.get("scenery")),
        time_of_day=_first(names.get("time")),
        weather=_first(names.get("weather")),
        relations=tuple(relations),
    )


def singular(word: str) -> str:
    """An English noun's singular, by rule; words that are none come back as they are or harmlessly cut."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 4 and word.endswith("uses") and not word.endswith("ouses"):
        return word[:-2]
    if len(word) > 5 and word.endswith("oes"):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _tag(raw: list[str]) -> list[Word]:
    """Claim the vocabulary's phrases, at each place the longest; its places share one Word."""
    claims, longest = _claims()
    words: list[Word] = []
    place = 0
    while place < len(raw):
        for length in range(min(longest, len(raw) - place), 0, -1):
            claim = claims.get(tuple(raw[place : place + length]))
            if claim is not None:
                words += [Word(" ".join(raw[place : place + length]), *claim)] * length
                place += length
                break
        else:
            words.append(Word(raw[place], _common(raw[place])))
            place += 1
    return words


def _common(word: str) -> Kind:
    if not word[0].isalnum():
        return "break"
    if word in _STOP:
        return "stop"
    if word in _ADJECTIVES or word in _CIRCUMSTANCES:
        return "adjective"
    return "deed" if _is_deed(word) else "free"


def _is_deed(word: str) -> bool:
    return len(word) > 4 and word.endswith("ing") and word not in _THINGS_IN_ING


@functools.cache
def _claims() -> tuple[dict[tuple[str, ...], tuple[Kind, str]], int]:
    """Every phrase of the vocabulary with its kind and name; of two meanings the first table's wins."""
    tables: list[tuple[Kind, Mapping[str, Iterable[str]]]] = [
        ("style", vocabulary.STYLES),
        ("style", {name: (word,) for name, word in vocabulary.STYLE_ADJECTIVES.items()}),
        ("style", _STYLE_PHRASES),
        ("look", vocabulary.LOOKS),
        ("time", vocabulary.TIMES),
        ("time", vocabulary.TIME_PHRASES),
        ("time", vocabulary.TIME_SKIES),
        ("weather", vocabulary.WEATHER_PHRASES),
        ("scenery", vocabulary.PLACES),
        ("scenery", vocabulary.VIEWS),
        ("scenery", vocabulary.SCENERIES),
        ("weather", vocabulary.WEATHERS),
        ("relation", vocabulary.RELATIONS),
        ("relation", _RELATION_PHRASES),
        ("colour", vocabulary.COLOURS),
        ("size", vocabulary.SIZES),
        ("count", {str(count): words for count, words in vocabulary.COUNTS.items()}),
        ("adjective", vocabulary.VIEW_ADJECTIVES),
        ("adjective", vocabulary.WEATHER_ADJECTIVES),
    ]
    claims: dict[tuple[str, ...], tuple[Kind, str]] = {}
    for kind, table in tables:
        for name, phrases in table.items():
            for phrase in phrases:
                key = tuple(_WORD.findall(phrase.casefold().replace("-", " ")))
                claims.setdefault(key, (kind, "" if kind == "adjective" else name))
    # The table says "in the snow" and "on a beach": take each place with either article.
    for key, claim in list(claims.items()):
        for old, new in (("a", "the"), ("the", "a")):
            if claim[0] in ("scenery", "time", "weather") and old in key:
                claims.setdefault(tuple(new if word == old else word for word in key), claim)
    return claims, max(map(len, claims))


def _free_bare_colours(words: list[Word]) -> list[Word]:
    """A colour word that colours nothing is a thing: "an orange", "a rose and a cat"."""
    freed = list(words)
    for index, word in enumerate(words):
        if word.kind != "colour" or " " in word.text:
            continue
        after = words[index + 1].kind if index + 1 < len(words) else "break"
        article = index > 0 and words[index - 1].text in ("a", "an", "the", "one", "two", "three", "four")
        if article and after not in (
            "free",
            "colour",
            "size",
            "adjective",
            "scenery",
            "style",
            "look",
            "weather",
        ):
            freed[index] = Word(word.text, "free")
    return freed


def _without_parts(words: list[Word]) -> list[Word]:
    """Parts of a thing, said after "with" or as the second of two, name nothing of their own."""
    kept, within = list(words), False
    for index, word in enumerate(words):
        if word.text == "with":
            within = True
        elif within and word.kind == "free":
            ends = index + 1 == len(words) or words[index + 1].kind != "free"
            within = word.text in _PARTS and ends
            if within:
                kept[index] = Word(word.text, "adjective")
        elif word.kind in ("break", "relation", "scenery"):
            within = False
    return kept


def _noun_phrases(words: list[Word]) -> Iterable[NounPhrase]:
    """Runs of free words, each with the count, colour and size that were said before it."""
    count: int | None = None
    colour: str | None = None
    size: str | None = None
    place = 0
    while place < len(words):
        word = words[place]
        if word.kind == "free" and word.text in _MEASURES and _next_is(words, place, "of"):
            count = _SEVERAL.get(word.text, count)
            place += 2
            continue
        if word.kind == "free":
            end = place
            while end < len(words) and words[end].kind == "free":
                end += 1
            run = tuple(each.text for each in words[place:end])
            # "dreamy ocean": words directly before a scenery describe it and are no things of their own.
            describes = end < len(words) and words[end].kind in (
                "scenery",
                "time",
                "style",
                "look",
                "weather",
            )
            if not (describes and words[end].text.split()[0] not in _STOP):
                plural = singular(run[-1]) != run[-1]
                first = place
                while first > 0 and words[first - 1].kind == "adjective":
                    first -= 1
                manner = tuple(each.text for each in words[first:place])
                yield NounPhrase(run, place, count or (2 if plural else 1), colour, size, manner)
            count = colour = size = None
            place = end
            continue
        if word.kind == "count":
            count = int(word.name)
        elif word.kind == "colour":
            colour = word.name
        elif word.kind == "size":
            size = word.name
        elif word.kind == "adjective" and word.text in _SEVERAL:
            count = _SEVERAL[word.text]
        elif word.kind not in ("adjective", "stop") or word.text in ("with", "in", "on", "and"):
            count = colour = size = None
        place += 1


def _next_is(words: list[Word], place: int, text: str) -> bool:
    return place + 1 < len(words) and words[place + 1].text == text


def _first(names: list[str] | None) -> str | None:
    return names[0] if names else None
