"""Masks for learning to paint a part of a picture: what is free, and the region channels that tell the network.

The convention, at training and at painting alike: the mask is 1 where the network is to paint and 0 where the picture
is known; the known latents stand in the cells where it is 0 and zeros where it is 1; the glyph channel is zero. All
18 channels zero means that nothing is known and no region was asked for. Words and hint stay what they are, and the
region is given on both sides of guidance. Knows no network.
"""

from __future__ import annotations

import numpy as np
import torch

SHARE = 0.2  # of scenes in training; the rest, plain prompts, see no region
KINDS = {"box": 0.3, "strip": 0.25, "around": 0.3, "blob": 0.15}
BOX_SIDE = (0.3, 0.85)  # of the picture's sides
STRIP = (0.25, 0.67)  # free at one edge: panning shows a third to three quarters of the old picture
CENTRE = (0.4, 0.8)  # known in the middle: zooming out 1.25 to 2.5 times
BLOB = (0.15, 0.65)  # of the area


def draw_masks(n: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """[n, 1, height, width] float32: 1 where to paint. Every mask has cells of both kinds."""
    masks = np.zeros((n, 1, height, width), np.float32)
    names, edges = list(KINDS), np.cumsum(list(KINDS.values()))
    for mask in masks[:, 0]:
        kind = names[min(int(np.searchsorted(edges, rng.random() * edges[-1], side="right")), len(names) - 1)]
        if kind == "box":
            _box(mask, rng.uniform(*BOX_SIDE, 2), rng, 1.0)
        elif kind == "strip":
            _strip(mask, rng)
        elif kind == "around":
            mask[:] = 1.0
            _box(mask, rng.uniform(*CENTRE, 2) if rng.random() < 0.3 else np.full(2, rng.uniform(*CENTRE)), rng, 0.0)
        else:
            _blob(mask, rng)
    return masks


def region_channels(latents: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """latents [n, c, h, w], masks [n, 1, h, w] (1 = to paint) -> [n, c + 2, h, w]: known latents, mask, no glyphs."""
    return torch.cat([latents * (1 - masks), masks, torch.zeros_like(masks)], dim=1)


def draw_regions(latents: torch.Tensor, rng: np.random.Generator, *, share: float = SHARE) -> torch.Tensor:
    """Region channels for a batch: a drawn mask for this share of the pictures, zeros for the others."""
    n, _, height, width = latents.shape
    asked = torch.from_numpy((rng.random(n) < share).astype(np.float32))[:, None, None, None]
    masks = torch.from_numpy(draw_masks(n, height, width, rng))
    return region_channels(latents, masks) * asked


def _box(mask: np.ndarray, sides: np.ndarray, rng: np.random.Generator, value: float) -> None:
    rows, columns = (int(np.clip(round(s * n), 1, n - 1)) for s, n in zip(sides, mask.shape, strict=True))
    top, left = int(rng.integers(mask.shape[0] - rows + 1)), int(rng.integers(mask.shape[1] - columns + 1))
    if value == 0.0 and rng.random() < 0.6:  # what is zoomed out of stands in the middle, mostly
        top, left = (mask.shape[0] - rows) // 2, (mask.shape[1] - columns) // 2
    mask[top : top + rows, left : left + columns] = value


def _strip(mask: np.ndarray, rng: np.random.Generator) -> None:
    side, share = int(rng.integers(4)), rng.uniform(*STRIP)
    turned = mask.T if side % 2 else mask
    deep = int(np.clip(round(share * len(turned)), 1, len(turned) - 1))
    turned[:deep] = float(side < 2)
    turned[deep:] = float(side >= 2)


def _blob(mask: np.ndarray, rng: np.random.Generator) -> None:
    """Smooth noise cut at the level that leaves the wanted area free."""
    rough = rng.standard_normal(mask.shape)
    for _ in range(3):
        rough = sum(np.roll(rough, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)) / 9
    mask[:] = rough > np.quantile(rough, 1 - rng.uniform(*BLOB))
