"""Naming the colours of pixels, and giving a drawing another one.

A drawing has a colour worth saying only when one named colour covers most of it. Recolouring turns the hue
of the pixels near the main hue and leaves the rest (eyes, stems, outlines) alone. It knows nothing of
scenes or captions.
"""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np
from PIL import Image

from allaprima.scene.vocabulary import COLOUR_RGB

NAMES = tuple(COLOUR_RGB)
VIVID = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink")
DOMINANT_SHARE = 0.55


def name_of(red: float, green: float, blue: float) -> str:
    """The colour name a person would give this sRGB colour (components in 0..255)."""
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    hue *= 360
    if value < 0.22:
        return "black"
    if saturation < 0.14 or saturation * value < 0.10:
        return "white" if value > 0.86 else "black" if value < 0.3 else "grey"
    if hue < 12 or hue >= 344:
        return "pink" if saturation < 0.55 and value > 0.75 else "brown" if value < 0.42 else "red"
    if hue < 41:
        if value < 0.66 or (saturation < 0.6 and value < 0.75):
            return "brown"
        return "beige" if saturation < 0.5 else "red" if hue < 16 else "orange"
    if hue < 68:
        return "brown" if value < 0.5 else "beige" if saturation < 0.32 else "yellow"
    if hue < 163:
        return "green"
    if hue < 192:
        return "turquoise"
    if hue < 252:
        return "blue"
    if hue < 292:
        return "purple"
    return "purple" if value < 0.5 else "pink"


@cache
def _table() -> np.ndarray:
    """uint8 [32, 32, 32]: index into NAMES for each colour in steps of eight."""
    levels = [step * 8 + 4 for step in range(32)]
    names = [NAMES.index(name_of(r, g, b)) for r in levels for g in levels for b in levels]
    return np.array(names, dtype=np.uint8).reshape(32, 32, 32)


def shares(rgb: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of each of NAMES among pixels uint8 [..., 3], weighted by `weight` [...]: float [13], sums to 1
    or 0.
    """
    r, g, b = (rgb[..., channel] >> 3 for channel in range(3))
    names = _table()[r, g, b].ravel()
    counts = np.bincount(names, None if weight is None else weight.ravel().astype(np.float64), len(NAMES))
    total = counts.sum()
    return counts / total if total > 0 else counts.astype(np.float64)


def dominant(rgba: np.ndarray) -> str | None:
    """The named colour that covers most of a drawing (uint8 [h, w, 4], straight alpha), None when none
    does.
    """
    found = shares(rgba[..., :3], rgba[..., 3] > 128)
    best = int(found.argmax())
    return NAMES[best] if found[best] >= DOMINANT_SHARE else None


def background(rgb: np.ndarray) -> str | None:
    """The named colour of a backdrop (uint8 [h, w, 3]), None when it has no single one."""
    found = shares(rgb)
    best = int(found.argmax())
    return NAMES[best] if found[best] >= 0.7 else None


def recolour(drawing: Image.Image, source: str, target: str) -> Image.Image:
    """The RGBA drawing with its `source`-coloured parts turned to `target`, shading kept; `source` has a hue."""
    red, green, blue, alpha = drawing.split()
    hsv = np.asarray(Image.merge("RGB", (red, green, blue)).convert("HSV")).astype(np.int16)
    hue_from, _, _ = _hsv(source)
    hue_to, sat_to, val_to = _hsv(target)
    distance = np.abs((hsv[..., 0] - hue_from + 128) % 256 - 128)
    # Fully turned within 26 steps (37 degrees) of the main hue, fading out over the next 12.
    turned = np.clip((38 - distance) / 12, 0.0, 1.0) * np.clip((hsv[..., 1] - 25) / 40, 0.0, 1.0)
    inside = (turned > 0.5) & (np.asarray(alpha) > 128)
    if not inside.any():
        return drawing
    middle_s = max(float(np.median(hsv[..., 1][inside])), 1.0)
    middle_v = max(float(np.median(hsv[..., 2][inside])), 1.0)
    # Shades keep their order around the middle one, which becomes the target's; a grey target has no hue to keep.
    kept = 0.3 if target in VIVID else 0.0
    saturation = np.clip(hsv[..., 1] * (kept + (1.0 - kept) * sat_to / middle_s), 0, 255)
    value = np.clip(hsv[..., 2] * (0.35 + 0.65 * val_to / middle_v), 0, 255)
    hue = (hue_to + np.clip((hsv[..., 0] - hue_from + 128) % 256 - 128, -30, 30) // 3) % 256
    new = np.stack([hue, saturation, value], axis=-1).astype(np.uint8)
    new_rgb = np.asarray(Image.fromarray(new, "HSV").convert("RGB")).astype(np.float32)
    old_rgb = np.asarray(drawing)[..., :3].astype(np.float32)
    mixed = old_rgb + (new_rgb - old_rgb) * turned[..., None].astype(np.float32)
    return Image.fromarray(np.dstack([np.rint(mixed).astype(np.uint8), np.asarray(alpha)]), "RGBA")


def paint_over(drawing: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """A silhouette of the RGBA drawing in one sRGB colour."""
    filled = Image.new("RGBA", drawing.size, (*colour, 255))
    filled.putalpha(drawing.getchannel("A"))
    return filled


def lightness(rgb: tuple[float, float, float] | np.ndarray) -> float:
    """Perceived lightness, 0..1, of an sRGB colour in 0..255 (Rec. 601 luma: enough to keep things apart)."""
    return float(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255


def _hsv(name: str) -> tuple[int, int, int]:
    """A colour name's hue, saturation and value in Pillow's 0..255."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in COLOUR_RGB[name]))
    return round(hue * 255), round(saturation * 255), round(value * 255)
