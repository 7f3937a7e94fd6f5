"""Learns how many steps a prompt needs: `allaprima train steps`.

The bundle paints the bank's captions in each step count and in many, from the same noise, by whoever would paint them;
a ridge regression on what is known before the first step foretells the logarithm of the distances. Captions of the kept
shard tell how well, beside the guess that knows no prompt. Knows the painter by its public doors only, and no torch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from allaprima.engine.painter import Painter
from allaprima.engine.sitting import Sitting
from allaprima.engine.step_count import FILE, StepsHead, features
from allaprima.errors import TrainingError
from allaprima.files import write_whole
from allaprima.train.bank import shards

COUNTS = (1, 2, 4, 8)
MANY = 32
TOGETHER = 8  # captions in one model call
DIGITS = 4  # of the weights that are kept
RIDGES = tuple(10.0**power for power in range(0, 6))
HELD_SHARE = 5  # one caption in so many is held out
NEAR_ENOUGH = 4  # the median distance of this many steps is the threshold

Say = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """What was seen of n prompts, and how far each step count is from many: features [n, f], distances [n, k]."""

    features: np.ndarray
    distances: np.ndarray

    def __len__(self) -> int:
        return len(self.features)


def captions(bank: Path, count: int, *, held: bool) -> list[str]:
    """Dense and short captions in turn, of the kept shard or of the others. Raises TrainingError without shards."""
    folders = list(shards(bank, encoded=False))
    if len(folders) < 2:
        raise TrainingError(f"{bank} holds {len(folders)} shards and at least 2 are needed; run `allaprima train bank`")
    found: list[str] = []
    for folder in folders[:1] if held else folders[1:]:
        with open(folder / "scenes.jsonl", encoding="utf-8") as lines:
            for index, line in enumerate(lines):
                found.append(json.loads(line)["short" if index % 2 else "caption"])
                if len(found) >= count:
                    return found
    return found


def measured(painter: Painter, texts: Sequence[str], *, counts: Sequence[int] = COUNTS, many: int = MANY,
             going: Callable[[], bool] = lambda: True) -> Measured:  # fmt: skip
    """Paints the texts, each with a seed of its own, while `going()`; distances are root mean squares of latents."""
    seen, far = [], []
    for start in range(0, len(texts), TOGETHER):
        if seen and not going():
            break
        part = list(enumerate(texts[start : start + TOGETHER], start))
        truth = painted(painter, [painter.prepare(text, seed=seed, steps=many) for seed, text in part])
        columns = []
        for count in counts:
            sittings = [painter.prepare(text, seed=seed, steps=count) for seed, text in part]
            columns.append(np.sqrt(np.square(painted(painter, sittings) - truth).mean(axis=(1, 2, 3))))
        far.append(np.stack(columns, axis=1))
        seen += [what_is_known(painter, sitting) for sitting in sittings]
    return Measured(np.stack(seen), np.concatenate(far))


def painted(painter: Painter, sittings: Sequence[Sitting]) -> np.ndarray:
    """Latents [n, c, h, w] of sittings of one picture and equally many steps each, painted together."""
    begun = [painter.begin(sitting) for sitting in sittings]
    while not begun[0].walk.is_done:
        steps = painter.advance(begun)
    return np.concatenate([step.clean for step in steps])


def what_is_known(painter: Painter, sitting: Sitting) -> np.ndarray:
    """The features of a sitting, as the painter has them when it counts steps."""
    found = sitting.collages[0]
    return features(painter.meaning([sitting.request.prompt])[0],
                    things=0 if found is None else sum(len(boxes) for boxes in found.boxes),
                    words=int(sitting.mask.sum(axis=1).max()), is_hinted=found is not None)  # fmt: skip


def fitted(known: Measured, counts: Sequence[int]) -> tuple[StepsHead, float]:
    """A head, and its ridge: of RIDGES the one with the least error on prompts left out one at a time."""
    x, y = known.features.astype(np.float64), np.log(np.maximum(known.distances, 1e-6))
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    u, s, vt = np.linalg.svd((x - mean) / deviation, full_matrices=False)
    centred = y - y.mean(axis=0)
    best = None
    for ridge in RIDGES:
        shrunk = s**2 / (s**2 + ridge)
        left = centred - (u * shrunk) @ (u.T @ centred)
        # Each prompt's error without itself, exactly (the mean counts as one parameter more).
        leverage = (u**2 * shrunk).sum(axis=1) + 1.0 / len(x)
        error = float(np.square(left / np.maximum(1.0 - leverage, 1e-3)[:, None]).mean())
        if best is None or error < best[0]:
            best = (error, ridge)
    assert best is not None
    ridge = best[1]
    weights = (vt.T * (s / (s**2 + ridge))) @ (u.T @ centred) / deviation[:, None]
    bias = y.mean(axis=0) - mean @ weights
    threshold = float(np.median(known.distances[:, list(counts).index(NEAR_ENOUGH)]))
    return StepsHead(tuple(counts), threshold, weights.T.astype(np.float32), bias.astype(np.float32)), ridge


def told(head: StepsHead, known: Measured, held: Measured) -> dict[str, Any]:
    """How well the head foretells prompts it has not seen, beside the guess that is the same for all of them."""
    guess = np.log(known.distances).mean(axis=0)
    truth, said = np.log(held.distances), np.log(head.distances(held.features))
    rows = []
    for place, count in enumerate(head.counts):
        error, constant = truth[:, place] - said[:, place], truth[:, place] - guess[place]
        explained = 1.0 - float(np.square(error).mean() / max(float(np.square(constant).mean()), 1e-12))
        rows.append({"steps": count, "distance": round(float(held.distances[:, place].mean()), 4),
                     "explained": round(explained, 3), "error": round(float(np.abs(error).mean()), 4),
                     "error_of_constant": round(float(np.abs(constant).mean()), 4)})  # fmt: skip
    chosen = np.asarray([head.counts.index(head.choose(each)) for each in held.features])
    reached = held.distances[np.arange(len(held)), chosen]
    ways = {"auto": (np.asarray(head.counts)[chosen], reached)}
    ways |= {f"always {count}": (np.full(len(held), count), held.distances[:, place])
             for place, count in enumerate(head.counts)}  # fmt: skip
    choices = [{"way": way, "mean_steps": round(float(steps.mean()), 2), "distance": round(float(far.mean()), 4),
                "near_enough": round(float((far <= head.threshold).mean()), 3)}
               for way, (steps, far) in ways.items()]  # fmt: skip
    return {"prompts": len(known), "held_out": len(held), "threshold": round(head.threshold, 4),
            "counts": rows, "choices": choices}  # fmt: skip


def lines(report: dict[str, Any]) -> Iterator[str]:
    """The report for a reader."""
    yield (f"{report['prompts']} prompts learned from, {report['held_out']} held out; near enough is "
           f"{report['threshold']:.3f}, the median distance of {NEAR_ENOUGH} steps from {report['many']}")  # fmt: skip
    yield "steps  distance  foretold: explained  error of the logarithm  that of the constant guess"
    for row in report["counts"]:
        yield (f"{row['steps']:5d}  {row['distance']:8.4f}  {row['explained']:19.1%}  {row['error']:22.3f}  "
               f"{row['error_of_constant']:27.3f}")  # fmt: skip
    yield "way         mean steps  distance  near enough"
    for row in report["choices"]:
        yield f"{row['way']:<10}  {row['mean_steps']:10.2f}  {row['distance']:8.4f}  {row['near_enough']:11.1%}"


def learn_steps(
    *,
    bundle: Path | None = None,
    folder: Path = Path("data/runs/steps"),
    bank: Path = Path("data/bank"),
    count: int = 500,
    many: int = MANY,
    minutes: float | None = None,
    threads: int = 0,
    say: Say = print,
) -> dict[str, Any]:
    """Measures `count` captions (fewer when `minutes` are over), fits, writes folder/steps.json; returns the report.

    Raises TrainingError when there are too few captions to learn from.
    """
    painter = Painter(bundle, threads=threads)
    start = time.monotonic()

    def going_until(share: float) -> Callable[[], bool]:
        return lambda: minutes is None or time.monotonic() - start < share * minutes * 60

    held = measured(painter, captions(bank, max(count // HELD_SHARE, 1), held=True), many=many,
                    going=going_until(1.0 / HELD_SHARE))  # fmt: skip
    known = measured(painter, captions(bank, count - len(held), held=False), many=many, going=going_until(1.0))
    if len(known) < 4:
        raise TrainingError(f"{len(known)} captions are too few to learn from; compose more scenes or give more time")
    head, ridge = fitted(known, COUNTS)
    report = {"many": many, **told(head, known, held), "ridge": ridge, "bundle": painter.bundle.sha256}
    for line in lines(report):
        say(line)
    kept = {"counts": list(head.counts), "threshold": round(head.threshold, 4),
            "weights": [[float(f"{each:.{DIGITS}g}") for each in row] for row in head.weights],
            "bias": [float(f"{each:.6g}") for each in head.bias], "report": report}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE, json.dumps(kept).encode())
    return report
