"""A square float canvas in unit coordinates, with soft masks for nature and a pen for crisp shapes.

Knows how to lay colour, not what it depicts. x runs right, y runs down, both 0..1; colours are float RGB in 0..1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Array = NDArray[np.float32]
Point = tuple[float, float]


@lru_cache(maxsize=1024)
def rgb(colour: str) -> Array:
    """'#rrggbb' -> float32 [3] in 0..1, read-only."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    value.flags.writeable = False
    return value


def mix(a: Array, b: Array, share: float) -> Array:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * np.float32(share)


def blend(stops: Sequence[Array] | Array, at: Array) -> Array:
    """Colours [..., 3] of evenly spaced `stops` at positions 0..1."""
    table = np.asarray(stops, np.float32)
    at = np.minimum(np.maximum(at, 0), 1)
    places = np.linspace(0, 1, len(table))
    return np.stack([np.interp(at, places, table[:, k]) for k in range(3)], -1).astype(np.float32)


class Canvas:
    """Pixels float32 [size, size, 3]; `flat` asks painters for clean shapes instead of soft ones."""

    def __init__(self, size: int, flat: bool) -> None:
        self.size = size
        self.flat = flat
        self.px = np.zeros((size, size, 3), np.float32)
        self.x = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.y = self.x.copy()

    def row(self, y: float) -> int:
        """First pixel row at or above height y, kept inside the canvas."""
        return int(min(max(np.floor(y * self.size), 0), self.size - 1))

    def lay(self, mask: Array | float, colour: Array, top: int = 0) -> None:
        """Mix `colour` in by `mask` ([rows, size], [rows, 1] or a number), starting at pixel row `top`."""
        if isinstance(mask, float | int):
            region = self.px[top:]
            region += np.float32(mask) * (colour - region)
            return
        region = self.px[top : top + mask.shape[0]]
        region += mask[..., None] * (colour - region)

    def lift(self, mask: Array, colour: Array, top: int = 0) -> None:
        """Screen `colour` over the canvas by `mask`: light adds, never burns out."""
        region = self.px[top : top + mask.shape[0]]
        region += (mask[..., None] * colour) * np.maximum(1 - region, 0)

    def below(self, profile: Array, soft: float = 0.0) -> tuple[Array, int]:
        """Anti-aliased mask of everything below the curve y = profile(x), and its first row."""
        top = self.row(float(profile.min()) - soft - 1 / self.size)
        edge = np.float32(1 / max(soft, 1 / self.size))
        mask = (self.y[top:, None] - profile[None, :]) * edge + np.float32(0.5)
        return np.minimum(np.maximum(mask, 0), 1), top

    def window(self, x: float, y: float, rx: float, ry: float) -> tuple[slice, slice]:
        """Pixel rows and columns that hold the given box (centre and half extents), clipped."""
        n = self.size
        rows = slice(max(int((y - ry) * n) - 1, 0), max(min(int((y + ry) * n) + 2, n), 0))
        cols = slice(max(int((x - rx) * n) - 1, 0), max(min(int((x + rx) * n) + 2, n), 0))
        return rows, cols

    def disc(self, x: float, y: float, r: float, colour: Array, alpha: float = 1.0, soft: float = 0.0) -> None:
        """A disc with an edge `soft` wide (at least one pixel)."""
        rows, cols = self.window(x, y, r + soft, r + soft)
        if rows.start >= rows.stop or cols.start >= cols.stop:
            return
        d = np.sqrt((self.y[rows, None] - y) ** 2 + (self.x[None, cols] - x) ** 2)
        edge = np.float32(1 / max(soft, 1 / self.size))
        mask = np.minimum(np.maximum((r - d) * edge + 0.5, 0), 1) * np.float32(alpha)
        region = self.px[rows, cols]
        region += mask[..., None] * (colour - region)

    def glow(self, x: float, y: float, r: float, colour: Array, strength: float, stretch: float = 1.0) -> None:
        """Light that falls off from (x, y); `stretch` widens it sideways."""
        reach = r * 2.4
        rows, cols = self.window(x, y, reach * stretch, reach)
        rows, _ = self.window(x, y, reach, reach)
        _, cols = self.window(x, y, reach * stretch, reach)
        if rows.start >= rows.stop or cols.start >= cols.stop:
            return
        # Separable: a Gaussian is the product of its sides.
        down = np.exp(-(((self.y[rows] - y) / r) ** 2)) * np.float32(strength)
        across = np.exp(-(((self.x[cols] - x) / (r * stretch)) ** 2))
        region = self.px[rows, cols]
        region += (down[:, None] * across[None, :])[..., None] * colour * np.maximum(1 - region, 0)

    def tint(self, colour: Array, top: int = 0) -> None:
        """Multiply everything from row `top` down by `colour`."""
        self.px[top:] *= colour

    def splat(self, points: Array, radii: Array, colours: Array) -> None:
        """Small round lights: points [n,2], radii [n] in unit lengths, colours [n,3]; brightness kept at any size."""
        n = self.size
        sigma = np.maximum(radii * n, 0.42)
        power = np.minimum((radii * n / 0.42) ** 2, 1)
        reach = np.arange(-2, 3)
        home = np.floor(points * n).astype(np.int64)
        dx = home[:, 0, None] + reach + 0.5 - points[:, 0, None] * n
        dy = home[:, 1, None] + reach + 0.5 - points[:, 1, None] * n
        gx = np.exp(-0.5 * (dx / sigma[:, None]) ** 2)
        gy = np.exp(-0.5 * (dy / sigma[:, None]) ** 2)
        light = (gy[:, :, None] * gx[:, None, :] * power[:, None, None]).astype(np.float32)
        rows = np.clip(home[:, 1, None] + reach, 0, n - 1)[:, :, None]
        cols = np.clip(home[:, 0, None] + reach, 0, n - 1)[:, None, :]
        np.add.at(
            self.px,
            (np.broadcast_to(rows, light.shape), np.broadcast_to(cols, light.shape)),
            light[..., None] * colours[:, None, None, :],
        )
        np.minimum(self.px, 1, out=self.px)

    @contextmanager
    def pen(self, top: float = 0.0, bottom: float = 1.0) -> Iterator[Pen]:
        """Draw crisp shapes between two heights; twice oversampled on what is already there."""
        r0, r1 = self.row(top), min(self.row(bottom) + 1, self.size)
        rows = np.minimum(np.maximum(self.px[r0:r1], 0), 1)
        image = Image.fromarray((rows * 255 + 0.5).astype(np.uint8))
        image = image.resize((self.size * 2, (r1 - r0) * 2), Image.Resampling.NEAREST)
        yield Pen(image, self.size * 2, r0 * 2)
        self.px[r0:r1] = np.asarray(image.reduce(2), np.float32) * np.float32(1 / 255)


