"""How many steps a prompt needs: a small learned head that foretells how far each step count will be from enough.

Its input is what is known before the first step: what the words mean, and how much was found to paint. For each count
it foretells the distance of the picture from the one that many steps give; the least count below the threshold is
taken. Linear, in plain JSON. Knows nothing of how it was learned.

    head = StepsHead.of(json.loads(bundle.path("steps.json").read_text()))
    head.choose(features(vector, things=2, words=7, is_hinted=True))
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allaprima.errors import BundleError

if TYPE_CHECKING:
    from allaprima.engine.bundle import Bundle

Array = NDArray[np.float32]

FILE = "steps.json"
AUTO = "auto"  # instead of a count: as many steps as the prompt needs
MOST_AUTO = 8


def at_most(steps: int | str | None, default: int) -> int:
    """How many steps a wish for `steps` takes at the most; `default` when it asks for none."""
    return MOST_AUTO if steps == AUTO else int(steps or default)


def features(vector: Array, *, things: int, words: int, is_hinted: bool) -> Array:
    """[f] of the prompt's vector [384], the things found for it, its tokens, and whether drawings are shown."""
    rest = np.asarray([things, words / 8.0, float(is_hinted)], np.float32)
    return np.concatenate([np.asarray(vector, np.float32), rest])


@dataclass(frozen=True)
class StepsHead:
    """For each of `counts`, rising, the logarithm of the distance is weights [k, f] . features + bias [k]."""

    counts: tuple[int, ...]
    threshold: float  # a distance that is near enough
    weights: Array
    bias: Array

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> StepsHead:
        """From its JSON. Raises KeyError, TypeError or ValueError when that is not one."""
        counts = tuple(int(count) for count in told["counts"])
        weights, bias = np.asarray(told["weights"], np.float32), np.asarray(told["bias"], np.float32)
        if sorted(set(counts)) != list(counts) or weights.shape[0] != len(counts) or bias.shape != (len(counts),):
            raise ValueError("a head needs rising counts, and weights and a bias for each")
        return cls(counts, float(told["threshold"]), weights, bias)

    @classmethod
    def open(cls, bundle: Bundle) -> StepsHead | None:
        """The bundle's head, or None when it has none. Raises BundleError for one that cannot be read."""
        if FILE not in bundle.info["files"]:
            return None
        try:
            return cls.of(json.loads(bundle.path(FILE).read_text(encoding="utf-8")))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{FILE} of the bundle {bundle.folder} cannot be read ({error}).") from error

    def distances(self, seen: Array) -> Array:
        """The foretold distance [..., k] for features [..., f]."""
        return np.asarray(np.exp(seen @ self.weights.T + self.bias), np.float32)

    def choose(self, seen: Array) -> int:
        """The least count that is foretold to be near enough, else the largest; features [f]."""
        near = self.distances(seen) <= self.threshold
        return self.counts[int(near.argmax())] if near.any() else self.counts[-1]
