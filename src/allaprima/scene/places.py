"""Made places out of doors: city, road, garden.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import landforms, plants, skies, water
from allaprima.scene.canvas import Pen, mix, rgb
from allaprima.scene.noise import Array, curve, smooth
from allaprima.scene.palettes import (
    BUILDINGS,
    DEEP_GREENS,
    GREENS,
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
            blocks.append(
                (
                    x,
                    w,
                    rise * stage.between(0.45, 1.0) * (0.75 + 0.35 * np.exp(-(((x - 0.5) / 0.35) ** 2))),
                    stage.some(0, 3),
                    stage.some(0, 9),
                )
            )
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
            c.lay(
                smooth(ground - 0.3, ground, c.y[top:])[:, None] * np.float32((0.5, 0.3, 0.0)[layer]), light.haze, top
            )
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


def _tower(
    pen: Pen, stage: Stage, x: float, top: float, w: float, foot: float, tone: Array, roof: int, depth: float
) -> None:
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


def _windows(
    pen: Pen,
    rng: np.random.Generator,
    x: float,
    top: float,
    w: float,
    foot: float,
    tone: Array,
    lamp: tuple[Array, ...],
    lit: float,
    layer: int,
    dark: float,
) -> None:
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
                    pen.box(
                        x + gap + i * pitch,
                        y,
                        x + gap + i * pitch + pitch * 0.6,
                        y + pitch * 0.75,
                        lamp[hue[j, i]] if on[j, i] else dull,
                    )
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
            plants.broadleaf(
                pen,
                stage,
                (0.08, 0.9, stage.between(0.2, 0.8))[k],
                top + 0.03,
                stage.between(0.26, 0.42),
                green,
                plants.trunk_tone(stage),
            )
    hedge = light.on(shade_of(stage.rng, DEEP_GREENS), 0.05, True)
    landforms.ridge(
        stage,
        top - 0.01 + np.abs(curve(stage.rng, c.x, 16, 2)) * 0.014,
        mix(hedge, LIGHT, 0.06),
        hedge * np.float32(0.7),
        0.09,
        0.08,
    )
    lawn = light.on(shade_of(stage.rng, GREENS), 0.0, True)
    landforms.ridge(
        stage, np.full(c.size, top + 0.07, np.float32), mix(lawn, light.haze, 0.12), lawn * np.float32(0.85), 0.4, 0.04
    )
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
