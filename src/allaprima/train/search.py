"""Searches the denoiser's shape under a latency budget: `allaprima train search`.

Two objectives, both to be small: the loss that a short proxy training reaches, and the milliseconds that the whole
shape takes by the table of parts (`train.latency`). A proxy is the shape at half its widths, trained from nothing for
equal processor time with the same seed, its rate falling to zero. Optuna's multi-objective tree-structured Parzen
estimator (arXiv:2304.11127) proposes; the study is a SQLite file, so that the same command goes on. How far a proxy can
be trusted is measured too: some shapes are trained again with another seed (`repeat`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import torch

from allaprima.errors import TrainingError
from allaprima.train.bank import Bank
from allaprima.train.denoiser import PRESETS, Denoiser, DenoiserConfig
from allaprima.train.denoiser_training import ADAM_ONLY, TIME_MEAN, conditions
from allaprima.train.flow import draw_times, velocity_loss
from allaprima.train.latency import LatencyTable, Part, check, parts
from allaprima.train.muon import Muon
from allaprima.train.pruning import Exam
from allaprima.train.run import Run, mixed_precision

STUDY = "shape"
SHIPPED = "s"
SPACE: dict[str, tuple[Any, ...]] = {
    "fine": (64, 96, 128), "medium": (128, 192, 256), "coarse": (128, 192, 256, 320),  # widths at 16x16, 8x8, 4x4
    "down_fine": (1, 2), "down_medium": (1, 2, 3), "middle": (0, 1, 2, 3),  # blocks
    "more_up_fine": (0, 1), "more_up_medium": (0, 1),  # than down
    "attention": ("everywhere", "middle and up", "down and middle", "down and up"),
}  # fmt: skip
ATTENTION = {"everywhere": (1, 1, 1), "middle and up": (0, 1, 1), "down and middle": (1, 1, 0),
             "down and up": (1, 0, 1)}  # fmt: skip
SHRINKING = 2  # a proxy's widths are the shape's, divided by this
WARMUP_STEPS = 20
STARTUP = 5  # trials drawn at random before the estimator has its say
CHECKED = 8  # whole networks that the table is compared with
MOST_REFUSED = 500  # proposals in a row that are too slow or known already


def shape(params: Mapping[str, Any]) -> DenoiserConfig:
    """The network's shape for one point of the space."""
    down = (params["down_fine"], params["down_medium"])
    up = (down[0] + params["more_up_fine"], down[1] + params["more_up_medium"])
    going_down, middle, going_up = ATTENTION[params["attention"]]
    attended = (going_down,) * down[1] + (middle,) * params["middle"] + (going_up,) * up[1]
    return DenoiserConfig((params["fine"], params["medium"], params["coarse"]), down, params["middle"], up,
                          attended=() if all(attended) else attended)  # fmt: skip


def shipped_params() -> dict[str, Any]:
    """The point of the space that is the shipped shape."""
    config = PRESETS[SHIPPED]
    return {**dict(zip(("fine", "medium", "coarse"), config.widths, strict=True)),
            "down_fine": config.down[0], "down_medium": config.down[1], "middle": config.middle,
            "more_up_fine": config.up[0] - config.down[0], "more_up_medium": config.up[1] - config.down[1],
            "attention": "everywhere"}  # fmt: skip


