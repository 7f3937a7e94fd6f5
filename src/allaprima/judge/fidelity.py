"""How like composed scenes painted pictures are as a crowd: KID and MMD in the features of an independent network.

Both are squared distances between two crowds' mean embeddings, without bias, so that 0 is "the same crowd" for any
number of pictures. KID's kernel is ((x.y) / d + 1)^3 (arXiv:1801.01401); MMD's is a Gaussian whose width is the
median distance between reference pictures. Knows nothing of painters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.intervals import LEVEL, Measure

Array = NDArray[np.float64]
Kernel = Callable[[Array, Array], Array]

SUBSETS = 200
THOUSAND = 1000.0  # both are told in thousandths


def cubic(a: Array, b: Array) -> Array:
    """KID's kernel of features [n, d] and [m, d]: [n, m]."""
    return np.asarray((a @ b.T / a.shape[1] + 1.0) ** 3)


def gaussian(width: float) -> Kernel:
    """exp(-|x - y|^2 / 2 width^2)."""

    def kernel(a: Array, b: Array) -> Array:
        return np.asarray(np.exp(-_squares(a, b) / (2.0 * width * width)))

    return kernel


def median_distance(features: Array) -> float:
    """The median distance between two different rows of features [n, d]."""
    upper = np.triu_indices(len(features), 1)
    return float(np.sqrt(np.median(_squares(features, features)[upper])))


def distance(a: Array, b: Array, kernel: Kernel) -> float:
    """The unbiased squared distance of two crowds' mean embeddings; may be a little below 0 for like crowds."""
    return _unbiased(kernel(a, a), kernel(b, b), kernel(a, b))


def measured(a: Array, b: Array, kernel: Kernel, *, subsets: int = SUBSETS) -> Measure:
    """The distance of all pictures in thousandths, with the middle 95 % of what halves of both crowds give.

    Halves spread more than the whole does, so the interval is a wide one. Drawing with replacement would not do: a
    picture is nearest to itself.
    """
    aa, bb, ab = kernel(a, a), kernel(b, b), kernel(a, b)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(subsets):
        rows, columns = (rng.permutation(len(each))[: max(len(each) // 2, 2)] for each in (a, b))
        found.append(_unbiased(aa[np.ix_(rows, rows)], bb[np.ix_(columns, columns)], ab[np.ix_(rows, columns)]))
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    named = {"value": _unbiased(aa, bb, ab), "low": float(low), "high": float(high)}
    return {key: round(each * THOUSAND, 4) for key, each in named.items()}


def report(reference: NDArray[np.float32], crowds: Mapping[str, NDArray[np.float32]]) -> dict[str, dict[str, Measure]]:
    """KID and MMD of each crowd's features [n, d] against the reference's."""
    real = np.asarray(reference, np.float64)
    width = median_distance(real)
    found: dict[str, dict[str, Measure]] = {}
    for name, features in crowds.items():
        crowd = np.asarray(features, np.float64)
        found[name] = {"kid": measured(crowd, real, cubic), "mmd": measured(crowd, real, gaussian(width))}
    return found


def _squares(a: Array, b: Array) -> Array:
    away: Array = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2.0 * a @ b.T
    return np.maximum(away, 0.0)


def _unbiased(aa: Array, bb: Array, ab: Array) -> float:
    n, m = len(aa), len(bb)
    within = (aa.sum() - np.trace(aa)) / (n * (n - 1)) + (bb.sum() - np.trace(bb)) / (m * (m - 1))
    return float(within - 2.0 * ab.mean())
