"""Describe: four prompts for a picture.

No network here reads pictures into words. What can be done is done and said: the thing in front by the library drawing
that is most like it in colour and outline, the scenery by the painted places that are most like the rest, and the
colours by their names. So it finds an apple on a beach, and not what the apple is doing there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.library import Library
from allaprima.engine.recall import PLAIN_STYLES
from allaprima.scene import scenery, vocabulary
from allaprima.studio.operations import joining
from allaprima.studio.operations.pictures import Pixels, opaque

Array = NDArray[np.float32]
NOTE = (
    "Described by colours and outlines alone, since no network here reads pictures: things are named after the "
    "library drawings most like them."
)
PROMPTS = 4
_SIDE = 12  # cells of a thing's picture
_PLACE = 8  # cells of a place's picture
_SEEDS = 2
_TIMES = ("day", "sunset", "night")


@dataclass(frozen=True)
class Description:
    """Four prompts, and what they were made of: (name, likeness 0..1), best first."""

    prompts: tuple[str, ...]
    things: tuple[tuple[str, float], ...]
    places: tuple[tuple[str, float], ...]
    styles: tuple[str, ...]
    colours: tuple[str, ...]
    notes: tuple[str, ...] = (NOTE,)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "prompts": list(self.prompts),
            "things": [{"name": name, "likeness": likeness} for name, likeness in self.things],
            "places": [{"name": name, "likeness": likeness} for name, likeness in self.places],
            "styles": list(self.styles),
            "colours": list(self.colours),
            "notes": list(self.notes),
        }


def describe(library: Library, pixels: Pixels) -> Description:
    """Four prompts for a picture uint8 [h, w, 3 or 4]."""
    picture = np.asarray(Image.fromarray(opaque(pixels)).resize((96, 96), Image.Resampling.BOX), np.float32)
    front = _front(picture, pixels)
    things, styles = _things(library, picture, front)
    places = _places(picture, front)
    colours = _colours(picture, front)
    prompts = []
    for turn in range(PROMPTS):
        name = things[turn % len(things)][0] if things else f"a {colours[0]} shape"
        place, hour = places[min(turn // 2, len(places) - 1)][0]
        style = styles[turn % len(styles)] if styles else None
        prompts.append(_said(name, place, hour, style, colours[0] if turn % 2 and colours else None))
    named = tuple((f"{place} at {hour}" if hour != "day" else place, likeness) for (place, hour), likeness in places)
    return Description(tuple(dict.fromkeys(prompts)), things, named, styles, colours)


def _said(name: str, place: str, hour: str, style: str | None, colour: str | None) -> str:
    article = "an" if name[:1] in "aeiou" else "a"
    words = f"{article} {name}" if colour is None or colour in name else f"a {colour} {name}"
    if place not in ("plain", "pattern"):
        words += f" in the {vocabulary.SCENERIES[place][0]}" + (f" at {hour}" if hour != "day" else "")
    elif colour is not None:
        words += ", plain background"
    return f"{words}, {vocabulary.STYLES[style][0]}" if style in vocabulary.STYLES else words


def _front(picture: Array, pixels: Pixels) -> NDArray[np.bool_]:
    """What stands out from the wash of the border's colours: bool [96, 96]."""
    if pixels.shape[2] == 4:
        alpha = Image.fromarray(pixels[..., 3]).resize((96, 96), Image.Resampling.BOX)
        return np.asarray(alpha) > 128
    ring = np.ones((96, 96), np.bool_)
    ring[6:-6, 4:-4] = False
    difference = np.abs(picture - joining.spread(picture, ring)).max(axis=2)
    return np.asarray(difference > max(float(np.quantile(difference, 0.55)), 30.0))