class Pen:
    """Crisp shapes in unit coordinates; alpha below 1 lets what is beneath through."""

    def __init__(self, image: Image.Image, scale: int, offset: int) -> None:
        self._draw = ImageDraw.Draw(image, "RGBA")
        self._scale = scale
        self._offset = offset

    @staticmethod
    def _ink(colour: Array, alpha: float) -> tuple[int, int, int, int]:
        r, g, b = (min(max(int(v * 255 + 0.5), 0), 255) for v in colour.tolist())
        return r, g, b, int(alpha * 255)

    def poly(self, points: Sequence[Point], colour: Array, alpha: float = 1.0) -> None:
        """A filled polygon."""
        s, o = self._scale, self._offset
        self._draw.polygon([(x * s, y * s - o) for x, y in points], fill=self._ink(colour, alpha))

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Array, alpha: float = 1.0) -> None:
        """A filled ellipse about (x, y)."""
        s, o = self._scale, self._offset
        box = ((x - rx) * s, (y - ry) * s - o, (x + rx) * s, (y + ry) * s - o)
        self._draw.ellipse(box, fill=self._ink(colour, alpha))

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Array, alpha: float = 1.0) -> None:
        """A filled rectangle; less than half a pixel draws nothing."""
        s, o = self._scale, self._offset
        left, upper, right, lower = round(x0 * s), round(y0 * s) - o, round(x1 * s) - 1, round(y1 * s) - o - 1
        if right >= left and lower >= upper:
            self._draw.rectangle((left, upper, right, lower), fill=self._ink(colour, alpha))

    def bar(self, x0: float, y0: float, x1: float, y1: float, colour: Array, alpha: float = 1.0) -> None:
        """A rectangle with fully rounded ends."""
        s, o = self._scale, self._offset
        if (x1 - x0) * s < 1 or (y1 - y0) * s < 1:
            return
        box = (x0 * s, y0 * s - o, x1 * s, y1 * s - o)
        self._draw.rounded_rectangle(box, radius=(y1 - y0) * s / 2, fill=self._ink(colour, alpha))

    def line(self, points: Sequence[Point], colour: Array, width: float, alpha: float = 1.0) -> None:
        """A line of the given unit width (at least one oversampled pixel)."""
        s, o = self._scale, self._offset
        path = [(x * s, y * s - o) for x, y in points]
        self._draw.line(path, fill=self._ink(colour, alpha), width=max(int(width * s + 0.5), 1), joint="curve")
