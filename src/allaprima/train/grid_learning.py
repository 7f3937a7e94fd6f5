"""Learns where the denoiser's steps are taken and how much noise each makes anew: `allaprima train grid`.

Grids are learned by the distance of few guided steps to 32 from the same noise. Fresh noise cannot be: an answer that
was found without it is by construction reached best without it. Its shares are judged by how like real latents the
painted ones are as a crowd (`train.likeness`), and taken only where that is better beyond doubt. Writes grids.json,
which the export takes into the bundle.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from allaprima.engine import schedule
from allaprima.engine.sampler import Prediction, Walk
from allaprima.errors import TrainingError
from allaprima.files import write_whole
from allaprima.train.bank import Bank
from allaprima.train.denoiser_training import conditions, load_denoiser
from allaprima.train.flow import Conditions
from allaprima.train.grid import HAND, FineWalk, Grid, cheapest, prices, refined
from allaprima.train.lessons import Guided, guided
from allaprima.train.likeness import Likeness
from allaprima.train.run import mixed_precision
from allaprima.train.student import Terms

FILE = "grids.json"
TRUTH_STEPS = 32
SHARES = {2: 0.04, 4: 0.16, 8: 0.2, 16: 0.2}  # of the time: moving each grid's times
NOISES = (0.15, 0.4)  # shares made anew at every step but the last that are tried
REAL = 512  # latents that crowds are compared with

Say = Callable[[str], None]


@dataclass(frozen=True)
class Scenes:
    """Conditions, every other scene from words alone, with their noise, and the fine walk from it."""

    given: Conditions
    noise: np.ndarray
    fine: FineWalk

    @property
    def truth(self) -> np.ndarray:
        return self.fine.states[-1]

    def distances(self, latents: np.ndarray) -> np.ndarray:
        """[n]: root mean square difference of each picture from the fine walk's."""
        return np.asarray(np.sqrt(np.square(latents - self.truth).mean(axis=(1, 2, 3))))


@dataclass
class Learned:
    """What is written: grids and shares of fresh noise by step count, and the table that shows how good they are."""

    grids: dict[int, Grid] = field(default_factory=dict)
    churn: dict[int, Grid] = field(default_factory=dict)
    table: list[dict[str, Any]] = field(default_factory=list)
    noise_table: list[dict[str, Any]] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "grids": {str(n): list(grid) for n, grid in self.grids.items()},
            "churn": {str(n): list(shares) for n, shares in self.churn.items()},
            "table": self.table, "noise_table": self.noise_table, **self.record,
        }  # fmt: skip


class Teacher:
    """The denoiser with its guidance, walked by the engine's own sampler."""

    def __init__(self, predict: Guided) -> None:
        self.predict = predict

    def walk(
        self, noise: np.ndarray, given: Conditions, grid: Sequence[float], *, churn: Sequence[float] | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """States at all times of the grid, and the predictions between them; fresh noise is the same at every call."""
        rng = np.random.default_rng(41)
        walk = Walk(noise, grid, churn=churn, fresh_noise=lambda: rng.standard_normal(noise.shape, np.float32))
        states, cleans = [noise], []
        while not walk.is_done:
            clean = self.predict(torch.from_numpy(walk.state), given, walk.t).numpy()
            step = walk.advance(Prediction(clean, 1.0))
            states.append(step.state)
            cleans.append(step.clean)
        return states, cleans

    def paint(
        self, noise: np.ndarray, given: Conditions, grid: Sequence[float], *, churn: Sequence[float] | None = None
    ) -> np.ndarray:
        """Latents painted along a grid."""
        return self.walk(noise, given, grid, churn=churn)[0][-1]

    def scenes(self, bank: Bank, count: int, *, first: int, seed: int) -> Scenes:
        """Scenes of the kept shard with their fine walk."""
        given, noise = asked(bank, count, first=first, seed=seed)
        times = schedule.linear(TRUTH_STEPS)
        states, cleans = self.walk(noise, given, times)
        return Scenes(given, noise, FineWalk(times, np.stack(states), np.stack(cleans)))


def asked(bank: Bank, count: int, *, first: int, seed: int) -> tuple[Conditions, np.ndarray]:
    """Conditions of kept scenes, every other one from words alone, and their noise."""
    given = conditions(bank.validation(count, first=first), None)
    shown = (torch.arange(count) % 2 == 0).float()[:, None, None, None]
    hint = given.hint * shown
    noise = np.random.default_rng(seed).standard_normal((count, hint.shape[1] - 1, *hint.shape[2:]), np.float32)
    return Conditions(hint, given.region, given.states, given.text_mask), noise


def learn_grids(
    *,
    teacher: Path = Path("data/runs/denoiser"),
    folder: Path = Path("data/runs/grid"),
    bank: Path = Path("data/bank"),
    minutes: float = 8.0,
    guidance: float = 4.0,
    interval: tuple[float, float] = (0.1, 1.0),
    scenes: int = 12,
    crowd: int = 48,
    say: Say = print,
) -> Learned:
    """Learns within about `minutes`, writes folder/grids.json and returns what was learned. Raises TrainingError."""
    if minutes <= 0:
        raise TrainingError(f"--minutes must be above 0, not {minutes}")
    start = time.monotonic()
    network, of = load_denoiser(teacher)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    predict = guided(network, Terms.of(guidance=guidance, interval=interval), fast=mixed_precision())
    master, kept = Teacher(predict), Bank(bank)
    learned = Learned(record={"teacher": of, "guidance_scale": guidance, "guidance_interval": list(interval)})
    own = master.scenes(kept, scenes, first=0, seed=31)
    table = prices(own.fine)
    held = master.scenes(kept, scenes, first=scenes, seed=32)
    for steps, share in SHARES.items():
        end = time.monotonic() + share * minutes * 60
        first = cheapest(table, own.fine.times, steps)

        def distance(grid: Grid) -> float:
            return float(own.distances(master.paint(own.noise, own.given, grid)).mean())

        moved, _, tried = refined(distance, first, going=lambda end=end: time.monotonic() < end)  # type: ignore[misc]
        grids = {name: tuple(make(steps)) for name, make in HAND.items()} | {"by price": first, "learned": moved}
        learned.grids[steps] = _compare(learned, master, held, steps, grids, tried, say)
    if crowd > 1:
        learn_noise(learned, master, kept, crowd, say)
    learned.record["minutes"] = round((time.monotonic() - start) / 60, 2)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE, json.dumps(learned.as_json(), indent=1).encode())
    return learned


