"""Trains the decoder alone, the encoder frozen: `allaprima train autoencoder --decoder-only`.

Latents stay what they were, to the bit, so a denoiser that was trained on them and a bank that was encoded with them
stay good. Whole pictures instead of crops, mirrored half of the time; noise of a random strength on the latents, so
that the decoder still forgives the sampler; no equivariance regulariser, which shapes the encoder only.

The run's `decoder.pt` holds the state at the full rate and is resumed by the same command. When the time is nearly
over the rate falls to zero, and what comes out replaces the decoder in `checkpoint.pt` only if it is measured to be
nearer to held-out scenes and sharper than the one that is there. Does not compose scenes: see `train.bank`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from allaprima.errors import TrainingError
from allaprima.scene.corpus import Corpus
from allaprima.train.autoencoder import Autoencoder
from allaprima.train.autoencoder_training import load_autoencoder, psnr, to_target
from allaprima.train.crops import Crops, open_scenes, prefetched
from allaprima.train.ema import Ema
from allaprima.train.muon import Muon
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet

FORK = "decoder.pt"
HELD_OUT = 64  # scenes at the head of the file, never trained on
NOISE = 0.15  # standard deviations of a channel at most; each picture has its own strength
DRAWINGS_SHARE = 0.15  # single drawings on plain grounds, beside the scenes
BEND = 0.02  # errors below this count squared, above it as they are
EDGE_WEIGHT = 1.0
SQUARE_WEIGHT = 2.0  # of half the squared error beside the absolute one: PSNR counts squares
WARMUP_STEPS = 50
ADAM_ONLY = ("stem", "head")  # first and last layers


class CrispLoss(torch.autograd.Function):
    """Huber loss of pixels and of first differences, and a share of the squared error, with its gradient in one walk.

    Written out picture by picture: as autograd's own chain of element-wise operations over the whole batch this took
    as long as all the convolutions, most of it in page faults and in the sign function.
    """

    @staticmethod
    def forward(ctx: Any, seen: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """seen and target: [n, 3, h, w] -> scalar."""
        gradient = torch.empty_like(seen)
        total = torch.zeros(())
        for one, wanted, slope in zip(seen, target, gradient, strict=True):
            error = one.float() - wanted
            bent = (error / BEND).clamp_(-1, 1)
            total += ((error - bent * (BEND / 2)) * bent).sum() + SQUARE_WEIGHT / 2 * error.pow(2).sum()
            bent.add_(error, alpha=SQUARE_WEIGHT)
            for axis in (-1, -2):
                n = error.shape[axis] - 1
                step = error.diff(dim=axis)
                edge = (step / BEND).clamp_(-1, 1)
                total += EDGE_WEIGHT * ((step - edge * (BEND / 2)) * edge).sum()
                bent.narrow(axis, 1, n).add_(edge, alpha=EDGE_WEIGHT)
                bent.narrow(axis, 0, n).sub_(edge, alpha=EDGE_WEIGHT)
            slope.copy_(bent)
        ctx.save_for_backward(gradient)
        return total / seen.numel()

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * (upstream[0] / gradient.numel()), None


def crisp_loss(seen: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """How far pictures [n, 3, h, w] in [-1, 1] are from their targets: pixels, edges, squares. A scalar."""
    loss: torch.Tensor = CrispLoss.apply(seen, target)  # type: ignore[no-untyped-call]
    return loss


def steepness(pictures: torch.Tensor) -> float:
    """Mean absolute first difference, both ways."""
    return float(pictures.diff(dim=-1).abs().mean() + pictures.diff(dim=-2).abs().mean())


@torch.no_grad()
def fidelity(model: Autoencoder, target: torch.Tensor, *, noise: float = 0.0) -> dict[str, float]:
    """What comes back of pictures [n, 3, 256, 256] in [-1, 1].

    psnr_256, psnr_128: dB over all of them together, as given and at the encoder's size; mean_psnr_256, mean_psnr_128:
    the mean of each picture's own. sharpness: the steepness of edges as a share of the target's. `noise`: standard
    deviations on the latents.
    """
    generator = torch.Generator().manual_seed(17)
    seen = []
    for part in torch.split(target, 16):
        latent = model.encode(F.avg_pool2d(part, 2))
        seen.append(model.decode(latent + noise * torch.randn(latent.shape, generator=generator)).clamp(-1, 1))
    pictures = torch.cat(seen)
    small, small_target = F.avg_pool2d(pictures, 2), F.avg_pool2d(target, 2)
    pairs = {"256": (pictures, target), "128": (small, small_target)}
    report = {f"psnr_{name}": psnr(*pair) for name, pair in pairs.items()}
    for name, pair in pairs.items():
        report[f"mean_psnr_{name}"] = float(np.mean([psnr(a, b) for a, b in zip(*pair, strict=True)]))
    return {**report, "sharpness": steepness(pictures) / steepness(target)}


def is_better(new: dict[str, float], old: dict[str, float]) -> bool:
    """Nearer at both sizes, and edges nearer to the target's steepness."""
    nearer = all(new[name] > old[name] for name in ("psnr_256", "psnr_128"))
    return nearer and abs(1 - new["sharpness"]) < abs(1 - old["sharpness"])


