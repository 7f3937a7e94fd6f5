"""Land: ridges, peaks, dunes, fields, snow, a volcano; each lit and hazed by the stage's light."""

from __future__ import annotations

import numpy as np

from allaprima.scene.canvas import mix, rgb
from allaprima.scene.noise import Array, Noise, curve, smooth
from allaprima.scene.palettes import DEEP_GREENS, DUNES, GREENS, LAVA, ROCKS, shade_of
from allaprima.scene.plants import conifer_line, tree_line
from allaprima.scene.stage import Stage

INK = np.zeros(3, np.float32)
SNOW = np.float32([0.95, 0.97, 1.0])


def ridge(
    stage: Stage,
    profile: Array,
    colour: Array,
    foot: Array | None = None,
    reach: float = 0.25,
    texture: float = 0.0,
    level: float | None = None,
) -> None:
    """Fill below `profile`; when soft, fade to `foot` over `reach` (mist in the valleys).

    The fade follows the profile, or starts at the height `level` (for tree lines, whose tips are not their shape).
    """
    c = stage.canvas
    mask, top = c.below(profile)
    if c.flat or foot is None:
        c.lay(mask, colour, top)
        return
    start = profile[None, :] if level is None else np.full((1, 1), level, np.float32)
    t = np.clip((c.y[top:, None] - start) / reach, 0, 1)
    tone = colour + (t * t * (3 - 2 * t))[..., None] * (foot - colour)
    if texture:
        grain = Noise(stage.rng, 8, 14, 3, 0.65).over(c.size)[top:]
        tone = tone * (1 + grain[..., None] * np.float32(texture))
    c.lay(mask, tone, top)


def far_hills(stage: Stage, base: float, rise: float, count: int, colour: Array, rough: float = 2.5) -> None:
    """Layered blue distances behind everything, ending at `base`."""
    for k in range(count):
        u = (k + 1) / count
        profile = (
            base - rise * (1.15 - u) + curve(stage.rng, stage.canvas.x, rough, 4, 0.45) * rise * 0.5 * (1.2 - 0.5 * u)
        )
        depth = 0.78 - 0.42 * u
        tone = stage.light.on(colour, depth, land=True)
        ridge(stage, np.minimum(profile, base), tone, mix(tone, stage.light.haze, 0.6), rise * 1.2)


