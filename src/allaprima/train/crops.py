"""Training pictures for the autoencoder: square crops of composed scenes and of single drawings on plain grounds.

Knows nothing of the networks. Targets are 256 px scale; the encoder's input is the same crop at half the size.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from allaprima.scene.corpus import Corpus

GREY = (128, 128, 128)  # the ground of a collage


class Crops:
    """Draws batches; `scenes` is uint8 [n, 256, 256, 3] (a memory map is fine) or None for drawings alone."""

    def __init__(self, corpus: Corpus, scenes: np.ndarray | None, *, size: int = 128, drawings_share: float = 0.3):
        self.corpus, self.scenes, self.size = corpus, scenes, size
        self.drawings_share = 1.0 if scenes is None else drawings_share

    def one(self, rng: np.random.Generator) -> np.ndarray:
        """One crop, uint8 [size, size, 3]."""
        if self.scenes is not None and rng.random() >= self.drawings_share:
            scene = self.scenes[rng.integers(len(self.scenes))]
            top, left = rng.integers(0, 256 - self.size + 1, 2)
            return np.asarray(scene[top : top + self.size, left : left + self.size])
        drawing = Image.fromarray(np.asarray(self.corpus.image(int(rng.integers(len(self.corpus.drawings))))))
        side = int(rng.integers(self.size // 2, 257))
        drawing = drawing.resize((side, side), Image.Resampling.BOX, reducing_gap=2.0)
        ground = GREY if rng.random() < 0.4 else tuple(int(c) for c in rng.integers(0, 256, 3))
        canvas = Image.new("RGB", (self.size, self.size), ground)
        low, high = min(0, self.size - side), max(0, self.size - side)
        place = (int(rng.integers(low, high + 1)), int(rng.integers(low, high + 1)))
        canvas.paste(drawing, place, drawing)
        return np.asarray(canvas)

    def batch(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """uint8 [n, size, size, 3], flipped left-right half the time."""
        crops = np.stack([self.one(rng) for _ in range(n)])
        flips = rng.random(n) < 0.5
        crops[flips] = crops[flips, :, ::-1]
        return crops


def prefetched(crops: Crops, n: int, *, seed: int, ahead: int = 3) -> Iterator[np.ndarray]:
    """Endless batches made by a thread while the network works on the last one."""
    made: queue.Queue[np.ndarray] = queue.Queue(maxsize=ahead)

    def work() -> None:
        rng = np.random.default_rng(seed)
        while True:
            made.put(crops.batch(n, rng))

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield made.get()


def open_scenes(path: Path) -> np.ndarray | None:
    """The composed 256 px scenes as a memory map, or None when there are none yet."""
    return np.load(path, mmap_mode="r") if path.exists() else None
