"""A sitting: all that is decided before the first stroke, and the step that is handed out at each one.

Plain data; knows nothing of how it was decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import preview
from allaprima.engine.collage import Collage
from allaprima.engine.few_steps import Sampler
from allaprima.engine.reading import Reading
from allaprima.engine.request import Request
from allaprima.engine.sampler import Walk

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Sitting:
    """One request made ready to paint: n pictures of k sub-prompts."""

    request: Request
    reading: Reading
    seeds: tuple[int, ...]  # n
    grid: tuple[float, ...]  # steps + 1
    churn: tuple[float, ...]  # steps
    guidance_scale: float
    memory: float
    weights: Array  # [k], adding up to 1
    states: Array  # [k, 32, 256]
    mask: Array  # [k, 32]
    negative_states: Array  # [1, 32, 256], zeros without a negative prompt
    negative_mask: Array  # [1, 32]
    hint: Array | None  # [n, 17, 16, 16]
    collages: tuple[Collage | None, ...]  # n
    noise: Array  # [n, 16, 16, 16]
    unread: str  # the prompt's end that did not fit the text encoder
    preview_matrix: Array
    preview_bias: Array
    timing_ms: Mapping[str, float] = field(compare=False)
    jitter: Array | None = None  # [n, 32, 256], what chaos adds to each picture's states
    sampler: Sampler = "denoiser"  # who paints
    region: Array | None = None  # [n, 18, 16, 16]: known latents, 1 where free, glyphs; only for bundles taught it

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the latent."""
        return (self.noise.shape[2], self.noise.shape[3])


@dataclass(frozen=True)
class Step:
    """One step done. The model was asked at `t`; the state now stands at `next_t` = t - removed + added."""

    sitting: Sitting
    index: int  # 0 .. count - 1
    count: int
    t: float
    next_t: float
    state: Array  # [n, 16, 16, 16] at next_t
    clean: Array  # [n, 16, 16, 16] the picture as the model now predicts it
    guidance: float  # the guidance scale in force; 1.0 outside the guidance interval
    removed: float  # noise taken away, in units of time
    added: float  # noise made anew, likewise
    hinted: bool  # whether the collage was shown to the model
    denoise_ms: float  # spent on this and the earlier steps

    @property
    def is_last(self) -> bool:
        return self.index == self.count - 1

    @property
    def preview(self) -> NDArray[np.uint8]:
        """The predicted pictures, cheaply: uint8 [n, 16, 16, 3]."""
        return preview.latent_to_rgb(self.clean, self.sitting.preview_matrix, self.sitting.preview_bias)


@dataclass(eq=False)
class Begun:
    """A sitting on its way: where it stands, and the ms spent on it so far."""

    sitting: Sitting
    walk: Walk
    denoise_ms: float = 0.0