def peaks(stage: Stage, base: float, height: float, count: int, depth: float, snow: float = 0.5) -> None:
    """A range of faceted peaks with a lit and a shaded side, snow on the heights."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    bright, dark = (rgb(h) for h in ROCKS[stage.some(0, len(ROCKS) - 1)])
    left_lit = stage.sun is None or stage.sun[0] < 0.5
    order = np.argsort(rng.random(count))
    drawn = []
    for k in range(count):
        x = (k + 0.5 + stage.between(-0.35, 0.35)) / count
        h = height * (stage.between(0.9, 1.0) if order[k] == 0 else stage.between(0.4, 0.78))
        drawn.append((x, h, stage.between(0.95, 1.35), int(order[k])))
    drawn.sort(key=lambda p: -p[1])
    lit, shade = light.on(bright, depth, True), light.on(dark, depth, True)
    cap_lit = light.on(SNOW, depth * 0.8)
    cap_lit = mix(cap_lit, light.sun, 0.22 if light.time in ("sunset", "sunrise") else 0.0)
    cap_shade = mix(light.on(np.float32([0.66, 0.74, 0.9]), depth), light.stops[0], 0.12)
    foot = mix(light.haze, lit, 0.25)
    for x, h, slope, _ in drawn:
        tip = base - h
        rough = curve(rng, c.x, 9, 4, 0.55)
        d = np.abs(c.x - x)
        # Steeper near the tip, with shoulders that the noise breaks up.
        profile = tip + d * slope * (0.75 + 0.5 * np.exp(-d * 9)) + rough * np.minimum(d, 0.12) * 0.38
        mask, top = c.below(profile)
        mask = mask[: max(c.row(base + 0.06) - top, 1)]
        y = c.y[top : top + len(mask)]
        fall = y - tip
        zig = (
            x
            + curve(rng, y, 11, 3, 0.6) * np.clip(fall, 0, 0.3) * 0.5
            + np.clip(fall, 0, 1) * stage.between(-0.25, 0.25)
        )
        side = np.clip((c.x[None, :] - zig[:, None]) * c.size * (1 if c.flat else 0.5) + 0.5, 0, 1)
        if not left_lit:
            side = 1 - side
        tone = lit + side[..., None] * (shade - lit)
        if snow > 0:
            line = (
                tip + h * snow * 0.62 + curve(rng, c.x, 22, 2, 0.6) * h * 0.1 + np.abs((c.x * 31) % 1 - 0.5) * h * 0.1
            )
            cap = np.clip((line[None, :] - y[:, None]) * c.size * (1 if c.flat else 0.4) + 0.5, 0, 1)
            white = cap_lit + side[..., None] * (cap_shade - cap_lit)
            tone = tone + cap[..., None] * (white - tone)
        if not c.flat:
            mist = smooth(0.15, 1.05, np.clip(fall / h, 0, 1.1))[:, None, None] * 0.68
            tone = tone + mist * (foot - tone)
        c.lay(mask, tone, top)


def dunes(stage: Stage, top: float) -> None:
    """Dunes with a sharp crest between the lit face and the shaded one, nearer ones larger."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    sunny, shady = (rgb(h) for h in DUNES[stage.some(0, len(DUNES) - 1)])
    count = stage.some(4, 5)
    flip = stage.chance(0.5)
    for k in range(count):
        u = k / (count - 1)
        depth = 0.55 * (1 - u) ** 1.3
        lit, shade = light.on(sunny, depth, True), light.on(shady, depth * 0.9, True)
        if light.time in ("sunset", "sunrise"):
            lit = mix(lit, light.glow, 0.25)
        base = top + (1 - top) * (0.04 + 0.62 * u**1.2)
        size = 0.05 + 0.13 * u
        x = stage.between(0.1, 0.9)
        # The crest falls away steeply on the sheltered side and gently on the windward side.
        d = c.x - x if not flip else x - c.x
        crest = np.where(d < 0, np.exp(-((d / 0.42) ** 2)), np.exp(-(np.abs(d / 0.3) ** 1.2)))
        profile = base - size * crest + curve(rng, c.x, 1.6, 2) * size * 0.35
        mask, row = c.below(profile)
        y = c.y[row:]
        fall = np.maximum(y - (base - size), 0)
        sway = stage.between(0.25, 0.9)
        spine = x + (1 if not flip else -1) * (-np.sin(fall * 9 * sway) * 0.09 - fall * sway * 0.7)
        side = (c.x[None, :] - spine[:, None]) * (1 if not flip else -1)
        edge = np.clip(side * c.size + 0.5, 0, 1)
        fade = 1 - smooth(0.0, 0.75, side) * (0.25 if c.flat else 0.8)
        dark = edge * np.clip(fade, 0, 1)
        tone = lit + dark[..., None] * (shade - lit)
        if not c.flat:
            wind = np.sin((y[:, None] - profile[None, :]) * (260 - 120 * u) + curve(rng, c.x, 6, 2)[None, :] * 5)
            tone = tone * (1 + (wind * (0.012 + 0.02 * u) * (1 - dark))[..., None])
            depth_t = np.clip((y[:, None] - profile[None, :]) / 0.35, 0, 1)[..., None]
            tone = tone + depth_t * 0.25 * (light.on(shady, depth, True) - tone)
        c.lay(mask, tone, row)


