"""A corpus of a few plain shapes in several styles, drawn in memory: enough for scenes, no data needed."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from allaprima.scene.corpus import Corpus, Drawing
from allaprima.scene.typefaces import Typeface

# name, shape, colour, group
THINGS = (
    ("red apple", "ellipse", (214, 40, 48), "food"),
    ("dog", "rectangle", (150, 96, 52), "animal"),
    ("cat", "ellipse", (250, 150, 40), "animal"),
    ("fox", "wide", (240, 120, 30), "animal"),
    ("owl", "tall", (126, 82, 44), "animal"),
    ("grapes", "ellipse", (128, 70, 190), "food"),
    ("house", "rectangle", (60, 120, 220), "place"),
    ("leaf", "tall", (60, 170, 70), "plant"),
    ("mailbox", "wide", (50, 110, 215), "object"),
    ("grinning face", "ellipse", (252, 208, 60), "face"),
    ("scarf", "wide", (240, 110, 165), "object"),
    ("knife", "tall", (150, 152, 158), "object"),
)
STYLES = ("flat", "3d", "pixel art", "silhouette")
_BOXES = {
    "ellipse": (40, 40, 216, 216),
    "rectangle": (50, 60, 206, 220),
    "wide": (20, 90, 236, 170),
    "tall": (96, 16, 160, 240),
}


def tiny_corpus(typefaces: tuple[Typeface, ...] = ()) -> Corpus:
    """Forty-eight drawings: twelve concepts in four styles; with typefaces, some scenes have lettering."""
    drawings, pixels = [], []
    for style in STYLES:
        for name, shape, colour, group in THINGS:
            image = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
            pen = ImageDraw.Draw(image)
            ink = (0, 0, 0) if style == "silhouette" else colour
            draw = pen.ellipse if shape == "ellipse" else pen.rectangle
            draw(_BOXES[shape], fill=(*ink, 255))
            if style == "3d":
                pen.ellipse((112, 112, 128, 128), fill=(255, 255, 255, 255))
            drawings.append(
                Drawing(
                    index=len(drawings),
                    name=name,
                    concept=name.replace(" ", "-"),
                    keywords=(),
                    style=style,
                    licence="CC0-1.0",
                    source="tests",
                    version="1",
                    sha256="",
                    group=group,
                )
            )
            pixels.append(np.asarray(image))
    return Corpus(drawings, np.stack(pixels), typefaces)
