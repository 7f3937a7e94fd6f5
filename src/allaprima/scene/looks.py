"""How a painted scene is finished: flat, gradient, painterly, watercolour, pixels, ink.

Works on the finished picture alone; knows nothing of what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.scene.canvas import Canvas, rgb
from allaprima.scene.noise import Array, Lattice, Noise, smooth


@dataclass(frozen=True)
class Look:
    """flat: painters use clean shapes. base_size: paint at this size whatever is asked (0 = as asked)."""

    name: str
    flat: bool
    base_size: int = 0


LOOKS: dict[str, Look] = {
    look.name: look
    for look in (
        Look("flat", True),
        Look("gradient", False),
        Look("painterly", False),
        Look("watercolor", False),
        Look("pixel", True, 128),
        Look("ink", False),
    )
}


def finish(look: Look, canvas: Canvas, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """uint8 [size, size, 3] in this look."""
    px = canvas.px
    if look.name == "painterly":
        px = _painterly(np.clip(px, 0, 1), rng)
    elif look.name == "watercolor":
        px = _watercolor(np.clip(px, 0, 1), rng)
    elif look.name == "ink":
        px = _ink(np.clip(px, 0, 1), rng)
    picture = (np.minimum(np.maximum(px, 0), 1) * 255 + 0.5).astype(np.uint8)
    if look.name == "pixel":
        return _pixel(picture, size)
    return picture


def _blur(px: Array, by: int) -> Array:
    """A cheap wide blur [n, n, 3]: shrink by a whole number and read back smoothly."""
    n = px.shape[0]
    image = Image.fromarray((px * 255).astype(np.uint8)).reduce(by)
    return np.asarray(image.resize((n, n), Image.Resampling.BICUBIC), np.float32) / 255


def _strokes(px: Array, rng: np.random.Generator, length: float, width: float, turn: float) -> Array:
    """Repaint with brush strokes: each pixel takes the colour at the middle of the stroke it lies in."""
    n = px.shape[0]
    bend = Lattice(rng, 4, 4).over(n)
    offsets = rng.random(256, dtype=np.float32)
    tones = rng.uniform(-0.06, 0.06, 64 * 64).astype(np.float32)
    at = (np.arange(n, dtype=np.float32) + np.float32(0.5)) / n
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    # Both shifted by a constant so that truncation is a floor.
    v = (at[:, None] * (cos / width) - at[None, :] * (sin / width)) + bend * np.float32(0.05 / width) + np.float32(128)
    row = v.astype(np.int32)
    u = (at[:, None] * (sin / length) + at[None, :] * (cos / length)) + offsets[row & 255] + np.float32(64)
    cell = u.astype(np.int32)
    du = (cell - u + np.float32(0.5)) * np.float32(length * n)
    dv = (row - v + np.float32(0.5)) * np.float32(width * n)
    pixels = np.arange(n, dtype=np.float32)
    sx = np.minimum(np.maximum(pixels[None, :] + du * cos - dv * sin, 0), n - 1).astype(np.int32)
    sy = np.minimum(np.maximum(pixels[:, None] + du * sin + dv * cos, 0), n - 1).astype(np.int32)
    out = px.reshape(-1, 3)[sy * n + sx]
    bristle = np.float32(0.015) - np.square(dv) * np.float32(0.12 / (width * n) ** 2)
    out *= (tones[(row & 63) * 64 + (cell & 63)] + bristle + 1)[..., None]
    return out


def _painterly(px: Array, rng: np.random.Generator) -> Array:
    turn = float(rng.uniform(-0.28, 0.28))
    coarse = _strokes(px, rng, 0.09, 0.022, turn)
    fine = _strokes(px, rng, 0.045, 0.012, turn + float(rng.uniform(0.25, 0.7)))
    pick = smooth(-0.3, 0.3, Noise(rng, 5, 5, 2).over(px.shape[0]))[..., None]
    mixed = coarse + pick * (fine - coarse)
    detail = np.abs(px - mixed).mean(-1, keepdims=True)
    keep = np.minimum(detail * 3.2, 0.75)
    canvas = Lattice(rng, 96, 96).over(px.shape[0])[..., None] * np.float32(0.014)
    return (mixed + keep * (px - mixed)) * (1 + canvas)


def _watercolor(px: Array, rng: np.random.Generator) -> Array:
    n = px.shape[0]
    warp = Noise(rng, 6, 6, 3, 0.6)
    wx, wy = warp.over(n), Noise(rng, 6, 6, 3, 0.6).over(n)
    at, reach = np.arange(n, dtype=np.float32), np.float32(n * 0.007)
    rows = np.minimum(np.maximum(at[:, None] + wy * reach, 0), n - 1).astype(np.int32)
    cols = np.minimum(np.maximum(at[None, :] + wx * reach, 0), n - 1).astype(np.int32)
    wet = px.reshape(-1, 3)[rows * n + cols]
    soft = _blur(wet, max(n // 32, 1))
    bleed = smooth(-0.2, 0.7, wx)[..., None] * 0.55
    wash = wet + bleed * (soft - wet)
    edge = np.clip((soft - wet).mean(-1), 0, 1)[..., None]
    grain = Noise(rng, 48, 48, 2, 0.7).over(n)[..., None]
    pool = Noise(rng, 3, 3, 3).over(n)[..., None]
    paper = rgb("#fbf7ee")
    strength = np.clip(0.8 + 0.12 * pool + 0.05 * grain + edge * 0.9, 0, 1)
    out = paper * (1 - strength + strength * (wash * 0.94 + 0.06))
    d = np.arange(n, dtype=np.float32) / n
    near = np.minimum(np.minimum(d, 1 - d)[:, None], np.minimum(d, 1 - d)[None, :])
    border = smooth(0.012, 0.035, near + wx * 0.014)[..., None]
    return paper + border * (out - paper)


def _pixel(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    small = Image.fromarray(picture).resize((64, 64), Image.Resampling.BOX)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47
    dither = np.tile(bayer, (16, 16))[..., None] * 5
    crisp = Image.fromarray(np.clip(np.asarray(small, np.float32) + dither, 0, 255).astype(np.uint8))
    crisp = crisp.quantize(40, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return np.asarray(crisp.resize((size, size), Image.Resampling.NEAREST))


def _ink(px: Array, rng: np.random.Generator) -> Array:
    n = px.shape[0]
    wander = Noise(rng, 9, 9, 2, 0.6)
    wx, wy = wander.over(n), wander.over(n).T
    rows = np.clip(np.arange(n)[:, None] + wy * n * 0.006, 0, n - 1).astype(np.int32)
    cols = np.clip(np.arange(n)[None, :] + wx * n * 0.006, 0, n - 1).astype(np.int32)
    px = px.reshape(-1, 3)[rows * n + cols]
    grey = px.mean(-1)
    # The pen runs along the dark side of an edge, so that lights stay lit.
    step = max(n // 128, 1)
    around = np.pad(grey, step, mode="edge")
    bright = np.maximum(
        np.maximum(around[step:-step, : -2 * step], around[step:-step, 2 * step :]),
        np.maximum(around[: -2 * step, step:-step], around[2 * step :, step:-step]),
    )
    press = np.clip(0.85 + 0.4 * Noise(rng, 10, 10, 2).over(n), 0, 1)
    line = smooth(0.045, 0.16, (bright - grey) / (0.35 + 0.65 * bright)) * press
    grain = Noise(rng, 64, 64, 2, 0.7).over(n)
    wash = Noise(rng, 4, 4, 3).over(n)
    paper, ink = rgb("#f6efe0"), rgb("#1a1c2e")
    muted = grey[..., None] + (px - grey[..., None]) * np.float32(0.8)
    levels = np.float32(9)
    stepped = np.floor(muted * levels + 0.5) / levels
    muted = muted + np.float32(0.45) * (stepped - muted)
    tint = np.clip(0.9 + 0.09 * wash + 0.04 * grain, 0, 1)[..., None]
    out = paper * (1 - tint + tint * muted)
    return out + line[..., None] * (ink - out)
