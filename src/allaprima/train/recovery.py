"""Prunes the denoiser and lets it recover by distillation: `allaprima train prune`.

The teacher is the network before pruning, its averaged weights kept in the run's folder, since its own training may go
on meanwhile. On the bank's scenes, with what is dropped and given as in training, the pruned network learns to predict
what the teacher does, weighted as the velocity's loss is, and to have the teacher's features at the end of each stage
(arXiv:1412.6550 and 2305.15798 do the same). The rate falls to zero over the run; the same command goes on. The run is
loaded like any denoiser's, so `train student --teacher` and the export take its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from allaprima.errors import TrainingError
from allaprima.train.bank import Bank
from allaprima.train.denoiser import Denoiser, DenoiserConfig
from allaprima.train.denoiser_training import (
    ADAM_ONLY,
    TIME_MEAN,
    conditions,
    load_denoiser,
    validate,
    validate_regions,
)
from allaprima.train.ema import Ema
from allaprima.train.flow import SMALLEST_T, Conditions, draw_times
from allaprima.train.latency import LatencyTable, in_turns, whole_session
from allaprima.train.muon import Muon
from allaprima.train.pruning import Exam, score, to_budget, width_trial
from allaprima.train.run import Run, mixed_precision

FEATURES = ("shrink1", "grow1", "grow0", "norm")  # what goes into these is what a stage gives out
FEATURE_WEIGHT = 0.1
WARMUP_STEPS = 20
Say = Callable[[str], None]


@contextmanager
def watched(model: Denoiser) -> Iterator[list[torch.Tensor]]:
    """The features at the end of each stage of the calls made inside, in the order of `FEATURES`."""
    seen: list[torch.Tensor] = []
    hooks = [
        getattr(model, name).register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
        for name in FEATURES
    ]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def matching_loss(
    lean: Denoiser, teacher: Denoiser, noisy: torch.Tensor, time: torch.Tensor, given: Conditions
) -> torch.Tensor:
    """The mean over scenes of the squared error of the velocity from the teacher's, and a share of the features'
    squared error against the teacher's own variance. noisy: [n, 16, h, w]."""
    known = (noisy, given.hint, given.region, given.states, given.text_mask, time)
    with torch.no_grad(), watched(teacher) as wanted:
        target = teacher(*known)
    with watched(lean) as seen:
        said = lean(*known)
    away = ((said - target) / time[:, None, None, None].clamp_min(SMALLEST_T)).pow(2).mean()
    features = [
        (mine.float() - theirs.float()).pow(2).mean() / theirs.float().var().clamp_min(1e-6)
        for mine, theirs in zip(seen, wanted, strict=True)
    ]
    total: torch.Tensor = away + FEATURE_WEIGHT * torch.stack(features).mean()
    return total


def begin(run: Run, of: Path) -> tuple[Denoiser, dict[str, Any]]:
    """The teacher: the one this run began with, or else the denoiser in `of` as it is now."""
    if not (run.folder / "teacher.pt").exists():
        teacher, record = load_denoiser(of)
        run.save({"config": teacher.config.to_dict(), "ema": teacher.state_dict(), **record}, "teacher.pt")
    state = run.load("teacher.pt")
    assert state is not None
    teacher = Denoiser(DenoiserConfig(**state["config"]))
    teacher.load_state_dict(state["ema"])
    record = {key: value for key, value in state.items() if key not in ("config", "ema")}
    return teacher.eval().to(memory_format=torch.channels_last), record  # type: ignore[call-overload]


def losses(model: Denoiser, bank: Bank, *, fast: bool) -> dict[str, float]:
    """Validation with the hint, with words alone, and on free cells, as the denoiser's training logs it."""
    return {"hint": validate(model, bank, fast=fast, with_hint=True).mean(),
            "words": validate(model, bank, fast=fast, with_hint=False).mean(),
            "region": validate_regions(model, bank, fast=fast).mean()}  # fmt: skip


def told(name: str, lost: dict[str, float]) -> str:
    return (f"{name}: with hint {lost['hint']:.4f}, words alone {lost['words']:.4f}, "
            f"free cells {lost['region']:.4f}")  # fmt: skip


def examine(teacher: Denoiser, bank: Bank, table: LatencyTable, share: float, exam: Exam, say: Say) -> Denoiser:
    """Scores every part, tries width in one go, and takes away the cheapest parts; the smaller network."""
    before, loss = table.sum(teacher.config), exam.loss(teacher)
    say(f"the whole network: loss {loss:.4f}, {before:.2f} ms by the table")
    scores = score(teacher, exam, table.sum)
    for each in scores:
        say(f"without {each.name:<20} loss {each.loss:+.4f}, {-each.saved:+.2f} ms, {each.price():+.4f} a ms")
    for trial in width_trial(teacher, exam, table.sum):
        say(f"without {trial.share:.1%} of the inner channels: loss {trial.loss - loss:+.4f}, "
            f"{trial.ms - before:+.2f} ms, inner {list(trial.model.config.inner_widths())}")  # fmt: skip
    lean = to_budget(teacher, exam, table.sum, budget=share * before, say=say, scores=scores)
    table.save()
    return lean


