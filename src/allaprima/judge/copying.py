"""Copying: pictures that lie nearer to a training drawing in another style than drawings of one concept lie to each
other.

Asked for a concept in a style, a painter that learned paints that style; one that remembers shows a drawing it saw,
in the style it saw it in. What "nearer than usual" is comes from real drawings: 5 in 100 of them, shown and seen in
the same way as painted pictures are, lie that near to a drawing of another style. Knows nothing of prompts' words or
painters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.eye import Eye
from allaprima.judge.features import Features
from allaprima.judge.intervals import of_mean
from allaprima.judge.recognising import cut
from allaprima.judge.references import References
from allaprima.scene.stock import is_held_out

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]

USUAL = 0.95  # of real drawings are less like their nearest in another style
FAR_NEARER = 1 / 3  # of the distance to another concept: what is called memorised elsewhere (arXiv:2310.02664)


@dataclass(frozen=True)
class Asked:
    """What one picture was asked to show."""

    concept: str
    style: str


@dataclass(frozen=True)
class Shelf:
    """The drawings that training showed, among the references: likeness of cut-outs to each, and what each is."""

    references: References
    features: Features
    eye: Eye

    def likeness(self, pictures: Sequence[Pixels]) -> Array:
        """Cosine of each picture's surest thing with each reference, in the better view; -1 for drawings never shown:
        [n, rows].
        """
        sights = self.eye.look(pictures)
        cuts = [cut(picture, sight.things[0].box) for picture, sight in zip(pictures, sights, strict=True)]
        raw = np.concatenate([self.features(np.stack(cuts[start : start + 32])) for start in range(0, len(cuts), 32)])
        found = self.references.likeness(raw)
        found[:, self._never_shown] = -1.0
        return found

    @property
    def _never_shown(self) -> NDArray[np.bool_]:
        return np.asarray([is_held_out(row.concept, row.style) for row in self.references.drawings.rows], bool)

    @property
    def styles(self) -> NDArray[np.str_]:
        return np.asarray([row.style for row in self.references.drawings.rows])

    @property
    def concepts(self) -> NDArray[np.str_]:
        return np.asarray([row.concept for row in self.references.drawings.rows])


def usual(shelf: Shelf, likeness: Array, asked: Sequence[Asked], shown: Sequence[str]) -> tuple[float, float]:
    """The likeness that counts as copying, and the share of true copies that it finds.

    `likeness`: of real drawings in scenes through the autoencoder, [n, rows]; `shown`: the sha256 of each one's
    drawing. A true copy of a drawing is its scene, asked for in another style: it is found when its likeness to its
    own drawing is above the limit.
    """
    concepts, styles = shelf.concepts, shelf.styles
    hashes = np.asarray([row.sha256 for row in shelf.references.drawings.rows])
    others, own = [], []
    for row, each, sha in zip(likeness, asked, shown, strict=True):
        apart = row[(concepts == each.concept) & (styles != each.style)]
        if len(apart) and apart.max() > -1.0:
            others.append(float(apart.max()))
        if (hashes == sha).any() and row[hashes == sha].max() > -1.0:
            own.append(float(row[hashes == sha].max()))
    limit = float(np.quantile(others, USUAL)) if others else 1.0
    return limit, float(np.mean([each > limit for each in own])) if own else 0.0


def copied(shelf: Shelf, likeness: Array, asked: Sequence[Asked], limit: float) -> NDArray[np.bool_]:
    """Whether each picture's nearest training drawing is in another style than the one asked for, and nearer than
    usual: [n].
    """
    styles = shelf.styles
    nearest = likeness.argmax(1)
    wrong = np.asarray([styles[row] != each.style for row, each in zip(nearest, asked, strict=True)], bool)
    return np.asarray(wrong & (likeness.max(1) > limit), bool)


def far_nearer(shelf: Shelf, likeness: Array) -> NDArray[np.bool_]:
    """Whether each picture's nearest training drawing is three times nearer than any drawing of another concept: [n].
    """
    concepts = shelf.concepts
    found = []
    for row in likeness:
        nearest = int(row.argmax())
        second = float(row[concepts != concepts[nearest]].max())
        distances = [np.sqrt(max(2.0 - 2.0 * each, 0.0)) for each in (float(row[nearest]), second)]
        found.append(distances[0] < FAR_NEARER * distances[1])
    return np.asarray(found, bool)


def rates(shelf: Shelf, likeness: Array, asked: Sequence[Asked], limit: float, images: int) -> dict[str, Any]:
    """The rates of copying over pictures, `images` of each prompt in a row, with intervals over prompts."""
    own_style = likeness.max(1) > limit
    found = copied(shelf, likeness, asked, limit)

    def of_prompts(told: NDArray[np.bool_]) -> dict[str, float | None]:
        return of_mean(told.reshape(-1, images).mean(1))

    return {
        "pictures": len(asked),
        "copied_in_another_style": of_prompts(found),
        "near_in_the_style_asked_for": of_prompts(own_style & ~found),
        "three_times_nearer_than_another_concept": of_prompts(far_nearer(shelf, likeness)),
    }