def proxy(config: DenoiserConfig) -> DenoiserConfig:
    """The same shape at a fraction of its widths."""
    c0, c1, c2 = (width // SHRINKING for width in config.widths)
    return DenoiserConfig((c0, c1, c2), config.down, config.middle, config.up, config.time_width // SHRINKING,
                          attended=config.attended)  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """What a proxy training came to."""

    loss: float
    scenes: int


def train_proxy(
    config: DenoiserConfig, bank: Bank, exam: Exam, *, seconds: float, seed: int, batch: int, lr: float
) -> Trained:
    """Trains a network of this very shape from nothing for so many seconds of processor time; its loss in the exam.

    The clock is the processor's, not the wall's: on a busy machine the trials would not be alike by the wall's.
    """
    torch.manual_seed(seed)
    model = Denoiser(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    muon = Muon(model, lr=lr, adam_only=ADAM_ONLY, dtype=torch.bfloat16 if exam.fast else torch.float32)
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    begun, step = time.process_time(), 0
    while (left := 1.0 - (time.process_time() - begun) / seconds) > 0.0:
        drawn = bank.batch(batch, rng)
        clean = torch.from_numpy(drawn.latents).contiguous(memory_format=torch.channels_last)
        noise, t = torch.randn(clean.shape, generator=generator), draw_times(batch, generator, mean=TIME_MEAN)
        with torch.autocast("cpu", torch.bfloat16, enabled=exam.fast):
            loss = velocity_loss(model, clean, noise, t, conditions(drawn, rng)).mean()
        muon.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step(min(1.0, (step + 1) / WARMUP_STEPS) * left)
        step += 1
    return Trained(exam.loss(model.eval()), step * batch)


@dataclass(frozen=True)
class Point:
    """A shape that was tried: its trial's number, parameters, proxy loss, milliseconds, and another seed's loss."""

    number: int
    params: dict[str, Any]
    loss: float
    ms: float
    again: float | None = None

    @property
    def is_shipped(self) -> bool:
        return self.params == shipped_params()

    def __str__(self) -> str:
        config = shape(self.params)
        again = "" if self.again is None else f" (another seed {self.again:.4f})"
        return (f"{self.ms:6.2f} ms  loss {self.loss:.4f}{again}  {config.widths}, down {config.down}, middle "
                f"{config.middle}, up {config.up}, attention {self.params['attention']}")  # fmt: skip


def open_study(folder: Path, seed: int) -> optuna.Study:
    """The study in `folder`, with the shipped shape as its first trial."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{folder / 'study.db'}", study_name=STUDY, directions=["minimize", "minimize"],
        load_if_exists=True,
    )  # fmt: skip
    if not study.trials:
        study.enqueue_trial(shipped_params())
    # Another seed after each stop: the sampler begins anew then, and would propose again what it did before.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials), n_startup_trials=STARTUP)
    return study


def points(study: optuna.Study) -> list[Point]:
    """Every shape that was trained."""
    done = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    again = study.user_attrs
    return [Point(t.number, dict(t.params), t.values[0], t.values[1], again.get(f"again-{t.number}")) for t in done]


def pareto(tried: Sequence[Point]) -> list[Point]:
    """Those that no other beats in both loss and time, fastest first."""
    front: list[Point] = []
    for point in sorted(tried, key=lambda p: (p.ms, p.loss)):
        if not front or point.loss < front[-1].loss:
            front.append(point)
    return front


def spread_out(tried: Sequence[Point], count: int) -> list[Point]:
    """Shapes to train again: the shipped one, then evenly from the best loss to the worst."""
    ranked = sorted((p for p in tried if not p.is_shipped), key=lambda p: p.loss)
    shipped = [p for p in tried if p.is_shipped][:1]
    wanted = min(count - len(shipped), len(ranked))
    chosen = np.unique(np.linspace(0, len(ranked) - 1, max(wanted, 0)).round().astype(int))
    return [*shipped, *(ranked[i] for i in chosen)]


@dataclass(frozen=True)
class Trust:
    """How alike two seeds rank: pairs of shapes in the same order, the mean distance between a shape's two losses, and
    the deviation of losses between shapes."""

    pairs: int
    alike: int
    noise: float
    spread: float

    @classmethod
    def of(cls, tried: Sequence[Point]) -> Trust | None:
        """None until two shapes were trained twice."""
        twice = [(p.loss, p.again) for p in tried if p.again is not None]
        if len(twice) < 2:
            return None
        both = [(a, b) for i, a in enumerate(twice) for b in twice[i + 1 :]]
        alike = sum((a[0] < b[0]) == (a[1] < b[1]) for a, b in both)
        noise = float(np.mean([abs(first - again) for first, again in twice]))
        return cls(len(both), alike, noise, float(np.std([p.loss for p in tried])))

    def __str__(self) -> str:
        return (f"another seed: {self.alike} of {self.pairs} pairs of shapes in the same order; a shape's two losses "
                f"are {self.noise:.4f} apart, the shapes' deviate by {self.spread:.4f}")  # fmt: skip


def verdict(tried: Sequence[Point]) -> str:
    """Whether anything beats the shipped shape at no more time, by more than two seeds differ."""
    shipped = next((p for p in tried if p.is_shipped), None)
    trust = Trust.of(tried)
    if shipped is None or trust is None:
        return "no verdict yet: the shipped shape and one more have to be trained with two seeds"
    best = min((p for p in tried if p.ms <= shipped.ms), key=lambda p: p.loss)
    if best.is_shipped:
        return f"nothing that takes no more time than '{SHIPPED}' reached a smaller loss"
    gain, sure = shipped.loss - best.loss, 2 * trust.noise
    how = "more than" if gain > sure else "not more than"
    return (f"best at no more time than '{SHIPPED}': trial {best.number}, loss {gain:+.4f} better at "
            f"{best.ms / shipped.ms:.2f} of the time, {how} twice what seeds differ by ({sure:.4f})")  # fmt: skip


def whole_space() -> list[Part]:
    """Every part that a shape of the space can have."""
    found: dict[str, Part] = {}
    for fine in SPACE["fine"]:
        for medium in SPACE["medium"]:
            for coarse in SPACE["coarse"]:
                found |= {part.key(): part for part in parts(DenoiserConfig((fine, medium, coarse)))}
    return list(found.values())


def measure_table(table: LatencyTable, run: Run, *, seed: int) -> None:
    """Measures what the table lacks, and once compares it with whole networks of random shapes."""
    lacking = [part for part in whole_space() if part.key() not in table.ms]
    for part in lacking:
        table.part(part)
    if lacking:
        table.save()
        run.log(f"measured {len(lacking)} parts: {table.path}")
    if not table.checked:
        rng = np.random.default_rng(seed)
        drawn = [{name: options[rng.integers(len(options))] for name, options in SPACE.items()} for _ in range(CHECKED)]
        run.log(str(check(table, [PRESETS[SHIPPED], *(shape(params) for params in drawn)])))
        table.save()


def search_shapes(
    *,
    folder: Path = Path("data/runs/search"),
    bank: Path = Path("data/bank"),
    table: LatencyTable | None = None,
    trials: int = 12,
    repeat: int = 3,
    seconds: float = 25.0,
    budget: float = 1.15,
    minutes: float | None = None,
    batch: int = 32,
    lr: float = 3e-3,
    exam_scenes: int = 128,
    seed: int = 0,
) -> dict[str, Any]:
    """Goes on until `trials` shapes are trained and `repeat` of them twice, or `minutes` are over; returns a report.

    `budget`: the most time a shape may take, as a share of the shipped shape's. Raises TrainingError for numbers that
    make no study.
    """
    if trials < 1 or repeat < 0 or not seconds > 0 or not budget >= 1.0:
        raise TrainingError("a study has 1 trial or more, of some seconds each, and a --budget of 1 or more, so that "
                            "the shipped shape is in it")  # fmt: skip
    run = Run.open(folder, minutes=minutes)
    scenes, fast = Bank(bank), mixed_precision()
    table = table or LatencyTable.open(folder.parent / "latency.json")
    measure_table(table, run, seed=seed)
    exam = Exam.of(scenes, exam_scenes, fast=fast)
    study = open_study(folder, seed)
    most, refused = budget * table.total(PRESETS[SHIPPED]), 0

    def train(params: Mapping[str, Any], seed: int) -> Trained:
        return train_proxy(proxy(shape(params)), scenes, exam, seconds=seconds, seed=seed, batch=batch, lr=lr)

    while run.going() and len(tried := points(study)) < trials and refused < MOST_REFUSED:
        trial = study.ask()
        params = {name: trial.suggest_categorical(name, options) for name, options in SPACE.items()}
        ms = table.total(shape(params))
        if ms > most or any(shape(point.params) == shape(params) for point in tried):
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            refused += 1
            continue
        trained, refused = train(params, seed), 0
        trial.set_user_attr("scenes", trained.scenes)
        study.tell(trial, [trained.loss, ms])
        run.log(f"trial {trial.number:3d} | {Point(trial.number, params, trained.loss, ms)} | {trained.scenes} scenes")
    for point in spread_out(points(study), repeat) if len(points(study)) >= trials else ():
        if run.going() and point.again is None:
            study.set_user_attr(f"again-{point.number}", train(point.params, seed + 1).loss)
            run.log(f"again {point.number:3d} | {next(p for p in points(study) if p.number == point.number)}")
    return summary(points(study), table, run)


def summary(tried: Sequence[Point], table: LatencyTable, run: Run) -> dict[str, Any]:
    """Logs the front, the trust and the verdict; all of it as a report."""
    front, trust = pareto(tried), Trust.of(tried)
    for point in front:
        run.log(f"front | {point}{'  <- shipped' if point.is_shipped else ''}")
    if trust is not None:
        run.log(str(trust))
    run.log(said := verdict(tried))
    return {"trials": len(tried), "front": [{"ms": p.ms, "loss": p.loss, "again": p.again, **p.params} for p in front],
            "table": table.checked, "trust": None if trust is None else vars(trust), "verdict": said}  # fmt: skip