def field(stage: Stage, top: float) -> None:
    """A wide green field: mown stripes to a vanishing point, or soft rolling bands."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    a = shade_of(rng, GREENS, 0.02)
    near, far = light.on(a, 0.0, True), light.on(mix(a, rgb("#c9d66b"), 0.35), 0.22, True)
    dark = light.on(a * np.float32([0.72, 0.85, 0.75]), 0.0, True)
    profile = top + curve(rng, c.x, 1.3, 2) * 0.012
    mask, r0 = c.below(profile)
    y = c.y[r0:]
    t = np.clip((y - top) / (1 - top), 0, 1)
    kind = rng.random()
    vx, lanes = stage.between(0.1, 0.9), stage.between(5, 9)
    grain = Noise(rng, 10, 24, 4, 0.7)
    tone = far + (t**0.7)[:, None, None] * (near - far)
    tone = np.broadcast_to(tone, (len(y), c.size, 3)).copy()
    if kind < 0.62:
        u = (c.x[None, :] - vx) / (t[:, None] + 0.10)
        wave = np.sin(u * lanes + np.sin(t * 5)[:, None] * 0.4)
        width = (0.10 + t[:, None]) * c.size / lanes
        band = np.clip(wave * width * (0.8 if c.flat else 0.25) + 0.5, 0, 1)
        share = band * (0.25 + 0.35 * t[:, None])
        tone += share[..., None] * (dark - tone)
    c.lay(mask, tone, r0)
    if kind >= 0.62:
        for k in range(4):
            u = (k + 1) / 4.6
            line = top + (1 - top) * u**1.5 + curve(rng, c.x, 1.2, 2) * 0.035 * (0.5 + u)
            shade = mix(mix(far, near, u), dark if k % 2 == 0 else light.on(rgb("#a9cf5c"), 0.1, True), 0.45)
            ridge(stage, line, shade, mix(shade, near, 0.8), 0.25)
    if not c.flat:
        v = np.log(t * 9 + 0.5) * 8
        g = grain.at(c.x * np.float32(3), v.astype(np.float32))
        c.px[r0:] *= 1 + (g * (0.05 + 0.06 * t[:, None]) * mask)[..., None]


def rolling(
    stage: Stage, top: float, count: int, tones: tuple[str, ...], trees: float = 0.5, tall: float = 0.12
) -> None:
    """Layered round hills coming nearer, sometimes with trees along their crests."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    for k in range(count):
        u = k / max(count - 1, 1)
        a = shade_of(rng, tones, 0.03)
        depth = 0.38 * (1 - u) ** 1.3
        tone = light.on(mix(a, rgb("#b9d66b"), 0.18 * (1 - u)), depth, True)
        profile = (
            top + (1 - top) * 0.74 * u**1.15 + curve(rng, c.x, 1.1 + 0.9 * (1 - u), 2, 0.35) * tall * (0.4 + 0.35 * u)
        )
        if stage.chance(trees) and k < count - 1:
            woods = light.on(shade_of(rng, DEEP_GREENS), depth * 0.95, True)
            grow = conifer_line if stage.chance(0.4) else tree_line
            line = grow(stage, profile + 0.006, 16 + int(20 * (1 - u)), 0.022 + 0.05 * u)
            gaps = curve(rng, c.x, 2.2, 2) > -0.1
            line = np.where(gaps, line, profile + 0.02)
            ridge(stage, line, woods)
        ridge(stage, profile, tone, mix(tone, light.on(a * np.float32(0.82), depth * 0.5, True), 0.8), 0.3, 0.03)


