"""Straying: what `chaos` and `weird` do to the meaning of a prompt.

Chaos moves each picture of a grid another way, early in the painting (the idea of CADS, arXiv:2310.17347); weird moves
all of them the same way, from beginning to end, by a rule of the words alone. Arrays alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CHAOS = (0.0, 100.0)
WEIRD = (0.0, 3000.0)
_FULL, _GONE = 0.9, 0.4  # times between which chaos fades out: shapes are settled by then


def jitter(states: Array, seeds: Sequence[int], chaos: float) -> Array | None:
    """What is added to token states [k, l, d], for each seed its own: [n, l, d]; None without chaos."""
    if chaos <= 0.0:
        return None
    scale = _spread(states) * chaos / 100.0
    made = [_direction(np.random.Generator(np.random.PCG64([seed, 5])), states.shape[1:]) for seed in seeds]
    return np.asarray(np.stack(made) * scale, np.float32)


def share_at(t: float) -> float:
    """How much of the jitter is left at time t."""
    return float(np.clip((t - _GONE) / (_FULL - _GONE), 0.0, 1.0))


def estranged(states: Array, mask: Array, words: str, weird: float) -> Array:
    """Token states [k, l, d] moved away from the usual; their spread stays what it was."""
    if weird <= 0.0:
        return states
    amount = 0.8 * weird / WEIRD[1]
    rng = np.random.Generator(np.random.PCG64([zlib.crc32(words.encode()), 6]))
    moved = (1.0 - amount) * states + amount * _spread(states) * _direction(rng, states.shape[1:])
    return np.asarray(moved * mask[..., None], np.float32)


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A random way to go: half of it common to all tokens, so that it does not average out."""
    length, width = shape
    common, own = rng.standard_normal((1, width), np.float32), rng.standard_normal((length, width), np.float32)
    return np.asarray((common + own) * np.float32(0.7071), np.float32)


def _spread(states: Array) -> float:
    used = states[np.abs(states).sum(axis=-1) > 0.0]
    return float(used.std()) if used.size else 0.0
