"""The same seed on two denoiser graphs: how alike the finished pictures are.

Samples as the engine does (Euler steps, guidance on both sides), with onnxruntime alone. Knows nothing of how the
graphs came about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from allaprima.export.real_inputs import RealInputs

Feeds = dict[str, np.ndarray]
Denoise = Callable[[Feeds], np.ndarray]


def denoiser_of(session: Any) -> Denoise:
    """A session as a function of its inputs."""
    return lambda feeds: np.asarray(session.run(["clean"], feeds)[0])


def sample(
    denoise: Denoise, scenes: RealInputs, times: Sequence[float], *, guidance: float = 3.0, seed: int = 29,
    hinted: bool = True, watch: Callable[[Feeds], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """Latents painted for the scenes' captions (and hints, where `hinted`); `watch` sees the feeds of each call."""
    n = len(scenes)
    state = np.random.default_rng(seed).standard_normal(scenes.latents.shape, np.float32)
    nothing = np.zeros_like
    hint = scenes.hints if hinted else nothing(scenes.hints)
    both: Feeds = {
        "hint": np.concatenate([hint, nothing(hint)]),
        "region": np.zeros((2 * n, state.shape[1] + 2, *state.shape[2:]), np.float32),
        "states": np.concatenate([scenes.states, nothing(scenes.states)]),
        "text_mask": np.concatenate([scenes.text_mask, nothing(scenes.text_mask)]),
    }
    for t, after in zip(times[:-1], times[1:], strict=True):
        feeds = {"latent": np.concatenate([state, state]), **both, "time": np.full(2 * n, t, np.float32)}
        if watch is not None:
            watch(feeds)
        said, unsaid = np.split(denoise(feeds), 2)
        clean = unsaid + guidance * (said - unsaid)
        state = (clean + (after / t) * (state - clean)).astype(np.float32)
    return state


def jumped(
    denoise: Denoise, scenes: RealInputs, times: Sequence[float], *, seed: int = 29, hinted: bool = True,
    watch: Callable[[Feeds], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """The same by a student: one call a step, guidance in it."""
    n = len(scenes)
    state = np.random.default_rng(seed).standard_normal(scenes.latents.shape, np.float32)
    known: Feeds = {
        "hint": scenes.hints if hinted else np.zeros_like(scenes.hints),
        "region": np.zeros((n, state.shape[1] + 2, *state.shape[2:]), np.float32),
        "states": scenes.states,
        "text_mask": scenes.text_mask,
    }
    for t, after in zip(times[:-1], times[1:], strict=True):
        moment = {"time": np.full(n, t, np.float32), "until": np.full(n, after, np.float32)}
        feeds = {"latent": state, **known, **moment}
        if watch is not None:
            watch(feeds)
        clean = denoise(feeds)
        state = (clean + (after / t) * (state - clean)).astype(np.float32)
    return state


def psnr(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """dB for each of n pictures in [-1, 1], [n, 3, h, w]; 99 where they are equal."""
    error = np.mean((a.astype(np.float64) - b) ** 2, axis=(1, 2, 3))
    return np.minimum(10.0 * np.log10(4.0 / np.maximum(error, 1e-12)), 99.0)
