"""Skies: gradients, sun and moon, stars and northern lights, clouds, gulls.

Paints the whole canvas; land and water go on top. Knows the light, not the ground.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene.canvas import blend, mix, rgb
from allaprima.scene.noise import Array, Noise, curve, smooth
from allaprima.scene.palettes import NEBULAE
from allaprima.scene.stage import Stage

WHITE = np.ones(3, np.float32)


def sky(stage: Stage, horizon: float, clouds: float = 1.0, sun: bool = True) -> None:
    """Paint the sky down to `horizon` (and past it, for what lies beneath to reflect)."""
    c, light = stage.canvas, stage.light
    bands = stage.some(6, 9)
    t = np.minimum(c.y / np.float32(horizon), 1)
    if c.flat:
        steps = t * bands
        whole = np.floor(steps)
        edge = np.minimum((steps - whole) * (c.size * horizon / bands), 1)
        t = (whole - 1 + edge) / (bands - 1)
    c.px[:] = blend(light.stops, t)[:, None, :]
    if not c.flat:
        drift = Noise(stage.rng, 2, 3, 2).over(c.size)
        c.px += drift[..., None] * np.float32(0.018)
    if light.dark >= 0.7:
        stars(stage, horizon)
    if sun:
        _sun_or_moon(stage, horizon)
    bow = stage.weather == "rainbow"
    if clouds > 0:
        _clouds(stage, horizon, clouds * 0.6 if bow else clouds)
    if bow:
        rainbow(stage, horizon)


def _sun_or_moon(stage: Stage, horizon: float) -> None:
    c, light = stage.canvas, stage.light
    time = light.time
    x = stage.between(0.2, 0.8)
    r = stage.between(0.05, 0.085)
    if time in ("sunset", "sunrise"):
        y = horizon - stage.between(-0.25, 1.5) * r
    elif time == "day":
        y, r = horizon * stage.between(0.15, 0.5), r * 0.8
    else:
        y, r = horizon * stage.between(0.2, 0.5), r * (0.85 if time == "night" else 0.6)
    seen = stage.chance({"day": 0.55, "sunrise": 0.95, "sunset": 0.97, "dusk": 0.55, "night": 0.85}[time])
    crescent = stage.chance(0.45 if time == "night" else 0.8)
    low = time in ("sunset", "sunrise")
    if low or time == "dusk":
        # The lit air along the horizon, whether or not the sun is seen.
        c.glow(x, horizon, 0.22, light.glow, 0.5 * (1 - 0.7 * light.veil), 2.6)
    if not seen or light.veil >= (0.95 if light.dark < 0.6 else 0.75):
        return
    stage.sun = (x, y, r)
    power = 1 - 0.6 * light.veil
    if c.flat:
        for k, alpha in ((3.4, 0.13), (2.5, 0.16), (1.7, 0.22)):
            c.disc(
                x,
                y,
                r * k,
                light.sun if low else mix(light.sun, WHITE, 0.3),
                alpha * power * (0.5 if light.dark > 0.5 else 1),
            )
    else:
        c.glow(x, y, r * 5.5, light.glow, (0.5 if low else 0.34) * power, 1.25)
        c.glow(x, y, r * 2.2, mix(light.glow, light.sun, 0.5), (0.4 if low else 0.5) * power)
    if light.dark < 0.6:
        c.disc(x, y, r, light.sun, power, 0.004 if c.flat else 0.008)
        return
    if crescent:
        _crescent(stage, x, y, r)
    else:
        c.disc(x, y, r, light.sun, power, 0.006)
        spots = mix(light.sun, light.shade, 0.28)
        for dx, dy, k in ((-0.3, -0.25, 0.3), (0.25, 0.3, 0.24), (0.35, -0.3, 0.15), (-0.2, 0.42, 0.14)):
            c.disc(x + dx * r, y + dy * r, r * k, spots, 0.6 * power, r * 0.18)


def _crescent(stage: Stage, x: float, y: float, r: float) -> None:
    c = stage.canvas
    rows, cols = c.window(x, y, r * 1.1, r * 1.1)
    yy, xx = c.y[rows, None] - y, c.x[None, cols] - x
    whole = np.clip((r - np.sqrt(xx * xx + yy * yy)) * c.size + 0.5, 0, 1)
    bite = np.clip((r * 0.92 - np.sqrt((xx - r * 0.42) ** 2 + (yy + r * 0.18) ** 2)) * c.size + 0.5, 0, 1)
    mask = whole * (1 - bite)
    region = c.px[rows, cols]
    region += mask[..., None] * (stage.light.sun - region)


def stars(stage: Stage, horizon: float, milky: float = 0.45, many: int = 240) -> None:
    """Stars of varying brightness, sometimes the Milky Way or northern lights; few at dusk, none behind cloud."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    way, aurora = stage.chance(milky), stage.chance(0.28)
    clear = (1 - light.veil) * (1.0 if light.dark > 0.9 else 0.35)
    tilt, middle, turn = stage.between(-1.1, 1.1), stage.between(0.3, 0.7), stage.some(0, len(NEBULAE) - 1)
    cloud = Noise(rng, 5, 5, 4, 0.6)
    points = rng.random((many, 2), dtype=np.float32)
    size = rng.random(many, dtype=np.float32) ** 4
    warm = rng.random(many, dtype=np.float32)
    if clear < 0.1:
        return
    if way and light.dark > 0.9:
        along = (c.x[None, :] - middle) * np.float32(np.cos(tilt)) + (c.y[:, None] - 0.3) * np.float32(np.sin(tilt))
        grain = cloud.over(c.size)
        band = np.exp(-(((along + grain * 0.05) / 0.16) ** 2)) * (
            1 - smooth(horizon - 0.35, horizon, c.y)[:, None] * 0.8
        )
        dust = smooth(-0.2, 0.6, grain)
        tone = mix(rgb(NEBULAE[turn][0]), light.glow, 0.65)
        c.lift(band * (0.16 + 0.34 * dust) * clear, tone)
        c.lift(np.exp(-(((along + grain * 0.06) / 0.06) ** 2)) * dust * 0.4 * clear, mix(WHITE, light.glow, 0.3))
        share = many // 2
        spread = rng.normal(0, 0.09, share).astype(np.float32)
        run = rng.uniform(-0.9, 0.9, share).astype(np.float32)
        points[:share, 0] = middle + spread * np.cos(tilt) - run * np.sin(tilt)
        points[:share, 1] = 0.3 + spread * np.sin(tilt) + run * np.cos(tilt)
        size[:share] *= 0.35
    elif aurora and light.dark > 0.9:
        _aurora(stage, horizon)
    keep = (points[:, 1] < horizon) & (points[:, 1] > 0) & (points[:, 0] > 0) & (points[:, 0] < 1)
    points, size, warm = points[keep], size[keep], warm[keep]
    fade = 1 - 0.75 * points[:, 1] / horizon
    bright = (0.3 + 0.7 * size) * fade * clear
    colours = np.where(warm[:, None] > 0.7, np.float32([1, 0.92, 0.78]), np.float32([0.85, 0.92, 1.0]))
    c.splat(points, 0.0021 + 0.0042 * size, (colours * bright[:, None]).astype(np.float32))


