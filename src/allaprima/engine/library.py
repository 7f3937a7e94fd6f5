"""The library: drawings kept outside the weights, found by the phrases that name them.

A phrase is found by its exact words, or by meaning through its vector. Knows nothing of prompts or of where a
drawing is to be put; drawings are decoded when they are first asked for.
"""

from __future__ import annotations

import functools
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.bundle import Bundle
from allaprima.errors import BundleError

Array = NDArray[np.float32]

# A keyword says what a drawing is about, its name what it shows. How much a keyword counts depends on how near it
# lies to the name: "puppy" finds the dog, and "riding" hardly the man on a bicycle.
KEYWORD_BASE, KEYWORD_SLOPE = 0.60, 0.32
HEAD_BONUS = 0.02  # for a keyword that ends the name: "apple" for "red apple"


# Styles that come only when called: of two concepts that share a word, one with other drawings goes first.
CALLED_STYLES = frozenset({"silhouette", "line", "icon", "weather icon", "pixel art", "hand-drawn"})
CALLED_LOSS = 0.2  # of a bond, when one chooses between concepts

# What a bare word means first of all, where its nearest names are special cases (a police car, a christmas tree).
PLAINEST_SCORE = 0.86  # so that "fire truck" may still mean something closer
PLAINEST = {
    "car": "automobile",
    "tree": "deciduous tree",
    "flower": "tulip",
    "boat": "sailboat",
    "moon": "full moon",
    "truck": "delivery truck",
    "bee": "honeybee",
    "face": "slightly smiling face",
    "star": "star",
    "ball": "soccer ball",
    "apple": "red apple",
    "plane": "airplane",
    "train": "locomotive",
    "pumpkin": "jack o lantern",
    # Drawn under these names as an icon or in one set alone, and under others in nearly all styles.
    "sheep": "ewe",
    "coffee": "hot beverage",
    "cup of coffee": "hot beverage",
    "tea": "hot beverage",
    "cup of tea": "hot beverage",
    "wine": "wine glass",
    "glass of wine": "wine glass",
    "bottle of wine": "wine bottle",
    "beer": "beer mug",
    "glass of beer": "beer mug",
    "pint of beer": "beer mug",
    "cake": "birthday cake",
    "slice of cake": "shortcake",
    "piece of cake": "shortcake",
    "bunch of flowers": "bouquet",
    "bowl of rice": "cooked rice",
    "loaf of bread": "bread",
    "bar of chocolate": "chocolate bar",
    "bag of money": "money bag",
}


class Drawing(NamedTuple):
    """One drawing of the library, with all that has to be said of it when it informs a picture."""

    # A tuple and not a dataclass: twelve thousand of them are made at every start.
    number: int  # its place in the library
    name: str
    concept: str  # the same for one thing drawn in several styles
    words: tuple[str, ...]
    style: str
    licence: str
    source: str
    version: str
    sha256: str
    offset: int
    length: int
    phrases: tuple[int, ...]  # the name first, then the keywords
    owner: str = ""  # of a drawing that a user added

    def credit(self) -> dict[str, str]:
        """What a recipe says of it."""
        keys = ("name", "style", "licence", "source", "version", "sha256", *(("owner",) if self.owner else ()))
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True)
class Match:
    """A concept that a phrase means, and how surely (1.0: the very words of its name)."""

    concept: str
    score: float
    phrase: str  # the library's phrase that was met


