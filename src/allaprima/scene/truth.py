"""What is true of a scene: its objects, where and what colour they are, and everything around them.

Plain records, shared by the compositor (which makes them), the captions (which say them) and the judge (which
asks for them).
"""

from __future__ import annotations

from dataclasses import dataclass

from allaprima.scene.layout import Box


@dataclass(frozen=True)
class SceneObject:
    """One drawing in a scene.

    box: (x0, y0, x1, y1), the drawing's visible extent as fractions of the picture. colour: its measured
    colour name, None when no single one dominates. size: the size word asked for, None when none was. word:
    what the caption calls it. recoloured_from: its colour in the corpus when the scene shows another
    ("any": a silhouette).
    """

    concept: str
    name: str
    style: str
    drawing: int
    box: Box
    colour: str | None
    size: str | None
    word: str = ""
    recoloured_from: str | None = None


@dataclass(frozen=True)
class Lettering:
    """Words in a scene.

    lines: one or two, as drawn. box: the letters' ink. colour: their colour's name. place: "alone", "scenery", or
    "above"/"below" the object. carrier: what they are written on ("sign", "wooden sign", "banner", "plate",
    "bubble"), None for the backdrop itself. kind: "word", "number" or "letters" (a string that is no word).
    """

    lines: tuple[str, ...]
    kind: str
    font: str
    place: str
    carrier: str | None
    box: Box = (0.0, 0.0, 1.0, 1.0)
    colour: str = "black"
    carrier_colour: str | None = None
    outlined: bool = False

    @property
    def text(self) -> str:
        """What the letters say, on one line."""
        return " ".join(self.lines)


@dataclass(frozen=True)
class Truth:
    """A scene in words and numbers.

    objects come group by group: counts (2, 1) means two of the first thing, then one of another. relation
    is between the first object and the second. style is "mixed" when objects differ, None without objects.
    weather is None when clear. backdrop_colour is a plain or patterned backdrop's colour, where it has one.
    lettering: the words drawn in the scene, None in most.
    """

    objects: tuple[SceneObject, ...]
    counts: tuple[int, ...]
    relation: str | None
    style: str | None
    scenery: str
    time_of_day: str
    weather: str | None
    look: str
    backdrop_colour: str | None = None
    colour_said: tuple[bool, ...] = ()
    lettering: Lettering | None = None

    @property
    def count(self) -> int:
        """How many objects there are in all."""
        return len(self.objects)
