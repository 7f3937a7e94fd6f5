"""Many prompts painted together: the sittings of several prompts share each model call.

Knows the painter by its public face alone, and nothing of what is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.references import Progress

if TYPE_CHECKING:
    from allaprima.engine.options import Options
    from allaprima.engine.painter import Painter

TOGETHER = 4  # prompts in one model call


@dataclass(frozen=True)
class Wanted:
    """A prompt and the seed of its first picture."""

    prompt: str
    seed: int


@dataclass(frozen=True)
class Painting:
    """One picture uint8 [h, w, 3] and the sha256 of the library's drawings that informed it."""

    pixels: NDArray[np.uint8]
    references: tuple[str, ...]


@dataclass(frozen=True)
class Manner:
    """How everything is painted; what is None is left to the bundle."""

    steps: int = 4
    guidance: float | None = None
    images: int = 2  # of each prompt


def paint_all(
    painter: Painter,
    wanted: Sequence[Wanted],
    memory: float,
    manner: Manner,
    *,
    what: str = "painting",
    progress: Progress | None = None,
) -> list[tuple[Painting, ...]]:
    """`manner.images` pictures of each prompt, with seeds seed, seed + 1, ..."""
    shared: Options = {"count": manner.images, "steps": manner.steps, "memory": memory}
    if manner.guidance is not None:
        shared["guidance_scale"] = manner.guidance
    painted: list[tuple[Painting, ...]] = []
    for start in range(0, len(wanted), TOGETHER):
        some = wanted[start : start + TOGETHER]
        begun = []
        for each in some:
            options = shared.copy()
            options["seed"] = each.seed
            begun.append(painter.begin(painter.prepare(each.prompt, **options)))
        while not begun[0].walk.is_done:
            steps = painter.advance(begun)
        for step in steps:
            pictures = painter.finish(step)
            painted.append(tuple(
                Painting(
                    np.asarray(each.pixels, np.uint8),
                    tuple(str(one["sha256"]) for one in each.recipe.get("references", ())),
                )
                for each in pictures
            ))  # fmt: skip
        if progress:
            progress(what, len(painted), len(wanted))
    return painted
