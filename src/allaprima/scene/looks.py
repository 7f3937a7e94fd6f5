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
        Look("ink", True),
    )
}


def finish(look: Look, canvas: Canvas, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """uint8 [size, size, 3] in this look."""
    px = canvas.px
    if look.name == "gradient":
        px = _polish(px, rng)
    elif look.name == "painterly":
        px = _painterly(np.clip(px, 0, 1), rng)
    elif look.name == "watercolor":
        px = _watercolor(np.clip(px, 0, 1), rng)
    elif look.name == "ink":
        px = _ink(np.clip(px, 0, 1), rng)
    picture = (np.minimum(np.maximum(px, 0), 1) * 255 + 0.5).astype(np.uint8)
    if look.name == "pixel":
        return _pixel(picture, size)
    return picture


def _polish(px: Array, rng: np.random.Generator) -> Array:
    return px


def _blur(px: Array, by: int) -> Array:
    """A cheap wide blur [n, n, 3]: shrink by a whole number and read back smoothly."""
    n = px.shape[0]
    image = Image.fromarray((px * 255).astype(np.uint8)).reduce(by)
    return np.asarray(image.resize((n, n), Image.Resampling.BICUBIC), np.float32) / 255


def _strokes(px: Array, rng: np.random.Generator, length: float, width: float, turn: float) -> Array:
    """Repaint with brush strokes: each pixel takes the colour at the middle of the stroke it lies in."""
    n = px.shape[0]
    bend = Lattice(rng, 4, 4).over(n)
    offsets = rng.random((256,), dtype=np.float32)
    tones = rng.uniform(-0.06, 0.06, (64, 64)).astype(np.float32)
    y, x = np.mgrid[0:n, 0:n].astype(np.float32) / n
    angle = np.float32(turn)
    cos, sin = np.cos(angle), np.sin(angle)
    wobble = bend * np.float32(0.05)
    along, across = x * cos + y * sin, -x * sin + y * cos + wobble
    v = across / width + 64
    row = np.floor(v).astype(np.int64)
    u = along / length + offsets[row % 256] + 64
    cell = np.floor(u).astype(np.int64)
    du, dv = (cell + 0.5 - u) * length, (row + 0.5 - v) * width
    sx = np.clip((x + du * cos - dv * sin) * n, 0, n - 1).astype(np.int64)
    sy = np.clip((y + du * sin + dv * cos) * n, 0, n - 1).astype(np.int64)
    out = px[sy, sx]
    bristle = np.cos((v - row - 0.5) * np.float32(np.pi)) * 0.03 - 0.015
    return out * (1 + tones[row % 64, cell % 64] + bristle)[..., None]


def _painterly(px: Array, rng: np.random.Generator) -> Array:
    turn = float(rng.uniform(-0.5, 0.5))
    coarse = _strokes(px, rng, 0.09, 0.022, turn)
    fine = _strokes(px, rng, 0.045, 0.012, turn + float(rng.uniform(0.5, 1.1)))
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
    rows = np.clip(np.arange(n)[:, None] + wy * n * 0.012, 0, n - 1).astype(np.int64)
    cols = np.clip(np.arange(n)[None, :] + wx * n * 0.012, 0, n - 1).astype(np.int64)
    wet = px[rows, cols]
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
    dither = np.tile(bayer, (16, 16))[..., None] * 9
    crisp = Image.fromarray(np.clip(np.asarray(small, np.float32) + dither, 0, 255).astype(np.uint8))
    crisp = crisp.quantize(24, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return np.asarray(crisp.resize((size, size), Image.Resampling.NEAREST))


def _ink(px: Array, rng: np.random.Generator) -> Array:
    n = px.shape[0]
    step = max(n // 128, 1)
    soft = px
    dx = np.abs(np.roll(soft, -step, 1) - np.roll(soft, step, 1)).max(-1)
    dy = np.abs(np.roll(soft, -step, 0) - np.roll(soft, step, 0)).max(-1)
    dx[:, :step] = dx[:, -step:] = 0
    dy[:step] = dy[-step:] = 0
    press = 0.8 + 0.35 * Noise(rng, 12, 12, 2).over(n)
    line = smooth(0.07, 0.22, np.maximum(dx, dy)) * np.clip(press, 0, 1)
    grain = Noise(rng, 64, 64, 2, 0.7).over(n)
    wash = Noise(rng, 4, 4, 3).over(n)
    paper, ink = rgb("#f6efe0"), rgb("#1f2233")
    grey = px.mean(-1, keepdims=True)
    muted = grey + (px - grey) * 0.72
    tint = np.clip(0.86 + 0.1 * wash + 0.05 * grain, 0, 1)[..., None]
    out = paper * (1 - tint + tint * muted)
    return out + line[..., None] * (ink - out)
