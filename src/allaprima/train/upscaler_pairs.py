"""Pairs for the upscaler: scenes at 512 px with their drawings rendered anew, and what the autoencoder makes of them.

    data/upscaler/shard-003/targets.npy   uint8 [32, 512, 512, 3]
                            decoded.npy   uint8 [32, 256, 256, 3]   the same scenes, encoded at 128 px and decoded

A shard is written aside and renamed, so that a kill loses at most the shard in work. The first shards are held out for
measuring. Knows nothing of the upscaler.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from allaprima.errors import TrainingError

if TYPE_CHECKING:
    from allaprima.scene.corpus import Corpus
    from allaprima.train.autoencoder import Autoencoder

SIDE = 512
SHARD = 32
HELD_OUT = 2  # shards
FIRST_SEED = 30_000_000  # far from the seeds of the bank and of the autoencoder's scenes
NOISE = 0.15  # most that is added to the latents: what a sampler leaves behind

Array = np.ndarray


def make_pairs(
    folder: Path,
    corpus: Corpus,
    autoencoder: Autoencoder,
    *,
    shards: int,
    size: int = SHARD,
    say: Callable[[str], None] = print,
) -> int:
    """Makes the shards that are missing; returns how many were made now."""
    from allaprima.scene.compositor import compose

    made = 0
    for number in missing(folder, shards):
        place = folder / f"shard-{number:03d}"
        seeds = range(FIRST_SEED + number * size, FIRST_SEED + (number + 1) * size)
        targets = np.stack([compose(corpus, seed, SIDE).picture for seed in seeds])
        noisy = number >= HELD_OUT
        decoded = np.stack([_decoded(autoencoder, each, noise_seed=seed if noisy else None)
                            for seed, each in zip(seeds, targets, strict=True)])  # fmt: skip
        aside = folder / f".{place.name}.part"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        np.save(aside / "targets.npy", targets)
        np.save(aside / "decoded.npy", decoded)
        os.replace(aside, place)
        made += 1
        say(f"{place}: {size} scenes")
    return made


def missing(folder: Path, shards: int) -> list[int]:
    """The numbers of the shards that are not there yet."""
    return [number for number in range(shards) if not (folder / f"shard-{number:03d}").exists()]


def _decoded(autoencoder: Autoencoder, target: Array, *, noise_seed: int | None) -> Array:
    """What the painter's decoder gives of a scene uint8 [512, 512, 3] at best: uint8 [256, 256, 3]."""
    import torch
    import torch.nn.functional as F

    picture = torch.from_numpy(np.array(target)).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        latent = autoencoder.encode(F.avg_pool2d(picture, SIDE // 128))
        if noise_seed is not None:
            rng = np.random.default_rng(noise_seed)
            noise = rng.standard_normal(latent.shape, np.float32) * np.float32(rng.uniform(0.0, NOISE))
            latent = latent + torch.from_numpy(noise)
        seen = autoencoder.decode(latent)
    return ((seen[0].clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()


@dataclass(frozen=True)
class Pairs:
    """Shards as memory maps: targets uint8 [n, 512, 512, 3] and decoded uint8 [n, 256, 256, 3] of each."""

    targets: Sequence[Array]
    decoded: Sequence[Array]

    @classmethod
    def open(cls, folder: Path, *, held_out: bool) -> Pairs:
        """The shards for measuring, or those for learning. Raises TrainingError when there are none."""
        every = sorted(folder.glob("shard-*"))
        chosen = [each for each in every if (int(each.name.rsplit("-", 1)[1]) < HELD_OUT) == held_out]
        if not chosen:
            raise TrainingError(f"{folder} holds no pairs {'to measure with' if held_out else 'to learn from'}; run "
                                "`allaprima train upscaler --pairs-only` first")  # fmt: skip
        targets, decoded = ([np.load(each / f"{name}.npy", mmap_mode="r") for each in chosen]
                            for name in ("targets", "decoded"))  # fmt: skip
        return cls(targets, decoded)

    def __len__(self) -> int:
        return sum(map(len, self.targets))

    def scenes(self) -> list[tuple[Array, Array]]:
        """(target, decoded) of every scene, in order."""
        return [(t, d) for shard in zip(self.targets, self.decoded, strict=True) for t, d in zip(*shard, strict=True)]