def _aurora(stage: Stage, horizon: float) -> None:
    c, rng = stage.canvas, stage.rng
    greens = (rgb("#49f2a6"), rgb("#3fd6d0"), rgb("#9a6bf2"))
    for ribbon in range(2):
        base = horizon * (0.72 - 0.25 * ribbon) + curve(rng, c.x, 2.2, 2) * 0.09
        rays = 0.55 + 0.45 * curve(rng, c.x, 14, 2)
        reach = 0.16 + 0.12 * curve(rng, c.x, 4, 2)
        reach = np.maximum(reach, 0.06)
        up = (base[None, :] - c.y[:, None]) / reach[None, :]
        glow = (
            np.where(up > 0, np.exp(-np.maximum(up, 0) * 1.3), np.exp(np.minimum(up, 0) * 9))
            * np.maximum(rays, 0.1)[None, :]
        )
        share = np.minimum(np.maximum(up * 0.45, 0), 1)[..., None]
        colour = greens[ribbon] * (1 - share) + greens[2] * share
        c.px += (glow * np.float32(0.62 - 0.2 * ribbon))[..., None] * colour * np.maximum(1 - c.px, 0)


def rainbow(stage: Stage, horizon: float) -> None:
    """A primary bow, softly lit inside."""
    c = stage.canvas
    cx, cy = stage.between(0.25, 0.75), horizon + stage.between(0.02, 0.14)
    radius, width = stage.between(0.42, 0.52), stage.between(0.07, 0.1)
    d = np.sqrt((c.x[None, :] - cx) ** 2 + (c.y[:, None] - cy) ** 2)
    t = (radius - d) / width + 0.5
    hues = [rgb(h) for h in ("#ff5a5a", "#ffa64d", "#ffe85c", "#6fdc7a", "#5ab8f5", "#6f7df0", "#b071e0")]
    strength = 0.8 - 0.35 * stage.light.dark
    if c.flat:
        steps = t * len(hues)
        inside = np.clip(np.minimum(t, 1 - t) * width * c.size + 0.5, 0, 1)
        colour = np.stack(hues)[np.clip(steps, 0, len(hues) - 1).astype(np.int64)]
        c.lay(inside * np.float32(strength), colour)
        return
    inside = smooth(-0.08, 0.15, t) * smooth(1.08, 0.85, t)
    c.lay(inside * np.float32(strength * 0.75), blend(hues, t))
    c.lift(smooth(radius, radius * 0.4, d) * np.float32(0.1), WHITE)


