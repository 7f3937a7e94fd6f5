"""Trains the denoiser on the scene bank: `allaprima train denoiser`.

Words are dropped in an eighth of the scenes and the hint in a fifth, so that words alone paint too and
guidance has its unconditional side; in some scenes a part of the picture is given and the rest is to be painted
(`train.regions`), so that a picture can be changed or continued. Resumable by the same command; the constant-rate
state is `checkpoint.pt`, and `--anneal` forks a cool-down from it into `annealed.pt`, which the export takes when it
is newer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from allaprima.errors import TrainingError
from allaprima.train.bank import Bank, Batch
from allaprima.train.denoiser import PRESETS, REGION, Denoiser, DenoiserConfig
from allaprima.train.ema import Ema
from allaprima.train.flow import Conditions, draw_times, sample, velocity_loss
from allaprima.train.muon import Muon
from allaprima.train.regions import draw_masks, draw_regions, region_channels
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet

TIME_MEAN = 0.4  # of the logit-normal times: 16 channels show through noise early, so layout needs more of it
DROP_ALL = 0.08  # neither words nor hint: the unconditional side
DROP_WORDS = 0.04
DROP_HINT = 0.15
WARMUP_STEPS = 100
TIME_BINS = (0.0, 0.25, 0.5, 0.75, 1.0)
VALIDATION_SCENES = 256
SHEET_STEPS = 12
REGIONS_LEARNED = 40_000  # scenes in training with regions among them, until a run counts as taught
ADAM_ONLY = ("stem", "out", "words.nothing", "time")  # first and last layers, and everything that is no matrix


def conditions(batch: Batch, rng: np.random.Generator | None) -> Conditions:
    """The batch as tensors, parts dropped and regions drawn at random; with rng None neither."""
    hint, states, mask = (torch.from_numpy(part) for part in (batch.hints, batch.states, batch.text_mask))
    if rng is not None:
        roll = torch.from_numpy(rng.random(len(hint)).astype(np.float32))
        no_words = roll < DROP_ALL + DROP_WORDS
        no_hint = (roll < DROP_ALL) | (torch.from_numpy(rng.random(len(hint)).astype(np.float32)) < DROP_HINT)
        states = states * ~no_words[:, None, None]
        mask = mask * ~no_words[:, None]
        hint = hint * ~no_hint[:, None, None, None]
    n, _, height, width = hint.shape
    # Thrown after everything else: a region takes nothing from words and hint.
    region = torch.zeros(n, REGION, height, width)
    if rng is not None:
        region = draw_regions(torch.from_numpy(batch.latents), rng)
    return Conditions(hint, region, states, mask)


class BinnedLoss:
    """Running means of the loss in four bins of time."""

    def __init__(self) -> None:
        self.sums = np.zeros(len(TIME_BINS) - 1)
        self.counts = np.zeros(len(TIME_BINS) - 1)

    def add(self, time: torch.Tensor, loss: torch.Tensor) -> None:
        bins = np.clip(np.digitize(time.numpy(), TIME_BINS) - 1, 0, len(self.sums) - 1)
        np.add.at(self.sums, bins, loss.detach().numpy())
        np.add.at(self.counts, bins, 1)

    def __str__(self) -> str:
        return " ".join(f"{v:.3f}" for v in self.sums / np.maximum(self.counts, 1))

    def mean(self) -> float:
        return float(self.sums.sum() / max(self.counts.sum(), 1))


@torch.no_grad()
def validate(model: Denoiser, bank: Bank, *, fast: bool, with_hint: bool, sketched: bool = False) -> BinnedLoss:
    """The loss on the kept shard at fixed noise and evenly spread times; `sketched`: with hints of sketches."""
    generator = torch.Generator().manual_seed(7)
    result = BinnedLoss()
    for first in range(0, VALIDATION_SCENES, 64):
        batch = bank.validation(64, first=first, sketched=sketched)
        given = conditions(batch, None)
        if not with_hint:
            given = Conditions(torch.zeros_like(given.hint), given.region, given.states, given.text_mask)
        clean = torch.from_numpy(batch.latents)
        noise = torch.randn(clean.shape, generator=generator)
        time = (torch.arange(64) + 0.5) / 64
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            result.add(time, velocity_loss(model, clean, noise, time, given))
    return result


@torch.no_grad()
def validate_regions(model: Denoiser, bank: Bank, *, fast: bool) -> BinnedLoss:
    """The loss on the free cells of the kept shard's pictures, the rest of each picture, words and hint given."""
    generator, rng = torch.Generator().manual_seed(7), np.random.default_rng(7)
    result = BinnedLoss()
    for first in range(0, VALIDATION_SCENES, 64):
        batch = bank.validation(64, first=first)
        given, clean = conditions(batch, None), torch.from_numpy(batch.latents)
        masks = torch.from_numpy(draw_masks(len(clean), *clean.shape[2:], rng))
        given = Conditions(given.hint, region_channels(clean, masks), given.states, given.text_mask)
        noise = torch.randn(clean.shape, generator=generator)
        time = (torch.arange(64) + 0.5) / 64
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            result.add(time, velocity_loss(model, clean, noise, time, given, masks))
    return result


