"""Water: seas with glitter, still lakes that mirror, surf, rivers, falls."""

from __future__ import annotations

import numpy as np

from allaprima.scene.canvas import blend, mix, rgb
from allaprima.scene.noise import Array, Lattice, Noise, curve, smooth
from allaprima.scene.palettes import SEAS
from allaprima.scene.stage import Stage

WHITE = np.ones(3, np.float32)


def sea_tones(stage: Stage) -> tuple[Array, Array]:
    """Water near the horizon and close by, in this light."""
    light = stage.light
    far, near = (rgb(h) for h in SEAS[stage.some(0, len(SEAS) - 1)])
    if light.time in ("sunrise", "sunset", "dusk"):
        # Low light: water is the sky upside down, a little darker, with its own blue held back to keep it clean.
        dim = {"sunrise": 0.9, "sunset": 0.82, "dusk": 0.8}[light.time]
        return mix(light.stops[-2], light.haze, 0.3) * np.float32(dim), mix(
            light.stops[0], light.on(near), 0.35
        ) * np.float32(dim)
    share = 0.25 if light.time == "day" else 0.4
    return mix(light.on(far), light.horizon, share), mix(light.on(near), light.stops[1], share * 0.55)


def sea(stage: Stage, top: float, bottom: float = 1.0, calm: float = 1.0) -> None:
    """Open water from the horizon `top` down: gradient, swell, and the light's path."""
    c, light = stage.canvas, stage.light
    far, near = sea_tones(stage)
    r0 = c.row(top)
    r1 = min(c.row(bottom) + 1, c.size)
    y = c.y[r0:r1]
    t = np.clip((y - top) / (1 - top), 0, 1)
    waves = Noise(stage.rng, 5, 6, 3, 0.6)
    shift = stage.between(0, 9)
    bands = stage.some(5, 8)
    middle = mix(far, near, 0.55)
    if light.time in ("sunrise", "sunset", "dusk"):
        middle = mix(light.stops[1], middle, 0.5)
    if c.flat:
        steps = t**0.6 * bands
        wobble = waves.at(c.x * 3, y * 9) * 0.35
        q = steps[:, None] + wobble
        whole = np.floor(q)
        soft = np.minimum((q - whole) * np.float32(c.size * 0.035), 1)
        colour = blend((far, middle, near), np.clip((whole - 1 + soft) / (bands - 1), 0, 1))
        c.px[r0:r1] = colour
    else:
        v = np.log(t * 9 + 0.35) * 7 + shift
        swell = waves.at(c.x * np.float32(1.2), v.astype(np.float32))
        base = blend((far, middle, near), t**0.7)[:, None, :]
        rise = swell[..., None] * (0.05 + 0.07 * t[:, None, None]) * calm
        crest = mix(light.horizon, WHITE, 0.25)
        c.px[r0:r1] = base + np.where(rise > 0, rise * (crest - base) * 2.6, rise * base * 1.8)
    if stage.sun is not None:
        glitter(stage, top, bottom)
    elif light.dark < 0.9:
        _sparkle(stage, top)