def snowfield(stage: Stage, top: float, count: int = 3) -> None:
    """Soft drifts, white where the light falls and blue in the hollows."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    lit = light.on(np.float32([0.97, 0.985, 1.0]))
    blue = mix(light.on(np.float32([0.66, 0.78, 0.95])), light.stops[0], 0.12)
    if light.time in ("sunset", "sunrise"):
        lit = mix(lit, light.sun, 0.25)
    for k in range(count):
        u = k / max(count - 1, 1)
        profile = top + (1 - top) * 0.62 * u + curve(rng, c.x, 1.3 + 0.4 * (1 - u), 2, 0.3) * (0.03 + 0.035 * u)
        tone = mix(lit, blue, 0.12 + 0.2 * (k % 2)) if c.flat else lit
        ridge(stage, profile, mix(tone, light.haze, 0.3 * (1 - u)), mix(blue, lit, 0.25), 0.3 + 0.15 * u, 0.012)


def volcano(stage: Stage, base: float) -> None:
    """A cone with a glowing crater, streams of lava and a plume."""
    c, light, rng = stage.canvas, stage.light, stage.rng
    x, h, w = stage.between(0.35, 0.65), stage.between(0.3, 0.4), stage.between(0.06, 0.085)
    tip = base - h
    hot, ember, red, deep = (rgb(s) for s in LAVA)
    smoke = Noise(rng, 6, 6, 4, 0.55).over(c.size)
    drift = stage.between(-0.5, 0.5)
    up = np.maximum(tip + 0.02 - c.y, 0)[:, None]
    spread = w * 0.7 + up * 0.42
    centre = x + drift * up
    plume = 1 - ((c.x[None, :] - centre) / spread) ** 2 + smoke * 0.85
    alpha = smooth(0.25, 0.55 if c.flat else 1.1, plume) * smooth(0.0, 0.02, up) * (0.9 - 0.55 * smooth(0.15, 0.6, up))
    grey = mix(light.on(rgb("#77706f")), light.shade, 0.3)
    heat = np.exp(-up / 0.12)[..., None] * 0.75
    c.lay(alpha, grey + heat * (ember - grey))
    c.glow(x, tip, 0.17, red, 0.75 if light.dark > 0.3 else 0.45)
    d = np.abs(c.x - x)
    profile = (
        tip
        + np.maximum(d - w, 0) ** 0.82 * 1.05
        + curve(rng, c.x, 12, 3) * 0.012
        + np.where(d < w, 0.012 * (1 - d / w), 0)
    )
    rock, dark = light.on(rgb("#6b5a5c"), 0.08, True), light.on(rgb("#3d3440"), 0.05, True)
    mask, top = c.below(profile)
    y = c.y[top:]
    zig = x + curve(rng, y, 8, 3) * np.clip(y - tip, 0, 0.3) * 0.5
    side = np.clip((c.x[None, :] - zig[:, None]) * c.size * 0.5 + 0.5, 0, 1)
    tone = rock + side[..., None] * (dark - rock)
    if not c.flat:
        mist = smooth(0.55, 1.1, (y - tip) / h)[:, None, None] * 0.5
        tone = tone + mist * (light.haze - tone)
    c.lay(mask, tone, top)
    fall = np.maximum(y - tip, 0)
    for _ in range(stage.some(2, 4)):
        start, run = x + stage.between(-0.7, 0.7) * w, stage.between(-0.55, 0.55)
        length = h * stage.between(0.45, 0.95)
        path = start + run * fall + curve(rng, y, 9, 2) * 0.03 * np.minimum(fall / h * 2, 1)
        half = 0.007 + 0.016 * (1 - np.clip(fall / length, 0, 1))
        live = (fall < length) & (y > tip + 0.004)
        off = np.abs(c.x[None, :] - path[:, None])
        body = np.clip((half[:, None] - off) * c.size + 0.5, 0, 1) * live[:, None] * mask
        warm = np.exp(-((off / (half[:, None] * 3)) ** 2)) * live[:, None] * mask * 0.5
        cool = np.clip(fall / length, 0, 1)[:, None, None]
        c.lift(warm, red, top)
        c.lay(body, ember + cool * (deep - ember), top)
        core = np.clip((half[:, None] * 0.45 - off) * c.size + 0.5, 0, 1) * live[:, None] * mask * (1 - cool[..., 0])
        c.lay(core, hot, top)
    crater, low = c.below(np.where(d < w * 1.02, tip + 0.004, 2).astype(np.float32))
    upper, _ = c.below(profile)
    rim = crater[: c.row(tip + 0.03) - low]
    inner = rim * (1 - upper[low - top : low - top + len(rim)] if low >= top else 1)
    c.lay(inner, hot, low)