def sample_sheet(model: Denoiser, autoencoder: Any, bank: Bank, path: Path, *, fast: bool, count: int = 16) -> None:
    """Three bands: the kept scenes themselves, painted with hint and words, painted from words alone."""
    batch = bank.validation(count)
    given = conditions(batch, None)
    alone = Conditions(torch.zeros_like(given.hint), given.region, given.states, given.text_mask)
    noise = torch.randn(batch.latents.shape, generator=torch.Generator().manual_seed(11))
    times = [1 - i / SHEET_STEPS for i in range(SHEET_STEPS + 1)]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
        bands = [torch.from_numpy(batch.latents), *(sample(model, noise, c, times) for c in (given, alone))]
        pictures = autoencoder.decode(torch.cat(bands)).float()
    save_sheet(torch.nn.functional.avg_pool2d(pictures, 2), path, columns=count)


def load_denoiser(folder: Path) -> tuple[Denoiser, dict[str, Any]]:
    """Averaged weights (annealed ones when they are newer than the checkpoint's step) and the run's record."""
    run = Run(folder, None)
    state, annealed = run.load(), run.load("annealed.pt")
    if annealed is not None and (state is None or annealed["scenes"] >= state["scenes"]):
        state = annealed
    if state is None:
        raise TrainingError(f"no denoiser in {folder}; run `allaprima train denoiser` first")
    model = Denoiser(DenoiserConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in state["config"].items()}))
    model.load_state_dict(state["ema"])
    record = {"step": state["step"], "scenes": state["scenes"], "minutes": state["minutes"]}
    taught = state.get("region_scenes", 0)
    # Fewer scenes than this and the region channels are noise to the network, which the engine must not feed.
    return model.eval(), {**record, "region_scenes": taught, "regions": taught >= REGIONS_LEARNED}


