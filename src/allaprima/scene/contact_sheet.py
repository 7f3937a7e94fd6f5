"""A contact sheet: drawings in rows with their names beneath, good enough to judge a style by eye.

Knows a corpus and Pillow; chooses nothing but the layout.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from allaprima.scene.corpus import Corpus

_PAPER, _CARD, _INK, _FAINT = (244, 241, 235), (255, 254, 251), (52, 48, 44), (150, 142, 132)
_GAP, _LABEL, _HEAD = 10, 24, 58


def contact_sheet(
    corpus: Corpus, indices: Sequence[int], title: str, columns: int = 10, cell: int = 96
) -> Image.Image:
    """The drawings at ``indices`` in rows of ``columns``, ``cell`` pixels each, with names and a title. RGB."""
    rows = max(1, -(-len(indices) // columns))
    width = _GAP + columns * (cell + _GAP)
    sheet = Image.new("RGB", (width, _HEAD + rows * (cell + _LABEL + _GAP) + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    small, large = ImageFont.load_default(11), ImageFont.load_default(24)
    draw.text((_GAP + 2, 15), title, _INK, large)
    for place, index in enumerate(indices):
        row, column = divmod(place, columns)
        x, y = _GAP + column * (cell + _GAP), _HEAD + row * (cell + _LABEL + _GAP)
        draw.rounded_rectangle((x, y, x + cell - 1, y + cell - 1), 8, _CARD)
        inset = cell // 16
        side = cell - 2 * inset
        drawing = Image.fromarray(corpus.image(index), "RGBA").resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(drawing, (x + inset, y + inset), drawing)
        name = _shortened(corpus.drawings[index].name, cell, small)
        draw.text((x + cell / 2, y + cell + 4), name, _INK, small, anchor="ma")
    if not indices:
        draw.text((width / 2, _HEAD + cell / 2), "nothing to show", _FAINT, large, anchor="mm")
    return sheet


def _shortened(words: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    if font.getlength(words) <= width:
        return words
    while words and font.getlength(words + "…") > width:
        words = words[:-1]
    return words.rstrip() + "…"
