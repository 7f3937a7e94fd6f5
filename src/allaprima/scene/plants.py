"""Trees, bushes, flowers and grass: as tree lines far off, as crisp shapes near by."""

from __future__ import annotations

import numpy as np

from allaprima.scene.canvas import Pen, mix, rgb
from allaprima.scene.noise import Array, curve
from allaprima.scene.palettes import FLOWERS, TRUNKS, shade_of
from allaprima.scene.stage import Stage

INK = np.zeros(3, np.float32)
LIGHT = np.ones(3, np.float32)


def conifer_line(stage: Stage, ground: Array, count: int, height: float) -> Array:
    """Skyline [size] of spruces standing on the curve `ground`."""
    c, rng = stage.canvas, stage.rng
    x = ((np.arange(count) + rng.uniform(-0.45, 0.45, count)) / (count - 1)).astype(np.float32)
    tall = (height * rng.uniform(0.55, 1.15, count)).astype(np.float32)
    slope = rng.uniform(2.6, 4.2, count).astype(np.float32)
    d = np.abs(c.x[None, :] - x[:, None])
    tiers = np.abs((d * slope[:, None] / (height * 0.22)) % 1 - 0.5) * (height * 0.16)
    tops = -tall[:, None] + d * slope[:, None] + tiers
    return ground + np.minimum(tops.min(0), 0)


def tree_line(stage: Stage, ground: Array, count: int, height: float) -> Array:
    """Skyline [size] of round-headed trees standing on the curve `ground`."""
    c, rng = stage.canvas, stage.rng
    x = rng.uniform(-0.03, 1.03, count).astype(np.float32)
    r = (height * rng.uniform(0.45, 1.0, count)).astype(np.float32)
    d = (c.x[None, :] - x[:, None]) / r[:, None]
    heads = np.sqrt(np.maximum(1 - d * d, 0)) * r[:, None]
    rough = curve(rng, c.x, 48, 2) * height * 0.13
    heads = heads.max(0)
    return ground - heads - np.where(heads > 0, rough, 0)


def conifer(
    pen: Pen,
    x: float,
    foot: float,
    h: float,
    colour: Array,
    side: Array,
    snow: float,
    lean: float,
    white: Array | None = None,
) -> None:
    """One spruce: tiers of boughs, a shaded side, sometimes snow."""
    tiers = 5
    trunk = mix(colour, rgb("#4a3426"), 0.6)
    pen.box(x - h * 0.025, foot - h * 0.12, x + h * 0.025, foot, trunk)
    for k in range(tiers):
        t0, t1 = k / tiers * 0.82, (k + 1) / tiers * 0.9 + 0.03
        top, low = foot - h * (1 - t0), foot - h * (1 - t1)
        w = h * (0.06 + 0.21 * t1)
        droop = h * 0.018
        pen.poly(
            [
                (x, top),
                (x + w, low + droop),
                (x + w * 0.45, low - droop),
                (x, low + droop * 0.6),
                (x - w * 0.45, low - droop),
                (x - w, low + droop),
            ],
            colour,
        )
        pen.poly(
            [(x, top), (x + lean * w, low + droop), (x + lean * w * 0.45, low - droop), (x, low + droop * 0.6)], side
        )
        if snow > 0.2 and white is not None:
            u = 0.62
            pen.poly(
                [
                    (x, top),
                    (x + w * u, top + (low - top) * u),
                    (x + w * 0.25, top + (low - top) * 0.5),
                    (x, top + (low - top) * 0.72),
                    (x - w * 0.25, top + (low - top) * 0.5),
                    (x - w * u, top + (low - top) * u),
                ],
                white,
            )


def broadleaf(pen: Pen, stage: Stage, x: float, foot: float, h: float, colour: Array, trunk: Array) -> None:
    """One round tree: trunk, heaped crown, light from above."""
    w = h * 0.045
    pen.poly([(x - w, foot), (x + w, foot), (x + w * 0.5, foot - h * 0.6), (x - w * 0.5, foot - h * 0.6)], trunk)
    dark, bright = mix(colour, INK, 0.25), mix(colour, LIGHT, 0.18)
    heads = [(stage.between(-0.24, 0.24), stage.between(0.5, 0.8), stage.between(0.16, 0.24)) for _ in range(5)]
    for shade, lift, k in ((dark, 0.0, 1.0), (colour, 0.03, 0.86), (bright, 0.08, 0.5)):
        for dx, dy, r in heads:
            pen.oval(x + (dx - lift * 0.5) * h, foot - (dy + lift) * h, r * k * h, r * k * h * 0.92, shade)


def birch(pen: Pen, stage: Stage, x: float, foot: float, top: float, w: float, bark: Array, marks: Array) -> None:
    """A pale trunk that runs out of the picture, with dark marks."""
    lean = stage.between(-0.02, 0.02)
    pen.poly([(x - w, foot), (x + w, foot), (x + lean + w * 0.7, top), (x + lean - w * 0.7, top)], bark)
    pen.poly(
        [(x + w * 0.35, foot), (x + w, foot), (x + lean + w * 0.7, top), (x + lean + w * 0.3, top)],
        mix(bark, marks, 0.3),
    )
    for _ in range(7):
        y = stage.between(top, foot)
        at = x + lean * (foot - y) / max(foot - top, 0.01)
        side = 1 if stage.chance(0.5) else -1
        pen.poly(
            [
                (at + side * w * 0.9, y),
                (at + side * w * 0.9, y + w * 0.5),
                (at - side * w * stage.between(-0.2, 0.4), y + w * 0.3),
            ],
            marks,
        )