def prune_denoiser(
    *,
    teacher: Path = Path("data/runs/denoiser"),
    folder: Path = Path("data/runs/pruned"),
    bank: Path = Path("data/bank"),
    table: LatencyTable | None = None,
    budget: float = 0.75,
    minutes: float | None = None,
    steps: int | None = None,
    batch: int = 64,
    lr: float = 5e-4,
    exam_scenes: int = 128,
    seed: int = 0,
) -> dict[str, Any]:
    """Prunes to `budget` of the teacher's time and recovers for `minutes` or `steps`; returns a report.

    Raises TrainingError when neither is given, for a budget that is none, and for what is missing.
    """
    if minutes is None and steps is None:
        raise TrainingError("--minutes is needed: the time over which the rate of recovery falls to zero")
    if not 0.0 < budget <= 1.0:
        raise TrainingError(f"--budget is a share of the whole network's time, above 0 and at most 1, not {budget}")
    run = Run.open(folder, minutes=minutes)
    torch.manual_seed(seed)
    scenes, fast = Bank(bank), mixed_precision()
    master, record = begin(run, teacher)
    table = table or LatencyTable.open(folder.parent / "latency.json")
    whole = losses(master, scenes, fast=fast)
    run.log(told(f"teacher of {record['scenes']} scenes", whole))
    state = run.load()
    if state is None:
        lean = examine(master, scenes, table, budget, Exam.of(scenes, exam_scenes, fast=fast), run.log)
        removed = losses(lean, scenes, fast=fast)
        run.log(told("pruned, before recovery", removed))
    else:
        lean, removed = Denoiser(DenoiserConfig(**state["config"])), state["removed"]
        lean.load_state_dict(state["model"])
    lean = lean.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    ema = Ema(lean)
    muon = Muon(lean, lr=lr, adam_only=ADAM_ONLY, dtype=torch.bfloat16 if fast else torch.float32)
    step = examples = 0
    spent = 0.0
    if state is not None:
        ema.load_state_dict(state["ema"])
        muon.load_state_dict(state["optimiser"])
        step, examples, spent = state["step"], state["examples"], state["recovery_minutes"]
        run.log(f"resumed at step {step}")
    rng = np.random.default_rng([seed, step])
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    first, began, recent = step, run.elapsed(), []

    def averaged() -> Denoiser:
        net = Denoiser(lean.config)
        net.load_state_dict(ema.weights)
        return net.eval()

    def save() -> None:
        run.save({**record, "config": lean.config.to_dict(), "ema": ema.weights, "model": lean.state_dict(),
                  "optimiser": muon.state_dict(), "step": step, "examples": examples, "removed": removed,
                  "recovery_minutes": spent + (run.elapsed() - began) / 60})  # fmt: skip

    def progress() -> float:
        by_time = (run.elapsed() - began) / max(minutes * 60 - began, 1.0) if minutes else 0.0
        return min(max(by_time, (step - first) / steps if steps else 0.0), 1.0)

    save()
    while run.going() and progress() < 1.0:
        drawn = scenes.batch(batch, rng)
        clean = torch.from_numpy(drawn.latents)
        time = draw_times(batch, generator, mean=TIME_MEAN)
        t = time[:, None, None, None]
        noisy = (1 - t) * clean + t * torch.randn(clean.shape, generator=generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            loss = matching_loss(lean, master, noisy.contiguous(memory_format=torch.channels_last), time,
                                 conditions(drawn, rng))  # fmt: skip
        muon.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(lean.parameters(), 1.0)
        scale = min(1.0, (step - first + 1) / WARMUP_STEPS) * (1.0 - progress())
        muon.step(scale)
        step, examples = step + 1, examples + batch
        ema.update(lean, step)
        recent.append(loss.item())
        if step % 50 == 0:
            run.log(f"step {step:5d} | scenes {examples:7d} | distance {np.mean(recent):.4f} | lr {lr * scale:.1e} | "
                    f"{run.elapsed() / 60:.1f} min")  # fmt: skip
            recent.clear()
        if run.due("checkpoint", every_s=300):
            save()
    recovered = losses(averaged(), scenes, fast=fast)
    run.log(told(f"recovered on {examples} scenes", recovered))
    save()
    milliseconds = in_turns([whole_session(master), whole_session(averaged())])
    ratio = milliseconds[1] / milliseconds[0]
    run.log(f"onnxruntime, one thread, in turns: {milliseconds[0]:.2f} ms before, {milliseconds[1]:.2f} ms pruned, "
            f"{ratio:.2f} of the time")  # fmt: skip
    return {"config": lean.config.to_dict(), "step": step, "examples": examples, "teacher": whole, "removed": removed,
            "recovered": recovered, "ms": milliseconds, "ratio": ratio}  # fmt: skip
