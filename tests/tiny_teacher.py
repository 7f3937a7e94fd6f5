"""A denoiser that has learned something in seconds, and the bank it learned from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from allaprima.train.bank import Bank
from allaprima.train.denoiser import PRESETS, Denoiser
from allaprima.train.denoiser_training import conditions
from allaprima.train.flow import draw_times, velocity_loss
from allaprima.train.muon import Muon
from allaprima.train.run import Run

SCENES = 256


def tiny_teacher(folder: Path) -> Path:
    """folder/bank, whose latents are constant pictures that the first word states, and folder/denoiser, a run."""
    rng = np.random.default_rng(0)
    for index in range(2):
        shard = folder / "bank" / f"shard-{index:04d}"
        shard.mkdir(parents=True)
        values = rng.choice([-1.0, 1.0], SCENES)
        states = np.zeros((SCENES, 2, 32, 256), np.float16)
        states[:, :, 0, :128] = np.where(values > 0, 1, 0)[:, None, None]
        states[:, :, 0, 128:] = np.where(values < 0, 1, 0)[:, None, None]
        latents = np.broadcast_to(values[:, None, None, None], (SCENES, 16, 16, 16)).astype(np.float16)
        np.save(shard / "latents.npy", latents)
        np.save(shard / "hints.npy", np.zeros((SCENES, 17, 16, 16), np.float16))
        np.save(shard / "states.npy", states)
        np.save(shard / "lengths.npy", np.full((SCENES, 2), 3, np.uint8))
        (shard / "scenes.jsonl").write_text(json.dumps({}) + "\n")
    torch.manual_seed(0)
    teacher = Denoiser(PRESETS["xs"])
    muon = Muon(teacher, lr=3e-3, adam_only=("stem", "out", "words.nothing", "time"), dtype=torch.float32)
    generator = torch.Generator().manual_seed(1)
    for _ in range(60):
        drawn = Bank(folder / "bank").batch(16, rng)
        noise = torch.randn((16, 16, 16, 16), generator=generator)
        clean, time = torch.from_numpy(drawn.latents), draw_times(16, generator)
        loss = velocity_loss(teacher, clean, noise, time, conditions(drawn, rng)).mean()
        muon.zero_grad()
        loss.backward()
        muon.step()
    run = Run(folder / "denoiser", None)
    run.folder.mkdir()
    run.save({"config": teacher.config.to_dict(), "ema": teacher.state_dict(), "step": 60, "scenes": 960,
              "minutes": 0.1})  # fmt: skip
    return folder
