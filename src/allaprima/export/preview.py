"""The preview's matrix: a latent's channels to the mean colour of the pixels it stands for, by least squares.

Knows nothing of graphs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Preview:
    """RGB in [-1, 1] = latent @ matrix + bias; matrix [channels, 3], bias [3]; `error` is the root mean square."""

    matrix: np.ndarray
    bias: np.ndarray
    error: float

    def as_json(self) -> dict[str, object]:
        return {"matrix": np.round(self.matrix, 5).tolist(), "bias": np.round(self.bias, 5).tolist()}


def fit(latents: np.ndarray, pictures: np.ndarray) -> Preview:
    """latents [n, c, h, w], pictures [n, 3, k h, k w] in [-1, 1], both float."""
    n, channels, height, width = latents.shape
    k = pictures.shape[2] // height
    colours = pictures.reshape(n, 3, height, k, width, k).mean(axis=(3, 5)).transpose(0, 2, 3, 1).reshape(-1, 3)
    rows = latents.transpose(0, 2, 3, 1).reshape(-1, channels)
    rows = np.concatenate([rows, np.ones((len(rows), 1), rows.dtype)], axis=1).astype(np.float64)
    solution, *_ = np.linalg.lstsq(rows, colours.astype(np.float64), rcond=None)
    error = float(np.sqrt(np.mean((rows @ solution - colours) ** 2)))
    return Preview(solution[:-1].astype(np.float32), solution[-1].astype(np.float32), error)
