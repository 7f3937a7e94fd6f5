"""Smooth noise on fixed lattices, read at any resolution.

All random numbers are drawn before the size is known, so one generator state gives one scene at every size.
Knows nothing of colour or scenery.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# A cubic B-spline flattens white noise; this brings the result back to roughly -1..1.
_GAIN_1D = 1.5
_GAIN_2D = 2.2


def _weights(at: Array, cells: int) -> Array:
    """Cubic B-spline weights [len(at), cells] at lattice coordinates `at` (wrapping)."""
    base = np.floor(at)
    f = (at - base).astype(np.float32)
    index = base.astype(np.int64)
    f2, f3 = f * f, f * f * f
    rows = np.arange(len(at))
    weights = np.zeros((len(at), cells), np.float32)
    quads = ((1 - f) ** 3 / 6, (3 * f3 - 6 * f2 + 4) / 6, (-3 * f3 + 3 * f2 + 3 * f + 1) / 6, f3 / 6)
    for shift, quad in enumerate(quads):
        weights[rows, (index + shift - 1) % cells] += quad
    return weights


@lru_cache(maxsize=256)
def _even_weights(size: int, cells: int, period: int) -> Array:
    at = (np.arange(size, dtype=np.float32) + 0.5) / size * cells
    return _weights(at, period)


class Lattice:
    """A random grid read smoothly: `at(xs, ys)` for separable coordinates, `over(size)` for the unit square."""

    def __init__(self, rng: np.random.Generator, columns: int, rows: int) -> None:
        self.values = rng.random((max(rows, 4), max(columns, 4)), dtype=np.float32) * 2 - 1
        self.columns, self.rows = columns, rows

    def at(self, xs: Array, ys: Array) -> Array:
        """Values [len(ys), len(xs)] about -1..1; xs, ys in lattice cells, any range (wraps)."""
        rows, columns = self.values.shape
        return (_weights(ys, rows) @ self.values @ _weights(xs, columns).T) * np.float32(_GAIN_2D)

    def over(self, size: int) -> Array:
        """Values [size, size] with the unit square spanning `columns` x `rows` cells."""
        rows, columns = self.values.shape
        down = _even_weights(size, self.rows, rows)
        across = _even_weights(size, self.columns, columns)
        return (down @ self.values @ across.T) * np.float32(_GAIN_2D)


class Noise:
    """Several octaves of lattices, each twice as fine and `gain` as strong."""

    def __init__(self, rng: np.random.Generator, columns: int, rows: int, octaves: int = 4, gain: float = 0.5) -> None:
        total = sum(gain**o for o in range(octaves))
        self.layers = [
            (Lattice(rng, min(columns << o, 128), min(rows << o, 128)), float(1 << o), gain**o / total * 1.4)
            for o in range(octaves)
        ]

    def over(self, size: int) -> Array:
        """[size, size], about -1..1."""
        out = np.zeros((size, size), np.float32)
        for lattice, _, weight in self.layers:
            out += lattice.over(size) * np.float32(weight)
        return out

    def at(self, xs: Array, ys: Array) -> Array:
        """[len(ys), len(xs)] at coordinates counted in cells of the coarsest octave."""
        out = np.zeros((len(ys), len(xs)), np.float32)
        for lattice, scale, weight in self.layers:
            out += lattice.at(xs * np.float32(scale), ys * np.float32(scale)) * np.float32(weight)
        return out


def curve(rng: np.random.Generator, at: Array, cells: float, octaves: int = 3, gain: float = 0.5) -> Array:
    """One-dimensional noise [len(at)], about -1..1; `at` spans `cells` cells per unit."""
    out = np.zeros(len(at), np.float32)
    total = sum(gain**o for o in range(octaves))
    for octave in range(octaves):
        values = rng.random(64, dtype=np.float32) * 2 - 1
        weights = _weights(at * np.float32(cells * 2**octave), 64)
        out += weights @ values * np.float32(_GAIN_1D * gain**octave / total * 1.2)
    return out


def smooth(low: float, high: float, value: Array) -> Array:
    """Smoothstep from 0 at `low` to 1 at `high` (low may exceed high)."""
    t = np.minimum(np.maximum((value - np.float32(low)) * np.float32(1 / (high - low)), 0), 1)
    return t * t * (3 - 2 * t)