def _things(
    library: Library, picture: Array, front: NDArray[np.bool_]
) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    """The names of the drawings most like what stands in front, and their styles."""
    names, styles, shapes, colours = _gallery(library)
    if not front.any() or not names:
        return (), ()
    ys, xs = (np.nonzero(front.any(axis=1))[0], np.nonzero(front.any(axis=0))[0])
    box = (int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1)
    cut = Image.fromarray(picture.astype(np.uint8)).crop(box).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    seen = np.asarray(cut, np.float32)
    cover = Image.fromarray(np.where(front, 255, 0).astype(np.uint8)).crop(box)
    shape = np.asarray(cover.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float32) / 255.0
    outline = np.abs(shapes - shape).mean(axis=(1, 2))
    colour = (np.abs(colours - seen).mean(axis=3) * shapes).sum(axis=(1, 2)) / np.maximum(shapes.sum(axis=(1, 2)), 1.0)
    distance = 0.4 * outline + 0.6 * colour / 128.0
    found: dict[str, float] = {}
    looks: dict[str, None] = {}
    for index in np.argsort(distance, kind="stable")[:24]:
        found.setdefault(names[index], round(float(max(1.0 - distance[index], 0.0)), 4))
        looks.setdefault(styles[index])
    return tuple(list(found.items())[:PROMPTS]), tuple(list(looks)[:2])


@functools.lru_cache(maxsize=2)
def _gallery(library: Library) -> tuple[list[str], list[str], Array, Array]:
    """Names, styles, outlines [n, s, s] and colours [n, s, s, 3] of drawings, one in a usual style for each concept."""
    names, styles, shapes, colours = [], [], [], []
    for turn, drawings in enumerate(library.by_concept.values()):
        usual = [each for each in drawings if each.style in PLAIN_STYLES] or list(drawings)
        drawing = usual[turn % len(usual)]
        image = Image.fromarray(library.image(drawing)).resize((_SIDE, _SIDE), Image.Resampling.BOX)
        rgba = np.asarray(image, np.float32)
        names.append(drawing.name)
        styles.append(drawing.style)
        shapes.append(rgba[..., 3] / 255.0)
        colours.append(rgba[..., :3])
    empty = np.zeros((0, _SIDE, _SIDE), np.float32)
    if not names:
        return [], [], empty, empty
    return names, styles, np.stack(shapes), np.stack(colours)


def _places(picture: Array, front: NDArray[np.bool_]) -> tuple[tuple[tuple[str, str], float], ...]:
    """The painted places most like what is not in front: ((scenery, time), likeness)."""
    keys, places = _painted_places()
    small = np.asarray(
        Image.fromarray(picture.astype(np.uint8)).resize((_PLACE, _PLACE), Image.Resampling.BOX), np.float32
    )
    shown = Image.fromarray(np.where(front, 0, 255).astype(np.uint8)).resize((_PLACE, _PLACE), Image.Resampling.BOX)
    weight = np.asarray(shown, np.float32) / 255.0 + 0.02
    distance = (np.abs(places - small).mean(axis=3) * weight).sum(axis=(1, 2)) / weight.sum()
    found: dict[tuple[str, str], float] = {}
    for index in np.argsort(distance, kind="stable"):
        found.setdefault(keys[index], round(float(max(1.0 - distance[index] / 128.0, 0.0)), 4))
        if len(found) == 3:
            break
    return tuple(found.items())


@functools.lru_cache(maxsize=1)
def _painted_places() -> tuple[list[tuple[str, str]], Array]:
    keys, pictures = [], []
    for place in scenery.SCENERIES:
        for hour in ("day",) if place in scenery.TIMELESS or place in ("plain", "pattern") else _TIMES:
            for seed in range(_SEEDS):
                rng = np.random.Generator(np.random.PCG64(seed))
                painted = scenery.paint(place, time_of_day=hour, size=32, rng=rng).picture
                keys.append((place, hour))
                pictures.append(Image.fromarray(painted).resize((_PLACE, _PLACE), Image.Resampling.BOX))
    return keys, np.stack([np.asarray(each, np.float32) for each in pictures])


def _colours(picture: Array, front: NDArray[np.bool_]) -> tuple[str, ...]:
    """The names of the colours there are most of, in front if anything is."""
    names = list(vocabulary.COLOUR_RGB)
    table = np.asarray([vocabulary.COLOUR_RGB[name] for name in names], np.float32)
    points = picture[front] if front.sum() > 50 else picture.reshape(-1, 3)
    nearest = np.argmin(np.square(points[:, None] - table).sum(axis=2), axis=1)
    counts = np.bincount(nearest, minlength=len(names))
    return tuple(names[index] for index in np.argsort(-counts, kind="stable")[:3] if counts[index])
