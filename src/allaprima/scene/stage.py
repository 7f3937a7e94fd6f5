"""What every painter of scenery is handed: the canvas, the light, the dice, and where sun or moon stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allaprima.scene.canvas import Canvas
from allaprima.scene.palettes import Light


@dataclass
class Stage:
    """One picture in the making. `sun` is the centre of sun or moon (x, y, r), or None when out of sight."""

    canvas: Canvas
    light: Light
    rng: np.random.Generator
    weather: str | None
    sun: tuple[float, float, float] | None = None

    @property
    def flat(self) -> bool:
        """Whether clean flat shapes are wanted."""
        return self.canvas.flat

    def between(self, low: float, high: float) -> float:
        """A uniform draw."""
        return float(self.rng.uniform(low, high))

    def chance(self, p: float) -> bool:
        """True with probability p; always draws."""
        return bool(self.rng.random() < p)

    def some(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))