def _clouds(stage: Stage, horizon: float, amount: float) -> None:
    low = stage.light.time in ("sunset", "sunrise", "dusk")
    night = stage.light.dark > 0.9
    if stage.light.veil > 0.5:
        overcast(stage, horizon)
        return
    kind = stage.rng.random()
    if night:
        if kind < 0.45:
            streaks(stage, horizon, 0.5)
    elif low:
        streaks(stage, horizon, 1.0)
        if kind > 0.68:
            cumulus(stage, horizon, max(1, round(2 * amount)))
    else:
        if kind < 0.3:
            streaks(stage, horizon, 0.7)
        cumulus(stage, horizon, max(1, round(stage.some(2, 4) * amount)))


def streaks(stage: Stage, horizon: float, strength: float) -> None:
    """Long layered clouds, lit from below when the sun is low."""
    c, light = stage.canvas, stage.light
    low = light.time in ("sunset", "sunrise", "dusk")
    if c.flat:
        count = stage.some(5, 9)
        rows = [
            (stage.between(-0.1, 1.0), stage.between(0.12, 0.95), stage.between(0.1, 0.32), stage.between(0.6, 1.2))
            for _ in range(count)
        ]
        with c.pen(0, horizon) as pen:
            for x, v, w, h in rows:
                y = v * horizon
                tone = mix(light.cloud, light.shade, 0.25 * v)
                if low:
                    tone = mix(blend(light.stops, np.float32(v)), light.shade if v < 0.6 else light.sun, 0.42)
                for k, (dx, dy, scale) in enumerate(((0, 0, 1), (0.3, -0.013, 0.6), (-0.35, 0.012, 0.55))):
                    half, thick = w * scale * 0.5, 0.011 * h * (1 if k == 0 else 0.8)
                    cx, cy = x + dx * w, y + dy
                    pen.bar(cx - half, cy - thick, cx + half, cy + thick, tone)
        return
    noise = Noise(stage.rng, 2, 4, 5, 0.55)
    shift = stage.between(0, 8)
    # Perspective: layers crowd together toward the horizon.
    depth = 0.55 / (np.maximum(horizon - c.y, 0) + 0.14)
    v = depth * np.float32(2.2) + np.float32(shift)
    xs = c.x * np.float32(1.5)
    here = noise.at(xs, v)
    under = noise.at(xs + np.float32(0.04), v + np.float32(0.16))
    alpha = smooth(0.02, 0.55, here) * np.float32(strength * 0.85)
    alpha *= smooth(horizon + 0.01, horizon - 0.06, c.y)[:, None]
    lit = np.clip(0.5 + (here - under) * 1.6, 0, 1)
    if low:
        near = (c.y / horizon)[:, None]
        lit = np.clip(lit * 0.6 + near * 0.55, 0, 1)
    colour = light.shade + lit[..., None] * (light.cloud - light.shade)
    c.lay(alpha, colour)


