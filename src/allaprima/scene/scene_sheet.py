"""A sheet of scenes with their captions and collages, to judge by eye what the painter will learn from.

Knows scenes and Pillow; composes nothing itself.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from allaprima.scene.compositor import Scene

_PAPER, _INK, _FAINT, _GREY = (244, 241, 235), (40, 37, 34), (128, 120, 110), (128, 128, 128)
_GAP, _LINE, _LINES = 12, 13, 5


def scene_sheet(scenes: Sequence[Scene], columns: int = 6, cell: int = 192) -> Image.Image:
    """Scenes in rows, each with its dense caption, its short one fainter, and the collage small in a
    corner. RGB.
    """
    rows = max(1, -(-len(scenes) // columns))
    high = cell + _LINES * _LINE + _GAP + 6
    sheet = Image.new("RGB", (_GAP + columns * (cell + _GAP), _GAP + rows * high), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    per_line = max(int(cell / 5.6), 8)
    for number, scene in enumerate(scenes):
        row, column = divmod(number, columns)
        x, y = _GAP + column * (cell + _GAP), _GAP + row * high
        picture = Image.fromarray(scene.picture)
        sharp = Image.Resampling.NEAREST if scene.picture.shape[0] < cell else Image.Resampling.LANCZOS
        sheet.paste(picture.resize((cell, cell), sharp), (x, y))
        if scene.collage[..., 3].any():
            side = cell // 4
            collage = Image.fromarray(scene.collage)
            card = Image.new("RGBA", collage.size, (*_GREY, 255))
            card.alpha_composite(collage)
            sheet.paste(card.convert("RGB").resize((side, side)), (x + cell - side, y + cell - side))
        dense = textwrap.wrap(scene.caption, per_line)[: _LINES - 1]
        short = textwrap.wrap(scene.short_caption, per_line)[: _LINES - len(dense)]
        for place, (line, ink) in enumerate([(s, _INK) for s in dense] + [(s, _FAINT) for s in short]):
            draw.text((x, y + cell + 3 + place * _LINE), line, ink, font)
    return sheet
