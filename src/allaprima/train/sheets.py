"""Contact sheets of training pictures: a tensor of pictures to one PNG, written aside and renamed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image


def save_sheet(pictures: torch.Tensor, path: Path, *, columns: int = 8, gap: int = 4) -> None:
    """pictures: [n, 3, h, w] in about [-1, 1], clipped; rows are filled left to right."""
    images = ((pictures.detach().float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    n, height, width, _ = images.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = image
    aside = path.with_suffix(".png.part")
    Image.fromarray(sheet).save(aside, format="PNG")
    os.replace(aside, path)
