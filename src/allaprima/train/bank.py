"""The scene bank: composed scenes on disk in shards, then their latents, hints and text states beside them.

Nothing frozen is computed twice: training reads only what `encode` wrote. A shard is a folder, written aside and
renamed, so that a kill loses at most the shard in work. Knows nothing of the denoiser.

    data/bank/shard-0003/pictures.npy   uint8 [n, 128, 128, 3]      (compose)
                         collages.npy   uint8 [n, 128, 128, 4]
                         scenes.jsonl   captions and truth
                         latents.npy    float16 [n, 16, 16, 16]      (encode)
                         hints.npy      float16 [n, 17, 16, 16]
                         states.npy     float16 [n, 2, 32, 256]     dense caption, short caption
                         lengths.npy    uint8 [n, 2]                words (tokens) in each
                         sketches.npy   float16 [n, 17, 16, 16]     hints of the prior's sketches (train.sketching)
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from allaprima.errors import TrainingError

if TYPE_CHECKING:
    from allaprima.train.autoencoder import Autoencoder

SHARD = 1024
GREY = 128.0
SKETCH_SHARE = 0.5  # of the scenes of a shard that has sketches


def shard_folder(bank: Path, index: int) -> Path:
    return bank / f"shard-{index:04d}"


def compose_shard(corpus_folder: Path, bank: Path, index: int, *, count: int = SHARD) -> bool:
    """Composes shard `index` (scene seeds index * SHARD ...) unless it is there. True when it was made now."""
    from allaprima.scene.compositor import compose
    from allaprima.scene.corpus import Corpus

    folder = shard_folder(bank, index)
    if folder.exists():
        return False
    corpus = Corpus.open(corpus_folder)
    pictures = np.empty((count, 128, 128, 3), np.uint8)
    collages = np.empty((count, 128, 128, 4), np.uint8)
    rows = []
    for i in range(count):
        scene = compose(corpus, seed=index * SHARD + i, size=128)
        pictures[i], collages[i] = scene.picture, scene.collage
        row = {"seed": scene.seed, "caption": scene.caption, "short": scene.short_caption, "truth": asdict(scene.truth)}
        rows.append(json.dumps(row, ensure_ascii=False))
    aside = bank / f".{folder.name}.part"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    np.save(aside / "pictures.npy", pictures)
    np.save(aside / "collages.npy", collages)
    (aside / "scenes.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    os.replace(aside, folder)
    return True


def compose_large(corpus_folder: Path, path: Path, *, count: int, first_seed: int = 10_000_000) -> None:
    """256 px scenes for the autoencoder: uint8 [count, 256, 256, 3] at `path`, written aside and renamed."""
    from allaprima.scene.compositor import compose
    from allaprima.scene.corpus import Corpus

    corpus = Corpus.open(corpus_folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    pictures = np.lib.format.open_memmap(aside, mode="w+", dtype=np.uint8, shape=(count, 256, 256, 3))
    for i in range(count):
        pictures[i] = compose(corpus, seed=first_seed + i, size=256).picture
    pictures.flush()
    os.replace(aside, path)


def shards(bank: Path, *, encoded: bool) -> Iterator[Path]:
    """The shards that are there, in order: all of them, or those that `encode` has finished."""
    for folder in sorted(bank.glob("shard-*")):
        if not encoded or (folder / "lengths.npy").exists():
            yield folder


def encode_shard(folder: Path, autoencoder: Autoencoder, text: Any, *, fast: bool) -> None:
    """Writes latents, hints and text states of one shard. `text` has `.encode(list of str) -> (states, lengths)`."""
    import torch

    pictures = np.load(folder / "pictures.npy", mmap_mode="r")
    collages = np.load(folder / "collages.npy", mmap_mode="r")
    scenes = [json.loads(line) for line in (folder / "scenes.jsonl").read_text(encoding="utf-8").splitlines()]
    n = len(pictures)
    latents = np.empty((n, 16, 16, 16), np.float16)
    hints = np.empty((n, 17, 16, 16), np.float16)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
        for i in range(0, n, 64):
            rgb = torch.from_numpy(np.array(pictures[i : i + 64])).permute(0, 3, 1, 2).float() / 127.5 - 1
            latents[i : i + 64] = autoencoder.encode(rgb).float().numpy()
            hints[i : i + 64] = hints_of(np.array(collages[i : i + 64]), autoencoder)
    states = np.empty((n, 2, 32, 256), np.float16)
    lengths = np.empty((n, 2), np.uint8)
    for which, key in enumerate(("caption", "short")):
        states[:, which], lengths[:, which] = text.encode([scene[key] for scene in scenes])
    for name, array in (("latents", latents), ("hints", hints), ("states", states), ("lengths", lengths)):
        save_whole(folder / f"{name}.npy", array)


def hints_of(collages: np.ndarray, autoencoder: Autoencoder) -> np.ndarray:
    """Collages uint8 [n, 128, 128, 4] as hints float32 [n, 17, 16, 16]: latents over grey, and the cover of each cell.
    Call it without gradients."""
    import torch

    rgba = torch.from_numpy(collages).permute(0, 3, 1, 2).float()
    alpha = rgba[:, 3:] / 255
    over_grey = (rgba[:, :3] * alpha + GREY * (1 - alpha)) / 127.5 - 1
    latents = autoencoder.encode(over_grey).float()
    hints: np.ndarray = torch.cat([latents, torch.nn.functional.avg_pool2d(alpha, 8)], dim=1).numpy()
    return hints


def save_whole(path: Path, array: np.ndarray) -> None:
    """Writes an array aside and renames it: a kill leaves no file or a whole one."""
    aside = path.with_name(f"{path.name}.part")
    with open(aside, "wb") as file:
        np.save(file, array)
    os.replace(aside, path)


@dataclass(frozen=True)
class Batch:
    """What a training step reads: latents [n,16,16,16], hints [n,17,16,16], states [n,32,256], mask [n,32]."""

    latents: np.ndarray
    hints: np.ndarray
    states: np.ndarray
    text_mask: np.ndarray


class Bank:
    """All encoded shards as memory maps; `refresh` picks up shards that were encoded meanwhile.

    The first shard is kept for validation and never drawn by `batch`. Raises TrainingError when there are fewer
    than two encoded shards.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: dict[Path, tuple[np.ndarray, ...]] = {}
        self.sketches: dict[Path, np.ndarray] = {}
        self.refresh()

    def refresh(self) -> int:
        """Opens new shards; returns how many scenes can be drawn."""
        for shard in shards(self.folder, encoded=True):
            if shard not in self.open:
                names = ("latents", "hints", "states", "lengths")
                self.open[shard] = tuple(np.load(shard / f"{name}.npy", mmap_mode="r") for name in names)
            if shard not in self.sketches and (shard / "sketches.npy").exists():
                self.sketches[shard] = np.load(shard / "sketches.npy", mmap_mode="r")
        if len(self.open) < 2:
            raise TrainingError(f"{self.folder} holds {len(self.open)} encoded shards and at least 2 are needed; "
                                "run `allaprima train bank` first")  # fmt: skip
        self._maps = list(self.open.values())
        self._sketched = [self.sketches.get(shard) for shard in self.open]
        return sum(len(maps[0]) for maps in self._maps[1:])

    def batch(self, n: int, rng: np.random.Generator, *, dense_share: float = 0.7) -> Batch:
        """n scenes from anywhere but the first shard, each with its dense or its short caption, and some with the hint
        that the prior's sketches give where their shard has such."""
        picks = [(1 + int(rng.integers(len(self._maps) - 1)), float(rng.random())) for _ in range(n)]
        places = [(self._maps[s], int(r * len(self._maps[s][0]))) for s, r in picks]
        drawn = self._read(places, (rng.random(n) >= dense_share).astype(int))
        for row, ((shard, _), (_, place)) in enumerate(zip(picks, places, strict=True)):
            sketched = self._sketched[shard]
            if sketched is not None and rng.random() < SKETCH_SHARE:
                drawn.hints[row] = sketched[place]
        return drawn

    def validation(self, n: int, *, first: int = 0, sketched: bool = False) -> Batch:
        """n scenes of the kept shard with their dense captions; `sketched`: with the hints of sketches, if it has
        them."""
        kept = self._read([(self._maps[0], first + i) for i in range(n)], np.zeros(n, int))
        if sketched and self._sketched[0] is not None:
            kept.hints[:] = self._sketched[0][first : first + n]
        return kept

    @staticmethod
    def _read(places: list[tuple[tuple[np.ndarray, ...], int]], which: np.ndarray) -> Batch:
        latents = np.stack([maps[0][i] for maps, i in places]).astype(np.float32)
        hints = np.stack([maps[1][i] for maps, i in places]).astype(np.float32)
        states = np.stack([maps[2][i, w] for (maps, i), w in zip(places, which, strict=True)]).astype(np.float32)
        lengths = np.array([maps[3][i, w] for (maps, i), w in zip(places, which, strict=True)])
        mask = (np.arange(states.shape[1])[None] < lengths[:, None]).astype(np.float32)
        return Batch(latents, hints, states * mask[:, :, None], mask)
