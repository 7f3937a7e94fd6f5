"""The natural sceneries: seas and shores, fields and woods, heights, snow and sand.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import landforms, plants, skies, water
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
            plants.palm(pen, stage, px, level - 0.01 + 0.01 * k, stage.between(0.24, 0.38), leaf, bark, stage.between(-0.3, 0.3))
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
    woods = landforms.shade_of(stage.rng, DEEP_GREENS)
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
    meadow(stage, horizon, sky=False, bloom=0.3)
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
                plants.conifer(pen, x, foot, h, green, green * np.float32(0.78), light.snow, 1.0, light.on(landforms.SNOW))
        elif kind < 0.82:
            bark, marks = light.on(rgb("#eef0ea")), light.on(rgb("#3f3a3c"))
            for x, foot, _ in _stand(stage, 10):
                plants.birch(pen, stage, x, foot, -0.05, 0.010 + 0.07 * max(foot - 0.76, 0), bark, marks)
            leaf = light.on(shade_of(stage.rng, ("#a9c94f", "#d9b843", "#8fbf5a", "#e0913f")))
            for _ in range(46):
                r = stage.between(0.015, 0.06)
                pen.oval(stage.between(0, 1), abs(stage.between(-0.03, 0.2)) ** 1.2 if stage.chance(0.8) else 0.22, r, r * 0.75,
                         mix(leaf, np.zeros(3, np.float32) if stage.chance(0.5) else np.ones(3, np.float32), stage.between(0, 0.16)), 0.92)
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
                plants.saguaro(pen, x if stage.chance(0.5) else 1 - x, foot, (foot - 0.5) * stage.between(0.6, 0.95), green, 1 if stage.chance(0.5) else -1)
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
            plants.conifer(pen, x, foot - 0.06, h * 0.62, green, green * np.float32(0.8), 0.85, -1.0, light.on(landforms.SNOW))
    if stage.weather is None and stage.chance(0.3):
        c.splat(stage.rng.random((90, 2), dtype=np.float32), 0.002 + 0.002 * stage.rng.random(90, dtype=np.float32), np.full((90, 3), 0.4 - 0.15 * light.dark, np.float32))
    return 0.86


def open_sky(stage: Stage) -> float:
    """Nothing but sky."""
    skies.sky(stage, 1.12, clouds=0.4)
    if stage.light.dark < 0.7 and stage.light.veil < 0.5:
        skies.cumulus(stage, 1.15, stage.some(3, 5), 1.5)
    if stage.chance(0.25):
        skies.gulls(stage, 0.8)
    return 0.8


def waterfall(stage: Stage) -> float:
    """A fall between mossy cliffs into a pool."""
    c, light = stage.canvas, stage.light
    skies.sky(stage, 0.5, 0.7)
    bright, dark = (rgb(h) for h in ROCKS[stage.some(0, len(ROCKS) - 1)])
    lip, pool, x, half = stage.between(0.2, 0.28), stage.between(0.7, 0.76), stage.between(0.42, 0.58), stage.between(0.09, 0.14)
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
    fall = np.clip((width[:, None] - np.abs(c.x[None, :] - x)) * c.size + 0.5, 0, 1) * smooth(lip - 0.008, lip + 0.004, y)[:, None]
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
            c.disc(x + stage.between(-1.3, 1.3) * half, pool + stage.between(-0.012, 0.02), stage.between(0.015, 0.034), pale, 0.8)
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
    landforms.ridge(stage, (base + 0.14 + curve(stage.rng, c.x, 1.5, 2) * 0.02).astype(np.float32), ground, ground * np.float32(0.75), 0.25, 0.05)
    return 0.89
