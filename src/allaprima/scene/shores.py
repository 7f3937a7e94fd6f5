"""Sceneries of water: ocean, beach, island, lake, river, waterfall.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import landforms, nature, plants, skies, water
from allaprima.scene.canvas import mix, rgb
from allaprima.scene.noise import Noise, curve, smooth
from allaprima.scene.palettes import DEEP_GREENS, GREENS, ROCKS, SANDS, shade_of
from allaprima.scene.stage import Stage


def ocean(stage: Stage) -> float:
    """Open sea under a wide sky."""
    horizon = stage.between(0.5, 0.62)
    skies.sky(stage, horizon)
    if stage.chance(0.5):
        _islands(stage, horizon)
    water.sea(stage, horizon)
    if stage.chance(0.45):
        skies.gulls(stage, horizon)
    return 0.84


def _islands(stage: Stage, horizon: float) -> None:
    c = stage.canvas
    for k in range(stage.some(1, 2)):
        x, w, h = stage.between(0, 1), stage.between(0.12, 0.3), stage.between(0.025, 0.07)
        hump = np.exp(-(((c.x - x) / w) ** 2) * 2) * h + curve(stage.rng, c.x, 9, 3) * h * 0.22
        profile = np.where(hump > 0.004, horizon - hump, horizon + 0.02)
        tone = stage.light.on(rgb("#4f6b86"), 0.45 - 0.2 * k)
        landforms.ridge(stage, profile, tone, mix(tone, stage.light.haze, 0.6), h * 1.2)


def beach(stage: Stage) -> float:
    """Sea, surf and sand; palms at times."""
    horizon, level = stage.between(0.4, 0.5), stage.between(0.68, 0.76)
    skies.sky(stage, horizon)
    if stage.chance(0.4):
        _islands(stage, horizon)
    water.sea(stage, horizon)
    water.shore(stage, level, stage.light.on(shade_of(stage.rng, SANDS, 0.02), 0.0, True))
    if stage.chance(0.6):
        _palms(stage, stage.between(0.86, 0.97), 0.5, 0.68)
    return 0.88


def _palms(stage: Stage, foot: float, low: float, high: float) -> None:
    side = stage.chance(0.5)
    leaf = stage.light.on(rgb("#3d8b52"), 0.0, True)
    bark = stage.light.on(rgb("#8a6748"))
    with stage.canvas.pen() as pen:
        for k in range(stage.some(1, 2)):
            x = stage.between(0.03, 0.13) + 0.09 * k
            h = stage.between(low, high) * (1 - 0.2 * k)
            lean = stage.between(0.05, 0.28)
            plants.palm(pen, stage, x if side else 1 - x, foot - 0.015 * k, h, leaf, bark, lean if side else -lean)


def island(stage: Stage) -> float:
    """A green island with palms in an open sea."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.46, 0.54)
    skies.sky(stage, horizon)
    water.sea(stage, horizon)
    x, w, level = stage.between(0.4, 0.6), stage.between(0.34, 0.42), stage.between(0.7, 0.75)
    d = (c.x - x) / w
    dome = np.sqrt(np.maximum(1 - d * d, 0))
    rows = c.y[:, None]
    shallow = np.exp(-((d[None, :] / 1.25) ** 4)) * np.exp(-(((rows - level - 0.02) / 0.085) ** 2))
    c.lay(shallow * np.float32(0.75), mix(light.on(rgb("#6fdcd0")), light.horizon, 0.15))
    sand = light.on(shade_of(stage.rng, SANDS, 0.02), 0.0, True)
    for grow, tone in ((1.07, light.on(np.float32([0.98, 1, 1]))), (1.0, sand)):
        dd = d / grow
        disc = np.clip((1 - (dd[None, :] ** 2) - (((rows - level) / (0.075 * grow)) ** 2)) * c.size * 0.05 + 0.5, 0, 1)
        c.lay(disc, tone)
    green = light.on(shade_of(stage.rng, GREENS), 0.0, True)
    for k in range(2):
        bump = level - 0.012 - (0.10 - 0.04 * k) * dome * (0.8 + 0.3 * curve(stage.rng, c.x, 6, 3)) + 0.02 * k
        profile = np.where(np.abs(d) < 0.86, bump, 2).astype(np.float32)
        mask, top = c.below(profile)
        edge = np.clip((level + 0.01 + 0.012 * k - 0.015 * (1 - dome)[None, :] - c.y[top:, None]) * c.size + 0.5, 0, 1)
        c.lay(mask * edge, mix(green, np.zeros(3, np.float32), 0.22 * (1 - k)), top)
    leaf, bark = light.on(rgb("#3d9152"), 0.0, True), light.on(rgb("#8a6748"))
    with c.pen() as pen:
        for k in range(stage.some(2, 4)):
            px = x + w * stage.between(-0.6, 0.6)
            plants.palm(
                pen, stage, px, level - 0.01 + 0.01 * k, stage.between(0.24, 0.38), leaf, bark, stage.between(-0.3, 0.3)
            )
    return level + 0.03