def told(report: dict[str, float]) -> str:
    together, own = ([f"{report[f'{kind}_{side}']:.2f}" for side in (256, 128)] for kind in ("psnr", "mean_psnr"))
    return (f"{together[0]} dB at 256 px, {together[1]} dB at 128 px (means of each picture's own {own[0]}, {own[1]}), "
            f"sharpness {report['sharpness']:.3f}")  # fmt: skip


def noisy(latent: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Latents [n, 16, h, w] with noise of a strength between 0 and NOISE, each picture its own."""
    strength = NOISE * torch.rand(len(latent), 1, 1, 1)
    return latent + strength * deviation[:, None, None] * torch.randn_like(latent)


def mixed(scenes: Crops, drawings: Crops, batch: int, seed: int) -> Iterator[np.ndarray]:
    """Endless batches uint8 [batch, 256, 256, 3] of scenes with some drawings among them."""
    alone = max(round(batch * DRAWINGS_SHARE), 1)
    streams = prefetched(scenes, batch - alone, seed=seed), prefetched(drawings, alone, seed=seed + 1)
    while True:
        yield np.concatenate([next(stream) for stream in streams])


class Fork:
    """The decoder in training beside its frozen encoder, with everything that a resumed run needs."""

    def __init__(self, whole: Autoencoder, *, lr: float, fast: bool) -> None:
        self.fast = fast
        self.whole = whole.to(memory_format=torch.channels_last).requires_grad_(False)  # type: ignore[call-overload]
        self.decoder: nn.Module = whole.decoder.requires_grad_(True)
        self.ema = Ema(self.decoder)
        self.muon = Muon(self.decoder, lr=lr, weight_decay=0.0, adam_only=ADAM_ONLY,
                         dtype=torch.bfloat16 if fast else torch.float32)  # fmt: skip
        self.step, self.minutes = 0, 0.0

    def learn(self, target: torch.Tensor, scale: float) -> float:
        """One update on pictures [n, 3, h, w] in [-1, 1], `scale` times the rate; the loss before it."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.fast):
            with torch.no_grad():
                latent = noisy(self.whole.encoder(F.avg_pool2d(target, 2)).float(), self.whole.std)
            loss = crisp_loss(self.decoder(latent), target)
        self.muon.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.muon.step(scale)
        self.step += 1
        self.ema.update(self.decoder, self.step)
        return float(loss.detach())

    def record(self, minutes: float) -> dict[str, Any]:
        return {"encoder": self.whole.encoder.state_dict(), "step": self.step, "minutes": self.minutes + minutes,
                "decoder": self.decoder.state_dict(), "ema": self.ema.weights,
                "muon": self.muon.state_dict()}  # fmt: skip

    def resume(self, state: dict[str, Any], path: Path) -> None:
        """Raises TrainingError when the state was made beside another encoder."""
        own, kept = self.whole.encoder.state_dict(), state["encoder"]
        if kept.keys() != own.keys() or any(not torch.equal(kept[name], own[name]) for name in own):
            raise TrainingError(f"{path} was trained on another encoder's latents; move it away to start anew")
        self.decoder.load_state_dict(state["decoder"])
        self.ema.load_state_dict(state["ema"])
        self.muon.load_state_dict(state["muon"])
        self.step, self.minutes = state["step"], state["minutes"]

    def averaged(self) -> Autoencoder:
        """The whole autoencoder with the decoder's averaged weights."""
        model = Autoencoder(self.whole.config)
        model.load_state_dict(self.whole.state_dict())
        model.decoder.load_state_dict(self.ema.weights)
        return model.eval()


def train_decoder(
    *,
    corpus: Path = Path("data/corpus"),
    scenes: Path = Path("data/bank/scenes256.npy"),
    folder: Path = Path("data/runs/autoencoder"),
    minutes: float | None = None,
    anneal_minutes: float = 4.0,
    batch: int = 32,  # with 16 the same pictures take a third longer
    lr: float = 7e-4,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains until `minutes` are over; over the last `anneal_minutes` the rate falls to zero, and only what was
    cooled down so can be taken: 0 leaves the rate up, for a turn that others follow. Returns a report.

    Raises TrainingError without an autoencoder in `folder`, without enough scenes, or for another encoder's fork.
    """
    pool = open_scenes(scenes)
    if pool is None or len(pool) < 2 * HELD_OUT:
        raise TrainingError(f"{scenes} holds {0 if pool is None else len(pool)} scenes of 256 px and at least "
                            f"{2 * HELD_OUT} are needed; run `allaprima train bank --large 3000` first")  # fmt: skip
    held_out = to_target(pool[:HELD_OUT])
    old = fidelity(load_autoencoder(folder), held_out)
    run = Run.open(folder, minutes=minutes)
    run.log(f"held-out scenes, decoder of checkpoint.pt: {told(old)}")
    fork = Fork(load_autoencoder(folder), lr=lr, fast=mixed_precision())
    if (state := run.load(FORK)) is not None:
        fork.resume(state, folder / FORK)
        run.log(f"decoder resumed at step {fork.step}")
    drawn = Corpus.open(corpus)
    stream = mixed(Crops(drawn, pool[HELD_OUT:], size=256, drawings_share=0.0), Crops(drawn, None, size=256),
                   batch, seed + fork.step)  # fmt: skip
    torch.manual_seed(seed + fork.step)
    average, cooling, first = 0.0, False, fork.step
    while run.going():
        if not cooling and run.left() < anneal_minutes * 60:
            cooling = True
            run.save(fork.record(run.elapsed() / 60), FORK)
        scale = min(1.0, (fork.step + 1) / WARMUP_STEPS)
        if cooling:
            scale *= max(run.left() / (anneal_minutes * 60), 0.0)
        loss = fork.learn(to_target(next(stream)), scale)
        average = 0.98 * (average or loss) + 0.02 * loss
        if fork.step % 50 == 0:
            pace = (fork.step - first) * batch / run.elapsed()
            run.log(f"decoder step {fork.step:6d} | loss {average:.4f} | lr {lr * scale:.1e} | {pace:.1f} pictures/s | "
                    f"{run.elapsed() / 60:.1f} min")  # fmt: skip
        if not cooling and run.due("checkpoint", every_s=180):
            run.save(fork.record(run.elapsed() / 60), FORK)
            run.log(f"held-out scenes, decoder step {fork.step}: {told(fidelity(fork.averaged(), held_out))}")
    if not cooling:
        run.save(fork.record(run.elapsed() / 60), FORK)
    return finish(run, fork, held_out, old, cooled=cooling)


def finish(run: Run, fork: Fork, held_out: torch.Tensor, old: dict[str, float], *, cooled: bool) -> dict[str, Any]:
    """Measures what came out, and puts it into checkpoint.pt when it was cooled down and is better."""
    model = fork.averaged()
    new = fidelity(model, held_out)
    taken = cooled and is_better(new, old)
    verdict = "taken" if taken else "not taken: no better" if cooled else "not taken: the rate was not brought down"
    run.log(f"held-out scenes, decoder step {fork.step}: {told(new)}; {verdict}")
    with torch.no_grad():
        seen = model.decode(model.encode(F.avg_pool2d(held_out[:16], 2)))
    save_sheet(torch.cat([held_out[:16], seen]), run.folder / "decoder-sheet.png", columns=8)
    if taken:
        base = run.load() or {}
        weights = model.state_dict()
        run.save({"config": base["config"], "step": base["step"], "decoder_steps": fork.step,
                  "model": weights, "ema": weights})  # fmt: skip
    return {"step": fork.step, "minutes": fork.minutes + run.elapsed() / 60, "taken": taken, **new,
            "before": old}  # fmt: skip
