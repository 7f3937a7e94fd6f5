"""The judge's references: real drawings of known concepts, seen by the network on plain grounds.

They come from the corpus where it was built, else from the bundle's library, so that a fresh clone can judge
too. Knows nothing of prompts or painted pictures.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.errors import UserError
from allaprima.judge.features import Features

if TYPE_CHECKING:
    from allaprima.engine.library import Library
    from allaprima.scene.corpus import Corpus

SIDE = 256
LEAST_STYLES = 3
MOST_DRAWINGS = 6  # of one concept: more cost time and change little
# A white or black shape is coloured where it is used; on a ground of its own it shows nothing.
LEFT_OUT_STYLES = frozenset({"silhouette"})

Progress = Callable[[str, int, int], None]  # what is done, how many are done, of how many


class Named(Protocol):
    """What the judge needs to know of a drawing; the corpus's and the library's both have it."""

    @property
    def name(self) -> str: ...
    @property
    def concept(self) -> str: ...
    @property
    def style(self) -> str: ...
    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True)
class View:
    """A way to show a drawing: a ground colour, and the share of the picture that its longer side fills."""

    ground: tuple[int, int, int]
    fill: float

    def show(self, drawing: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.uint8]:
        """The drawing (uint8 RGBA [h, w, 4], straight alpha) in the middle: uint8 RGB [side, side, 3]."""
        rgba = Image.fromarray(drawing)
        box = rgba.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
        visible = rgba.crop(box) if box else rgba
        scale = self.fill * side / max(visible.size)
        size = (max(round(visible.width * scale), 1), max(round(visible.height * scale), 1))
        shown = visible.convert("RGBa").resize(size, Image.Resampling.BICUBIC).convert("RGBA")
        picture = Image.new("RGB", (side, side), self.ground)
        picture.paste(shown, ((side - size[0]) // 2, (side - size[1]) // 2), shown)
        return np.asarray(picture)


# Painted pictures have many grounds and sizes; two that differ in both make a distance less a matter of them.
VIEWS = (View((255, 255, 255), 0.8), View((128, 128, 128), 0.6))
# How drawings are shown where they stand in for pictures: like neither view.
ASIDE = View((226, 232, 238), 0.7)


@dataclass(frozen=True)
class Drawings:
    """The drawings of every concept that exists in at least three styles, and how to get their pixels."""

    source: str  # "corpus" or "library"
    rows: tuple[Named, ...]
    image: Callable[[int], NDArray[np.uint8]]  # row -> RGBA [h, w, 4]

    @cached_property
    def concepts(self) -> tuple[str, ...]:
        """In alphabetical order; a concept's number below is its place here."""
        return tuple(sorted({row.concept for row in self.rows}))

    @cached_property
    def concept_of(self) -> NDArray[np.intp]:
        """The concept's number of each row: [rows]."""
        number = {concept: place for place, concept in enumerate(self.concepts)}
        return np.asarray([number[row.concept] for row in self.rows], np.intp)

    @cached_property
    def rows_of(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(self.rows):
            found[row.concept].append(place)
        return {concept: tuple(rows) for concept, rows in found.items()}


def of_corpus(corpus: Corpus) -> Drawings:
    """The corpus's drawings as references; raises UserError when no concept has enough styles."""
    return chosen("corpus", corpus.drawings, corpus.image)


def of_library(library: Library) -> Drawings:
    """The library's drawings as references; raises UserError when no concept has enough styles."""
    return chosen("library", library.drawings, lambda index: library.image(library.drawings[index]))


def chosen(source: str, all_rows: Sequence[Named], image: Callable[[int], NDArray[np.uint8]]) -> Drawings:
    """Of each concept with enough styles its first few drawings, every style once before any style twice."""
    by_concept: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(all_rows):
        if row.style not in LEFT_OUT_STYLES:
            by_concept[row.concept][row.style].append(index)
    kept: list[int] = []
    for styles in by_concept.values():
        if len(styles) >= LEAST_STYLES:
            kept += list(_in_turns(styles.values()))[:MOST_DRAWINGS]
    if not kept:
        raise UserError(
            f"The {source} has no concept in {LEAST_STYLES} styles to judge with: build the corpus with "
            "`allaprima corpus build`, or use a bundle with a larger library."
        )
    return Drawings(source, tuple(all_rows[index] for index in kept), lambda row: image(kept[row]))


def every(drawings: Drawings, all_rows: Sequence[Named], image: Callable[[int], NDArray[np.uint8]]) -> Drawings:
    """All drawings of the same concepts, of which `drawings` holds only some of each."""
    known = frozenset(drawings.concepts)
    kept = [index for index, row in enumerate(all_rows) if row.concept in known and row.style not in LEFT_OUT_STYLES]
    return Drawings(drawings.source, tuple(all_rows[index] for index in kept), lambda row: image(kept[row]))


def _in_turns(groups: Iterable[Sequence[int]]) -> Iterable[int]:
    waiting = [list(group) for group in groups]
    while any(waiting):
        for group in waiting:
            if group:
                yield group.pop(0)


@dataclass(frozen=True)
class References:
    """Drawings with their features: unit float32 [views, rows, d] once `mean` [d] is taken off."""

    drawings: Drawings
    features: NDArray[np.float32]
    mean: NDArray[np.float32]

    def likeness(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of raw features [n, d] with each row, in the view where it is greatest: [n, rows]."""
        asked = unit(features - self.mean)
        return np.asarray(np.max([asked @ view.T for view in self.features], axis=0), np.float32)


def seen(
    drawings: Drawings,
    features: Features,
    name: str,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> References:
    """The drawings seen through `features`, which is called `name`; kept in the folder `cache` if given."""
    raw = _kept(drawings, name, cache)
    if raw is None:
        raw = np.stack([_view_features(drawings, view, features, progress) for view in VIEWS])
        if cache is not None:
            _keep(raw, _place(drawings, name, cache))
    mean = raw.reshape(-1, raw.shape[-1]).mean(0)
    return References(drawings, unit(raw - mean), mean)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors [..., d] of length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.float32(1e-6)), np.float32)


def _view_features(
    drawings: Drawings, view: View, features: Features, progress: Progress | None, batch: int = 32
) -> NDArray[np.float32]:
    total, parts = len(drawings.rows), []
    for start in range(0, total, batch):
        rows = range(start, min(start + batch, total))
        parts.append(features(np.stack([view.show(drawings.image(row)) for row in rows])))
        if progress:
            progress(f"drawings, {VIEWS.index(view) + 1} of {len(VIEWS)}", rows.stop, total)
    return np.concatenate(parts)


def digest(drawings: Drawings, *said: str) -> str:
    """A name that changes with the drawings and with what is said of how they are seen."""
    text = "\n".join([*said, *(row.sha256 for row in drawings.rows)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _place(drawings: Drawings, name: str, cache: Path) -> Path:
    return cache / f"references-{digest(drawings, name, repr(VIEWS), str(SIDE))}.npy"


def _kept(drawings: Drawings, name: str, cache: Path | None) -> NDArray[np.float32] | None:
    if cache is None:
        return None
    try:
        raw = np.load(_place(drawings, name, cache), allow_pickle=False)
    except (OSError, ValueError):
        return None  # not there yet, or cut short: seen anew
    fits = raw.ndim == 3 and raw.shape[:2] == (len(VIEWS), len(drawings.rows))
    return raw.astype(np.float32) if fits else None


def _keep(raw: NDArray[np.float32], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=".references-", dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        np.save(file, raw.astype(np.float16))
    os.replace(aside, place)
