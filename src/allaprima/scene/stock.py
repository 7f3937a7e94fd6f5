"""Which drawing is taken: weights over styles, groups and concepts, the held-out pairs, references in other
styles.

Small styles and rare concepts get more than their share, so that all of them are seen often enough to be
learned. It knows the corpus's rows, never its pixels.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from allaprima.scene.corpus import Corpus

HELD_OUT_SHARE = 0.05
STYLE_POWER = 0.6  # a style of n drawings weighs n ** 0.6: between equal styles (0) and equal drawings (1)
CONCEPT_POWER = 0.35  # a concept drawn in k styles weighs k ** 0.35 in all, however many drawings it has
GROUP_WEIGHT: dict[str, float] = {
    "animal": 2.0,
    "plant": 1.6,
    "food": 1.4,
    "place": 1.2,
    "people": 0.6,
    "face": 0.8,
    "symbol": 0.5,
    "flag": 0.5,
}
STYLE_WEIGHT: dict[str, float] = {"weather icon": 0.5, "clipart": 0.6, "silhouette": 0.6}


def is_held_out(concept: str, style: str) -> bool:
    """Whether this (concept, style) pair is never a target of training: the judge asks for it to show
    transfer.
    """
    digest = hashlib.sha256(f"held out: {concept} / {style}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT_SHARE


@dataclass(frozen=True)
class _Shelf:
    """The drawings of one style that may be targets, and their cumulative weights."""

    drawings: np.ndarray  # int64 [n], indices into corpus.drawings
    edges: np.ndarray  # float64 [n], cumulative, last = 1


class Stock:
    """Draws targets and references from one corpus; depends on nothing but the corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        drawings = corpus.drawings
        per_style: dict[str, list[int]] = {}
        for index, drawing in enumerate(drawings):
            if not is_held_out(drawing.concept, drawing.style):
                per_style.setdefault(drawing.style, []).append(index)
        if not per_style:
            raise ValueError("the corpus has no drawing that may be composed")
        styles_of = {
            concept: len({drawings[i].style for i in rows}) for concept, rows in corpus.by_concept.items()
        }
        self.styles = tuple(sorted(per_style))
        self.names = tuple(dict.fromkeys(d.name for d in drawings if d.style != "clipart"))
        self._shelves: dict[str, _Shelf] = {}
        self._totals: dict[str, float] = {}
        for style, rows in per_style.items():
            same = Counter(drawings[i].concept for i in rows)
            weights = np.array(
                [
                    GROUP_WEIGHT.get(drawings[i].group or "", 1.0)
                    * styles_of[drawings[i].concept] ** (CONCEPT_POWER - 1.0)
                    / same[drawings[i].concept] ** 0.5
                    for i in rows
                ]
            )
            self._shelves[style] = _Shelf(np.array(rows), np.cumsum(weights) / weights.sum())
            self._totals[style] = STYLE_WEIGHT.get(style, 1.0) * len(rows) ** STYLE_POWER
        totals = np.array([self._totals[style] for style in self.styles])
        self._style_edges = np.cumsum(totals) / totals.sum()

    def style(self, rng: np.random.Generator) -> str:
        """A style, by weight."""
        return self.styles[_pick(self._style_edges, rng)]

    def drawing(self, rng: np.random.Generator, style: str, avoid: frozenset[str] = frozenset()) -> int:
        """The index of a drawing in this style whose concept is not in `avoid`, by weight."""
        shelf = self._shelves[style]
        for _ in range(20):
            index = int(shelf.drawings[_pick(shelf.edges, rng)])
            if self.corpus.drawings[index].concept not in avoid:
                break
        return index

    def reference(self, rng: np.random.Generator, index: int) -> int:
        """A drawing of the same concept in another style; the drawing itself when there is none."""
        target = self.corpus.drawings[index]
        rows = self.corpus.by_concept[target.concept]
        others = [i for i in rows if self.corpus.drawings[i].style != target.style]
        return others[int(rng.integers(len(others)))] if others else index


def _pick(edges: np.ndarray, rng: np.random.Generator) -> int:
    return min(int(np.searchsorted(edges, rng.random(), side="right")), len(edges) - 1)
