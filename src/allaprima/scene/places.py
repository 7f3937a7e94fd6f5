"""Made and unearthly places: city, road, garden, room, under water, outer space, studio backdrops.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import landforms, plants, skies, water
from allaprima.scene.canvas import Pen, blend, mix, rgb
from allaprima.scene.noise import Array, Noise, curve, smooth
from allaprima.scene.palettes import (
    BUILDINGS,
    CORALS,
    DEEP_GREENS,
    FABRICS,
    GREENS,
    NEBULAE,
    PLANETS,
    SEAS,
    STUDIO,
    WALLS,
    shade_of,
)
from allaprima.scene.stage import Stage

INK = np.zeros(3, np.float32)
LIGHT = np.ones(3, np.float32)


def city(stage: Stage) -> float:
    """A skyline in depth over water or a street; windows lit when it darkens."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    ground = stage.between(0.7, 0.76)
    skies.sky(stage, ground, 0.7)
    tones = BUILDINGS[stage.some(0, len(BUILDINGS) - 1)]
    lit = {"day": 0.0, "sunrise": 0.15, "sunset": 0.4, "dusk": 0.65, "night": 0.62}[light.time]
    lamp = (rgb("#ffd98a"), rgb("#ffe9b8"), rgb("#ffc46b"), rgb("#bfe3ff"))
    for layer in range(3):
        depth = (0.6, 0.34, 0.06)[layer]
        rise = (0.42, 0.36, 0.27)[layer]
        x = -0.04 - stage.between(0, 0.04)
        blocks = []
        while x < 1.02:
            w = stage.between(0.05, 0.09) + 0.025 * layer
            blocks.append((x, w, rise * stage.between(0.45, 1.0) * (0.75 + 0.35 * np.exp(-(((x - 0.5) / 0.35) ** 2))), stage.some(0, 3), stage.some(0, 9)))
            x += w * stage.between(0.82, 1.05)
        with c.pen() as pen:
            for x0, w, h, which, roof in blocks:
                tone = light.on(rgb(tones[which]), depth)
                if light.dark > 0.6:
                    tone = mix(tone, light.on(rgb("#28324f"), depth * 0.8), 0.55)
                _tower(pen, stage, x0, ground - h, w, ground, tone, roof, depth)
                if layer > 0:
                    _windows(pen, rng, x0, ground - h, w, ground, tone, lamp, lit, layer, light.dark)
        if not c.flat:
            top = c.row(ground - 0.3)
            c.lay(smooth(ground - 0.3, ground, c.y[top:])[:, None] * np.float32((0.5, 0.3, 0.0)[layer]), light.haze, top)
    if stage.chance(0.6):
        far, near = water.sea_tones(stage)
        water.mirror(stage, ground, mix(far, near, 0.6), 0.55)
        return 0.88
    road = light.on(rgb("#7d8494"), 0.0, True)
    walk = light.on(rgb("#b9b7b4"), 0.0, True)
    landforms.ridge(stage, np.full(c.size, ground, np.float32), walk, mix(walk, INK, 0.12), 0.2)
    landforms.ridge(stage, np.full(c.size, ground + 0.075, np.float32), mix(road, INK, 0.1), mix(road, INK, 0.28), 0.2)
    with c.pen(ground, 1) as pen:
        pen.box(0, ground + 0.07, 1, ground + 0.082, mix(walk, LIGHT, 0.25))
        for k in range(6):
            pen.box(k * 0.2 - 0.05, 0.895, k * 0.2 + 0.06, 0.91, mix(road, LIGHT, 0.5))
    return 0.9


def _tower(pen: Pen, stage: Stage, x: float, top: float, w: float, foot: float, tone: Array, roof: int, depth: float) -> None:
    pen.box(x, top, x + w, foot, tone)
    pen.box(x + w * 0.72, top, x + w, foot, mix(tone, INK, 0.13 * (1 - depth)))
    if roof < 2:
        pen.box(x + w * 0.2, top - 0.022, x + w * 0.8, top, tone)
        pen.box(x + w * 0.47, top - 0.075, x + w * 0.53, top - 0.02, tone)
    elif roof < 4:
        pen.poly([(x, top), (x + w, top), (x + w, top - w * 0.35)], tone)
    elif roof == 4:
        pen.poly([(x, top), (x + w, top), (x + w * 0.5, top - w * 0.9)], tone)
    elif roof == 5:
        pen.box(x + w * 0.15, top - 0.03, x + w * 0.6, top, tone)


