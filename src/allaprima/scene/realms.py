"""Unearthly places: under water, outer space, studio backdrops and patterns.

Each painter takes a stage, paints the whole canvas, and returns where standing things put their feet.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import landforms
from allaprima.scene.canvas import Pen, blend, mix, rgb
from allaprima.scene.noise import Array, Noise, curve, smooth
from allaprima.scene.palettes import (
    CORALS,
    NEBULAE,
    PLANETS,
    SEAS,
    STUDIO,
    shade_of,
)
from allaprima.scene.stage import Stage

INK = np.zeros(3, np.float32)
LIGHT = np.ones(3, np.float32)


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
        c.lift(
            (smooth(0.16, 0.0, np.abs(net)) * smooth(floor, floor + 0.08, c.y)[:, None])[r0:] * np.float32(0.22 * gain),
            LIGHT,
            r0,
        )
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
            pen.poly(
                [
                    (x, foot),
                    (x + np.cos(a - 0.13) * h, foot + np.sin(a - 0.13) * h * 1.1),
                    (x + np.cos(a + 0.13) * h, foot + np.sin(a + 0.13) * h * 1.1),
                ],
                mix(tone, INK if k % 2 else LIGHT, 0.12),
            )


def _weed(pen: Pen, stage: Stage, x: float, foot: float, h: float, tone: Array) -> None:
    for k in range(3):
        phase, px, tall = stage.between(0, 6.28), x + (k - 1) * 0.022, h * (1 - 0.18 * abs(k - 1))
        us = np.linspace(0, 1, 9)
        spine = [
            (px + np.sin(u * 6 + phase) * 0.016 * (0.3 + u), foot - tall * u, 0.011 * (1 - u) + 0.002)
            for u in us.tolist()
        ]
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
            mask = (
                smooth(0.10, 0.13, mask) * 0.16 + smooth(0.34, 0.37, mask) * 0.2 + smooth(0.62, 0.65, mask) * 0.24
            ).astype(np.float32)
            c.lift(mask, hue)
        else:
            c.lift(mask * band * np.float32(0.8), hue)
    many = 260
    size = rng.random(many, dtype=np.float32) ** 5
    warm = rng.random(many, dtype=np.float32)[:, None]
    tones = np.where(
        warm > 0.75,
        np.float32([1, 0.85, 0.68]),
        np.where(warm < 0.2, np.float32([0.7, 0.82, 1.0]), np.float32([1, 1, 1])),
    )
    c.splat(
        rng.random((many, 2), dtype=np.float32),
        0.0019 + 0.0052 * size,
        (tones * (0.35 + 0.65 * size)[:, None]).astype(np.float32),
    )
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
    halo = (
        np.exp(-np.maximum(rr - 1, 0) * 7)
        * (1 - disc)
        * np.clip(0.55 - (u + v) * 0.3, 0.1, 1)
        * (0.0 if c.flat else 0.5)
    )
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
                px, py, r, a = (
                    stage.between(0, 1),
                    stage.between(0, 1),
                    stage.between(0.01, 0.024),
                    stage.between(0, 3.1),
                )
                hue = mix(other, rgb(CORALS[stage.some(0, len(CORALS) - 1)]), 0.6)
                dx, dy = np.cos(a) * r, np.sin(a) * r
                pen.poly(
                    [
                        (px - dx, py - dy),
                        (px + dy * 0.4, py - dx * 0.4),
                        (px + dx, py + dy),
                        (px - dy * 0.4, py + dx * 0.4),
                    ],
                    hue,
                )
        return 0.82
    c.lay(np.broadcast_to(mask, (c.size, c.size)), other)
    if not c.flat:
        c.glow(0.5, 0.45, 0.45, mix(base, LIGHT, 0.5), 0.35)
    return 0.82
