"""Trains the upscaler: `allaprima train upscaler`.

The target is a sharp scene, the input the same scene at half the size: as it is, or softened as the painter's decoder
softens edges, with its faint mottling. What the decoder itself gives of a scene can be had too (`decoded`), but teaches
nothing: what it lost cannot be guessed, so the best guess is to leave it soft. L1 in pixels and in gradients.
Resumable by the same command. Does not make pairs: see `train.upscaler_pairs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

from allaprima.errors import TrainingError
from allaprima.train.autoencoder_training import gradient_l1, psnr, to_target
from allaprima.train.ema import Ema
from allaprima.train.muon import Muon
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet
from allaprima.train.upscaler import PRESETS, Upscaler, UpscalerConfig
from allaprima.train.upscaler_pairs import SIDE, Pairs

CROP = 64  # input pixels; targets have twice as many
SOFT_SHARE = 0.6  # of the inputs that are not decoded
WIDEST = 2.2  # input pixels: deviation of the widest blur
TRIES = 3  # places looked at for each crop; the one with the most in it is taken
KERNELS = (Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
WARMUP_STEPS = 100
COOL_SHARE = 0.5  # of the time given: the rate falls to zero over it
JUDGED = 16  # held-out scenes that a checkpoint is measured on

Array = np.ndarray


class PairCrops:
    """Draws batches of (input, target) crops from pairs; `decoded` is the share of inputs that the decoder gave."""

    def __init__(self, pairs: Pairs, *, decoded: float = 0.0) -> None:
        self.scenes = pairs.scenes()
        self.decoded = decoded

    def one(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """uint8 [64, 64, 3] and [128, 128, 3], turned and mirrored by chance."""
        target, decoded = self.scenes[int(rng.integers(len(self.scenes)))]
        top, left = self._place(target, rng)
        sharp = np.asarray(target[2 * top : 2 * (top + CROP), 2 * left : 2 * (left + CROP)])
        if rng.random() < self.decoded:
            small = np.asarray(decoded[top : top + CROP, left : left + CROP])
        else:
            small = smaller(sharp, KERNELS[int(rng.integers(len(KERNELS)))])
            if rng.random() < SOFT_SHARE:
                small = softened(small, rng)
        turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
        pair = np.rot90(small, turns), np.rot90(sharp, turns)
        return (pair[0][:, ::-1], pair[1][:, ::-1]) if mirrored else pair

    def _place(self, target: Array, rng: np.random.Generator) -> tuple[int, int]:
        """Where there is something to sharpen: skies and plain walls are learned soon enough."""
        places = rng.integers(0, SIDE // 2 - CROP + 1, (TRIES, 2))
        coarse = [target[2 * y : 2 * (y + CROP) : 4, 2 * x : 2 * (x + CROP) : 4].astype(np.int16) for y, x in places]
        best = int(np.argmax([np.abs(np.diff(each, axis=0)).mean() for each in coarse]))
        return int(places[best][0]), int(places[best][1])

    def batch(self, n: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """float [n, 3, 64, 64] and [n, 3, 128, 128] in [-1, 1]."""
        crops = [self.one(rng) for _ in range(n)]
        return _tensor([small for small, _ in crops]), _tensor([sharp for _, sharp in crops])


def smaller(sharp: Array, kernel: Image.Resampling) -> Array:
    """A picture uint8 [2 h, 2 w, 3] at half the size."""
    image = Image.fromarray(np.ascontiguousarray(sharp))
    return np.asarray(image.resize((image.width // 2, image.height // 2), kernel))


def softened(small: Array, rng: np.random.Generator) -> Array:
    """A picture uint8 [h, w, 3] with soft edges and faint mottling, much or little of both."""
    image = Image.fromarray(small)
    width = rng.uniform(0.4, WIDEST)
    if rng.random() < 0.4:  # what is lost at half the size, and then blurred
        image = image.reduce(2).resize(image.size, Image.Resampling.BICUBIC)
        width *= 0.6
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(width)), np.float32)
    cells = rng.normal(0.0, rng.uniform(0.0, 4.0), (*(max(side // 4, 1) for side in small.shape[:2]), 3))
    mottling = np.stack([np.asarray(Image.fromarray(cells[..., c].astype(np.float32)).resize(image.size,
                                                                                             Image.Resampling.BICUBIC))
                         for c in range(3)], axis=2)  # fmt: skip
    grain = rng.normal(0.0, rng.uniform(0.0, 1.2), soft.shape)
    return np.asarray(np.clip(np.rint(soft + mottling + grain), 0, 255).astype(np.uint8))


def load_upscaler(folder: Path) -> tuple[Upscaler, dict[str, Any]]:
    """The averaged weights of a run, and what is known of its training. Raises TrainingError when there is none."""
    state = Run(folder, None).load()
    if state is None:
        raise TrainingError(f"no upscaler in {folder}; run `allaprima train upscaler` first")
    model = Upscaler(UpscalerConfig(**state["config"]))
    model.load_state_dict(state["ema"])
    return model.eval(), {"config": state["config"], "steps": state["step"], "crops": state["crops"]}


def train_upscaler(
    *,
    pairs: Path = Path("data/upscaler"),
    folder: Path = Path("data/runs/upscaler"),
    size: str = "s",
    minutes: float | None = None,
    steps: int | None = None,
    batch: int = 8,
    lr: float = 1e-3,
    decoded: float = 0.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains until `minutes` are over, or for so many more `steps`; over the second half of the minutes the rate falls
    to zero. Returns a report."""
    learned, held_out = Pairs.open(pairs, held_out=False), Pairs.open(pairs, held_out=True)
    run = Run.open(folder, minutes=minutes)
    torch.manual_seed(seed)
    state = run.load()
    config = PRESETS[size] if state is None else UpscalerConfig(**state["config"])
    model = Upscaler(config)
    ema = Ema(model)
    optimiser = Muon(model, lr=lr, adam_only=("stem", "head"))
    step = crops_seen = 0
    if state is not None:
        model.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        if "optimiser" in state:  # kept weights come without
            optimiser.load_state_dict(state["optimiser"])
        step, crops_seen = state["step"], state["crops"]
        run.log(f"resumed at step {step}")
    crops, rng = PairCrops(learned, decoded=decoded), np.random.default_rng(seed + step)
    run.log(f"{len(learned)} scenes to learn from, {len(held_out)} held out, "
            f"{sum(p.numel() for p in model.parameters())} parameters")  # fmt: skip
    exam = _exam(held_out)
    fast, report, average = mixed_precision(), {}, 0.0

    def checkpoint() -> None:
        run.save({"config": config.to_dict(), "step": step, "crops": crops_seen, "model": model.state_dict(),
                  "ema": ema.weights, "optimiser": optimiser.state_dict()})  # fmt: skip
        averaged = Upscaler(config)
        averaged.load_state_dict(ema.weights)
        report.update(_measured(averaged, exam, folder))
        run.log(f"held out at step {step}: " + ", ".join(f"{name} {value:.2f} dB" for name, value in report.items()))

    last = None if steps is None else step + steps
    while run.going() and step != last:
        step += 1
        left = 1.0 if minutes is None else run.left() / (COOL_SHARE * minutes * 60)
        small, sharp = crops.batch(batch, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            made = model(small).float()
        loss = F.l1_loss(made, sharp) + gradient_l1(made, sharp)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(min(1.0, step / WARMUP_STEPS, max(left, 0.01)))
        ema.update(model, step)
        crops_seen += batch
        average = loss.item() if average == 0.0 else 0.99 * average + 0.01 * loss.item()
        if step % 100 == 0:
            run.log(f"step {step:6d} | loss {average:.4f} | {run.elapsed() / 60:.1f} min")
        if run.due("checkpoint", every_s=180):
            checkpoint()
    checkpoint()
    return {"step": step, "crops": crops_seen, "minutes": run.elapsed() / 60, **report}


def _exam(held_out: Pairs) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Middles of held-out scenes, as inputs [n, 3, 128, 128] by kind, with their targets."""
    few = held_out.scenes()[:JUDGED]
    middle, wide = slice(SIDE // 8, 3 * SIDE // 8), slice(SIDE // 4, 3 * SIDE // 4)
    sharp = _tensor([target[wide, wide] for target, _ in few])
    decoded = _tensor([seen[middle, middle] for _, seen in few])
    clean = _tensor([smaller(target[wide, wide], Image.Resampling.BOX) for target, _ in few])
    rng = np.random.default_rng(1)
    soft = _tensor([softened(smaller(target[wide, wide], Image.Resampling.BOX), rng) for target, _ in few])
    return {"decoded": (decoded, sharp), "soft": (soft, sharp), "clean": (clean, sharp)}


@torch.no_grad()
def _measured(model: Upscaler, exam: dict[str, tuple[torch.Tensor, torch.Tensor]], folder: Path) -> dict[str, float]:
    """PSNR by kind of input, of bicubic interpolation and of the network; writes the sheet."""
    found: dict[str, float] = {}
    rows: list[torch.Tensor] = []
    for kind, (small, sharp) in exam.items():
        smooth = F.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
        made = torch.cat([model(small[i : i + 4]) for i in range(0, len(small), 4)])
        found |= {f"{kind} bicubic": psnr(smooth, sharp), f"{kind} learned": psnr(made, sharp)}
        rows += [smooth[:4], made[:4], sharp[:4]]
    save_sheet(torch.cat(rows), folder / "sheet.png", columns=4)
    return found


def _tensor(pictures: list[Array]) -> torch.Tensor:
    return to_target(np.stack([np.ascontiguousarray(each) for each in pictures])).contiguous()
