"""The typeface that comes with the package, and words set in any typeface as a mask.

Shared by what composes scenes and by what paints them, so that lettering enters both in one way. Knows nothing of
either. The font is Fredoka, SemiBold, under the SIL Open Font License 1.1; its licence lies beside it (OFL.txt).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

NAME = "fredoka"
PATH = Path(__file__).parent / "fredoka-latin-600-normal.woff2"

_PIXELS = 160  # the size words are set at, before they are scaled to their place
_LEADING = 0.22  # between two lines, of the size


@cache
def opened(path: Path, size: int = _PIXELS) -> ImageFont.FreeTypeFont:
    """The font at this size in pixels. Raises OSError when the file is missing or no font."""
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def set_words(lines: tuple[str, ...], path: Path = PATH) -> Image.Image:
    """The lines, centred under each other, cropped to their ink: mode L, 255 where ink is, about 160 px a line.

    Raises OSError when the font cannot be read, ValueError when the font has no ink for any of it.
    """
    font = opened(path)
    inks = [_ink(line, font) for line in lines if line.strip()]
    if not inks:
        raise ValueError("there is nothing to set")
    gap = round(_PIXELS * _LEADING)
    sheet = Image.new("L", (max(ink.width for ink in inks), sum(ink.height for ink in inks) + gap * (len(inks) - 1)))
    top = 0
    for ink in inks:
        sheet.paste(ink, ((sheet.width - ink.width) // 2, top))
        top += ink.height + gap
    return sheet


def _ink(line: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    left, top, right, bottom = font.getbbox(line)
    if right <= left or bottom <= top:
        raise ValueError(f"the font has no ink for {line!r}")
    mask = Image.new("L", (round(right - left) + 8, round(bottom - top) + 8))
    ImageDraw.Draw(mask).text((4 - left, 4 - top), line, fill=255, font=font)
    found = mask.getbbox()
    if found is None:
        raise ValueError(f"the font has no ink for {line!r}")
    return mask.crop(found)
