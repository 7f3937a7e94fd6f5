"""A tiny corpus drawn with Pillow, for trying things offline and for tests: a dozen concepts in three styles.

It has the shape of the real corpus and none of its packages. Shapes are plain but recognisable, and each concept
keeps its outline over the styles, so that what is learned on it can be seen to be right or wrong.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from allaprima.scene.corpus import PIXELS, ROWS, Corpus, Drawing
from allaprima.scene.rendering import SIDE, frame

Shape = Callable[["_Pen"], None]

_OVER = 2  # drawn at twice the size, for smooth edges
_STYLES = ("flat", "line", "silhouette")


class _Pen:
    """Draws in units of the side, 0 to 1, in one of the three styles."""

    def __init__(self, style: str) -> None:
        self.picture = Image.new("RGBA", (SIDE * _OVER, SIDE * _OVER))
        self._draw = ImageDraw.Draw(self.picture)
        self._style = style

    def _paint(self, colour: str) -> dict:
        if self._style == "silhouette":
            return {"fill": "#000000"}
        if self._style == "line":
            return {"fill": colour, "outline": "#1c1c28", "width": 5 * _OVER}
        return {"fill": colour}

    def oval(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        self._draw.ellipse(_scaled(x0, y0, x1, y1), **self._paint(colour))

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        self._draw.rectangle(_scaled(x0, y0, x1, y1), **self._paint(colour))

    def polygon(self, points: tuple[float, ...], colour: str) -> None:
        self._draw.polygon(_scaled(*points), **self._paint(colour))


def _scaled(*numbers: float) -> list[float]:
    return [n * SIDE * _OVER for n in numbers]


def _apple(pen: _Pen) -> None:
    pen.oval(0.15, 0.25, 0.85, 0.95, "#d92a2a")
    pen.box(0.47, 0.08, 0.53, 0.3, "#6b4226")
    pen.oval(0.53, 0.1, 0.75, 0.22, "#3fa34d")


def _tree(pen: _Pen) -> None:
    pen.box(0.42, 0.6, 0.58, 0.98, "#7a4a21")
    pen.oval(0.15, 0.03, 0.85, 0.7, "#2f8f46")


def _house(pen: _Pen) -> None:
    pen.box(0.15, 0.45, 0.85, 0.95, "#e8c48a")
    pen.polygon((0.05, 0.47, 0.5, 0.06, 0.95, 0.47), "#b5402f")
    pen.box(0.42, 0.62, 0.58, 0.95, "#5b3a29")


def _fish(pen: _Pen) -> None:
    pen.polygon((0.66, 0.5, 0.97, 0.25, 0.97, 0.75), "#e07b1a")
    pen.oval(0.03, 0.25, 0.78, 0.75, "#f59b2d")
    pen.oval(0.17, 0.4, 0.25, 0.48, "#ffffff")


def _star(pen: _Pen) -> None:
    turns = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2 == 0, 0.48, 0.2)
    points = np.stack([0.5 + reach * np.cos(turns), 0.5 + reach * np.sin(turns)], 1)
    pen.polygon(tuple(float(v) for v in points.ravel()), "#f4c430")


def _sun(pen: _Pen) -> None:
    for turn in np.arange(8) * np.pi / 4:
        x, y = 0.5 + 0.42 * np.cos(turn), 0.5 + 0.42 * np.sin(turn)
        pen.oval(x - 0.06, y - 0.06, x + 0.06, y + 0.06, "#f7a81b")
    pen.oval(0.22, 0.22, 0.78, 0.78, "#ffd23f")


def _cat(pen: _Pen) -> None:
    pen.polygon((0.15, 0.45, 0.18, 0.05, 0.48, 0.3), "#8c8c94")
    pen.polygon((0.85, 0.45, 0.82, 0.05, 0.52, 0.3), "#8c8c94")
    pen.oval(0.1, 0.22, 0.9, 0.95, "#a3a3ad")
    pen.oval(0.28, 0.45, 0.38, 0.58, "#2fae5f")
    pen.oval(0.62, 0.45, 0.72, 0.58, "#2fae5f")


def _dog(pen: _Pen) -> None:
    pen.oval(0.18, 0.12, 0.82, 0.92, "#b57a45")
    pen.oval(0.04, 0.15, 0.27, 0.7, "#7d4f28")
    pen.oval(0.73, 0.15, 0.96, 0.7, "#7d4f28")
    pen.oval(0.4, 0.55, 0.6, 0.7, "#2b1d14")


def _car(pen: _Pen) -> None:
    pen.polygon((0.22, 0.5, 0.34, 0.25, 0.68, 0.25, 0.8, 0.5), "#9cc9e8")
    pen.box(0.03, 0.48, 0.97, 0.72, "#2f6fd0")
    pen.oval(0.14, 0.62, 0.36, 0.84, "#22252b")
    pen.oval(0.64, 0.62, 0.86, 0.84, "#22252b")


def _boat(pen: _Pen) -> None:
    pen.polygon((0.53, 0.05, 0.53, 0.66, 0.92, 0.66), "#f2f2ee")
    pen.polygon((0.47, 0.14, 0.47, 0.66, 0.14, 0.66), "#e2574c")
    pen.polygon((0.05, 0.7, 0.95, 0.7, 0.78, 0.94, 0.22, 0.94), "#8a5a33")


def _flower(pen: _Pen) -> None:
    pen.box(0.47, 0.5, 0.53, 0.98, "#3c9a4e")
    for turn in np.arange(6) * np.pi / 3:
        x, y = 0.5 + 0.2 * np.cos(turn), 0.32 + 0.2 * np.sin(turn)
        pen.oval(x - 0.13, y - 0.13, x + 0.13, y + 0.13, "#e667a8")
    pen.oval(0.38, 0.2, 0.62, 0.44, "#ffd447")


def _cup(pen: _Pen) -> None:
    pen.oval(0.6, 0.38, 0.97, 0.75, "#4a90a4")
    pen.oval(0.7, 0.47, 0.88, 0.66, "#dfeef2")
    pen.polygon((0.08, 0.25, 0.78, 0.25, 0.68, 0.92, 0.18, 0.92), "#4a90a4")


_DRAWN: tuple[tuple[str, str, tuple[str, ...], str, Shape], ...] = (
    ("red-apple", "red apple", ("apple", "fruit", "food"), "food", _apple),
    ("tree", "tree", ("plant", "forest", "wood"), "plant", _tree),
    ("house", "house", ("home", "building"), "place", _house),
    ("fish", "fish", ("animal", "sea"), "animal", _fish),
    ("star", "star", ("night", "sky"), "place", _star),
    ("sun", "sun", ("day", "bright", "sky"), "place", _sun),
    ("cat", "cat", ("animal", "kitten", "pet"), "animal", _cat),
    ("dog", "dog", ("animal", "puppy", "pet"), "animal", _dog),
    ("automobile", "car", ("automobile", "vehicle"), "place", _car),
    ("sailboat", "sailboat", ("boat", "sea", "ship"), "place", _boat),
    ("flower", "flower", ("plant", "blossom"), "plant", _flower),
    ("cup", "cup", ("drink", "coffee", "mug"), "object", _cup),
)


def sample_corpus(folder: str | Path) -> Corpus:
    """Write the sample corpus into ``folder`` (made if need be) and open it: 36 drawings, the same every time."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    drawings, pixels = [], []
    for style in _STYLES:
        for concept, name, keywords, group, shape in _DRAWN:
            pen = _Pen(style)
            shape(pen)
            rgba = frame(pen.picture)
            sha256 = hashlib.sha256(rgba.tobytes()).hexdigest()
            drawings.append(
                Drawing(len(drawings), name, concept, keywords, style, "CC0-1.0", "sample", "1", sha256, group)
            )
            pixels.append(rgba)
    aside = place / "rgba.part"
    with open(aside, "wb") as file:
        np.save(file, np.stack(pixels))
    (place / "drawings.part").write_text("".join(d.row() + "\n" for d in drawings), encoding="utf-8")
    os.replace(aside, place / PIXELS)
    os.replace(place / "drawings.part", place / ROWS)
    return Corpus.open(place)