def glitter(stage: Stage, top: float, bottom: float = 1.0) -> None:
    """The broken path of light beneath sun or moon."""
    c, light = stage.canvas, stage.light
    assert stage.sun is not None
    x, sun_y, r = stage.sun
    low = light.time in ("sunset", "sunrise")
    strength = (0.95 if low else 0.55) * (1 - 0.6 * light.veil)
    if c.flat:
        rows = 22
        dashes = [(stage.between(-1, 1), stage.between(0.3, 1.0), stage.between(0, 1)) for _ in range(rows * 2)]
        with c.pen(top, bottom) as pen:
            for k, (off, length, turn) in enumerate(dashes):
                t = ((k // 2) + 0.5) / rows
                y = top + (bottom - top) * t**1.25 + 0.002
                half = r * (1.05 - 0.25 * t + 0.5 * t * t) * (length if k % 2 else 0.35 * length)
                cx = x + off * r * (0.15 + 0.8 * t) * (1.3 if k % 2 == 0 else 0.5)
                thick = 0.0022 + 0.0055 * t
                tone = mix(light.sun, light.glow, turn * 0.6)
                alpha = (0.95 - 0.5 * t) * strength
                pen.bar(cx - half, y - thick, cx + half, y + thick, tone, alpha)
        return
    r0, r1 = c.row(top), min(c.row(bottom) + 1, c.size)
    t = (c.y[r0:r1] - top) / (1 - top)
    ripple = Noise(stage.rng, 9, 46, 2, 0.7)
    v = (np.sqrt(np.maximum(t, 0)) * 46).astype(np.float32)
    n = ripple.at(c.x * np.float32(9 * 1.5), v)
    width = r * (0.6 + 1.15 * t)
    across = np.exp(-(((c.x[None, :] - x) / width[:, None]) ** 2))
    sparkle = smooth(0.6, 0.88, across * 0.64 + n * (0.1 + 0.5 * across) * np.minimum(0.4 + t * 2, 1)[:, None] + 0.08)
    sheen = np.exp(-(((c.x[None, :] - x) / (width[:, None] * 2.2)) ** 2)) * 0.4
    fade = (1 - 0.55 * t)[:, None]
    c.lift(sheen * fade * np.float32(strength), light.glow, r0)
    c.lift(sparkle * fade * np.float32(strength), light.sun, r0)


def _sparkle(stage: Stage, top: float) -> None:
    c, rng = stage.canvas, stage.rng
    tone = mix(stage.light.horizon, WHITE, 0.4)
    spots = [(float(rng.random()), float(rng.random()), stage.between(0.3, 1)) for _ in range(26)]
    with c.pen(top, 1) as pen:
        for x, u, k in spots:
            y = top + 0.01 + (1 - top) * u**1.5
            pen.box(x - 0.004 - 0.03 * u * k, y, x + 0.004 + 0.03 * u * k, y + 0.0022 + 0.0035 * u, tone, 0.45)


def mirror(stage: Stage, top: float, colour: Array, clarity: float = 0.62) -> None:
    """Reflect what stands above `top` into still water below it, rippled and tinted."""
    c = stage.canvas
    r0 = c.row(top)
    rows = c.size - r0
    t = (np.arange(rows, dtype=np.float32) + 0.5) / rows
    source = np.clip(r0 - 1 - np.arange(rows) * 0.98, 0, r0 - 1).astype(np.int64)
    ripple = Lattice(stage.rng, 6, 40)
    v = (np.log(t * 8 + 0.6) * 16).astype(np.float32)
    n = ripple.at(c.x * np.float32(4), v)
    amount = (0.004 + 0.022 * t)[:, None] * n
    if c.flat:
        amount = np.round(n * 1.4) * (0.003 + 0.012 * t)[:, None]
    cols = np.clip((np.arange(c.size)[None, :] + amount * c.size).astype(np.int64), 0, c.size - 1)
    reach = np.clip(source[:, None] + (amount * c.size * 0.6).astype(np.int64), 0, r0 - 1)
    image = c.px[reach, cols]
    share = (clarity * (1 - 0.45 * t))[:, None, None]
    c.px[r0:] = colour * (1 - share) + image * share
    crest = smooth(0.45, 0.9, n) * (0.10 + 0.10 * t[:, None])
    c.lift(crest, mix(stage.light.horizon, WHITE, 0.2), r0)
    bank = np.exp(-t * rows / max(c.size * 0.02, 1)) * 0.35
    c.lay(bank[:, None], mix(stage.light.haze, WHITE, 0.25), r0)


def shore(stage: Stage, level: float, sand: Array) -> None:
    """Sand below a wandering waterline at `level`, wet at the edge, with two lines of foam."""
    c, light = stage.canvas, stage.light
    slope = stage.between(-0.10, 0.10)
    line = level + slope * (c.x - 0.5) + curve(stage.rng, c.x, 2.0, 2) * 0.022
    foam = light.on(np.float32([0.98, 0.99, 1.0]))
    shallow = mix(light.on(rgb("#7fd6d0")), light.horizon, 0.25)
    for off, alpha in ((-0.085, 0.3), (-0.05, 0.35)):
        mask, top = c.below(line + off + curve(stage.rng, c.x, 3.0, 2) * 0.008, 0.003 if c.flat else 0.05)
        c.lay(mask * np.float32(alpha), shallow, top)
    surf = line - 0.06 + curve(stage.rng, c.x, 4.0, 2) * 0.01
    mask, top = c.below(surf)
    lower, low_top = c.below(surf + 0.007 + 0.006 * curve(stage.rng, c.x, 9.0, 2))
    mask[low_top - top :] *= 1 - lower if low_top >= top else 1
    c.lay(mask * np.float32(0.75), foam, top)
    mask, top = c.below(line - 0.012)
    c.lay(mask, foam, top)
    wet = mix(sand, light.horizon, 0.22) * np.float32(0.82)
    mask, top = c.below(line)
    c.lay(mask, wet, top)
    mask, top = c.below(line + 0.03 + curve(stage.rng, c.x, 3.0, 2) * 0.01, 0.002 if c.flat else 0.02)
    depth = np.clip((c.y[top:, None] - line[None, :]) / max(1 - level, 0.1), 0, 1)
    near = mix(sand, light.on(rgb("#fff0cf")), 0.25)
    tone = sand + depth[..., None] * (near - sand)
    if not c.flat:
        grain = Noise(stage.rng, 6, 12, 4, 0.75).over(c.size)[top:]
        tone = tone * (1 + grain[..., None] * np.float32(0.05))
    c.lay(mask, tone, top)