def _windows(pen: Pen, rng: np.random.Generator, x: float, top: float, w: float, foot: float, tone: Array,
             lamp: tuple[Array, ...], lit: float, layer: int, dark: float) -> None:
    pitch = 0.0185 if layer == 2 else 0.0165
    columns, rows = max(int((w - 0.01) / pitch), 1), min(int((foot - top - 0.02) / (pitch * 1.3)), 16)
    if rows < 1:
        return
    on = rng.random((rows, columns)) < lit
    hue = rng.integers(0, 4, (rows, columns))
    dull = mix(tone, rgb("#dff0ff") if dark < 0.3 else INK, 0.3)
    gap = (w - columns * pitch) / 2 + pitch * 0.2
    if lit < 0.3:
        for j in range(rows):
            y = top + 0.014 + j * pitch * 1.3
            if layer == 2:
                for i in range(columns):
                    pen.box(x + gap + i * pitch, y, x + gap + i * pitch + pitch * 0.6, y + pitch * 0.75, lamp[hue[j, i]] if on[j, i] else dull)
            else:
                pen.box(x + gap, y, x + w - gap, y + pitch * 0.55, dull, 0.7)
        return
    for j, i in zip(*np.nonzero(on), strict=True):
        px, py = x + gap + i * pitch, top + 0.014 + j * pitch * 1.3
        pen.box(px, py, px + pitch * 0.6, py + pitch * 0.75, lamp[hue[j, i]], 1.0 if layer == 2 else 0.75)


def road(stage: Stage) -> float:
    """A road running to the horizon through open country."""
    c, light = stage.canvas, stage.light
    horizon = stage.between(0.46, 0.54)
    skies.sky(stage, horizon)
    if stage.chance(0.5):
        landforms.peaks(stage, horizon + 0.015, stage.between(0.14, 0.24), 5, 0.42, 0.4)
    else:
        landforms.far_hills(stage, horizon + 0.015, 0.1, 3, rgb("#5f8a80"), 1.8)
    landforms.field(stage, horizon)
    top = c.row(horizon + 0.012)
    y = c.y[top:]
    t = np.clip((y - horizon) / (1 - horizon), 0, 1)
    vx, bend = stage.between(0.4, 0.6), stage.between(-0.22, 0.22)
    centre = 0.5 + (vx - 0.5) * (1 - t) + bend * (1 - t) * t * 1.6 * np.sin((1 - t) * 3)
    half = 0.008 + 0.30 * t
    off = (c.x[None, :] - centre[:, None]) / half[:, None]
    width = (half * c.size)[:, None]

    def strip(low: float, high: float) -> Array:
        return np.clip((off - low) * width + 0.5, 0, 1) * np.clip((high - off) * width + 0.5, 0, 1)

    tar = light.on(rgb("#6d7384"), 0.0, True)
    tone = mix(tar, light.haze, 0.3) + t[:, None, None] * (tar * np.float32(0.88) - mix(tar, light.haze, 0.3))
    c.lay(strip(-1.12, 1.12), light.on(rgb("#c9b48a"), 0.05, True), top)
    c.lay(strip(-1, 1), tone, top)
    paint = light.on(rgb("#f4f0e4"))
    for low, high in ((-0.92, -0.87), (0.87, 0.92)):
        c.lay(strip(low, high) * np.float32(0.85), paint, top)
    run = 1 / (t + 0.06)
    dash = np.clip(np.sin(run * 7) * 5 * t + 0.3, 0, 1)[:, None]
    c.lay(strip(-0.03, 0.03) * dash, light.on(rgb("#ffd34f")), top)
    if stage.chance(0.6):
        with c.pen() as pen:
            for k in range(5):
                u = 0.12 + 0.16 * k
                row = int(np.clip(np.searchsorted(t, u), 0, len(t) - 1))
                side = 1 if k % 2 else -1
                x = float(centre[row] + side * (half[row] * 1.5 + 0.06))
                tree = light.on(shade_of(stage.rng, DEEP_GREENS + GREENS[:2]), 0.3 * (1 - u), True)
                plants.broadleaf(pen, stage, x, float(y[row]), 0.06 + 0.3 * u, tree, plants.trunk_tone(stage))
    return 0.86


