"""Whether a thing in a picture is what was asked for: its cut-out among real drawings of many concepts.

An ImageNet network's features tell photographs apart better than they do drawings; what varies between two drawings
of one concept is therefore made small first (within-class whitening). That raises top-5 retrieval of drawings by
concepts that it never saw from 69 to 79 in a hundred. Knows nothing of prompts, painters or the structured judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.judge.features import Features
from allaprima.judge.references import Drawings, References, unit

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
Box = tuple[float, float, float, float]

TOP = 5
ROOM = 1.2  # of a box's longer side: what a cut-out shows
SIDE = 160
RIDGE = 0.1  # of the mean variance within a concept, added to every direction


class Recogniser:
    """Scores cut-outs against every concept of the references."""

    def __init__(self, references: References, features: Features) -> None:
        self.references = references
        self.features = features
        self.number = {concept: place for place, concept in enumerate(references.drawings.concepts)}
        self.rows_of_hash: dict[str, list[int]] = {}
        for row, drawing in enumerate(references.drawings.rows):
            self.rows_of_hash.setdefault(drawing.sha256, []).append(row)

    @property
    def drawings(self) -> Drawings:
        return self.references.drawings

    @cached_property
    def _whitening(self) -> Array:
        """[d, d], from the references' own spread around their concepts' means."""
        return whitening(self.references.features, self.drawings.concept_of)

    @cached_property
    def _white(self) -> list[Array]:
        return [unit(view @ self._whitening) for view in self.references.features]

    def seen(self, cuts: Sequence[Pixels]) -> Array:
        """Whitened unit features of cut-outs: [n, d]."""
        if not len(cuts):
            return np.zeros((0, self._whitening.shape[1]), np.float32)
        parts = [self.features(np.stack(cuts[start : start + 32])) for start in range(0, len(cuts), 32)]
        return self.white(np.concatenate(parts))

    def white(self, raw: Array) -> Array:
        """Whitened unit features of raw ones."""
        return unit(unit(raw - self.references.mean) @ self._whitening)

    def likeness(self, seen: Array) -> Array:
        """Cosine with each row of the references, in the view where it is greatest: [n, rows]."""
        return np.asarray(np.max([seen @ view.T for view in self._white], axis=0), np.float32)

    def scores(self, seen: Array, without: Sequence[Sequence[int]] | None = None) -> Array:
        """The best likeness with any drawing of each concept: [n, concepts]. `without`: rows that do not count, for
        each.
        """
        likeness = self.likeness(seen)
        for place, rows in enumerate(without or ()):
            likeness[place, list(rows)] = -1.0
        best = np.full((len(likeness), len(self.drawings.concepts)), -1.0, np.float32)
        np.maximum.at(best.T, self.drawings.concept_of, likeness.T)
        return best


def whitening(features: Array, concept_of: NDArray[np.intp], *, ridge: float = RIDGE) -> Array:
    """[d, d] that makes what varies within a concept equally small in every direction.

    features: [views, rows, d]. concept_of: [rows].
    """
    views, rows, d = features.shape
    flat, labels = features.reshape(-1, d), np.tile(concept_of, views)
    counts = np.bincount(labels).astype(np.float32)
    means = np.zeros((len(counts), d), np.float32)
    np.add.at(means, labels, flat)
    means /= np.maximum(counts, 1.0)[:, None]
    within = flat - means[labels]
    spread = within.T @ within / len(within)
    values, vectors = np.linalg.eigh(spread + ridge * np.trace(spread) / d * np.eye(d, dtype=np.float32))
    return np.asarray(vectors / np.sqrt(np.maximum(values, 1e-12)), np.float32)


def cut(picture: Pixels, box: Box, *, side: int = SIDE) -> Pixels:
    """A square around a box (0..1) of a picture uint8 [h, w, 3], its edges continued where it reaches out: [side,
    side, 3].
    """
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    half = max(x1 - x0, y1 - y0, 8.0) * ROOM / 2
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    columns = np.clip(np.rint(np.linspace(x - half, x + half, round(2 * half) + 1)), 0, width - 1).astype(np.intp)
    rows = np.clip(np.rint(np.linspace(y - half, y + half, round(2 * half) + 1)), 0, height - 1).astype(np.intp)
    square = picture[rows[:, None], columns[None]]
    return np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BICUBIC))


def top(scores: Array, concept: int, count: int = TOP) -> NDArray[np.bool_]:
    """Whether a concept is among the `count` best of each row of scores [n, concepts]: [n]."""
    return np.asarray((scores > scores[:, [concept]]).sum(axis=1) < count)