def palm(pen: Pen, stage: Stage, x: float, foot: float, h: float, colour: Array, trunk: Array, lean: float) -> None:
    """A leaning palm with arching fronds."""
    steps = [k / 7 for k in range(8)]
    spine = [(x + lean * h * t * t, foot - h * t) for t in steps]
    left = [(px - h * 0.03 * (1.25 - t * 0.6), py) for (px, py), t in zip(spine, steps, strict=True)]
    right = [(px + h * 0.03 * (1.25 - t * 0.6), py) for (px, py), t in zip(spine, steps, strict=True)]
    pen.poly(left + right[::-1], trunk)
    cx, cy = spine[-1]
    ts = np.linspace(0, 1, 9)
    for k in (0, 8, 1, 7, 2, 6, 3, 5, 4):
        angle = -np.pi * (0.02 + 0.96 * k / 8) + stage.between(-0.1, 0.1)
        reach = h * stage.between(0.4, 0.5)
        px = cx + np.cos(angle) * reach * ts * (1.15 - 0.25 * ts)
        py = cy + np.sin(angle) * reach * 0.7 * ts * (1.2 - 0.55 * ts) + reach * 0.62 * ts**2.2
        width = reach * 0.2 * np.sin(np.pi * np.minimum(ts * 1.04, 1)) ** 0.7
        notch = np.where(np.arange(9) % 2 == 0, 0.45, 1.0)
        leaf = mix(colour, INK if k % 2 else LIGHT, 0.12 + 0.02 * (k % 3))
        upper = list(zip(px.tolist(), py.tolist(), strict=True))
        lower = list(zip((px - np.cos(angle) * width * 0.25).tolist(), (py + width * notch).tolist(), strict=True))
        pen.poly(upper + lower[::-1], leaf)
    for dx, dy in ((-0.02, 0.02), (0.022, 0.028), (0.0, 0.04)):
        pen.oval(cx + dx * h, cy + dy * h, h * 0.022, h * 0.022, mix(trunk, INK, 0.25))


def saguaro(pen: Pen, x: float, foot: float, h: float, colour: Array, side: float) -> None:
    """A cactus with one or two arms."""
    w = h * 0.085
    dark = mix(colour, INK, 0.2)

    def limb(cx: float, low: float, high: float, half: float, tone: Array) -> None:
        pen.box(cx - half, high, cx + half, low, tone)
        pen.oval(cx, high, half, half, tone)

    limb(x, foot, foot - h, w, colour)
    for sign, level, rise in ((side, 0.42, 0.36), (-side, 0.3, 0.24)):
        arm = x + sign * h * 0.24
        pen.box(min(x, arm), foot - h * level - w * 0.7, max(x, arm), foot - h * level + w * 0.7, colour)
        pen.oval(arm, foot - h * level, w * 0.7, w * 0.7, colour)
        limb(arm, foot - h * level, foot - h * (level + rise), w * 0.7, colour)
    pen.box(x + w * 0.3, foot - h, x + w, foot, dark, 0.6)


def flowers(stage: Stage, top: float, count: int, big: float = 1.0, bottom: float = 1.02) -> None:
    """Flowers strewn from `top` to the lower edge, larger when nearer."""
    light, rng = stage.light, stage.rng
    tones = [light.on(rgb(h), land=True) for h in FLOWERS[stage.some(0, len(FLOWERS) - 1)]]
    stem = light.on(shade_of(rng, ("#3f7d3a", "#4f8f3f")))
    t = np.sort(rng.random(count)) ** 1.3
    xs, pickers, turns = rng.uniform(-0.02, 1.02, count), rng.integers(0, 3, count), rng.uniform(0, 1, count)
    with stage.canvas.pen(max(top - 0.02, 0), 1) as pen:
        for u, x, which, turn in zip(t.tolist(), xs.tolist(), pickers.tolist(), turns.tolist(), strict=True):
            y = top + (bottom - top) * u
            r = (0.003 + 0.0125 * u * u) * big * (0.8 + 0.4 * turn)
            tone = tones[which]
            if r < 0.0065:
                pen.oval(x, y, r * 1.1, r * 0.8, tone)
                continue
            pen.line([(x, y), (x + (turn - 0.5) * r * 2, y + r * 3.2)], stem, r * 0.3)
            for k in range(5):
                a = (k + turn) * 1.2566
                pen.oval(x + np.cos(a) * r * 0.72, y + np.sin(a) * r * 0.62, r * 0.58, r * 0.5, tone)
            pen.oval(x, y, r * 0.42, r * 0.36, light.on(rgb("#f7b733") if which else rgb("#e8902a")))


def grass(stage: Stage, top: float, colour: Array, count: int, tall: float = 0.05) -> None:
    """Blades along the lower edge, nearer ones taller."""
    rng = stage.rng
    xs, us, lean = rng.uniform(-0.02, 1.02, count), np.sort(rng.random(count)), rng.uniform(-0.5, 0.5, count)
    tone = rng.uniform(-0.1, 0.24, count)
    with stage.canvas.pen(max(top - tall, 0), 1) as pen:
        for x, u, tilt, dt in zip(xs.tolist(), us.tolist(), lean.tolist(), tone.tolist(), strict=True):
            y = top + (1.03 - top) * u
            h = tall * (0.35 + 0.65 * u)
            shade = mix(colour, LIGHT if dt > 0 else INK, abs(dt))
            pen.poly([(x - h * 0.07, y), (x + h * 0.07, y), (x + tilt * h, y - h)], shade)


def trunk_tone(stage: Stage, depth: float = 0.0) -> Array:
    """Bark in this light."""
    return stage.light.on(shade_of(stage.rng, TRUNKS), depth)
