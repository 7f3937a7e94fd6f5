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
class Truth:
    """A scene in words and numbers.

    objects come group by group: counts (2, 1) means two of the first thing, then one of another. relation
    is between the first object and the second. style is "mixed" when objects differ, None without objects.
    weather is None when clear. backdrop_colour is a plain or patterned backdrop's colour, where it has one.
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

    @property
    def count(self) -> int:
        """How many objects there are in all."""
        return len(self.objects)