def lake(stage: Stage) -> float:
    """Mountains and woods mirrored in still water."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.52, 0.6)
    skies.sky(stage, horizon)
    if stage.chance(0.7):
        landforms.peaks(stage, horizon + 0.01, stage.between(0.22, 0.34), stage.some(3, 5), 0.3, 0.5)
    else:
        landforms.far_hills(stage, horizon + 0.01, 0.16, 4, rgb("#4f7f6a"))
    woods = shade_of(stage.rng, DEEP_GREENS)
    bank = np.full(c.size, horizon + 0.004, np.float32)
    for k in range(2):
        grow = plants.conifer_line if stage.chance(0.75) else plants.tree_line
        line = grow(stage, bank, 46 - 10 * k, 0.05 + 0.035 * k)
        envelope = curve(stage.rng, c.x, 2.0, 2) * 0.05 + (0.02 if k == 0 else 0.045)
        landforms.ridge(stage, line + np.maximum(envelope, 0) * k, light.on(woods, 0.3 - 0.24 * k, True))
    far, near = water.sea_tones(stage)
    water.mirror(stage, horizon, mix(far, near, 0.5), 0.68)
    if stage.sun is not None and light.time in ("sunset", "sunrise", "night"):
        water.glitter(stage, horizon)
    if stage.chance(0.6):
        plants.grass(stage, 0.95, light.on(shade_of(stage.rng, DEEP_GREENS), 0.0, True), 60, 0.09)
    return 0.86


def _course(stage: Stage, top: float, meander: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = stage.canvas.y[stage.canvas.row(top) :]
    t = np.clip((y - top) / (1 - top), 0, 1)
    x0, turn, phase = stage.between(0.35, 0.65), stage.between(4.5, 7.0), stage.between(0, 6.28)
    centre = x0 + np.sin(np.sqrt(t) * turn + phase) * meander * (0.25 + t) + (0.5 - x0) * t
    return t, centre.astype(np.float32), (0.006 + 0.17 * t**1.5).astype(np.float32)


def river(stage: Stage) -> float:
    """A river winding through meadows from the hills."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.4, 0.48)
    skies.sky(stage, horizon)
    if stage.chance(0.5):
        landforms.peaks(stage, horizon + 0.02, 0.22, 4, 0.42, 0.45)
    else:
        landforms.far_hills(stage, horizon + 0.02, 0.12, 3, rgb("#5f8a76"))
    nature.meadow(stage, horizon, sky=False, bloom=0.3)
    top = c.row(horizon + 0.015)
    t, centre, half = _course(stage, (top + 0.5) / c.size, 0.2)
    off = c.x[None, :] - centre[:, None]
    ragged = curve(stage.rng, c.y[top:], 14, 2)[:, None] * half[:, None] * 0.15
    far, near = water.sea_tones(stage)
    bank = np.clip((half[:, None] * 1.12 + 0.006 + ragged - np.abs(off)) * c.size + 0.5, 0, 1)
    body = np.clip((half[:, None] + ragged - np.abs(off)) * c.size + 0.5, 0, 1)
    c.lay(bank, light.on(shade_of(stage.rng, SANDS, 0.02) * np.float32(0.85), 0.0, True), top)
    base = mix(light.horizon, far, 0.45)
    tone = base + (t**0.8)[:, None, None] * (mix(near, light.stops[1], 0.3) - base)
    flow = Noise(stage.rng, 6, 8, 3).at(off.max(0) * 3 + c.x * 3, np.log(t * 9 + 0.5) * 9)
    gleam = smooth(0.3, 0.7, flow)[..., None] * (0.2 if c.flat else 0.28)
    tone = tone + gleam * (mix(light.horizon, np.ones(3, np.float32), 0.35) - tone)
    c.lay(body, tone, top)
    return 0.8


