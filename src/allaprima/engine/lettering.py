"""Lettering: the quoted words of a prompt, set in the package's typeface and put into the collage.

Letters reach the network as drawings do: as a picture of them, where they are to be. Knows the words around a
quotation (what it is written on, in which colour, above or below what), and nothing of models.

    said, rest = read('a red sign that says "STOP" above a fox')   # said.text "STOP", place "above"; rest "a fox"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima import typeface
from allaprima.engine.collage import CELL, SQUARE, Box, Collage, Letters
from allaprima.engine.reading import Reading
from allaprima.engine.shapes import Cells
from allaprima.scene import layout, vocabulary

NEUTRAL = (28, 28, 32)  # the ink that half of the training collages had
LONGEST = 40  # characters; more cannot be read in a picture of this size
LINE = 10  # characters, about, before words go to the next line
LINES = 3
_ON_BOARD, _ON_BACKDROP = 0.28, 0.1  # padding around letters, of their height, as the scenes have it
_ABOVE_SHARE = 0.6
_LEAST = 0.7  # of the training scenes' range of sizes
_DARK_TIMES, _DARK_PLACES = ("night", "dusk"), ("space", "underwater")

_QUOTED = re.compile(r'(?<![0-9])["“”]([^"“”]+)["“”]')
_COLOURS = {phrase.casefold(): name for name, phrases in vocabulary.COLOURS.items() for phrase in phrases}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BOARDS = _set("""
sign signs signboard board billboard banner ribbon plate label badge button placard poster card bubble logo plaque
""")
_STUFF = _set("letters lettering text writing type font")
_NAMED = _set("words word letter number numbers title caption name message speech")
_SAYING = _set("""
that which says say saying reads reading titled called spelling spells written with and of has having holding showing
a an the some in on
""")
_MANNER = _set("big large small tiny huge bold wooden neon metal old simple plain bright blank")
_SIDES = {"above": "above", "over": "above", "below": "below", "under": "below", "beneath": "below",
          "underneath": "below"}  # fmt: skip
_OTHER_SIDE = {"above": "below", "below": "above"}


def _any(words: Iterable[str]) -> str:
    """A pattern for any of these, the longest first."""
    ordered = sorted(words, key=lambda each: (-len(each), each))
    return "(?:" + "|".join(r"\s+".join(map(re.escape, each.split())) for each in ordered) + ")"


# What may come after: "in big red letters", "written in blue", "on it", "above it", "over a fox".
_INK = re.compile(
    rf"\s*,?\s*(?:written\s+)?in\s+(?:an?\s+)?(?:{_any(_MANNER)}\s+)*"
    rf"(?:(?P<colour>{_any(_COLOURS)})(?:\s+{_any(_STUFF)}\b)?(?=\W|$)|{_any(_STUFF)}\b)",
    re.IGNORECASE,
)
_ON = re.compile(
    rf"\s*(?:written\s+)?on\s+(?:it\b|(?:an?|the)\s+(?:\w+\s+)?{_any(_BOARDS)}\b)", re.IGNORECASE
)
_SIDE = re.compile(rf"\s*,?\s*(?:written\s+)?\b(?P<side>{_any(_SIDES)})\b(?:\s+it\b)?", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What a prompt wants lettered. place: "above" or "below" its things, None where it does not say."""

    text: str
    lines: tuple[str, ...]
    colour: str | None
    is_on_board: bool
    place: str | None


def read(prompt: str) -> tuple[Said | None, str]:
    """The first quotation of a prompt that can be lettered, and the prompt without it and the words that belong to it.

    Single quotation marks are apostrophes. A prompt without lettering comes back as it is.
    """
    for found in _QUOTED.finditer(prompt):
        text = " ".join("".join(each for each in found[1] if _is_settable(each)).split())
        if not any(map(str.isalnum, text)) or len(text) > LONGEST:
            continue
        before, own = _belonging(prompt[: found.start()])
        after, colour, is_on_board, place = prompt[found.end() :], None, not _BOARDS.isdisjoint(own), None
        for _ in range(3):  # in any order, each once
            if (ink := _INK.match(after)) is not None:
                colour, after = ink["colour"] or colour, after[ink.end() :]
            if (on := _ON.match(after)) is not None:
                is_on_board, after = True, after[on.end() :]
            if place is None and (side := _SIDE.match(after)) is not None:
                place, after = _SIDES[side["side"].casefold()], after[side.end() :]
        last = before.rsplit(None, 1)[-1:]
        if place is None and last and last[0].casefold() in _SIDES:
            place = _OTHER_SIDE[_SIDES[last[0].casefold()]]
            before = before[: before.rindex(last[0])]
        if colour is None and not is_on_board:
            colour = next((each for each in own if each in _COLOURS), None)
        known = _COLOURS[" ".join(colour.casefold().split())] if colour else None
        rest = " ".join(f"{before} {after}".split()).replace(" ,", ",")
        return Said(text, broken(text), known, is_on_board, place), rest
    return None, prompt


