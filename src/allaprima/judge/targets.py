"""What the painter is to reach: the rows that a release is measured by, as shares of the ceiling, and whether it does.

Knows nothing of how scores are reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.intervals import of_share

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Row:
    """A row of the table: the suite's tags that it pools, and the share of the ceiling to reach by way of painting."""

    said: str
    tags: tuple[str, ...]
    targets: Mapping[str, float]


def _row(said: str, tags: str, with_library: float, words_alone: float) -> Row:
    return Row(said, tuple(tags.split()), {"with_library": with_library, "words_alone": words_alone})


ROWS = (
    _row("single object, top-5 concept", "single_object", 0.90, 0.60),
    _row("style asked for", "style", 0.95, 0.90),
    _row("colour of the object", "colours", 0.85, 0.80),
    _row("two objects both present", "two_objects", 0.80, 0.50),
    _row("left/right/above/below", "position", 0.85, 0.75),
    _row("counting 2 to 4", "counting", 0.65, 0.50),
    _row("scenery and time of day", "scenery time_of_day", 0.95, 0.95),
    _row("unseen (concept, style) pair", "unseen_pair", 0.60, 0.35),
)
SAID_ADDED = "a drawing added after training, top-5"
ADDED = 0.80  # of the ceiling, for drawings added after training, with the library


def table(scores: Mapping[str, Mapping[str, Array]], ceilings: Mapping[str, Array]) -> list[dict[str, Any]]:
    """The rows whose tags were all asked: for each way its share of the ceiling, its target, and whether it is reached.

    scores: by way and tag the share right of each prompt. ceilings: by tag whether each real scene was right.
    """
    found = []
    for row in ROWS:
        if not all(tag in ceilings and all(tag in lot for lot in scores.values()) for tag in row.tags):
            continue
        ceiling = np.concatenate([ceilings[tag] for tag in row.tags])
        ways = {}
        for way, target in row.targets.items():
            share = of_share(np.concatenate([scores[way][tag] for tag in row.tags]), ceiling)
            ways[way] = {"share_of_ceiling": share, "target": target, "is_reached": reached(share, target)}
        found.append({"row": row.said, "tags": list(row.tags), "ways": ways})
    return found


def reached(share: Mapping[str, float | None], target: float) -> bool:
    """Whether the share itself, not its interval's better end, is at the target; never where the ceiling is nothing."""
    return share["value"] is not None and share["value"] >= target