def waterfall(stage: Stage) -> float:
    """A fall between mossy cliffs into a pool."""
    c, light = stage.canvas, stage.light
    skies.sky(stage, 0.5, 0.7)
    bright, dark = (rgb(h) for h in ROCKS[stage.some(0, len(ROCKS) - 1)])
    lip, pool, x, half = (
        stage.between(0.2, 0.28),
        stage.between(0.7, 0.76),
        stage.between(0.42, 0.58),
        stage.between(0.09, 0.14),
    )
    landforms.far_hills(stage, lip + 0.06, 0.1, 2, rgb("#5f8f7a"))
    d = np.abs(c.x - x)
    wall = lip + curve(stage.rng, c.x, 5, 4) * 0.05 - np.clip(d - half, 0, 0.3) * 0.35
    mask, top = c.below(wall.astype(np.float32))
    grain = Noise(stage.rng, 14, 5, 4, 0.6).over(c.size)[top:]
    shade = np.clip(0.5 + grain * 0.9, 0, 1)
    if c.flat:
        shade = np.floor(shade * 4) / 3
    a, b = light.on(bright, 0.12, True), light.on(dark, 0.04, True)
    c.lay(mask, b + shade[..., None] * (a - b), top)
    moss = light.on(shade_of(stage.rng, GREENS), 0.06, True)
    deep = light.on(shade_of(stage.rng, DEEP_GREENS), 0.02, True)
    for k in range(3):
        edge = wall + 0.02 + 0.13 * k + curve(stage.rng, c.x, 13, 3) * 0.03
        band = np.clip((0.03 - np.abs(c.y[:, None] - edge[None, :] + 0.01)) * c.size * 0.5 + 0.5, 0, 1)
        band *= smooth(half * 1.05, half * 1.4, d)[None, :]
        c.lay(band[top:] * np.float32(0.9), mix(moss, deep, 0.3 * k), top)
    line = plants.conifer_line(stage, (wall + 0.02).astype(np.float32), 24, 0.13)
    line = np.where(d > half * 1.15, line, 2).astype(np.float32)
    shrub, row = c.below(line)
    cut = np.clip((wall[None, :] + 0.03 - c.y[row:, None]) * c.size * 0.5, 0, 1)
    c.lay(shrub * cut, deep, row)
    r0, r1 = c.row(lip - 0.01), c.row(pool)
    y = c.y[r0:r1]
    t = np.clip((y - lip) / (pool - lip), 0, 1)
    width = half * (0.82 + 0.3 * t) + curve(stage.rng, y, 10, 2) * 0.008
    fall = (
        np.clip((width[:, None] - np.abs(c.x[None, :] - x)) * c.size + 0.5, 0, 1)
        * smooth(lip - 0.008, lip + 0.004, y)[:, None]
    )
    threads = Noise(stage.rng, 40, 3, 3, 0.6).at(c.x * 40, t * 2.2)
    pale, blue = light.on(np.float32([0.97, 0.99, 1.0])), mix(light.on(rgb("#7fc0dc")), light.stops[0], 0.15)
    share = np.clip(0.62 + threads * 0.55, 0, 1)
    if c.flat:
        share = np.where(threads > 0.05, 1.0, 0.45).astype(np.float32)
    c.lay(fall, blue + share[..., None] * (pale - blue), r0)
    far, near = water.sea_tones(stage)
    level = pool + curve(stage.rng, c.x, 4, 2) * 0.006
    tone = mix(mix(far, near, 0.5), light.on(rgb("#3fa9b5")), 0.45)
    landforms.ridge(stage, level.astype(np.float32), mix(tone, pale, 0.25), tone * np.float32(0.75), 0.3)
    rows = c.y[:, None]
    for k in range(4):
        rx, ry = half * (1.3 + 0.75 * k), 0.012 + 0.022 * k
        ring = ((c.x[None, :] - x) / rx) ** 2 + ((rows - pool - 0.012 - 0.03 * k) / ry) ** 2
        c.lay(np.clip(1 - np.abs(ring - 1) * 5, 0, 1) * np.float32(0.4 - 0.08 * k) * (rows > pool), pale)
    if c.flat:
        for _ in range(9):
            c.disc(
                x + stage.between(-1.3, 1.3) * half,
                pool + stage.between(-0.012, 0.02),
                stage.between(0.015, 0.034),
                pale,
                0.8,
            )
    else:
        c.glow(x, pool, 0.075, pale, 0.9, 1.9)
    stones = [(stage.between(0, 1), stage.between(0.84, 1.0), stage.between(0.04, 0.1)) for _ in range(6)]
    with c.pen(0.6, 1) as pen:
        for sx, sy, r in sorted(stones, key=lambda s: s[1]):
            sx = sx * 0.3 if sx < 0.5 else 1 - (1 - sx) * 0.3
            pen.oval(sx, sy, r, r * 0.6, light.on(dark, 0.0, True))
            pen.oval(sx - r * 0.1, sy - r * 0.12, r * 0.82, r * 0.42, light.on(mix(bright, dark, 0.4), 0.0, True))
            pen.oval(sx - r * 0.15, sy - r * 0.3, r * 0.6, r * 0.2, moss)
    return 0.9