def garden(stage: Stage) -> float:
    """A lawn with flower beds, a hedge, trees and a winding path."""
    c, light = stage.canvas, stage.light
    top = stage.between(0.5, 0.56)
    skies.sky(stage, top, 0.8)
    bank = np.full(c.size, top, np.float32)
    wood = light.on(shade_of(stage.rng, DEEP_GREENS + GREENS[:2]), 0.22, True)
    landforms.ridge(stage, plants.tree_line(stage, bank, 20, 0.13), wood, mix(wood, light.haze, 0.3), 0.2)
    with c.pen(0, top + 0.1) as pen:
        for k in range(3):
            green = light.on(shade_of(stage.rng, DEEP_GREENS + GREENS), 0.08, True)
            plants.broadleaf(pen, stage, (0.08, 0.9, stage.between(0.2, 0.8))[k], top + 0.03, stage.between(0.26, 0.42), green, plants.trunk_tone(stage))
    hedge = light.on(shade_of(stage.rng, DEEP_GREENS), 0.05, True)
    landforms.ridge(stage, top - 0.01 + np.abs(curve(stage.rng, c.x, 16, 2)) * 0.014, mix(hedge, LIGHT, 0.06), hedge * np.float32(0.7), 0.09, 0.08)
    lawn = light.on(shade_of(stage.rng, GREENS), 0.0, True)
    landforms.ridge(stage, np.full(c.size, top + 0.07, np.float32), mix(lawn, light.haze, 0.12), lawn * np.float32(0.85), 0.4, 0.04)
    row = c.row(top + 0.072)
    y = c.y[row:]
    t = np.clip((y - top - 0.07) / (0.93 - top), 0, 1)
    sway, turn = stage.between(0.08, 0.16), stage.between(0, 6.28)
    centre = 0.5 + np.sin(t * 4.2 + turn) * sway * (1 - 0.4 * t)
    half = 0.018 + 0.13 * t
    off = np.abs(c.x[None, :] - centre[:, None])
    stone = light.on(rgb("#e2cfae"), 0.0, True)
    for grow, tone in ((1.12, stone * np.float32(0.82)), (1.0, stone)):
        c.lay(np.clip((half[:, None] * grow - off) * c.size + 0.5, 0, 1), tone, row)
    for k, level in enumerate((top + 0.1, top + 0.22, top + 0.42)):
        _bed(stage, level, centre, half, t, y, 40 + 26 * k, k)
    return 0.88


