"""Sceneries of land: fields and woods, heights, snow and sand, a volcano, the open sky.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import landforms, plants, skies
from allaprima.scene.canvas import mix, rgb
from allaprima.scene.noise import curve, smooth
from allaprima.scene.palettes import DEEP_GREENS, GREENS, shade_of
from allaprima.scene.stage import Stage


def field(stage: Stage) -> float:
    """A large field under a big sky."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.46, 0.58)
    skies.sky(stage, horizon, clouds=1.2)
    if stage.chance(0.6):
        landforms.far_hills(stage, horizon + 0.01, stage.between(0.05, 0.1), 2, rgb("#5a8f7a"), 1.6)
    bank = np.full(c.size, horizon + 0.012, np.float32)
    woods = shade_of(stage.rng, DEEP_GREENS)
    for k in range(2):
        line = plants.tree_line(stage, bank, 26, 0.022 + 0.014 * k)
        line += np.maximum(curve(stage.rng, c.x, 2.4, 2) * 0.04, 0) * (1 if k else 0.3)
        landforms.ridge(stage, line, light.on(woods, 0.42 - 0.2 * k, True))
    landforms.field(stage, horizon)
    if stage.chance(0.3):
        plants.flowers(stage, horizon + 0.12, 90, 0.7)
    if stage.chance(0.5):
        plants.grass(stage, 0.93, light.on(shade_of(stage.rng, GREENS) * np.float32(0.85), 0.0, True), 90, 0.06)
    return 0.84


def meadow(stage: Stage, horizon: float | None = None, sky: bool = True, bloom: float = 1.0) -> float:
    """Rolling grass full of flowers."""
    light = stage.light
    top = stage.between(0.42, 0.52) if horizon is None else horizon
    if sky:
        skies.sky(stage, top)
        landforms.far_hills(stage, top + 0.03, 0.12, 3, rgb("#5f8f86"), 2.0)
    landforms.rolling(stage, top, 3, GREENS, 0.6, 0.07)
    if bloom > 0.5 or stage.chance(bloom):
        plants.grass(stage, top + 0.3, light.on(shade_of(stage.rng, GREENS) * np.float32(0.9), 0.0, True), 110, 0.06)
        plants.flowers(stage, top + 0.14, int(170 * bloom), 1.15)
    return 0.84


def hills(stage: Stage) -> float:
    """Green hills behind hills."""
    top = stage.between(0.38, 0.48)
    skies.sky(stage, top + 0.04)
    landforms.far_hills(stage, top + 0.12, 0.16, 3, rgb("#5c8f93"), 1.8)
    landforms.rolling(stage, top + 0.04, stage.some(4, 5), GREENS, 0.75, 0.18)
    return 0.86


def mountains(stage: Stage) -> float:
    """High peaks, misty ranges and a wooded foreground."""
    c, light = stage.canvas, stage.light
    base = stage.between(0.62, 0.7)
    skies.sky(stage, base, 0.7)
    peaked = stage.chance(0.65)
    if peaked:
        landforms.peaks(stage, base - 0.02, stage.between(0.34, 0.44), stage.some(3, 4), 0.38, 0.6)
        landforms.peaks(stage, base + 0.02, stage.between(0.2, 0.28), stage.some(3, 5), 0.16, 0.35)
        mist = light.on(mix(rgb("#6f8f86"), light.haze, 0.45), 0.2, True)
        landforms.ridge(stage, (base - 0.015 + curve(stage.rng, c.x, 2.2, 3) * 0.02).astype(np.float32), mist)
    else:
        tone = mix(rgb("#3f6a8a"), shade_of(stage.rng, ("#5a4f8a", "#2f6f7f", "#4a6a9a")), 0.6)
        for k in range(6):
            u = k / 5
            profile = base - 0.34 + 0.36 * u - np.abs(curve(stage.rng, c.x, 2.2 + u, 5, 0.48)) * (0.17 - 0.07 * u)
            shade = light.on(tone, 0.75 - 0.6 * u, True)
            landforms.ridge(stage, profile, shade, mix(shade, light.haze, 0.75), 0.16)
    for k in range(2):
        ground = base + 0.05 + 0.11 * k + curve(stage.rng, c.x, 1.6, 2) * 0.03
        line = plants.conifer_line(stage, ground.astype(np.float32), 40 - 14 * k, 0.06 + 0.05 * k)
        woods = light.on(shade_of(stage.rng, DEEP_GREENS), 0.24 - 0.2 * k, True)
        landforms.ridge(stage, line, woods, mix(woods, light.haze, 0.35), 0.14, 0.0, float(ground.mean()) - 0.07)
    grass = light.on(shade_of(stage.rng, GREENS), 0.0, True)
    profile = base + 0.17 + curve(stage.rng, c.x, 1.4, 2) * 0.025
    landforms.ridge(stage, profile, grass, grass * np.float32(0.78), 0.3, 0.05)
    return 0.88


