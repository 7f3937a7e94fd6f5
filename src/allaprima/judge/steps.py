"""Steps against quality: what each step more costs and brings, of the denoiser and of the student.

The same prompts and seeds in 1 to 32 steps by each way of painting: judged by retrieval, by the distance of the latents
from the many-step picture of the same noise, and by the clock. Knows the painter by its public doors only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import schedule
from allaprima.engine.options import Options
from allaprima.engine.painter import Painter
from allaprima.judge import intervals, retrieval
from allaprima.judge.features import Features
from allaprima.judge.prompts import Asked, concept_prompts
from allaprima.judge.references import Progress, References

COUNTS = (1, 2, 4, 8, 16, 32)
MANY = 32
Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Way:
    """One way of painting in so many steps."""

    name: str
    steps: int
    options: Options


@dataclass(frozen=True)
class Painting:
    """One picture: its pixels, its latent [c, h, w], and the ms that its steps and its decoding took."""

    pixels: Pixels
    latent: Array
    denoise_ms: float
    decode_ms: float


def ways(painter: Painter, counts: Sequence[int] = COUNTS) -> tuple[Way, ...]:
    """The denoiser with equal steps, with the bundle's own grid and noise where those differ, and the student."""
    bundle, found = painter.bundle, []
    for steps in counts:
        equal, none = schedule.linear(steps), (0.0,) * steps
        options = Options(steps=steps, sampler="denoiser", grid=equal, churn=none)
        found.append(Way("denoiser, equal steps", steps, options))
        own, churn = bundle.grid(steps), bundle.churn.get(steps, none)
        if not np.allclose(own, equal) or any(churn):
            found.append(Way("denoiser, learned grid", steps, Options(steps=steps, sampler="denoiser")))
        if bundle.student is not None and steps in bundle.student.grids:
            found.append(Way("student", steps, Options(steps=steps, sampler="student")))
    return tuple(found)


def paint(painter: Painter, asked: Asked, way: Way, memory: float | None) -> Painting:
    """One prompt in one way."""
    options = way.options.copy()
    options["seed"] = asked.seed
    if memory is not None:
        options["memory"] = memory
    *_, last = painter.steps(asked.text, **options)
    start = time.perf_counter()
    picture = painter.finish(last)[0]
    return Painting(picture.pixels, last.clean[0], last.denoise_ms, (time.perf_counter() - start) * 1000.0)


def judge(
    painter: Painter,
    references: References,
    features: Features,
    *,
    prompts: int = 40,
    counts: Sequence[int] = COUNTS,
    memory: float | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The table as plain JSON values: a row for each way, with intervals over prompts."""
    asked = concept_prompts(references.drawings, prompts)
    wanted = np.asarray([each.concept for each in asked], np.intp)
    all_ways = ways(painter, counts)
    many = Way("many", MANY, Options(steps=MANY, sampler="denoiser", grid=schedule.linear(MANY), churn=(0.0,) * MANY))
    painter.paint(asked[0].text, seed=0, steps=1)  # what is worked out once is not timed
    truth: list[Array] = []
    painted: list[list[Painting]] = [[] for _ in all_ways]
    for place, each in enumerate(asked):
        truth.append(paint(painter, each, many, memory).latent)
        for way, done in zip(all_ways, painted, strict=True):
            done.append(paint(painter, each, way, memory))
        if progress:
            progress("painting in few steps", place + 1, len(asked))
    return {
        "prompts": len(asked),
        "many": MANY,
        "top": retrieval.TOP,
        "rows": [
            _row(way, done, truth, wanted, references, features) for way, done in zip(all_ways, painted, strict=True)
        ],
    }


def _row(
    way: Way,
    painted: Sequence[Painting],
    truth: Sequence[Array],
    wanted: NDArray[np.intp],
    references: References,
    features: Features,
) -> dict[str, Any]:
    likeness = references.likeness(features(np.stack([each.pixels for each in painted])))
    found = retrieval.nearest_concepts(likeness, references.drawings.concept_of)
    far = [float(np.sqrt(np.square(each.latent - goal).mean())) for each, goal in zip(painted, truth, strict=True)]
    ms = np.asarray([each.denoise_ms + each.decode_ms for each in painted])
    return {
        "way": way.name,
        "steps": way.steps,
        "retrieval": intervals.of_mean(retrieval.hits(found, wanted)),
        "floor": intervals.of_mean(retrieval.floor(found, wanted)),
        "distance": intervals.of_mean(np.asarray(far)),
        "ms": {"p5": _at(ms, 5), "p50": _at(ms, 50), "p95": _at(ms, 95)},
    }


def _at(values: NDArray[np.float64], share: float) -> float:
    return round(float(np.percentile(values, share)), 1)


def lines(report: Mapping[str, Any]) -> list[str]:
    """The table for a reader."""

    def said(measure: Mapping[str, float]) -> str:
        return f"{measure['value']:.3f} ({measure['low']:.3f} to {measure['high']:.3f})"

    top, many = f"top-{report['top']}", f"distance from {report['many']}"
    head = f"{'way':<24} {'steps':>5}  {top:<24} {many:<24} ms"
    rows = [
        f"{row['way']:<24} {row['steps']:>5}  {said(row['retrieval']):<24} {said(row['distance']):<24} "
        f"{row['ms']['p50']:.0f} ({row['ms']['p5']:.0f} to {row['ms']['p95']:.0f})"
        for row in report["rows"]
    ]
    return [head, *rows, f"{report['prompts']} prompts; 95 % intervals over prompts; ms of steps and decoding, "
            "one picture at a time, median and 5 to 95 %"]  # fmt: skip