def _belonging(before: str) -> tuple[str, list[str]]:
    """What stands before a quotation, parted into what says something of its own and the words that lead to it."""
    words, own = before.split(), []
    while words:
        word = words[-1].strip(",;:").casefold()
        if word not in _BOARDS | _STUFF | _NAMED | _SAYING | _MANNER and word not in _COLOURS:
            break
        own.append(word)
        words.pop()
    return " ".join(words), own


def _is_settable(character: str) -> bool:
    """Whether the typeface has it: the printable characters of Latin-1."""
    return " " <= character <= "~" or "\u00a1" <= character <= "\u00ff"


def broken(text: str) -> tuple[str, ...]:
    """The text in up to `LINES` lines, broken between words so that the longest line is short."""
    words = text.split()
    if len(text) <= LINE or len(words) == 1:
        return (text,)
    best: tuple[str, ...] = (text,)
    for first in range(1, len(words) + 1):
        for second in range(first, len(words) + 1):
            parts = (words[:first], words[first:second], words[second:])
            lines = tuple(" ".join(part) for part in parts if part)
            if len(lines) <= LINES and _worth(lines) < _worth(best):
                best = lines
    return best


def _worth(lines: Sequence[str]) -> float:
    """How small the letters would come out: the width they need, or the height where that is more."""
    return max(max(map(len, lines)), 3.2 * len(lines))


def plan(
    said: Said, collage: Collage | None, reading: Reading, rng: np.random.Generator, shape: Cells = SQUARE
) -> Letters:
    """A box for the words, by the layout of the training scenes: beside the collage's things, or alone.

    Large letters are drawn best, so it is among the larger ones. Ink that nobody asked for is light in the dark.
    """
    is_dark = reading.time_of_day in _DARK_TIMES or reading.scenery in _DARK_PLACES
    has_things = collage is not None and any(collage.boxes)
    chance = rng.random()
    if has_things:
        place = said.place or ("above" if chance < _ABOVE_SHARE else "below")
    else:
        place = "alone" if reading.scenery in (None, "plain", "pattern") else "scenery"
    ink = typeface.set_words(said.lines)
    padding = _ON_BOARD if said.is_on_board else _ON_BACKDROP
    aspect = ink.width / ink.height * shape[0] / shape[1]  # in fractions of the picture's sides
    box = layout.lettering(aspect, len(said.lines), place, rng, padding=padding, least=_LEAST)
    colour = said.colour or ("white" if is_dark and not said.is_on_board else None)
    return Letters(said.text, said.lines, colour, place, box)


def beside(boxes: Sequence[Sequence[Box]], letters: Letters) -> tuple[tuple[Box, ...], ...]:
    """Things' boxes moved and shrunk together, so that they stay clear of the letters."""
    flat = [box for each in boxes for box in each]
    if not flat or letters.place not in ("above", "below"):
        return tuple(tuple(each) for each in boxes)
    whole = (min(b[0] for b in flat), min(b[1] for b in flat), max(b[2] for b in flat), max(b[3] for b in flat))
    room = layout.make_room(whole, letters.box, letters.place, padding=_ON_BACKDROP)
    scale = (room[3] - room[1]) / (whole[3] - whole[1])

    def moved(box: Box) -> Box:
        x0, x1 = (room[0] + (edge - whole[0]) * scale for edge in (box[0], box[2]))
        y0, y1 = (room[1] + (edge - whole[1]) * scale for edge in (box[1], box[3]))
        return (x0, y0, x1, y1)

    return tuple(tuple(moved(box) for box in each) for each in boxes)


def drawn(rgba: NDArray[np.uint8], letters: Letters) -> NDArray[np.uint8]:
    """A collage's pixels [h, w, 4] with the letters in their box."""
    sheet = Image.fromarray(rgba)
    ink = _ink(letters.colour)
    mask = typeface.set_words(letters.lines)
    x0, y0, x1, y1 = letters.box
    width, height = (x1 - x0) * sheet.width, (y1 - y0) * sheet.height
    mask = mask.resize((max(round(width), 2), max(round(height), 2)), Image.Resampling.BOX)
    layer = Image.new("RGBA", sheet.size, (*ink, 0))
    place = Image.new("L", sheet.size)
    place.paste(mask, (round(x0 * sheet.width), round(y0 * sheet.height)))
    layer.putalpha(place)
    sheet.alpha_composite(layer)
    return np.asarray(sheet)


def into(collage: Collage | None, letters: Letters, shape: Cells = SQUARE) -> Collage:
    """A collage, or else an empty one of this shape (rows and columns of the latent), with the letters in it."""
    if collage is None:
        blank = np.zeros((shape[0] * CELL, shape[1] * CELL, 4), np.uint8)
        return Collage(drawn(blank, letters), (), (), letters)
    return replace(collage, rgba=drawn(collage.rgba, letters), letters=letters)


def _ink(colour: str | None) -> tuple[int, int, int]:
    """The colour asked for, unless it is as light as the grey that lies under a collage."""
    red, green, blue = vocabulary.COLOUR_RGB[colour] if colour else NEUTRAL
    light = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    return NEUTRAL if abs(light - 0.5) < 0.14 else (red, green, blue)