def forest(stage: Stage) -> float:
    """Deep woods: layered conifers or birches, mist between."""
    c, light = stage.canvas, stage.light
    kind = stage.rng.random()
    skies.sky(stage, 0.62, 0.4)
    wood = shade_of(stage.rng, DEEP_GREENS)
    for k in range(3):
        ground = np.full(c.size, 0.6 + 0.06 * k, np.float32) + curve(stage.rng, c.x, 1.5, 2) * 0.03
        tone = light.on(mix(wood, rgb("#6fa08a"), 0.3 - 0.12 * k), 0.58 - 0.19 * k, True)
        grow = plants.conifer_line if kind < 0.62 else plants.tree_line
        line = grow(stage, ground.astype(np.float32), 30 - 6 * k, 0.3 + 0.04 * k if kind < 0.62 else 0.16 + 0.05 * k)
        landforms.ridge(stage, line, tone, mix(tone, light.haze, 0.62), 0.3, 0.0, 0.42 + 0.05 * k)
    if not c.flat and stage.sun is not None and light.dark < 0.5:
        _shafts(stage)
    floor = light.on(mix(shade_of(stage.rng, GREENS), wood, 0.45), 0.0, True)
    profile = 0.76 + curve(stage.rng, c.x, 1.6, 2) * 0.02
    landforms.ridge(stage, profile, mix(floor, light.haze, 0.18), floor * np.float32(0.75), 0.25, 0.06)
    with c.pen() as pen:
        if kind < 0.62:
            for x, foot, h in _stand(stage, 9):
                near = (foot - 0.74) / 0.16
                green = light.on(mix(wood, rgb("#5f9a6a"), 0.15), 0.16 * (1 - near), True)
                plants.conifer(
                    pen, x, foot, h, green, green * np.float32(0.78), light.snow, 1.0, light.on(landforms.SNOW)
                )
        elif kind < 0.82:
            bark, marks = light.on(rgb("#eef0ea")), light.on(rgb("#3f3a3c"))
            for x, foot, _ in _stand(stage, 10):
                plants.birch(pen, stage, x, foot, -0.05, 0.010 + 0.07 * max(foot - 0.76, 0), bark, marks)
            leaf = light.on(shade_of(stage.rng, ("#a9c94f", "#d9b843", "#8fbf5a", "#e0913f")))
            for _ in range(46):
                r = stage.between(0.015, 0.06)
                pen.oval(
                    stage.between(0, 1),
                    abs(stage.between(-0.03, 0.2)) ** 1.2 if stage.chance(0.8) else 0.22,
                    r,
                    r * 0.75,
                    mix(
                        leaf,
                        np.zeros(3, np.float32) if stage.chance(0.5) else np.ones(3, np.float32),
                        stage.between(0, 0.16),
                    ),
                    0.92,
                )
        else:
            for x, foot, h in _stand(stage, 7):
                green = light.on(shade_of(stage.rng, DEEP_GREENS + GREENS[:2]), 0.05, True)
                plants.broadleaf(pen, stage, x, foot, h * 0.92, green, plants.trunk_tone(stage))
    return 0.9


def _stand(stage: Stage, count: int) -> list[tuple[float, float, float]]:
    """Trees at both sides, leaving the middle open: (x, foot, height), far to near."""
    out = []
    for k in range(count):
        side = k % 2
        x = stage.between(-0.04, 0.34)
        near = stage.between(0, 1)
        out.append((x if side else 1 - x, 0.76 + 0.14 * near, stage.between(0.36, 0.5) + 0.28 * near))
    return sorted(out, key=lambda p: p[1])


def _shafts(stage: Stage) -> None:
    c = stage.canvas
    assert stage.sun is not None
    angle = (c.x[None, :] - stage.sun[0]) / (c.y[:, None] + 0.35)
    rays = curve(stage.rng, np.linspace(0, 1, 256, dtype=np.float32), 18, 2)
    beam = np.interp(angle.ravel(), np.linspace(-2, 2, 256), rays).reshape(angle.shape).astype(np.float32)
    c.lift(smooth(0.1, 0.8, beam) * smooth(0.95, 0.2, c.y)[:, None] * np.float32(0.3), stage.light.glow)