def _compare(
    learned: Learned, master: Teacher, held: Scenes, steps: int, grids: dict[str, Grid], tried: int, say: Say
) -> Grid:
    """Every grid on scenes that none was learned on; the learned one if it is the best there, else the best."""
    found = {name: held.distances(master.paint(held.noise, held.given, grid)) for name, grid in grids.items()}
    equal = found["equal steps"]
    for name, distances in found.items():
        low, high = _interval(equal - distances)
        row = {"steps": steps, "grid": name, "distance": round(float(distances.mean()), 4),
               "nearer_than_equal_steps": [round(low, 4), round(high, 4)],
               "times": [round(t, 4) for t in grids[name]]}  # fmt: skip
        learned.table.append(row)
        say(f"{steps:3d} steps | {name:<12} | {row['distance']:.4f} from 32 steps | nearer than equal steps by "
            f"{low:+.4f} to {high:+.4f}{f' | {tried} grids tried' if name == 'learned' else ''}")  # fmt: skip
    best = min(found, key=lambda name: float(found[name].mean()))
    say(f"{steps:3d} steps | taken: {best}")
    return grids[best]


def learn_noise(learned: Learned, master: Teacher, kept: Bank, crowd: int, say: Say) -> None:
    """For each grid of at least 4 steps the shares of fresh noise that make the crowd most like real latents: none,
    unless one is better with its whole interval."""
    given, noise = asked(kept, crowd, first=64, seed=33)
    real = kept.batch(REAL, np.random.default_rng(34)).latents
    likeness = Likeness.of(real)
    again = kept.batch(crowd, np.random.default_rng(35)).latents
    say(f"real latents, {crowd} others: {likeness.distance(again):.2f} (MMD squared times 1000)")
    for steps, grid in learned.grids.items():
        if steps < 4:
            continue
        still = master.paint(noise, given, grid)
        best, shares = likeness.distance(still), (0.0,) * steps
        _tell(learned, steps, "none", shares, best, (0.0, 0.0), say)
        for name, tried in _noises(steps):
            painted = master.paint(noise, given, grid, churn=tried)
            gain, interval = likeness.gain(still, painted)
            found = likeness.distance(painted)
            _tell(learned, steps, name, tried, found, interval, say)
            if gain > 0.0 and interval[0] > 0.0 and found < best:
                best, shares = found, tried
        if any(shares):
            learned.churn[steps] = shares
        say(f"{steps:3d} steps | fresh noise taken: {' '.join(f'{share:g}' for share in shares)}")


def _noises(steps: int) -> list[tuple[str, Grid]]:
    """Shares to try: at every step, in the first half, in the second; the last step lands on the picture."""
    half = steps // 2
    shapes = {"all along": (1,) * (steps - 1), "early": (1,) * half + (0,) * (steps - 1 - half),
              "late": (0,) * half + (1,) * (steps - 1 - half)}  # fmt: skip
    return [(f"{amount:g} {name}", (*(amount * on for on in shape), 0.0))
            for amount in NOISES for name, shape in shapes.items()]  # fmt: skip


def _tell(
    learned: Learned, steps: int, name: str, shares: Grid, found: float, interval: tuple[float, float], say: Say
) -> None:
    learned.noise_table.append({"steps": steps, "noise": name, "shares": list(shares), "distance": round(found, 3),
                                "gain": [round(each, 3) for each in interval]})  # fmt: skip
    say(f"{steps:3d} steps | fresh noise {name:<14} | {found:.2f} from real latents | better than none by "
        f"{interval[0]:+.2f} to {interval[1]:+.2f}")  # fmt: skip


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """The 90 % interval of a mean by bootstrap."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(differences), (1000, len(differences)))
    low, high = np.percentile(differences[picks].mean(axis=1), (5, 95))
    return float(low), float(high)


def read_grids(folder: Path) -> tuple[dict[int, Grid], dict[int, Grid]]:
    """The grids and shares of fresh noise in folder/grids.json; two empty ones when there is none.

    Raises TrainingError for a file that cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return {}, {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        grids = {int(n): schedule.checked(grid, int(n)) for n, grid in told["grids"].items()}
        churn = {int(n): tuple(float(share) for share in shares) for n, shares in told["churn"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(f"{path} cannot be read ({error}); run `allaprima train grid` again") from error
    return grids, churn
