"""The structured judge's lessons: scenes of the bank with their truth, worn so that no codec's traces can be learned.

A share of the pictures went through the painter's encoder and decoder, others through JPEG or a blur; half are
mirrored. The first shard is nobody's lesson. Knows nothing of the network.
"""

from __future__ import annotations

import io
import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from allaprima.errors import TrainingError
from allaprima.judge.eye import shrunk
from allaprima.judge.recognising import Box, cut
from allaprima.judge.truths import CUT_SIDE, UNKNOWN, Surroundings, Things, surroundings, things

CODED_SHARE, JPEG_SHARE, BLUR_SHARE = 0.2, 0.15, 0.15
FRESH_FIRST, FRESH, MOST_CODED = 48, 2, 4096  # copies through the decoder: before the first lesson, with each, kept
JPEG_QUALITIES = (25, 90)
BLURS = (0.3, 1.1)  # pixels

Pixels = NDArray[np.uint8]
# Latents float32 [n, 16, 16, 16] to pictures uint8 [n, h, w, 3].
Decode = Callable[[NDArray[np.float32]], Pixels]


@dataclass(frozen=True)
class Lesson:
    """Pictures uint8 [n, 128, 128, 3] and what is true of them; cut-outs uint8 [m, 64, 64, 3] of their things, style
    and colour [m].
    """

    pictures: Pixels
    things: Things
    surroundings: Surroundings
    cuts: Pixels
    style: NDArray[np.int64]
    colour: NDArray[np.int64]


class Lessons:
    """Draws lessons from the bank's shards but the first. Raises TrainingError when there is no other."""

    def __init__(self, bank: Path, *, decode: Decode | None = None) -> None:
        """`decode`: turns the bank's latents into pictures; without it no lesson shows the painter's codec."""
        self._pictures: list[Pixels] = []
        self._truths: list[list[bytes]] = []
        self._latents: dict[int, NDArray[np.float16]] = {}  # of the shards that are encoded
        for shard in sorted(bank.glob("shard-*"))[1:]:
            lines = (shard / "scenes.jsonl").read_bytes().splitlines()
            self._pictures.append(np.load(shard / "pictures.npy", mmap_mode="r"))
            self._truths.append(lines)
            if decode is not None and (shard / "latents.npy").exists():
                self._latents[len(self._pictures) - 1] = np.load(shard / "latents.npy", mmap_mode="r")
        if not self._pictures:
            raise TrainingError(f"{bank} holds fewer than two shards: run `allaprima train bank` first.")
        self.count = sum(map(len, self._truths))
        self._decode = decode
        self._coded: list[tuple[Pixels, bytes]] = []

    def draw(self, n: int, rng: np.random.Generator) -> Lesson:
        """n scenes, worn."""
        if self._decode is not None and self._latents:
            self._add_coded(rng)
        pictures, truths = [], []
        mirrored = rng.random(n) < 0.5
        for turn in range(n):
            if self._coded and rng.random() < CODED_SHARE:
                picture, line = self._coded[int(rng.integers(len(self._coded)))]
            else:
                shard, place = self._any(rng)
                picture, line = self._pictures[shard][place], self._truths[shard][place]
            picture = worn(np.asarray(picture), rng)
            pictures.append(picture[:, ::-1] if mirrored[turn] else picture)
            truths.append(_truth(line))
        told = things(truths, mirrored)
        places = [place for i in range(n) for place in _some(i, int((told.cell[i] != UNKNOWN).sum()), rng)]
        cuts = [cut(pictures[i], jittered(told.edges(i, j), rng), side=CUT_SIDE) for i, j in places]
        rows = tuple(zip(*places, strict=True)) if places else ((), ())
        return Lesson(
            np.stack(pictures),
            told,
            surroundings(truths),
            np.stack(cuts) if cuts else np.zeros((0, CUT_SIDE, CUT_SIDE, 3), np.uint8),
            told.style[rows],
            told.colour[rows],
        )

    def ahead(self, n: int, *, seed: int, depth: int = 3) -> Iterator[Lesson]:
        """Lessons without end, made by a thread while the network works on the last one."""
        made: queue.Queue[Lesson | BaseException] = queue.Queue(maxsize=depth)

        def work() -> None:
            rng = np.random.default_rng(seed)
            try:
                while True:
                    made.put(self.draw(n, rng))
            except BaseException as error:  # told to whoever waits, who would wait for ever otherwise
                made.put(error)

        threading.Thread(target=work, daemon=True).start()
        while True:
            lesson = made.get()
            if isinstance(lesson, BaseException):
                raise lesson
            yield lesson

    def _any(self, rng: np.random.Generator) -> tuple[int, int]:
        shard = int(rng.integers(len(self._pictures)))
        return shard, int(rng.integers(len(self._truths[shard])))

    def _add_coded(self, rng: np.random.Generator) -> None:
        """A few new scenes as the painter's decoder shows them, in the place of the oldest."""
        assert self._decode is not None
        encoded = list(self._latents)
        drawn = [
            (shard, int(rng.integers(len(self._truths[shard]))))
            for shard in rng.choice(encoded, FRESH if self._coded else FRESH_FIRST).tolist()
        ]
        latents = np.stack([np.asarray(self._latents[shard][place], np.float32) for shard, place in drawn])
        shown = [
            (shrunk(picture), self._truths[s][p]) for picture, (s, p) in zip(self._decode(latents), drawn, strict=True)
        ]
        self._coded = [*self._coded, *shown][-MOST_CODED:]


def _some(scene: int, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """At most two of a scene's things, by lot: the rest of four are the same thing again, or small."""
    return [(scene, int(place)) for place in rng.permutation(count)[:2]]


def jittered(box: Box, rng: np.random.Generator) -> Box:
    """A box moved and scaled by as much as a guessed one is off."""
    width, height = box[2] - box[0], box[3] - box[1]
    x, y = (
        (box[0] + box[2]) / 2 + width * rng.uniform(-0.06, 0.06),
        (box[1] + box[3]) / 2 + height * rng.uniform(-0.06, 0.06),
    )
    scale = rng.uniform(0.9, 1.12)
    return x - width * scale / 2, y - height * scale / 2, x + width * scale / 2, y + height * scale / 2


def worn(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture uint8 [h, w, 3] with a little of what pictures suffer: JPEG, blur, light. Never its hues."""
    if rng.random() < JPEG_SHARE:
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "JPEG", quality=int(rng.integers(*JPEG_QUALITIES)))
        picture = np.asarray(Image.open(out))
    if rng.random() < BLUR_SHARE:
        blur = ImageFilter.GaussianBlur(float(rng.uniform(*BLURS)))
        picture = np.asarray(Image.fromarray(picture).filter(blur))
    if rng.random() < 0.3:
        gain, lift = rng.uniform(0.94, 1.06), rng.uniform(-6, 6)
        picture = np.clip(picture.astype(np.float32) * gain + lift, 0, 255).astype(np.uint8)
    return picture


def _truth(line: bytes) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads(line)["truth"]
    return truth
