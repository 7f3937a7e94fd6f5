"""Trains the autoencoder: `allaprima train autoencoder`.

L1 in pixels and in gradients, a small penalty that keeps latents near unit variance, noise on the latents so
that the decoder forgives the sampler, and an equivariance regulariser (EQ-VAE, arXiv:2502.09509): half of the
batch decodes scaled, turned or mirrored latents and has to give the scaled, turned or mirrored picture.
Resumable by the same command. Does not compose scenes: see `train.bank`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from allaprima.errors import TrainingError
from allaprima.scene.corpus import Corpus
from allaprima.train.autoencoder import PRESETS, Autoencoder, AutoencoderConfig
from allaprima.train.crops import Crops, open_scenes, prefetched
from allaprima.train.ema import Ema
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet

LATENT_NOISE = 0.1  # standard deviations added before decoding
EQUIVARIANCE_SHARE = 0.5
WARMUP_STEPS = 200


def gradient_l1(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """L1 between horizontal and vertical first differences: edges cost what flat areas do not."""
    return (a.diff(dim=-1) - b.diff(dim=-1)).abs().mean() + (a.diff(dim=-2) - b.diff(dim=-2)).abs().mean()


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """dB over a batch of pictures in [-1, 1]."""
    return float(10 * torch.log10(4.0 / (a.clamp(-1, 1) - b).pow(2).mean()))


def transform(
    latent: torch.Tensor, picture: torch.Tensor, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same scaling, quarter turns and mirroring of latents and target picture (16 target pixels a latent)."""
    turns = int(rng.integers(4))
    latent, picture = latent.rot90(turns, (2, 3)), picture.rot90(turns, (2, 3))
    if rng.random() < 0.5:
        latent, picture = latent.flip(3), picture.flip(3)
    side = latent.shape[-1]
    smaller = int(rng.integers(side // 2, side + 1))
    if smaller < side:
        latent = F.interpolate(latent, size=(smaller, smaller), mode="bilinear", antialias=True)
        picture = F.interpolate(picture, size=(smaller * 16, smaller * 16), mode="bilinear", antialias=True)
    return latent, picture


def losses(
    model: Autoencoder, target: torch.Tensor, rng: np.random.Generator, *, equivariance: bool = True
) -> dict[str, torch.Tensor]:
    """target: [n, 3, h, w] in [-1, 1] at the decoder's scale. Returns named scalar losses; sum them to train.

    Without `equivariance` the second half of the batch is decoded as the first is: same batch, same weights.
    """
    latent = model.encoder(F.avg_pool2d(target, 2)).float()
    spread = latent.var(dim=(0, 2, 3)) + 1e-4
    keep = (spread - 1 - spread.log()).mean() + latent.mean(dim=(0, 2, 3)).pow(2).mean()
    noisy = latent + LATENT_NOISE * torch.randn_like(latent)
    half = int(len(target) * EQUIVARIANCE_SHARE)
    plain = model.decoder(noisy[half:]).float()
    turned_latent, turned_target = noisy[:half], target[:half]
    if equivariance:
        turned_latent, turned_target = transform(turned_latent, turned_target, rng)
    turned = model.decoder(turned_latent).float()
    pixel = F.l1_loss(plain, target[half:]) + F.l1_loss(turned, turned_target)
    edge = gradient_l1(plain, target[half:]) + gradient_l1(turned, turned_target)
    return {"pixel": pixel, "edge": edge, "keep": 0.01 * keep}


@torch.no_grad()
def measure_latents(model: Autoencoder, scenes: np.ndarray, *, count: int = 512) -> None:
    """Sets `mean` and `std` from whole scenes, so that latents are standardised per channel."""
    picks = np.linspace(0, len(scenes) - 1, min(count, len(scenes))).astype(int)
    latents = [model.encoder(to_input(scenes[i : i + 1])) for i in picks]
    every = torch.cat(latents)
    model.mean.copy_(every.mean(dim=(0, 2, 3)))
    model.std.copy_(every.std(dim=(0, 2, 3)))


@torch.no_grad()
def latent_shape(model: Autoencoder, target: torch.Tensor) -> dict[str, float]:
    """How easy latents of pictures [n, 3, 256, 256] in [-1, 1] are for a denoiser, before one is trained on them.

    unturned: root mean square difference between latents of a turned, mirrored or halved picture and the latents so
    transformed, in standard deviations (EQ-VAE, arXiv:2502.09509: smaller is better). fine: share of their power in the
    upper half of frequencies, either way (arXiv:2502.14831: what a denoiser has to make up last; smaller is better).
    """
    latent = model.encode(F.avg_pool2d(target, 2))
    pairs = [(target.rot90(1, (2, 3)), latent.rot90(1, (2, 3))), (target.flip(3), latent.flip(3)),
             (F.avg_pool2d(target, 2), F.avg_pool2d(latent, 2))]  # fmt: skip
    errors = [(model.encode(F.avg_pool2d(picture, 2)) - expected).pow(2).mean() for picture, expected in pairs]
    side = latent.shape[-1]
    waves = torch.cos(torch.pi / side * torch.outer(torch.arange(side), torch.arange(side) + 0.5))  # DCT-II
    waves = waves / waves.norm(dim=1, keepdim=True)
    power = (waves @ latent @ waves.T).pow(2)
    power[:, :, 0, 0] = 0.0  # the mean is no detail
    fine = 1 - power[:, :, : side // 2, : side // 2].sum() / power.sum()
    return {"unturned": float(torch.stack(errors).mean().sqrt()), "fine": float(fine)}


def to_target(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, h, w, 3] -> float [n, 3, h, w] in [-1, 1], channels last in memory."""
    tensor = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2)  # a copy: memory maps are read-only
    return (tensor.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def to_input(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, 256, 256, 3] -> the encoder's input [n, 3, 128, 128]."""
    return F.avg_pool2d(to_target(pictures), 2)


def load_autoencoder(folder: Path) -> Autoencoder:
    """The averaged weights of a run, for everything after training. Raises TrainingError when there is none."""
    state = Run(folder, None).load()
    if state is None:
        raise TrainingError(f"no autoencoder in {folder}; run `allaprima train autoencoder` first")
    model = Autoencoder(AutoencoderConfig(**state["config"]))
    model.load_state_dict(state["ema"])
    return model.eval()


def train_autoencoder(
    *,
    corpus: Path = Path("data/corpus"),
    scenes: Path = Path("data/bank/scenes256.npy"),
    folder: Path = Path("data/runs/autoencoder"),
    size: str = "m",
    minutes: float | None = None,
    steps: int | None = None,
    anneal_minutes: float = 4.0,
    equivariance: bool = True,
    batch: int = 48,
    lr: float = 1e-3,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains until `minutes` are over; the rate falls to zero over the last `anneal_minutes`. Returns a report.

    With `steps` it ends after so many more at the latest and the rate falls over the last quarter of them, so that
    runs can be compared at equal cost on a machine that does other things too. Without `equivariance` the regulariser
    is left out.
    """
    run = Run.open(folder, minutes=minutes)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    config = PRESETS[size]
    model = Autoencoder(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = Ema(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.95), weight_decay=0.0)
    step = 0
    if (state := run.load()) is not None:
        model.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        if "optimiser" in state:
            optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
        run.log(f"resumed at step {step}")
    pool = open_scenes(scenes)
    held_out = None if pool is None else to_target(pool[: min(32, len(pool))])
    crops = Crops(Corpus.open(corpus), None if pool is None else pool[64:])
    stream = prefetched(crops, batch, seed=seed + step)
    fast = mixed_precision()
    report: dict[str, float] = {}
    averages: dict[str, float] = {}
    first, worked = step, time.process_time()

    def cooled() -> float:
        """The rate's share: down to zero with the time or the steps, whichever ends first."""
        by_time = run.left() / (anneal_minutes * 60 + 1e-9)
        by_steps = 1.0 if steps is None else 4 * (1 - (step - first) / steps)
        return max(min(by_time, by_steps), 0.02)

    def checkpoint() -> None:
        averaged = Autoencoder(config)
        averaged.load_state_dict(ema.weights)
        if pool is not None:
            measure_latents(averaged, pool)
        for name in ("mean", "std"):
            ema.weights[name].copy_(getattr(averaged, name))
            getattr(model, name).copy_(getattr(averaged, name))
        run.save({"config": config.to_dict(), "step": step, "model": model.state_dict(), "ema": ema.weights,
                  "optimiser": optimiser.state_dict()})  # fmt: skip
        if held_out is not None:
            with torch.no_grad():
                seen = averaged.decode(averaged.encode(F.avg_pool2d(held_out, 2)))
            report.update(
                psnr_256=psnr(seen, held_out), psnr_128=psnr(F.avg_pool2d(seen, 2), F.avg_pool2d(held_out, 2)),
                **latent_shape(averaged, held_out),
            )
            save_sheet(torch.cat([held_out[:16], seen[:16]]), folder / "sheet.png", columns=8)
            run.log(f"held-out psnr {report['psnr_256']:.2f} dB at 256 px, {report['psnr_128']:.2f} dB at 128 px | "
                    f"latents unturned {report['unturned']:.3f}, fine {report['fine']:.3f}")  # fmt: skip

    while run.going() and (steps is None or step - first < steps):
        step += 1
        scale = min(1.0, step / WARMUP_STEPS, cooled())
        for group in optimiser.param_groups:
            group["lr"] = lr * scale
        target = to_target(next(stream))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            parts = losses(model, target, rng, equivariance=equivariance)
        loss = torch.stack(list(parts.values())).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        ema.update(model, step)
        for name, value in parts.items():
            averages[name] = 0.98 * averages.get(name, value.item()) + 0.02 * value.item()
        if step % 100 == 0:
            named = " ".join(f"{k} {v:.4f}" for k, v in averages.items())
            run.log(f"step {step:6d} | {named} | lr {lr * scale:.1e} | {run.elapsed() / 60:.1f} min")
        if run.due("checkpoint", every_s=180):
            checkpoint()
    checkpoint()
    return {"step": step, "crops": step * batch, "minutes": run.elapsed() / 60,
            "processor_minutes": (time.process_time() - worked) / 60, **report}  # fmt: skip
