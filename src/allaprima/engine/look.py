"""Look: what `--stylize`, `--raw` and style references do, as parts of the prompt that are weighed against the words.

The look is the style that was asked for, or the painter's usual one. Words only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allaprima.scene import vocabulary

Parts = tuple[tuple[str, float], ...]

USUAL = "gradient"  # the style that most of the painter's own pictures are in
MOST, LEAST = 0.6, -0.2  # what the look weighs at 1000 and at 0, the words being 1 together with it
REFERENCE = 0.3  # what a style reference weighs at its usual strength


def stylized(parts: Parts, stylize: float, style: str | None) -> Parts:
    """The parts with the look against them: nothing at 100, less than nothing below, up to `MOST` at 1000."""
    if stylize == 100 or not parts:
        return parts
    weight = MOST * (stylize - 100) / 900 if stylize > 100 else LEAST * (100 - stylize) / 100
    return beside(parts, [(phrase(style or USUAL), weight)])


def beside(parts: Parts, more: Sequence[tuple[str, float]]) -> Parts:
    """Parts that sum to 1, and more of given weights, together summing to 1 again."""
    rest = 1.0 - sum(weight for _, weight in more)
    return (*((text, round(weight * rest, 6)) for text, weight in parts), *((t, round(w, 6)) for t, w in more))


def phrase(style: str) -> str:
    """The words of a style; for one of the user's own, its name."""
    return vocabulary.STYLES[style][0] if style in vocabulary.STYLES else style


def coded(code: int) -> tuple[tuple[str, float], ...]:
    """The point among the trained styles that a code stands for: two of them with their shares."""
    rng = np.random.Generator(np.random.PCG64(code))
    first, second = rng.choice(len(vocabulary.STYLES), 2, replace=False)
    share = round(float(rng.uniform(0.5, 0.9)), 3)
    names = list(vocabulary.STYLES)
    return ((names[int(first)], share), (names[int(second)], round(1.0 - share, 3)))