class Library:
    """The drawings of a bundle. Safe to share between threads."""

    def __init__(self, drawings: Sequence[Drawing], phrases: Sequence[str], vectors: Array, pixels: bytes) -> None:
        """`vectors` is [phrases, d] of any length; `pixels` holds the encoded pictures end to end."""
        self.drawings = tuple(drawings)
        self.phrases = tuple(phrases)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._vectors: Array = np.asarray(vectors / np.maximum(norms, 1e-6), np.float32)
        self._pixels = pixels
        by_concept: dict[str, list[Drawing]] = defaultdict(list)
        for drawing in self.drawings:
            by_concept[drawing.concept].append(drawing)
        self.by_concept: Mapping[str, tuple[Drawing, ...]] = {key: tuple(each) for key, each in by_concept.items()}
        self._meant = self._bonds()
        self._weights: Array = np.asarray([max(each.values(), default=0.0) for each in self._meant], np.float32)
        self._index: dict[str, int] = {}
        for index, text in enumerate(self.phrases):
            self._index.setdefault(plain(text), index)

    @classmethod
    def open(cls, bundle: Bundle) -> Library:
        """The library of a bundle; raises BundleError when its parts do not fit together."""
        try:
            table = json.loads(bundle.path("library.json").read_bytes())
            pixels = bundle.path("library.bin").read_bytes()
            vectors = np.load(bundle.path("library_vectors.npy"), allow_pickle=False)
            phrases = [str(phrase) for phrase in table["phrases"]]
            drawings = [_drawing(index, row, phrases) for index, row in enumerate(table["drawings"])]
            if len(vectors) != len(phrases):
                raise ValueError(f"{len(phrases)} phrases but {len(vectors)} vectors")
            return cls(drawings, phrases, np.asarray(vectors, np.float32), pixels)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise BundleError(f"The library of {bundle.folder} cannot be read ({error}). Export it again.") from error

    def joined(self, rows: Sequence[Drawing], phrases: Sequence[str], vectors: Array, pixels: bytes) -> Library:
        """This library and more drawings, whose `phrases` and offsets count from the start of what is added."""
        place = [self._index.get(plain(text), -1) for text in phrases]
        new = [index for index, known in enumerate(place) if known < 0]
        for turn, index in enumerate(new):
            place[index] = len(self.phrases) + turn
        added = [
            row._replace(
                number=len(self.drawings) + turn,
                offset=len(self._pixels) + row.offset,
                phrases=tuple(place[index] for index in row.phrases),
            )
            for turn, row in enumerate(rows)
        ]
        every = np.concatenate([self._vectors, vectors[new].reshape(len(new), self._vectors.shape[1])])
        texts = [*self.phrases, *(phrases[index] for index in new)]
        return Library([*self.drawings, *added], texts, np.asarray(every, np.float32), self._pixels + pixels)

    def named(self, name: str) -> tuple[Drawing, ...]:
        """The drawings of exactly this name, in any style."""
        wanted = plain(name)
        return tuple(drawing for drawing in self.drawings if plain(drawing.name) == wanted)

    def _bonds(self) -> list[dict[str, float]]:
        """For each phrase the concepts that have it, with the weight of the closest bond: 1 for a name."""
        # Styles repeat a concept's name and keywords, so most of these are the same.
        table = list({(phrase, each.phrases[0], each.concept) for each in self.drawings for phrase in each.phrases})
        meant: list[dict[str, float]] = [{} for _ in self.phrases]
        if not table:
            return meant
        phrases, names, concepts = zip(*table, strict=True)
        # The sum over the columns in parts: one gather of all rows at once would take a hundred megabytes.
        near = np.zeros(len(table), np.float32)
        for start in range(0, len(table), 4096):
            part = slice(start, start + 4096)
            rows, others = self._vectors[list(phrases[part])], self._vectors[list(names[part])]
            near[part] = np.einsum("pd,pd->p", rows, others)
        weights = (KEYWORD_BASE + KEYWORD_SLOPE * np.clip(near, 0.0, 1.0)).tolist()
        words = [plain(phrase) for phrase in self.phrases]
        for phrase, name, concept, keyword_weight in zip(phrases, names, concepts, weights, strict=True):
            weight = 1.0 if phrase == name else keyword_weight
            if phrase != name and words[name].endswith(" " + words[phrase]):
                weight += HEAD_BONUS
            known = meant[phrase]
            known[concept] = max(weight, known.get(concept, 0.0))
        return meant

    def exact(self, words: str, style: str | None = None) -> Match | None:
        """The concept that has exactly these words as its name or a keyword; names go first, unless nobody has drawn
        the thing but as an icon or an outline, and no `style` asks for that."""
        words = plain(words)
        if PLAINEST.get(words) in self._index:
            return self._match(self._index[PLAINEST[words]], PLAINEST_SCORE, style)
        index = self._index.get(words)
        return self._match(index, 1.0, style) if index is not None else None

    def is_drawn(self, concept: str, style: str | None = None) -> bool:
        """Whether there is a drawing of it in `style`, or in one that needs no calling."""
        return any(each.style == style or each.style not in CALLED_STYLES for each in self.by_concept[concept])

    def nearest(self, vector: Array, count: int = 8) -> list[Match]:
        """The concepts nearest in meaning to a unit vector [d], best first, each once."""
        scores = (self._vectors @ vector) * self._weights
        pool = min(len(scores), count * 8)
        best: dict[str, Match] = {}
        top = np.argpartition(-scores, pool - 1)[:pool]
        for index in top[np.argsort(-scores[top], kind="stable")]:
            similarity = float(scores[index]) / max(float(self._weights[index]), 1e-6)
            match = self._match(int(index), similarity)
            if match is not None:
                best.setdefault(match.concept, match)
        return list(best.values())[:count]

    def _match(self, phrase: int, similarity: float, style: str | None = None) -> Match | None:
        concepts = self._meant[phrase]
        if not concepts:
            return None

        def rank(concept: str) -> tuple[float, int, str]:
            loss = 0.0 if self.is_drawn(concept, style) else CALLED_LOSS
            # Of concepts that share a keyword as closely, the one drawn most often is the plainest.
            return concepts[concept] - loss, len(self.by_concept[concept]), concept

        concept = max(concepts, key=rank)
        return Match(concept, similarity * concepts[concept], self.phrases[phrase])

    def image(self, drawing: Drawing) -> NDArray[np.uint8]:
        """The drawing itself, cut to what is visible: uint8 RGBA [h, w, 4], straight alpha, read-only."""
        return _decoded(self, drawing.number)


@functools.lru_cache(maxsize=256)
def _decoded(library: Library, index: int) -> NDArray[np.uint8]:
    drawing = library.drawings[index]
    raw = library._pixels[drawing.offset : drawing.offset + drawing.length]
    try:
        with Image.open(io.BytesIO(raw)) as picture:
            rgba = picture.convert("RGBA")
    except (OSError, SyntaxError) as error:
        raise BundleError(f"The library's drawing {drawing.name!r} cannot be decoded: {error}.") from error
    box = rgba.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    pixels = np.asarray(rgba.crop(box) if box else rgba)
    pixels.flags.writeable = False
    return pixels


def plain(words: str) -> str:
    """Lower case, hyphens as spaces: the form in which phrases are compared."""
    return " ".join(words.casefold().replace("-", " ").replace("_", " ").replace("’", "'").split())


def _drawing(index: int, row: Mapping[str, Any], texts: Sequence[str]) -> Drawing:
    phrases = tuple(row["phrases"])
    if not phrases:
        raise ValueError(f"the drawing {row['name']!r} has no phrase")
    words = row["words"] if "words" in row else [texts[each] for each in phrases[1:]]
    return Drawing(
        index, row["name"], row["concept"], tuple(words), row["style"], row["licence"],
        row["source"], row["version"], row["sha256"], row["offset"], row["length"], phrases,
    )  # fmt: skip