def train_denoiser(
    *,
    bank: Path = Path("data/bank"),
    folder: Path = Path("data/runs/denoiser"),
    autoencoder: Path | None = Path("data/runs/autoencoder"),
    size: str = "m",
    minutes: float | None = None,
    anneal: bool = False,
    optimiser: str = "muon",
    batch: int = 128,
    lr: float = 1e-3,
    seed: int = 0,
    sheet_minutes: float = 15.0,
) -> dict[str, Any]:
    """Trains until `minutes` are over; with `anneal` the rate falls linearly to zero over them. Returns a report."""
    if anneal and minutes is None:
        raise TrainingError("--anneal needs --minutes: the time over which the rate falls to zero")
    run = Run.open(folder, minutes=minutes)
    torch.manual_seed(seed)
    scenes_bank = Bank(bank)
    config = PRESETS[size]
    model = Denoiser(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = Ema(model)
    fast = mixed_precision()
    muon = Muon(model, lr=lr, adam_only=ADAM_ONLY if optimiser == "muon" else ("",),
                dtype=torch.bfloat16 if fast else torch.float32)  # fmt: skip
    step = scenes = region_scenes = averaged_from = 0
    spent = 0.0
    if (state := run.load()) is not None:
        model.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        if "optimiser" in state:
            muon.load_state_dict(state["optimiser"])
        step, scenes, spent = state["step"], state["scenes"], state["minutes"]
        region_scenes = state.get("region_scenes", 0)  # a run begun before regions were taught has seen none
        run.log(f"resumed at step {step}, {scenes} scenes")
    before = ema
    if anneal:
        # What a cool-down learns would hardly be seen in the average over a long run: it is averaged by itself, and
        # what counts is the mean of both averages (arXiv:2203.05482), which is better than either.
        ema, averaged_from = Ema(model), step

    def averaged() -> dict[str, torch.Tensor]:
        if before is ema:
            return ema.weights
        return {name: (value + before.weights[name]) / 2 for name, value in ema.weights.items()}

    rng = np.random.default_rng([seed, step])
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    painter = None
    if autoencoder is not None:
        from allaprima.train.autoencoder_training import load_autoencoder

        painter = load_autoencoder(autoencoder)
    seen, report = BinnedLoss(), {}
    last_log, last_scenes = run.elapsed(), scenes

    def record() -> dict[str, Any]:
        return {"config": config.to_dict(), "step": step, "scenes": scenes, "minutes": spent + run.elapsed() / 60,
                "region_scenes": region_scenes, "model": model.state_dict(), "ema": averaged(),
                "optimiser": muon.state_dict()}  # fmt: skip

    def look() -> None:
        network = Denoiser(config).eval()
        network.load_state_dict(averaged())
        hinted = validate(network, scenes_bank, fast=fast, with_hint=True)
        alone = validate(network, scenes_bank, fast=fast, with_hint=False)
        regions = validate_regions(network, scenes_bank, fast=fast)
        sketched = validate(network, scenes_bank, fast=fast, with_hint=True, sketched=True)
        report.update(validation_hint=hinted.mean(), validation_words=alone.mean(), validation_region=regions.mean(),
                      validation_sketch=sketched.mean())  # fmt: skip
        run.log(f"validation at {scenes} scenes | with hint {hinted.mean():.4f} ({hinted}) | words alone "
                f"{alone.mean():.4f} ({alone}) | free cells {regions.mean():.4f} ({regions}) | with sketches "
                f"{sketched.mean():.4f}")  # fmt: skip
        if painter is not None:
            sample_sheet(network, painter, scenes_bank, folder / f"sheet-{scenes:08d}.png", fast=fast)

    while run.going():
        scale = min(1.0, (step + 1) / WARMUP_STEPS)
        if anneal and minutes is not None:
            scale *= max(run.left() / (minutes * 60), 0.0)
        drawn = scenes_bank.batch(batch, rng)
        clean = torch.from_numpy(drawn.latents).contiguous(memory_format=torch.channels_last)
        noise = torch.randn(clean.shape, generator=generator)
        time = draw_times(batch, generator, mean=TIME_MEAN)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            each = velocity_loss(model, clean, noise, time, conditions(drawn, rng))
        muon.zero_grad()
        each.mean().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step(scale)
        step, scenes, region_scenes = step + 1, scenes + batch, region_scenes + batch
        ema.update(model, step - averaged_from)
        seen.add(time, each)
        if step % 50 == 0:
            pace = (scenes - last_scenes) / (run.elapsed() - last_log)
            run.log(f"step {step:6d} | scenes {scenes:8d} | loss {seen.mean():.4f} | by time {seen} | "
                    f"{pace:.1f} scenes/s | lr {lr * scale:.1e} | {run.elapsed() / 60:.1f} min")  # fmt: skip
            seen, last_log, last_scenes = BinnedLoss(), run.elapsed(), scenes
        if run.due("checkpoint", every_s=300):
            if not anneal:
                run.save(record())
            scenes_bank.refresh()
        if run.due("look", every_s=sheet_minutes * 60):
            look()
    run.save(record(), "annealed.pt" if anneal else "checkpoint.pt")
    look()
    return {"step": step, "scenes": scenes, "minutes": spent + run.elapsed() / 60, **report}
