"""Indoors: a cosy room with a window on the weather.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import skies
from allaprima.scene.canvas import Pen, mix, rgb
from allaprima.scene.noise import Array, curve, smooth
from allaprima.scene.palettes import (
    DEEP_GREENS,
    FABRICS,
    GREENS,
    WALLS,
    shade_of,
)
from allaprima.scene.stage import Stage

INK = np.zeros(3, np.float32)
LIGHT = np.ones(3, np.float32)


def room(stage: Stage) -> float:
    """A cosy room: wall, floor, a window on the weather, a rug."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    floor_y = stage.between(0.66, 0.72)
    wx, wy, ww, wh = (
        stage.between(0.24, 0.76),
        stage.between(0.27, 0.33),
        stage.between(0.15, 0.21),
        stage.between(0.17, 0.21),
    )
    skies.sky(stage, wy + wh + 0.06, 0.8)
    view = c.px.copy()
    wall_hex, wood_hex = WALLS[stage.some(0, len(WALLS) - 1)]
    cloth = [rgb(h) for h in FABRICS[stage.some(0, len(FABRICS) - 1)]]
    lamp = light.dark > 0.3
    # Indoors the lamps take over from the sky.
    inside = {"day": "#fffaf2", "sunrise": "#ffe6d2", "sunset": "#f2b793", "dusk": "#a58fa6", "night": "#6f6a94"}[
        light.time
    ]
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
            pen.poly(
                [
                    (x + side * a, y - h - 0.033),
                    (x + side * b, y - h - 0.033),
                    (x + side * (b + 0.012 * k), y + h + 0.09),
                    (x + side * (a + 0.012 * k), y + h + 0.09),
                ],
                shade,
            )


def _pot(pen: Pen, stage: Stage, x: float, foot: float, dim: Array, tone: Array) -> None:
    leaf = shade_of(stage.rng, DEEP_GREENS[:4] + GREENS[:2]) * dim
    for k in range(9):
        a = -2.75 + k * 0.295
        reach = stage.between(0.13, 0.2)
        tx, ty = x + np.cos(a) * reach * 0.75, foot - 0.1 + np.sin(a) * reach
        mx, my = (x + tx) / 2, (foot - 0.1 + ty) / 2
        pen.poly(
            [(x, foot - 0.09), (mx - 0.022, my - 0.008), (tx, ty), (mx + 0.022, my + 0.008)],
            mix(leaf, INK if k % 2 else LIGHT, 0.13),
        )
    pen.poly([(x - 0.05, foot - 0.1), (x + 0.05, foot - 0.1), (x + 0.036, foot), (x - 0.036, foot)], tone)
    pen.box(x - 0.056, foot - 0.11, x + 0.056, foot - 0.09, mix(tone, LIGHT, 0.15))


def _lamp(pen: Pen, x: float, foot: float, shade: Array, pole: Array, lit: bool) -> None:
    pen.box(x - 0.005, foot - 0.36, x + 0.005, foot, pole)
    pen.oval(x, foot, 0.045, 0.011, pole)
    pen.poly(
        [(x - 0.04, foot - 0.44), (x + 0.04, foot - 0.44), (x + 0.068, foot - 0.33), (x - 0.068, foot - 0.33)],
        rgb("#ffdf9a") if lit else shade,
    )