def _bed(stage: Stage, level: float, centre: Array, half: Array, t: Array, y: Array, count: int, k: int) -> None:
    light = stage.light
    where = int(np.clip(np.searchsorted(y, level), 0, len(y) - 1))
    edge, mid = float(half[where]) * 1.5 + 0.03, float(centre[where])
    flowers = plants.FLOWERS[stage.some(0, len(plants.FLOWERS) - 1)]
    tones = [light.on(rgb(h), land=True) for h in flowers]
    leaf = light.on(shade_of(stage.rng, DEEP_GREENS[:4]), 0.0, True)
    size = 0.009 + 0.006 * k
    with stage.canvas.pen(level - 0.1, level + 0.12) as pen:
        for side in (-1, 1):
            for pas in range(2):
                for _ in range(count // 2):
                    x = mid + side * (edge + abs(stage.rng.normal(0, 0.2)))
                    dy = stage.between(-1.6, 1.6) * size
                    if pas == 0:
                        pen.oval(x, level + dy + size, size * 1.5, size * 1.3, mix(leaf, INK if dy > 0 else LIGHT, 0.1))
                    else:
                        tone = tones[stage.some(0, 2)]
                        pen.oval(x, level + dy - size * 0.6, size * 0.62, size * 0.55, tone)
                        pen.oval(x, level + dy - size * 0.6, size * 0.22, size * 0.2, mix(tone, rgb("#f7b733"), 0.6))


def room(stage: Stage) -> float:
    """A cosy room: wall, floor, a window on the weather, a rug."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    floor_y = stage.between(0.66, 0.72)
    wx, wy, ww, wh = stage.between(0.24, 0.76), stage.between(0.27, 0.33), stage.between(0.15, 0.21), stage.between(0.17, 0.21)
    skies.sky(stage, wy + wh + 0.06, 0.8)
    view = c.px.copy()
    wall_hex, wood_hex = WALLS[stage.some(0, len(WALLS) - 1)]
    cloth = [rgb(h) for h in FABRICS[stage.some(0, len(FABRICS) - 1)]]
    lamp = light.dark > 0.3
    # Indoors the lamps take over from the sky.
    inside = {"day": "#fffaf2", "sunrise": "#ffe6d2", "sunset": "#f2b793", "dusk": "#a58fa6", "night": "#6f6a94"}[light.time]
    dim = rgb(inside)
    wall, wood = rgb(wall_hex) * dim, rgb(wood_hex) * dim
    cloth = [tone * mix(dim, LIGHT, 0.15) for tone in cloth]
    c.px[:] = wall
    if stage.chance(0.35):
        stripes = np.clip(np.sin(c.x * np.float32(2 * np.pi * 14)) * c.size * 0.02 + 0.5, 0, 1)
        c.lay(np.broadcast_to(stripes * np.float32(0.28), (c.size, c.size)), mix(wall, LIGHT, 0.3))
    elif stage.chance(0.4):
        r0 = c.row(floor_y - 0.2)
        c.px[r0:] = mix(wall, mix(cloth[2], LIGHT, 0.3), 0.5)
        c.px[r0 : r0 + max(c.size // 100, 1)] = mix(wall, LIGHT, 0.35)
    if not c.flat:
        c.px *= (1 - 0.22 * np.clip(np.abs(c.x - wx) - 0.1, 0, 1))[None, :, None]
        c.px *= (0.9 + 0.14 * smooth(0.0, 0.35, c.y))[:, None, None]
    r0 = c.row(floor_y)
    y = c.y[r0:]
    t = (y - floor_y) / (1 - floor_y)
    boards = (c.x[None, :] - 0.5) / (t[:, None] * 0.9 + 0.55) * 9 + 64
    index = np.floor(boards).astype(np.int64) % 64
    tone = rng.uniform(0.9, 1.06, 64).astype(np.float32)[index]
    seam = np.clip(np.abs(boards % 1 - 0.5) * 2 * 14 - 12.8, 0, 1) * 0.25
    c.px[r0:] = wood * (tone * (1 - seam))[..., None]
    if not c.flat:
        c.px[r0:] *= (0.86 + 0.2 * t)[:, None, None]
    art, plant, lit = stage.chance(0.7), stage.chance(0.65), stage.chance(0.75)
    frame = mix(wall, LIGHT, 0.72)
    with c.pen() as pen:
        pen.box(0, floor_y - 0.022, 1, floor_y, mix(wall, LIGHT, 0.55))
        pen.box(0, floor_y - 0.003, 1, floor_y + 0.002, mix(wood, INK, 0.35))
        pen.box(wx - ww - 0.018, wy - wh - 0.018, wx + ww + 0.018, wy + wh + 0.018, frame)
        if art:
            _picture(pen, stage, 0.14 if wx > 0.5 else 0.86, stage.between(0.26, 0.34), cloth, frame)
    rows = slice(c.row(wy - wh), c.row(wy + wh))
    cols = slice(int((wx - ww) * c.size), int((wx + ww) * c.size))
    c.px[rows, cols] = view[rows, cols]
    hill = wy + wh * 0.62 + curve(rng, c.x, 3, 2) * 0.03
    mask = np.clip((c.y[rows, None] - hill[None, cols]) * c.size + 0.5, 0, 1)
    region = c.px[rows, cols]
    region += mask[..., None] * (light.on(shade_of(rng, GREENS), 0.25, True) - region)
    with c.pen() as pen:
        pen.box(wx - 0.006, wy - wh, wx + 0.006, wy + wh, frame)
        pen.box(wx - ww, wy - 0.006, wx + ww, wy + 0.006, frame)
        pen.box(wx - ww - 0.035, wy + wh + 0.012, wx + ww + 0.035, wy + wh + 0.034, mix(frame, INK, 0.06))
        _curtains(pen, wx, wy, ww, wh, cloth[0])
        ry = floor_y + (1 - floor_y) * 0.55
        rug_x, rug_w = stage.between(0.42, 0.58), stage.between(0.3, 0.38)
        for k, hue in ((1.0, cloth[0]), (0.86, cloth[1]), (0.74, cloth[0]), (0.5, cloth[2]), (0.42, cloth[0])):
            pen.oval(rug_x, ry, rug_w * k, (1 - floor_y) * 0.36 * k, hue)
        if plant:
            _pot(pen, stage, 0.09 if wx > 0.42 else 0.91, floor_y + 0.06, dim, cloth[2])
        if lit:
            _lamp(pen, 0.91 if wx < 0.58 else 0.1, floor_y + 0.05, cloth[1], mix(wood, INK, 0.45), lamp)
    if lit and lamp:
        x = 0.91 if wx < 0.58 else 0.1
        c.glow(x, floor_y - 0.31, 0.26, rgb("#ffb75a"), 0.75)
        c.glow(x, floor_y - 0.31, 0.09, rgb("#ffe0a0"), 0.6)
    if not c.flat and light.dark < 0.4 and light.veil < 0.5:
        patch = smooth(0.0, 0.05, ww * 1.1 - np.abs(c.x[None, :] - wx - (c.y[r0:, None] - floor_y) * 0.9 + 0.05))
        c.lift(patch * smooth(0.02, 0.08, t)[:, None] * smooth(1.0, 0.6, t)[:, None] * np.float32(0.22), light.glow, r0)
    return floor_y + (1 - floor_y) * 0.62


def _picture(pen: Pen, stage: Stage, x: float, y: float, cloth: list[Array], frame: Array) -> None:
    w, h = stage.between(0.06, 0.085), stage.between(0.07, 0.095)
    pen.box(x - w, y - h, x + w, y + h, mix(cloth[2], INK, 0.35))
    pen.box(x - w + 0.01, y - h + 0.01, x + w - 0.01, y + h - 0.01, mix(frame, LIGHT, 0.3))
    pen.box(x - w + 0.022, y - h + 0.022, x + w - 0.022, y + h - 0.022, mix(cloth[1], cloth[2], 0.3))
    pen.oval(x + w * 0.2, y - h * 0.15, w * 0.24, w * 0.24, cloth[0])
    low = y + h - 0.022
    pen.poly([(x - w + 0.022, low), (x - w * 0.1, y + h * 0.05), (x + w - 0.022, low)], cloth[2])


def _curtains(pen: Pen, x: float, y: float, w: float, h: float, tone: Array) -> None:
    pen.box(x - w - 0.09, y - h - 0.045, x + w + 0.09, y - h - 0.033, mix(tone, INK, 0.45))
    for side in (-1, 1):
        for k in range(4):
            a, b = w + 0.075 - 0.026 * k, w + 0.075 - 0.026 * (k + 1)
            shade = mix(tone, INK if k % 2 else LIGHT, 0.10)
            pen.poly([(x + side * a, y - h - 0.033), (x + side * b, y - h - 0.033),
                      (x + side * (b + 0.012 * k), y + h + 0.09), (x + side * (a + 0.012 * k), y + h + 0.09)], shade)


def _pot(pen: Pen, stage: Stage, x: float, foot: float, dim: Array, tone: Array) -> None:
    leaf = shade_of(stage.rng, DEEP_GREENS[:4] + GREENS[:2]) * dim
    for k in range(9):
        a = -2.75 + k * 0.295
        reach = stage.between(0.13, 0.2)
        tx, ty = x + np.cos(a) * reach * 0.75, foot - 0.1 + np.sin(a) * reach
        mx, my = (x + tx) / 2, (foot - 0.1 + ty) / 2
        pen.poly([(x, foot - 0.09), (mx - 0.022, my - 0.008), (tx, ty), (mx + 0.022, my + 0.008)], mix(leaf, INK if k % 2 else LIGHT, 0.13))
    pen.poly([(x - 0.05, foot - 0.1), (x + 0.05, foot - 0.1), (x + 0.036, foot), (x - 0.036, foot)], tone)
    pen.box(x - 0.056, foot - 0.11, x + 0.056, foot - 0.09, mix(tone, LIGHT, 0.15))


def _lamp(pen: Pen, x: float, foot: float, shade: Array, pole: Array, lit: bool) -> None:
    pen.box(x - 0.005, foot - 0.36, x + 0.005, foot, pole)
    pen.oval(x, foot, 0.045, 0.011, pole)
    pen.poly([(x - 0.04, foot - 0.44), (x + 0.04, foot - 0.44), (x + 0.068, foot - 0.33), (x - 0.068, foot - 0.33)],
             rgb("#ffdf9a") if lit else shade)


def underwater(stage: Stage) -> float:
    """Below the surface: shafts of light, sand, corals, weed, bubbles."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    upper, deep = (rgb(h) for h in SEAS[stage.some(0, len(SEAS) - 1)])
    upper = mix(upper, rgb("#5fd6e6"), 0.45)
    warm = {"day": 0.0, "sunrise": 0.18, "sunset": 0.34, "dusk": 0.3, "night": 0.0}[light.time]
    gain = {"day": 1.0, "sunrise": 0.95, "sunset": 0.8, "dusk": 0.55, "night": 0.4}[light.time]
    top = mix(mix(upper, LIGHT, 0.25), light.glow, warm) * np.float32(gain)
    middle = mix(upper, light.stops[0], warm) * np.float32(gain * 0.92)
    low = deep * np.float32(0.35 + 0.6 * gain)
    if light.time in ("dusk", "night"):
        blue = rgb("#0b2a66") if light.time == "night" else rgb("#3a4f9a")
        top, middle, low = mix(top, blue, 0.35), mix(middle, blue, 0.5), mix(low, blue * np.float32(0.7), 0.6)
    t = c.y
    if c.flat:
        wave = curve(rng, c.x, 3, 2) * 0.5
        q = t[:, None] * 7 + wave[None, :]
        whole = np.floor(q)
        t2 = (whole - 1 + np.minimum((q - whole) * c.size / 7, 1)) / 6
        c.px[:] = blend((top, middle, low), t2)
    else:
        c.px[:] = blend((top, middle, low), t)[:, None, :]
    x0 = stage.between(0.2, 0.8)
    span = np.linspace(0, 1, 256, dtype=np.float32)
    rays = smooth(0.05, 0.5 if c.flat else 0.9, curve(rng, span, 16, 2))
    angle = (c.x[None, :] - x0) / (c.y[:, None] + 0.5)
    beam = np.interp(angle.ravel(), np.linspace(-2.2, 2.2, 256), rays).reshape(angle.shape).astype(np.float32)
    c.lift(beam * smooth(0.9, 0.0, c.y)[:, None] * np.float32(0.34 * gain + 0.06), mix(LIGHT, light.glow, 0.3 + warm))
    if not c.flat:
        c.glow(x0, -0.05, 0.3, mix(LIGHT, light.glow, 0.4), 0.55 * gain, 1.6)
    floor = stage.between(0.78, 0.84)
    rock = mix(low, middle, 0.45)
    landforms.ridge(stage, floor - 0.12 + curve(rng, c.x, 3.5, 4) * 0.07, rock, mix(rock, middle, 0.35), 0.2)
    landforms.ridge(stage, floor - 0.04 + curve(rng, c.x, 5, 3) * 0.04, mix(low, rock, 0.35), None)
    sand = mix(rgb("#ead8a8"), middle, 0.38) * np.float32(0.35 + 0.65 * gain)
    landforms.ridge(stage, floor + curve(rng, c.x, 1.8, 2) * 0.025, sand, mix(sand, low, 0.4), 0.25, 0.04)
    if not c.flat:
        net = Noise(rng, 7, 16, 2).over(c.size)
        r0 = c.row(floor)
        c.lift((smooth(0.16, 0.0, np.abs(net)) * smooth(floor, floor + 0.08, c.y)[:, None])[r0:] * np.float32(0.22 * gain), LIGHT, r0)
    with c.pen() as pen:
        for _ in range(stage.some(5, 8)):
            x = stage.between(-0.02, 0.34)
            x = x if stage.chance(0.5) else 1 - x
            foot = floor + stage.between(0.01, 0.1)
            hue = rgb(CORALS[stage.some(0, len(CORALS) - 1)])
            _coral(pen, stage, x, foot, mix(hue, middle, 0.22) * np.float32(0.45 + 0.55 * gain), stage.some(0, 3))
        for _ in range(stage.some(2, 5)):
            x = stage.between(0.0, 1.0)
            weed = mix(shade_of(rng, ("#3fae6a", "#2f9a7a", "#7fbf4f")), middle, 0.3) * np.float32(0.45 + 0.55 * gain)
            _weed(pen, stage, x, floor + stage.between(0.02, 0.12), stage.between(0.14, 0.32), weed)
        for _ in range(stage.some(1, 3)):
            x, y = stage.between(0.1, 0.9), stage.between(0.2, 0.7)
            for k in range(6):
                r = stage.between(0.004, 0.015)
                bx, by = x + stage.between(-0.03, 0.03), y - k * 0.055
                pen.oval(bx, by, r, r, mix(top, LIGHT, 0.55), 0.5)
                pen.oval(bx - r * 0.3, by - r * 0.3, r * 0.35, r * 0.35, LIGHT, 0.85)
    return floor + 0.07


def _coral(pen: Pen, stage: Stage, x: float, foot: float, tone: Array, kind: int) -> None:
    h = stage.between(0.08, 0.17)
    if kind == 0:
        for k in range(5):
            a = -np.pi / 2 + (k - 2) * 0.42
            tip = (x + np.cos(a) * h, foot + np.sin(a) * h)
            pen.line([(x, foot), ((x + tip[0]) / 2 + 0.008, (foot + tip[1]) / 2), tip], tone, 0.018)
            pen.oval(*tip, 0.0125, 0.0125, mix(tone, LIGHT, 0.3))
    elif kind == 1:
        for k in range(4):
            r = h * (0.62 - 0.13 * k)
            pen.oval(x, foot - 0.1 * h, r, r * 0.85, mix(tone, LIGHT if k % 2 else INK, 0.07 + 0.03 * k))
    elif kind == 2:
        for k in range(4):
            px, ph = x + (k - 1.5) * 0.032, h * stage.between(0.5, 1.1)
            pen.box(px - 0.013, foot - ph, px + 0.013, foot, mix(tone, INK if k % 2 else LIGHT, 0.08))
            pen.oval(px, foot - ph, 0.016, 0.009, mix(tone, LIGHT, 0.3))
            pen.oval(px, foot - ph, 0.009, 0.005, mix(tone, INK, 0.4))
    else:
        for k in range(9):
            a = np.pi + k * np.pi / 8
            pen.poly([(x, foot), (x + np.cos(a - 0.13) * h, foot + np.sin(a - 0.13) * h * 1.1),
                      (x + np.cos(a + 0.13) * h, foot + np.sin(a + 0.13) * h * 1.1)], mix(tone, INK if k % 2 else LIGHT, 0.12))


def _weed(pen: Pen, stage: Stage, x: float, foot: float, h: float, tone: Array) -> None:
    for k in range(3):
        phase, px, tall = stage.between(0, 6.28), x + (k - 1) * 0.022, h * (1 - 0.18 * abs(k - 1))
        us = np.linspace(0, 1, 9)
        spine = [(px + np.sin(u * 6 + phase) * 0.016 * (0.3 + u), foot - tall * u, 0.011 * (1 - u) + 0.002) for u in us.tolist()]
        outline = [(sx - sw, sy) for sx, sy, sw in spine] + [(sx + sw, sy) for sx, sy, sw in spine[::-1]]
        pen.poly(outline, mix(tone, INK if k == 1 else LIGHT, 0.12))


def space(stage: Stage) -> float:
    """Deep space: nebulae, stars, a planet or two."""
    c, rng = stage.canvas, stage.rng
    hues = [rgb(h) for h in NEBULAE[stage.some(0, len(NEBULAE) - 1)]]
    void = rgb("#05060f") if stage.chance(0.5) else rgb("#0a0718")
    c.px[:] = void + (c.y[:, None, None] * 0.5) * (mix(void, hues[0], 0.16) - void)
    tilt, middle = stage.between(-1.2, 1.2), stage.between(0.35, 0.65)
    along = (c.x[None, :] - middle) * np.float32(np.cos(tilt)) + (c.y[:, None] - 0.5) * np.float32(np.sin(tilt))
    for k, hue in enumerate(hues):
        n = Noise(rng, 3, 3, 5, 0.55).over(c.size)
        band = np.exp(-(((along + n * 0.22 - 0.1 * (k - 1)) / 0.3) ** 2))
        mask = smooth(0.05, 0.85, n * 0.75 + band * 0.6 - 0.05)
        if c.flat:
            mask = (smooth(0.10, 0.13, mask) * 0.16 + smooth(0.34, 0.37, mask) * 0.2 + smooth(0.62, 0.65, mask) * 0.24).astype(np.float32)
            c.lift(mask, hue)
        else:
            c.lift(mask * band * np.float32(0.8), hue)
    many = 260
    size = rng.random(many, dtype=np.float32) ** 5
    warm = rng.random(many, dtype=np.float32)[:, None]
    tones = np.where(warm > 0.75, np.float32([1, 0.85, 0.68]), np.where(warm < 0.2, np.float32([0.7, 0.82, 1.0]), np.float32([1, 1, 1])))
    c.splat(rng.random((many, 2), dtype=np.float32), 0.0019 + 0.0052 * size, (tones * (0.35 + 0.65 * size)[:, None]).astype(np.float32))
    for _ in range(stage.some(2, 5)):
        x, y, r = stage.between(0, 1), stage.between(0, 1), stage.between(0.012, 0.03)
        c.glow(x, y, r, LIGHT, 0.7)
        c.glow(x, y, r * 0.25, LIGHT, 0.8, 7)
        c.glow(x, y, r * 1.6, LIGHT, 0.5, 0.12)
    for k in range(stage.some(0, 2)):
        side = 1 if stage.chance(0.5) else -1
        r = stage.between(0.12, 0.24) if k == 0 else stage.between(0.035, 0.06)
        _planet(stage, 0.5 + side * stage.between(0.26, 0.46) * (1 if k == 0 else -0.9), stage.between(0.14, 0.4), r)
    return 0.82


def _planet(stage: Stage, x: float, y: float, r: float) -> None:
    c, rng = stage.canvas, stage.rng
    bright, dark = (rgb(h) for h in PLANETS[stage.some(0, len(PLANETS) - 1)])
    ring, tilt, banded = stage.chance(0.4), stage.between(-0.5, 0.5), stage.chance(0.6)
    noise = Noise(rng, 4, 8, 4, 0.6)
    rows, cols = c.window(x, y, r * 2.1, r * 2.1)
    if rows.start >= rows.stop or cols.start >= cols.stop:
        return
    u, v = (c.x[None, cols] - x) / r, (c.y[rows, None] - y) / r
    region = c.px[rows, cols]
    rr = np.sqrt(u * u + v * v)
    disc = np.clip((1 - rr) * r * c.size + 0.5, 0, 1)
    s, cs = np.float32(np.sin(tilt)), np.float32(np.cos(tilt))
    a, b = u * cs + v * s, v * cs - u * s
    texture = noise.over(c.size)[rows, cols]
    land = np.sin(b * 11 + texture * 2.4) * 0.5 + 0.5 if banded else smooth(-0.05, 0.12 if c.flat else 0.3, texture)
    if c.flat and banded:
        land = np.floor(land * 2.99) / 2
    tone = mix(dark, bright, 0.35) + land[..., None] * (bright - mix(dark, bright, 0.35))
    lambert = np.clip(-u * 0.62 - v * 0.5 + np.sqrt(np.maximum(1 - rr * rr, 0)) * 0.62, 0, 1)
    if c.flat:
        lambert = np.where(lambert > 0.42, 1.0, 0.5)
    tone = tone * (0.1 + 0.95 * lambert)[..., None]
    halo = np.exp(-np.maximum(rr - 1, 0) * 7) * (1 - disc) * np.clip(0.55 - (u + v) * 0.3, 0.1, 1) * (0.0 if c.flat else 0.5)
    region += halo[..., None] * bright * np.maximum(1 - region, 0)
    region += disc[..., None] * (tone - region)
    if ring:
        e = np.sqrt((a / 1.0) ** 2 + (b / 0.26) ** 2)
        band = smooth(1.3, 1.36, e) * smooth(2.0, 1.92, e) * (1 - 0.6 * smooth(1.62, 1.65, e) * smooth(1.72, 1.69, e))
        band = band * np.where((b < 0) & (rr < 1), 0, 1)
        region += (band * 0.85)[..., None] * (mix(bright, LIGHT, 0.35) - region)


def _mood(stage: Stage, tone: Array) -> Array:
    """A backdrop colour at this time of day."""
    time = stage.light.time
    if time == "day":
        return tone
    leaning = {"sunrise": "#ffd9b8", "sunset": "#f2794a", "dusk": "#5f4f8a", "night": "#141d48"}[time]
    return mix(tone, rgb(leaning), {"sunrise": 0.45, "sunset": 0.68, "dusk": 0.72, "night": 0.85}[time])


def plain(stage: Stage) -> float:
    """One colour or a soft studio gradient."""
    c = stage.canvas
    tone = _mood(stage, shade_of(stage.rng, STUDIO, 0.02))
    other = _mood(stage, shade_of(stage.rng, STUDIO, 0.02))
    kind = stage.rng.random()
    if stage.chance(0.3):
        tone = mix(tone, LIGHT if stage.light.dark < 0.5 else INK, 0.4)
    c.px[:] = tone
    shine = mix(tone, LIGHT if stage.light.dark < 0.5 else rgb("#8f9dff"), 0.5)
    if kind < 0.3:
        return 0.82
    if kind < 0.5:
        c.px[:] = blend((mix(tone, LIGHT, 0.18), tone, mix(tone, other, 0.5)), c.y)[:, None, :]
    elif kind < 0.75:
        line = stage.between(0.64, 0.74)
        floor = mix(tone, LIGHT, 0.25) if stage.chance(0.5) else mix(tone, INK, 0.1)
        mask, top = c.below(np.full(c.size, line, np.float32), 0.0 if c.flat else 0.12)
        c.lay(mask, floor, top)
        c.glow(0.5, 0.42, 0.34, shine, 0.35, 1.2)
    else:
        if c.flat:
            c.disc(0.5, stage.between(0.46, 0.52), stage.between(0.34, 0.4), mix(tone, shine, 0.6))
        else:
            c.glow(0.5, 0.48, 0.42, shine, 0.55 - 0.2 * stage.light.dark)
            corner = (c.x[None, :] - 0.5) ** 2 + (c.y[:, None] - 0.5) ** 2
            c.px *= (1 - 0.4 * corner)[..., None]
    return 0.82


def pattern(stage: Stage) -> float:
    """A quiet pattern: dots, stripes, rays, waves, checks or confetti."""
    c, rng = stage.canvas, stage.rng
    base = _mood(stage, shade_of(rng, STUDIO, 0.02))
    share = stage.between(0.32, 0.55)
    other = mix(base, LIGHT if stage.chance(0.65) else _mood(stage, shade_of(rng, STUDIO)), share)
    if float(np.abs(other - base).max()) < 0.09:
        other = base * np.float32(0.86)
    kind, count = stage.some(0, 5), stage.some(6, 12)
    c.px[:] = base
    x, y = c.x[None, :], c.y[:, None]
    soft = c.size / count * 0.5
    if kind == 0:
        v = y * count
        u = x * count + (np.floor(v) % 2) * 0.5
        d = np.sqrt((u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2)
        mask = np.clip((stage.between(0.2, 0.32) - d) * soft * 2 + 0.5, 0, 1)
    elif kind == 1:
        slant = stage.between(-1, 1)
        mask = np.clip(np.sin((x + y * slant) * count * np.float32(np.pi)) * soft * 0.65 + 0.5, 0, 1)
    elif kind == 2:
        cx, cy = stage.between(0.35, 0.65), stage.between(0.4, 0.65)
        angle = np.arctan2(y - cy, x - cx)
        far = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
        mask = np.clip(np.sin(angle * (count + 2)) * far * c.size / (count + 2) + 0.5, 0, 1)
    elif kind == 3:
        wave = y * count + np.sin(x * np.float32(np.pi * 2 * stage.some(2, 4))) * 0.35
        mask = np.clip(np.sin(wave * np.float32(np.pi)) * soft * 0.65 + 0.5, 0, 1)
    elif kind == 4:
        n = count // 2 * 2
        mask = np.clip(np.sin(x * n * np.float32(np.pi)) * np.sin(y * n * np.float32(np.pi)) * soft * 1.2 + 0.5, 0, 1)
    else:
        with c.pen() as pen:
            for _ in range(95):
                px, py, r, a = stage.between(0, 1), stage.between(0, 1), stage.between(0.01, 0.024), stage.between(0, 3.1)
                hue = mix(other, rgb(CORALS[stage.some(0, len(CORALS) - 1)]), 0.6)
                dx, dy = np.cos(a) * r, np.sin(a) * r
                pen.poly([(px - dx, py - dy), (px + dy * 0.4, py - dx * 0.4), (px + dx, py + dy), (px - dy * 0.4, py + dx * 0.4)], hue)
        return 0.82
    c.lay(np.broadcast_to(mask, (c.size, c.size)), other)
    if not c.flat:
        c.glow(0.5, 0.45, 0.45, mix(base, LIGHT, 0.5), 0.35)
    return 0.82
