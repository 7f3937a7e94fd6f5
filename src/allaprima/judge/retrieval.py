"""Retrieval: whether a picture lies near the drawings of the concept that was asked for.

A picture's nearest concepts are those of its nearest drawings, each concept once. Pure arithmetic: it knows
nothing of networks, painters or prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.intervals import Measure, of_mean, of_ratio

TOP = 5


def nearest_concepts(
    likeness: NDArray[np.float32],
    concept_of: NDArray[np.intp],
    excluded: Sequence[Sequence[int]] | None = None,
    top: int = TOP,
) -> NDArray[np.intp]:
    """The `top` nearest distinct concepts of each picture, best first: [n, top].

    likeness: [n, rows] of pictures with drawings. concept_of: [rows], 0..k-1 with k > top. excluded: for each
    picture the rows it must not be found by.
    """
    scores = np.array(likeness, np.float32)
    for picture, rows in enumerate(excluded or ()):
        scores[picture, list(rows)] = -np.inf
    count = int(concept_of.max()) + 1
    best = np.full((len(scores), count), -np.inf, np.float32)
    np.maximum.at(best.T, concept_of, scores.T)
    return np.argsort(-best, axis=1, kind="stable")[:, : min(top, count)]


def hits(found: NDArray[np.intp], wanted: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether each picture's own concept, wanted [n], is among its nearest, found [n, top]."""
    return np.asarray((found == wanted[:, None]).any(axis=1))


def floor(found: NDArray[np.intp], wanted: NDArray[np.intp]) -> NDArray[np.float64]:
    """For each picture the share of the *other* prompts' concepts among its nearest: [n].

    Its mean is what shuffled prompts score, exactly: the average over every way of giving a picture another
    prompt than its own.
    """
    if len(wanted) < 2:
        return np.zeros(len(wanted))
    among = (found[:, :, None] == wanted[None, None, :]).any(axis=1)
    np.fill_diagonal(among, False)
    return np.asarray(among.sum(axis=1) / (len(wanted) - 1), np.float64)


def measured(found: NDArray[np.intp], wanted: NDArray[np.intp]) -> dict[str, Measure]:
    """The score of pictures under their own prompts, under shuffled ones, and how many times the one is the
    other, each with its interval over prompts."""
    own, others = hits(found, wanted).astype(np.float64), floor(found, wanted)
    return {"score": of_mean(own), "floor": of_mean(others), "times_floor": of_ratio(own, others)}