def desert(stage: Stage) -> float:
    """Dunes in crisp light, mesas far off, a cactus at times."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.46, 0.56)
    skies.sky(stage, horizon, 0.35)
    if stage.chance(0.45):
        rock = shade_of(stage.rng, ("#b0603f", "#a5563f", "#c07a4f"))
        steps = np.maximum(curve(stage.rng, c.x, 2.4, 1) * 2.2, 0)
        mesa = horizon + 0.03 - np.minimum(steps, 0.55) * 0.2 + curve(stage.rng, c.x, 26, 2) * 0.004
        tone = light.on(rock, 0.4)
        landforms.ridge(stage, mesa.astype(np.float32), tone, mix(tone, light.haze, 0.5), 0.14)
    landforms.dunes(stage, horizon)
    if stage.chance(0.3):
        green = light.on(rgb("#4f8a5f"))
        with c.pen() as pen:
            for _ in range(stage.some(1, 3)):
                x = stage.between(0.04, 0.28)
                foot = stage.between(0.74, 0.9)
                plants.saguaro(
                    pen,
                    x if stage.chance(0.5) else 1 - x,
                    foot,
                    (foot - 0.5) * stage.between(0.6, 0.95),
                    green,
                    1 if stage.chance(0.5) else -1,
                )
    return 0.86


def snow(stage: Stage) -> float:
    """A winter land: white drifts, blue shade, laden firs."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.48, 0.56)
    skies.sky(stage, horizon, 0.6)
    if stage.chance(0.6):
        landforms.peaks(stage, horizon + 0.03, stage.between(0.2, 0.32), 4, 0.4, 1.1)
    woods = shade_of(stage.rng, ("#3f6f7f", "#3a6a6a", "#4a6f8f"))
    for k in range(2):
        ground = (horizon + 0.03 + 0.02 * k + curve(stage.rng, c.x, 1.5, 2) * 0.02).astype(np.float32)
        line = plants.conifer_line(stage, ground, 40 - 12 * k, 0.06 + 0.04 * k)
        line += np.maximum(curve(stage.rng, c.x, 2.0, 2), 0) * 0.05
        landforms.ridge(stage, line, light.on(mix(woods, landforms.SNOW, 0.25), 0.4 - 0.22 * k))
    landforms.snowfield(stage, horizon + 0.03)
    with c.pen() as pen:
        for x, foot, h in _stand(stage, stage.some(3, 6)):
            green = light.on(mix(woods, rgb("#3f7a5f"), 0.4))
            plants.conifer(
                pen, x, foot - 0.06, h * 0.62, green, green * np.float32(0.8), 0.85, -1.0, light.on(landforms.SNOW)
            )
    if stage.weather is None and stage.chance(0.3):
        c.splat(
            stage.rng.random((90, 2), dtype=np.float32),
            0.002 + 0.002 * stage.rng.random(90, dtype=np.float32),
            np.full((90, 3), 0.4 - 0.15 * light.dark, np.float32),
        )
    return 0.86


def open_sky(stage: Stage) -> float:
    """Nothing but sky."""
    skies.sky(stage, 1.12, clouds=0.4)
    if stage.light.dark < 0.7 and stage.light.veil < 0.5:
        skies.cumulus(stage, 1.15, stage.some(3, 5), 1.5)
    if stage.chance(0.25):
        skies.gulls(stage, 0.8)
    return 0.8


def volcano(stage: Stage) -> float:
    """A smoking cone over dark woods."""
    c, light = stage.canvas, stage.light
    base = stage.between(0.68, 0.74)
    skies.sky(stage, base, 0.4)
    landforms.far_hills(stage, base + 0.02, 0.14, 2, rgb("#5f6f86"))
    landforms.volcano(stage, base)
    for k in range(2):
        ground = (base + 0.02 + 0.08 * k + curve(stage.rng, c.x, 1.6, 2) * 0.03).astype(np.float32)
        line = plants.tree_line(stage, ground, 30, 0.025 + 0.02 * k)
        woods = light.on(shade_of(stage.rng, DEEP_GREENS) * np.float32(0.85), 0.16 - 0.12 * k, True)
        landforms.ridge(stage, line, woods, mix(woods, np.zeros(3, np.float32), 0.2), 0.2)
    ground = light.on(shade_of(stage.rng, ("#6f7a4f", "#5f7a4a", "#7a6f55")), 0.0, True)
    landforms.ridge(
        stage,
        (base + 0.14 + curve(stage.rng, c.x, 1.5, 2) * 0.02).astype(np.float32),
        ground,
        ground * np.float32(0.75),
        0.25,
        0.05,
    )
    return 0.89
