"""Real inputs for parity, calibration and the preview: scenes of the bank, and noisy states on the way to them.

Reads encoded shards only; knows neither networks nor graphs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from allaprima.errors import ExportError
from allaprima.train.bank import shards

TOKENS = 32


@dataclass(frozen=True)
class RealInputs:
    """Scenes with their dense captions, float32: pictures [n, 3, 128, 128] in [-1, 1], latents [n, c, 16, 16],
    hints [n, c + 1, 16, 16], states [n, 32, 256], text_mask [n, 32]."""

    captions: tuple[str, ...]
    pictures: np.ndarray
    latents: np.ndarray
    hints: np.ndarray
    states: np.ndarray
    text_mask: np.ndarray

    def __len__(self) -> int:
        return len(self.captions)

    def part(self, first: int, last: int) -> RealInputs:
        """The scenes from `first` up to, not including, `last`."""
        arrays = (self.pictures, self.latents, self.hints, self.states, self.text_mask)
        return RealInputs(self.captions[first:last], *(each[first:last] for each in arrays))

    def denoiser_feeds(self, *, seed: int = 3) -> dict[str, np.ndarray]:
        """One call of the denoiser on all scenes: noisy states at times spread over 0..1, every third scene without
        hint, every fourth without words."""
        n, channels, height, width = self.latents.shape
        rng = np.random.default_rng(seed)
        time = ((np.arange(n) + rng.random(n)) / n).astype(np.float32)
        t = time[:, None, None, None]
        noise = rng.standard_normal(self.latents.shape, np.float32)
        hint, states, mask = self.hints.copy(), self.states.copy(), self.text_mask.copy()
        hint[::3] = 0.0
        states[::4], mask[::4] = 0.0, 0.0
        return {
            "latent": (1 - t) * self.latents + t * noise,
            "hint": hint,
            "region": np.zeros((n, channels + 2, height, width), np.float32),
            "states": states,
            "text_mask": mask,
            "time": time,
        }

    def student_feeds(self, jumps: Sequence[tuple[float, float]], *, seed: int = 3) -> dict[str, np.ndarray]:
        """The same for a student, which is always told words: the scenes take its jumps in turn."""
        feeds = self.denoiser_feeds(seed=seed)
        n = len(self)
        feeds["states"], feeds["text_mask"] = self.states, self.text_mask
        pairs = np.asarray([jumps[index % len(jumps)] for index in range(n)], np.float32)
        feeds["time"], feeds["until"] = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
        noise = np.random.default_rng(seed).standard_normal(self.latents.shape, np.float32)
        t = feeds["time"][:, None, None, None]
        feeds["latent"] = (1 - t) * self.latents + t * noise
        return feeds


def read_scenes(bank: Path, count: int) -> RealInputs:
    """`count` scenes from the start of the bank's shards (the first shard is never trained on).

    Raises ExportError when the bank has no encoded shard.
    """
    parts: list[tuple[np.ndarray, ...]] = []
    captions: list[str] = []
    left = count
    for folder in shards(bank, encoded=True):
        if left <= 0:
            break
        names = ("pictures", "latents", "hints", "states", "lengths")
        maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
        take = min(left, len(maps["latents"]))
        lengths = maps["lengths"][:take, 0]
        mask = (np.arange(TOKENS)[None] < lengths[:, None]).astype(np.float32)
        pictures = maps["pictures"][:take].astype(np.float32).transpose(0, 3, 1, 2) / 127.5 - 1.0
        states = maps["states"][:take, 0].astype(np.float32) * mask[:, :, None]
        wide = (np.asarray(maps[name][:take], np.float32) for name in ("latents", "hints"))
        parts.append((np.ascontiguousarray(pictures, np.float32), *wide, states, mask))
        with open(folder / "scenes.jsonl", encoding="utf-8") as lines:
            captions += [json.loads(line)["caption"] for _, line in zip(range(take), lines, strict=False)]
        left -= take
    if not parts:
        raise ExportError(f"{bank} holds no encoded scenes to check parity on; run `allaprima train bank` first")
    return RealInputs(tuple(captions), *(np.concatenate(each) for each in zip(*parts, strict=True)))
