"""How like real latents painted ones are as a crowd: the kernel distance (MMD) of what they look like.

Unlike the distance to an answer it does not punish a picture for being another one, so it can judge fresh noise.
Knows nothing of networks, of words or of steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

BLOCK = 4  # cells: colours and grain are taken over blocks of 4 x 4


def looks(latents: np.ndarray) -> np.ndarray:
    """[n, c, h, w] -> [n, f]: each block's mean, and the logarithm of its grain (steps between neighbours)."""
    n, c, h, w = latents.shape
    blocks = latents.reshape(n, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK)
    means = blocks.mean(axis=(3, 5))
    grain = np.square(np.diff(blocks, axis=3)).mean(axis=(3, 5)) + np.square(np.diff(blocks, axis=5)).mean(axis=(3, 5))
    return np.concatenate([means.reshape(n, -1), np.log(grain + 1e-3).reshape(n, -1)], axis=1)


@dataclass(frozen=True)
class Likeness:
    """Real latents to be compared with; `spread` is the median distance between two of them."""

    mean: np.ndarray
    deviation: np.ndarray
    real: np.ndarray
    spread: float

    @classmethod
    def of(cls, latents: np.ndarray) -> Likeness:
        """Of real latents [n, c, h, w], n at least 2."""
        seen = looks(latents)
        mean, deviation = seen.mean(axis=0), seen.std(axis=0) + 1e-6
        real = (seen - mean) / deviation
        among = _squares(real, real)[np.triu_indices(len(real), 1)]
        # Where more than half of them are alike the median says nothing.
        typical = np.median(among) if np.median(among) > 1e-6 else max(float(among.mean()), 1e-6)
        return cls(mean, deviation, real, float(np.sqrt(typical)))

    def kernels(self, latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of painted latents with each other [n, n], and with the real ones [n, m]."""
        seen = (looks(latents) - self.mean) / self.deviation
        return self._kernel(seen, seen), self._kernel(seen, self.real)

    def distance(self, latents: np.ndarray) -> float:
        """Squared MMD times 1000, without bias: about 0 for more of the real ones."""
        return self.of_kernels(*self.kernels(latents))

    def of_kernels(self, own: np.ndarray, other: np.ndarray) -> float:
        """The same of kernels."""
        n, m = other.shape
        among = self._among
        return 1000.0 * float(
            (own.sum() - np.trace(own)) / (n * (n - 1)) + (among.sum() - m) / (m * (m - 1)) - 2.0 * other.mean()
        )

    def gain(self, before: np.ndarray, after: np.ndarray, *, draws: int = 500) -> tuple[float, tuple[float, float]]:
        """How much lower the distance of `after` is, painted for the same scenes, with its 90 % interval by
        bootstrap over scenes."""
        kernels = self.kernels(before), self.kernels(after)
        value = self.of_kernels(*kernels[0]) - self.of_kernels(*kernels[1])
        rng = np.random.default_rng(0)
        drawn = []
        for _ in range(draws):
            # Without repetition: a scene drawn twice would lie at no distance from itself.
            pick = rng.permutation(len(before))[: max(len(before) * 2 // 3, 2)]
            first, second = (self.of_kernels(own[np.ix_(pick, pick)], other[pick]) for own, other in kernels)
            drawn.append(first - second)
        # Subsamples of a share f, drawn without repetition, spread around the whole by sqrt((1 - f) / f) of its own
        # spread around the truth: here by the root of a half.
        spread = (np.asarray(drawn) - np.mean(drawn)) * np.sqrt(2.0)
        low, high = np.percentile(spread, (5, 95))
        return value, (value + float(low), value + float(high))

    @cached_property
    def _among(self) -> np.ndarray:
        return self._kernel(self.real, self.real)

    def _kernel(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.exp(-_squares(a, b) / (2.0 * self.spread**2))


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2.0 * a @ b.T
    return np.asarray(np.maximum(squares, 0.0))
