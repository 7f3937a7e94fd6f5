"""Hints made of the prior's sketches, beside those made of drawings: `allaprima train bank --sketch`.

The second stage of two learns from what the first really gives (arXiv:2106.15282 augments its conditions for the same
reason): a denoiser that has only seen clean drawings copies a sketch's blur. A scene's things are sketched by their
names and styles, in their boxes and colours, and mirrored where the scene's drawing is; scenes with letters or without
things keep the hint they have. Writes `sketches.npy` into a shard, float16 [n, 17, 16, 16].
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from allaprima.engine.library import plain
from allaprima.engine.prior import uncut
from allaprima.engine.recolouring import recoloured
from allaprima.scene.compositor import COLLAGE_SIZE
from allaprima.train.autoencoder import Autoencoder
from allaprima.train.bank import hints_of, save_whole
from allaprima.train.prior import Prior
from allaprima.train.prior_training import STYLES, style_inputs

FILE = "sketches.npy"
SIDE = COLLAGE_SIZE
TOGETHER = 64

Vectors = Callable[[list[str]], np.ndarray]
Key = tuple[str, str]  # name, style


@torch.no_grad()
def sketches_of(
    keys: Sequence[Key], prior: Prior, autoencoder: Autoencoder, vectors: Vectors, *, fast: bool
) -> dict[Key, np.ndarray]:
    """The sketch of each (name, style) as uint8 RGBA [128, 128, 4], the whole square."""
    found: dict[Key, np.ndarray] = {}
    for start in range(0, len(keys), TOGETHER):
        part = keys[start : start + TOGETHER]
        asked = torch.from_numpy(vectors([name for name, _ in part]))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            latent, logits = prior(asked, style_inputs(torch.tensor([STYLES.index(style) for _, style in part])))
            pictures = autoencoder.decode(latent).clamp(-1.0, 1.0)
        odds = logits.float()[:, 0].numpy()
        for key, picture, each in zip(part, pictures.float().numpy(), odds, strict=True):
            found[key] = uncut(picture, each)
    return found


def collage_of(
    truth: Mapping[str, Any], picture: np.ndarray, sketches: Mapping[Key, np.ndarray]
) -> np.ndarray:
    """The sketches of a scene's things, each where its drawing is to the pixel: uint8 [128, 128, 4]. picture: the
    scene, uint8 [128, 128, 3]."""
    sheet = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    first = 0
    for count, said in zip(truth["counts"], truth["colour_said"], strict=True):
        group = truth["objects"][first : first + count]
        first += count
        drawn = recoloured(sketches[key_of(group[0])], group[0]["colour"] if said else None)
        ways = (drawn, np.ascontiguousarray(drawn[:, ::-1]))
        nearer = min(ways, key=lambda way: _away(_laid(way, group[0]["box"]), picture))
        for thing in group:
            sheet = Image.alpha_composite(sheet, _laid(nearer, thing["box"]))
    return np.asarray(sheet)


def _laid(drawn: np.ndarray, box: Sequence[float]) -> Image.Image:
    """A sketch, the whole square, laid so that its drawing fills the box as the compositor has it: what the prior
    learned is a drawing in the middle of a square as wide as its longer side."""
    x0, _, x1, y1 = box
    width, height = (max(round((box[end] - box[start]) * SIDE), 1) for start, end in ((0, 2), (1, 3)))
    left, top, longer = round((x0 + x1) / 2 * SIDE - width / 2), round(y1 * SIDE) - height, max(width, height)
    square = Image.fromarray(drawn).convert("RGBa").resize((longer, longer), Image.Resampling.BILINEAR)
    layer = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    layer.paste(square.convert("RGBA"), (left - (longer - width) // 2, top - (longer - height) // 2))
    return layer


def _away(layer: Image.Image, picture: np.ndarray) -> float:
    """How far a picture is from what a layer shows."""
    shown = np.asarray(layer).astype(np.float32)
    return float((np.abs(shown[..., :3] - picture) * shown[..., 3:]).sum())


def key_of(thing: Mapping[str, Any]) -> Key:
    return plain(thing["name"]), thing["style"]


def sketch_shard(
    folder: Path, prior: Prior, autoencoder: Autoencoder, vectors: Vectors, *, fast: bool, known: dict[Key, np.ndarray]
) -> int:
    """Writes the shard's sketches; returns how many scenes have one. `known` keeps sketches from shard to shard."""
    scenes = [json.loads(line)["truth"] for line in (folder / "scenes.jsonl").read_text(encoding="utf-8").splitlines()]
    pictures, hints = np.load(folder / "pictures.npy", mmap_mode="r"), np.load(folder / "hints.npy")
    drawn = [place for place, truth in enumerate(scenes)
             if truth["objects"] and not truth["lettering"]
             and all(thing["style"] in STYLES for thing in truth["objects"])]  # fmt: skip
    keys = dict.fromkeys(key_of(thing) for place in drawn for thing in scenes[place]["objects"])
    known |= sketches_of([key for key in keys if key not in known], prior, autoencoder, vectors, fast=fast)
    for start in range(0, len(drawn), TOGETHER):
        places = drawn[start : start + TOGETHER]
        collages = np.stack([collage_of(scenes[place], pictures[place], known) for place in places])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
            hints[places] = hints_of(collages, autoencoder)
    save_whole(folder / FILE, hints)
    return len(drawn)
