"""Colours: whether sunset, ocean, field, night and snow come out in their own.

A picture is only its mean RGB here. It is told to the scenery with the nearest centroid, made without any
picture of its own prompt; beside it stand the floor (labels shuffled) and the ceiling (composed sceneries).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.intervals import Measure, of_statistic
from allaprima.judge.prompts import SCENERIES
from allaprima.judge.quick import Painter
from allaprima.judge.references import Progress
from allaprima.scene.scenery import paint as compose_scenery

SEEDS = 16
SHUFFLES = 50
COMPOSED_LOOKS = ("flat", "gradient", "painterly", "watercolor")


def judge(
    painter: Painter, *, steps: int = 8, seeds: int = SEEDS, progress: Progress | None = None
) -> dict[str, Any]:
    """Paint every scenery prompt with `seeds` seeds and tell the sceneries apart by mean colour."""
    means, labels, prompts = [], [], []
    texts = [(label, text) for label, scenery in enumerate(SCENERIES) for text in scenery.prompts]
    for place, (label, text) in enumerate(texts):
        for seed in range(seeds):
            means.append(mean_colour(painter.paint(text, seed=seed, steps=steps).pixels))
            labels.append(label)
            prompts.append(place)
        if progress:
            progress("painting sceneries", place + 1, len(texts))
    painted = np.stack(means), np.asarray(labels), np.asarray(prompts)
    return {
        "pictures": len(means),
        "seeds": seeds,
        "steps": steps,
        "mean_rgb": table(*painted[:2]),
        "separation": _with_interval(*painted),
        "floor": shuffled(*painted),
        "ceiling": _with_interval(*composed(seeds)),
    }


def mean_colour(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean RGB 0..255 of a picture uint8 [h, w, 3]."""
    return np.asarray(pixels.reshape(-1, 3).mean(0), np.float64)


def table(means: NDArray[np.float64], labels: NDArray[np.intp]) -> dict[str, list[float]]:
    """The mean colour of each scenery, RGB 0..255."""
    return {
        scenery.name: [round(float(value), 1) for value in means[labels == label].mean(0)]
        for label, scenery in enumerate(SCENERIES)
    }


def told_apart(
    means: NDArray[np.float64], labels: NDArray[np.intp], prompts: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """For each picture whether the nearest centroid is its label's: [n].

    means: [n, 3]. Centroids are made of the pictures of all other prompts; a label left with none cannot win.
    """
    right = np.zeros(len(means), bool)
    kinds = np.unique(labels)
    for prompt in np.unique(prompts):
        own, rest = prompts == prompt, prompts != prompt
        centroids = np.full((len(kinds), means.shape[1]), np.inf)
        for place, kind in enumerate(kinds):
            if (rest & (labels == kind)).any():
                centroids[place] = means[rest & (labels == kind)].mean(0)
        distances = np.linalg.norm(means[own, None] - centroids[None], axis=2)
        right[own] = kinds[distances.argmin(1)] == labels[own]
    return right


def shuffled(
    means: NDArray[np.float64], labels: NDArray[np.intp], prompts: NDArray[np.intp]
) -> dict[str, float]:
    """The same with prompts' labels dealt anew: mean and the middle 95 % of the deals."""
    rng = np.random.default_rng(0)
    groups, first = np.unique(prompts, return_index=True)
    dealt = []
    for _ in range(SHUFFLES):
        of_prompt = dict(zip(groups, rng.permutation(labels[first]), strict=True))
        dealt.append(told_apart(means, np.asarray([of_prompt[each] for each in prompts]), prompts).mean())
    low, high = np.quantile(dealt, [0.025, 0.975])
    return {"value": round(float(np.mean(dealt)), 5), "low": round(float(low), 5), "high": round(float(high), 5)}


def composed(seeds: int) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Mean colours, labels and prompts of sceneries as the compositor paints them, three lots for each."""
    means, labels, lots = [], [], []
    for label, scenery in enumerate(SCENERIES):
        for lot in range(len(scenery.prompts)):
            name, time_of_day = scenery.composed[lot % len(scenery.composed)]
            for seed in range(seeds):
                look = COMPOSED_LOOKS[seed % len(COMPOSED_LOOKS)]
                rng = np.random.default_rng([label, lot, seed])
                with np.errstate(over="ignore"):  # glows far from their light
                    backdrop = compose_scenery(name, time_of_day=time_of_day, look=look, size=64, rng=rng)
                means.append(mean_colour(backdrop.picture))
                labels.append(label)
                lots.append(label * 100 + lot)
    return np.stack(means), np.asarray(labels), np.asarray(lots)


def _with_interval(
    means: NDArray[np.float64], labels: NDArray[np.intp], prompts: NDArray[np.intp]
) -> Measure:
    right = told_apart(means, labels, prompts)
    of_prompt: Sequence[float] = [float(right[prompts == prompt].mean()) for prompt in np.unique(prompts)]
    shares = np.asarray(of_prompt)
    return of_statistic(len(shares), lambda rows: shares[rows].mean(-1))
