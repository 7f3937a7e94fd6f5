"""Which words are lettered in scenes: common ones, the drawings' own names, strings of letters, numbers.

A tenth of all words is never a target, by a hash of the word, so that the judge can ask for words that the painter
has not seen. Knows no fonts and no pictures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

HELD_OUT_SHARE = 0.1
LONGEST = 10
LEGIBLE = 7
SOURCES = {"name": 0.34, "common": 0.34, "letters": 0.16, "number": 0.1, "two": 0.06}
CASES = {"upper": 0.5, "lower": 0.25, "title": 0.25}

_COMMON = """
hello hi bye welcome thanks sorry please yes no ok stop go start exit enter open closed sale free new hot cold wow
love happy joy hope dream peace magic music dance party play game fun cool nice good great best super wild brave
home house room door shop store cafe bar hotel bank market school library museum theater cinema station airport
beach park garden zoo farm forest lake river ocean island desert mountain city town street road bridge harbor
sun moon star sky rain snow wind storm cloud summer winter spring autumn night day morning evening today tomorrow
monday tuesday friday sunday january march april june july august october december birthday holiday weekend easter
red blue green yellow orange purple pink brown black white gold silver
one two three four five six seven eight nine ten zero hundred
food pizza pasta bread cake cookie coffee tea milk juice water sugar salt pepper honey apple lemon cherry banana
fresh sweet spicy tasty menu lunch dinner breakfast bakery kitchen recipe
cat dog fox bear wolf lion tiger horse mouse rabbit bird duck owl fish whale shark snake frog turtle bee
art paint color draw photo film book story news radio video camera phone robot rocket space planet earth mars
win lose team goal run jump swim fly fast slow big small up down left right north south east west
king queen hero pirate wizard dragon ghost monster fairy angel knight castle crown treasure
keep calm work study read write learn think smile laugh sing relax travel explore adventure journey vacation
help danger caution warning poison private keepout notice info ticket taxi bus train subway parking
rock jazz disco punk soul blues opera guitar piano drum
love kiss heart friend family mother father sister brother baby child
mr mrs dr bob anna max lisa tom emma leo mia sam zoe jack kate
boom bang zap pow splash crash oops yeah bravo
"""
COMMON = tuple(_COMMON.split())
_PAIRS = """
good luck|happy birthday|thank you|keep out|no entry|open now|hot dog|ice cream|big sale|new york|good night|best wishes
wet paint|go home|stay cool|be happy|be nice|dream big|love you|hello world|road trip|star wars|moon cafe|pet shop
book shop|free hugs|stay wild|look up|think big|the end|my home|our garden|mad cat|sea view|well done|game over
"""
PAIRS = tuple(_PAIRS.strip().replace("\n", "|").split("|"))
_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwxyz", "aeiou"


def is_held_out(word: str) -> bool:
    """Whether this word is never lettered in training; letter case does not matter, digits are never held out."""
    if not word.isalpha():
        return False
    digest = hashlib.sha256(f"held out word: {word.lower()}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT_SHARE


def choose_words(
    names: Sequence[str], rng: np.random.Generator, *, source: str | None = None
) -> tuple[tuple[str, ...], str]:
    """Lines to letter and their kind ("word", "number" or "letters"). names: what the scene's or corpus's things are.
    source: one of SOURCES, by weight when None.
    """
    source = source or _weighted(SOURCES, rng)
    case = _weighted(CASES, rng)
    if source == "number":
        return (str(int(rng.integers(10 ** int(rng.integers(1, 5))))),), "number"
    for _ in range(20):
        if source == "two":
            lines = tuple(PAIRS[int(rng.integers(len(PAIRS)))].split())
        elif source == "letters":
            lines = (_string(rng),)
        elif source == "name" and names:
            lines = (_short_word(names[int(rng.integers(len(names)))], rng),)
        else:
            lines = (COMMON[int(rng.integers(len(COMMON)))],)
        # Long words come out small, and small letters are lost in the latents: half of them are passed over.
        too_long = max(map(len, lines)) > LEGIBLE and rng.random() < 0.5
        if all(lines) and not too_long and not any(is_held_out(line) for line in lines):
            break
    else:
        lines = ("hello",)
    return tuple(_cased(line, case) for line in lines), "letters" if source == "letters" else "word"


def _short_word(name: str, rng: np.random.Generator) -> str:
    """One word of a drawing's name that is short enough, or ""."""
    words = [word for word in re.findall(r"[a-z]+", name.lower()) if 2 <= len(word) <= LONGEST]
    return words[int(rng.integers(len(words)))] if words else ""


def _string(rng: np.random.Generator) -> str:
    """Letters that are no word: every letter gets its turn, some strings can be spoken."""
    length = int(rng.integers(1, 8))
    if rng.random() < 0.5:
        return "".join(chr(97 + int(letter)) for letter in rng.integers(0, 26, length))
    turns = (_CONSONANTS, _VOWELS) if rng.random() < 0.7 else (_VOWELS, _CONSONANTS)
    spoken = [turns[place % 2][int(rng.integers(len(turns[place % 2])))] for place in range(length)]
    return "".join(spoken)


def _cased(word: str, case: str) -> str:
    return word.upper() if case == "upper" else word.capitalize() if case == "title" else word


def _weighted(weights: dict[str, float], rng: np.random.Generator) -> str:
    edges = np.cumsum(list(weights.values()))
    return list(weights)[min(int(np.searchsorted(edges, rng.random() * edges[-1], side="right")), len(weights) - 1)]
