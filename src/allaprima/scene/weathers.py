"""What falls or drifts in front of a finished landscape: rain, snow, fog."""

from __future__ import annotations

import numpy as np

from allaprima.scene.canvas import mix
from allaprima.scene.noise import Noise, smooth
from allaprima.scene.stage import Stage

WHITE = np.ones(3, np.float32)


def fall(stage: Stage) -> None:
    """Lay the stage's weather over the canvas; clear weather leaves it alone."""
    if stage.weather in ("rainy", "stormy"):
        _rain(stage, 150 if stage.weather == "rainy" else 200)
    elif stage.weather == "snowy":
        _flakes(stage)
    elif stage.weather == "foggy":
        _fog(stage)


def _rain(stage: Stage, count: int) -> None:
    c, rng = stage.canvas, stage.rng
    slant = stage.between(-0.25, 0.25)
    drops = rng.random((count, 3)).tolist()
    tone = mix(stage.light.haze, WHITE, 0.55)
    with c.pen() as pen:
        for x, y, k in drops:
            length = 0.03 + 0.05 * k
            pen.line(
                [(x * 1.2 - 0.1, y), (x * 1.2 - 0.1 + slant * length, y + length)],
                tone,
                0.002 + 0.0025 * k,
                0.22 + 0.3 * k,
            )


def _flakes(stage: Stage) -> None:
    c, rng = stage.canvas, stage.rng
    flakes = rng.random((170, 3)).tolist()
    tone = mix(stage.light.haze, WHITE, 0.8)
    with c.pen() as pen:
        for x, y, k in flakes:
            r = 0.0028 + 0.008 * k**3
            pen.oval(x, y, r, r, tone, 0.6 + 0.35 * (1 - k))


def _fog(stage: Stage) -> None:
    c = stage.canvas
    banks = Noise(stage.rng, 2, 6, 4, 0.55).over(c.size)
    rise = smooth(0.15, 0.6, c.y) * smooth(1.15, 0.6, c.y)
    if c.flat:
        for level, alpha in ((-0.2, 0.3), (0.1, 0.3), (0.35, 0.25)):
            c.lay(
                np.clip((banks - level) * c.size * 0.06 + 0.5, 0, 1) * rise[:, None] * np.float32(alpha),
                stage.light.haze,
            )
        return
    c.lay(smooth(-0.7, 0.8, banks) * rise[:, None] * np.float32(0.85), mix(stage.light.haze, WHITE, 0.1))
