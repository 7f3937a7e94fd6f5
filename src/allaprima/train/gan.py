"""The earlier way, as a baseline: a generator against a discriminator, on the same scenes as the denoiser.

`allaprima train gan`. The generator is the denoiser's network at one fixed time, begun from nothing: noise, words and
hint go in, latents come out, in one call. It never sees a scene, only what the discriminator (`train.refinement`) says
of its latents. Nothing is taken from a teacher, so that it can be compared with what distillation makes of the same
minutes. A run has a student's form (one grid of one step), so export and judge take it as one.

How stable it was is written to curve.jsonl: how well latents are told apart, how far the crowd of painted latents is
from real ones, and how much one prompt's pictures differ between seeds (a collapse shows as next to nothing).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from allaprima.errors import TrainingError
from allaprima.train.bank import Bank
from allaprima.train.denoiser import PRESETS, Denoiser
from allaprima.train.denoiser_training import ADAM_ONLY, conditions
from allaprima.train.ema import Ema
from allaprima.train.flow import Conditions
from allaprima.train.lessons import lesson_conditions
from allaprima.train.likeness import Likeness
from allaprima.train.muon import Muon
from allaprima.train.refinement import Refiner, finished
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet
from allaprima.train.student import Terms, paint, with_config

GRID = (1.0, 0.0)
TERMS = Terms({1: GRID}, 1.0, (0.0, 1.0))
CROWD = 64  # scenes that the curve is measured on
REAL = 512
SEEDS = 2  # pictures of each of them


def measured(generator: Denoiser, bank: Bank, *, fast: bool) -> tuple[dict[str, float], torch.Tensor]:
    """The curve's numbers for one generator, and the latents [CROWD, 16, h, w] they were taken from.

    crowd: distance from real latents (`train.likeness`). spread: deviation between two seeds of one prompt, in units
    of that between prompts; near 0 the noise is ignored.
    """
    batch = bank.validation(CROWD)
    given = conditions(batch, None)
    shown = (torch.arange(CROWD) % 2 == 0).float()
    known = [given.hint * shown[:, None, None, None], given.region, given.states, given.text_mask]
    draw = torch.Generator().manual_seed(31)
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        seeds = [paint(generator, torch.randn(batch.latents.shape, generator=draw), known, GRID).float()
                 for _ in range(SEEDS)]  # fmt: skip
    within = (seeds[0] - seeds[1]).pow(2).mean().sqrt()
    between = (seeds[0] - seeds[1].roll(1, dims=0)).pow(2).mean().sqrt()
    real = bank.batch(REAL, np.random.default_rng(37)).latents
    return {"crowd": Likeness.of(real).distance(seeds[0].numpy()),
            "spread": float(within / between.clamp_min(1e-8))}, seeds[0]  # fmt: skip


def train_gan(
    *,
    bank: Path = Path("data/bank"),
    folder: Path = Path("data/runs/gan"),
    autoencoder: Path | None = Path("data/runs/autoencoder"),
    size: str = "s",
    minutes: float | None = None,
    steps: int | None = None,
    batch: int = 64,
    lr: float = 3e-4,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains for `minutes` or `steps` more rounds, whichever ends first; returns a report.

    Raises TrainingError when neither is given, the bank is missing, or the folder holds another size.
    """
    if minutes is None and steps is None:
        raise TrainingError("--minutes is needed: how long the two are to compete")
    run = Run.open(folder, minutes=minutes)
    torch.manual_seed(seed)
    scenes, fast, config = Bank(bank), mixed_precision(), PRESETS[size]
    generator = with_config(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = Ema(generator)
    muon = Muon(generator, lr=lr, adam_only=ADAM_ONLY, dtype=torch.bfloat16 if fast else torch.float32)
    refiner = Refiner(lr=lr, seed=seed)
    step, spent = 0, 0.0
    if (state := run.load()) is not None:
        if state["config"] != config.to_dict():
            raise TrainingError(f"{folder} holds a generator of another size; move it away, or give --folder")
        generator.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        muon.load_state_dict(state["optimiser"])
        refiner.critic.load_state_dict(state["critic"])
        refiner.optimiser.load_state_dict(state["critic_optimiser"])
        step, spent = state["step"], state["minutes"]
        run.log(f"resumed at round {step}")
    rng = np.random.default_rng([seed, step])
    draw = torch.Generator().manual_seed(seed * 1_000_003 + step)
    first = step
    telling: list[float] = []
    passing: list[float] = []
    report: dict[str, Any] = {}

    def look() -> None:
        averaged = with_config(config)
        averaged.load_state_dict(ema.weights)
        numbers, latents = measured(averaged.eval(), scenes, fast=fast)
        report.update({"round": step, "minutes": spent + run.elapsed() / 60, **numbers,
                       "told_apart": float(np.mean(telling)), "passing": float(np.mean(passing))})  # fmt: skip
        with open(folder / "curve.jsonl", "a", encoding="utf-8") as curve:
            curve.write(json.dumps(report) + "\n")
        run.log(f"round {step} | told apart with a loss of {report['told_apart']:.3f} (2: not at all) | crowd "
                f"{numbers['crowd']:.2f} | spread {numbers['spread']:.2f}")  # fmt: skip
        if autoencoder is not None:
            from allaprima.train.autoencoder_training import load_autoencoder

            with torch.no_grad():
                pictures = load_autoencoder(autoencoder).decode(latents[:32]).float()
            save_sheet(torch.nn.functional.avg_pool2d(pictures, 2), folder / f"sheet-{step:06d}.png", columns=16)

    def record() -> dict[str, Any]:
        return {"config": config.to_dict(), "terms": TERMS.as_json(), "step": step, "examples": step * batch,
                "minutes": spent + run.elapsed() / 60, "teacher": None, "model": generator.state_dict(),
                "ema": ema.weights, "optimiser": muon.state_dict(), "critic": refiner.critic.state_dict(),
                "critic_optimiser": refiner.optimiser.state_dict(), "validation": {"gan": report}}  # fmt: skip

    while run.going() and (steps is None or step - first < steps):
        drawn = scenes.batch(batch, rng)
        given: Conditions = lesson_conditions(drawn, rng)
        real = torch.from_numpy(drawn.latents)
        noise = torch.randn(real.shape, generator=draw).contiguous(memory_format=torch.channels_last)
        painted = finished(generator, noise, given, GRID, fast=fast)
        telling.append(refiner.tell_apart(real, painted, given))
        loss = refiner.passing_loss(painted, given)
        muon.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(generator.parameters(), 1.0)
        muon.step(min(1.0, (step + 1) / 20))
        passing.append(float(loss.detach()))
        step += 1
        ema.update(generator, step)
        telling, passing = telling[-25:], passing[-25:]
        if run.due("look", every_s=120):
            look()
        if run.due("checkpoint", every_s=300):
            run.save(record())
    look()
    run.save(record())
    return report