def cumulus(stage: Stage, horizon: float, count: int, big: float = 1.0) -> None:
    """Heaped clouds with flat feet: smaller and hazier toward the horizon."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    places = []
    for k in range(count):
        v = (k + stage.between(0.1, 0.9)) / count
        y = horizon * (0.9 - 0.62 * v)
        w = (0.10 + 0.2 * v) * stage.between(0.8, 1.35) * big
        h = w * stage.between(0.42, 0.62)
        if light.time in ("sunset", "sunrise", "dusk"):
            w, h = (w, h * 0.9) if c.flat else (w * 1.4, h * 0.55)
        places.append((stage.between(-0.05, 1.05), y, w, h, v))
    if c.flat:
        _flat_cumulus(stage, places, horizon)
        return
    low = light.time in ("sunset", "sunrise", "dusk")
    grain = (Noise(rng, 4, 16, 4, 0.6) if low else Noise(rng, 6, 8, 4, 0.5)).over(c.size)
    envelope = np.full((c.size, c.size), -4, np.float32)
    for x, y, w, h, _ in places:
        across = ((c.x - x) / w) ** 2
        dy = c.y - y
        down = np.where(dy > 0, (dy / (h * 0.22)) ** 2, (dy / h) ** 2)
        np.maximum(envelope, 1 - across[None, :] - down[:, None], out=envelope)
    if low:
        density = envelope * np.float32(0.5) + grain * np.float32(1.15) - np.float32(0.2)
    else:
        density = envelope + grain * np.float32(0.9) - np.float32(0.12)
    alpha = smooth(0.0, 0.38, density) * smooth(horizon + 0.02, horizon - 0.05, c.y)[:, None]
    # Lit where the cloud thins toward the light above, shaded where it thickens.
    step = max(c.size * 3 // 128, 1)
    above = _shift(density, step, 0)
    aside = _shift(density, step if stage.sun is None or stage.sun[0] < 0.5 else -step, 1)
    fall = (density - above) * (-0.5 if low else 0.75)
    lit = np.clip(
        (0.5 if low else 0.62) + fall + (density - aside) * 0.4 - (density - 0.5) * (0.4 if low else 0.12), 0, 1
    )
    lit = lit * lit * (3 - 2 * lit)
    colour = light.shade + lit[..., None] * (light.cloud - light.shade)
    if low:
        rim = smooth(0.55, 0.05, density)[..., None] * 0.7
        colour = colour + rim * (mix(light.cloud, light.sun, 0.35) - colour)
    c.lay(alpha * np.float32(0.92 if low else 0.96), colour)


def _shift(field: Array, by: int, axis: int) -> Array:
    """`field` moved by whole pixels; what leaves does not come back on the other side."""
    moved = np.roll(field, by, axis=axis)
    lost = slice(0, by) if by > 0 else slice(by, None)
    if axis == 0:
        moved[lost] = field[lost]
    else:
        moved[:, lost] = field[:, lost]
    return moved


def _flat_cumulus(stage: Stage, places: list[tuple[float, float, float, float, float]], horizon: float) -> None:
    c, light = stage.canvas, stage.light
    with c.pen(0, horizon + 0.02) as pen:
        for x, y, w, h, v in places:
            puffs = []
            count = stage.some(4, 6)
            for k in range(count):
                u = (k + 0.5) / count * 2 - 1
                crown = (1 - u * u) ** 0.7
                r = h * (0.34 + 0.5 * crown) * stage.between(0.75, 1.1) * 0.62
                puffs.append((x + u * w * 0.72, y - h * 0.45 * crown * stage.between(0.5, 1.0), r))
            tone = mix(light.cloud, light.haze, 0.35 * (1 - v))
            under = mix(tone, light.shade, 0.8)
            foot = y + h * 0.02
            for shade, dy, k in ((under, 0.0, 1.0), (tone, -0.022 * (0.5 + v), 0.93)):
                for px, py, r in puffs:
                    cut = min(py + dy + r * k, foot)
                    steps = 14
                    ring = [
                        (px + r * k * np.sin(a), min(py + dy - r * k * np.cos(a), cut))
                        for a in np.linspace(0, 2 * np.pi, steps * 2, endpoint=False)
                    ]
                    pen.poly(ring, shade)
                thick = h * 0.24
                left = puffs[0][0] - puffs[0][2] - thick * 0.3
                right = puffs[-1][0] + puffs[-1][2] + thick * 0.3
                pen.bar(left, foot - thick + dy, right, foot + dy, shade)


def overcast(stage: Stage, horizon: float) -> None:
    """A deck of cloud from edge to edge; heavy and dark in a storm."""
    c, light = stage.canvas, stage.light
    noise = Noise(stage.rng, 3, 3, 5, 0.52)
    shift = stage.between(0, 6)
    v = np.float32(1.6) / (np.maximum(horizon - c.y, 0) + 0.3) + np.float32(shift)
    xs = c.x * np.float32(2.4)
    here, above = noise.at(xs, v), noise.at(xs, v - np.float32(0.2))
    fade = smooth(horizon, horizon - 0.25, c.y)[:, None]
    if c.flat:
        for level, share in ((-0.15, 0.35), (0.12, 0.6), (0.36, 0.85)):
            edge = np.clip((here - level) * c.size * 0.12 + 0.5, 0, 1)
            c.lay(edge * fade * np.float32(0.55), mix(light.cloud, light.shade, share))
    else:
        lit = np.clip(0.45 + (here - above) * 1.1, 0, 1)
        colour = light.shade * np.float32(0.9) + lit[..., None] * (light.cloud - light.shade)
        c.lay(smooth(-0.5, 0.5, here) * fade * np.float32(0.9), colour)
    if stage.weather == "stormy":
        c.lay(smooth(0.6, 0.0, c.y)[:, None] * np.float32(0.35), light.shade * np.float32(0.45))
        lightning(stage, horizon)


def lightning(stage: Stage, horizon: float) -> None:
    """One forked bolt and its glow."""
    c, rng = stage.canvas, stage.rng
    x, steps = stage.between(0.2, 0.8), 9
    ys = np.linspace(horizon * 0.08, horizon, steps + 1)
    xs = x + np.cumsum(rng.normal(0, 0.028, steps + 1))
    fork = stage.some(3, 6)
    side = [(float(xs[fork] + k * stage.between(0.01, 0.035)), float(ys[fork] + k * horizon * 0.07)) for k in range(4)]
    c.glow(float(xs[4]), horizon * 0.45, 0.2, rgb("#cdd6ff"), 0.45)
    bolt = list(zip(xs.tolist(), ys.tolist(), strict=True))
    with c.pen(0, horizon) as pen:
        pen.line(bolt, rgb("#b9c4ff"), 0.016, 0.35)
        pen.line(bolt, rgb("#fffdf0"), 0.006)
        pen.line(side, rgb("#fffdf0"), 0.0045, 0.9)


def gulls(stage: Stage, horizon: float) -> None:
    """A few birds, far off."""
    tone = mix(stage.light.on(rgb("#33405c")), stage.light.haze, 0.15)
    if stage.light.time == "night":
        tone = mix(stage.light.haze, WHITE, 0.25)
    x0, y0 = stage.between(0.15, 0.75), horizon * stage.between(0.25, 0.7)
    with stage.canvas.pen(0, horizon) as pen:
        for _ in range(stage.some(3, 6)):
            x, y, w = x0 + stage.between(-0.1, 0.14), y0 + stage.between(-0.06, 0.06), stage.between(0.012, 0.024)
            dip = w * stage.between(0.25, 0.5)
            left = [(x - w, y - dip * 0.3), (x - w * 0.5, y - dip), (x, y), (x - w * 0.5, y - dip * 0.55)]
            right = [(2 * x - px, py) for px, py in left]
            pen.poly(left, tone)
            pen.poly(right, tone)
