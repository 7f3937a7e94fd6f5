"""Effects: what each parameter does to pictures, painted without and with it, and measured.

Each is a pair of prompts on the same seeds and a number of each picture that the parameter should move; where the
pictures must not change at all, their bytes are compared. Knows nothing of pages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine import taste
from allaprima.engine.library import Library
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.taste import Profile
from allaprima.engine.wish import read_wishes
from allaprima.errors import UserError
from allaprima.prompt import parse
from allaprima.studio import profiles
from allaprima.studio.operations import grid, pictures, table

Values = list[float]
Pictures = Sequence[Picture]
Metric = Callable[[Pictures, Pictures, "Shelf"], tuple[Values, Values]]
Aim = Literal["more", "less", "same"]

SEED, SEEDS = 11, 4  # the first, and how many
FOX = "a red fox under a starry night sky"
SUNSETS = ("a sunset over the sea", "an orange sky at dusk", "a desert at sunset", "mountains in the evening light",
           "a red evening sky over a field", "a boat on the sea at sunset")  # fmt: skip
SUNSET = "a serene sunset over the ocean"
RESAMPLES = 2000


@dataclass(frozen=True)
class Effect:
    """One parameter's effect: what is painted, what is measured of it, and whether that should grow."""

    name: str
    plain: str
    changed: str
    measure: str  # a sentence: what the number is
    metric: Metric
    aim: Aim
    count: int = SEEDS
    unit: str = ""

    @property
    def key(self) -> str:
        """What this effect is known by: another one when what is painted or measured changes."""
        said = json.dumps([self.name, self.plain, self.changed, self.measure, self.aim, self.count])
        return hashlib.sha256(said.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Measured:
    """Means without and with the parameter, and their difference with its 95 % interval, over `count` pairs."""

    before: float
    after: float
    difference: float
    low: float
    high: float
    count: int

    def holds(self, aim: Aim) -> bool:
        """Whether the effect is there: the interval lies on the right side of nothing; or nothing moved."""
        if aim == "same":
            return self.low == self.high == 0.0
        return self.low > 0.0 if aim == "more" else self.high < 0.0

    def as_json(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


class Shelf:
    """What prompts here refer to: pictures made by rule or cut from the painter's library, and a profile of sunsets."""

    def __init__(self, painter: Painter) -> None:
        self._made = {
            "dusk.png": _given(_dusk(), "dusk.png"),
            "robot.png": _given(_drawing(painter.library, "robot"), "robot.png"),
        }
        self.sunsets = Profile("sunsets", profiles.direction(painter, SUNSETS, ()), painter.encoder, len(SUNSETS), 0)

    def find(self, ref: str) -> Picture:
        """The picture of that name. Raises UserError."""
        if ref not in self._made:
            raise UserError(f"No picture is called {ref!r} here: there are {', '.join(self._made)}.")
        return self._made[ref]


def paint(painter: Painter, prompt: str, count: int, shelf: Shelf) -> tuple[Picture, ...]:
    """The pictures of all that a prompt makes, `count` of each; one that names no seed begins with `SEED`."""
    made: list[Picture] = []
    for wish in read_wishes(prompt, {"count": count}):
        seed = SEED if wish.options.get("seed") is None else wish.options["seed"]
        if wish.names_pictures:
            parents, roles = grid.collect(wish.text, shelf.find)
            made += table.perform(painter, "imagine", parents, prompt=wish.text, roles=roles, seed=seed, count=count)
            continue
        options = wish.options.copy()
        options["seed"] = seed
        asked = parse(wish.text).jobs[0].parameters
        if asked.profile:
            options["taste"] = taste.mixed([(shelf.sunsets, 1.0)], asked.stylize / 100)
        for step in painter.steps(wish.parts, **options):
            if step.index + 1 >= wish.stop_after:
                break
        made += painter.finish(step)
    return tuple(made)


def measured(before: Values, after: Values) -> Measured:
    """Means and their difference, with a bootstrap interval over the pairs."""
    one, other = np.asarray(before, float), np.asarray(after, float)
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(one), (RESAMPLES, len(one)))
    low, high = np.percentile((other - one)[picks].mean(axis=1), (2.5, 97.5))
    return Measured(float(one.mean()), float(other.mean()), float((other - one).mean()), float(low), float(high),
                    len(one))  # fmt: skip


# ---- what is measured ---------------------------------------------------------------------------------------


def each(value: Callable[[Picture], float]) -> Metric:
    """A number of each picture by itself."""
    return lambda plain, changed, _: ([value(one) for one in plain], [value(one) for one in changed])


def spread_of_fours(plain: Pictures, changed: Pictures, _: Shelf) -> tuple[Values, Values]:
    """How far the pictures of each four are from one another."""

    def spreads(made: Pictures) -> Values:
        fours = [made[start : start + 4] for start in range(0, len(made), 4)]
        return [float(np.mean([distance(a, b) for a, b in combinations(four, 2)])) for four in fours]

    return spreads(plain), spreads(changed)


def unlike(plain: Pictures, changed: Pictures, _: Shelf) -> tuple[Values, Values]:
    """How far each picture is from the one painted without the parameter."""
    return [0.0] * len(plain), [distance(a, b) for a, b in zip(plain, changed, strict=True)]


def other_bytes(plain: Pictures, changed: Pictures, _: Shelf) -> tuple[Values, Values]:
    """Whether a picture's pixels differ from the first one's: 0 or 1."""
    return [0.0] * len(plain), [float(not np.array_equal(a.pixels, b.pixels))
                                for a, b in zip(plain, changed, strict=True)]  # fmt: skip


def far_from(name: str) -> Metric:
    """How far each picture is from one on the shelf."""

    def metric(plain: Pictures, changed: Pictures, shelf: Shelf) -> tuple[Values, Values]:
        goal = shelf.find(name)
        return [distance(a, goal) for a in plain], [distance(b, goal) for b in changed]

    return metric


def colours_far_from(name: str) -> Metric:
    """How far the mean colour of each picture is from that of one on the shelf."""

    def metric(plain: Pictures, changed: Pictures, shelf: Shelf) -> tuple[Values, Values]:
        goal = pictures.opaque(shelf.find(name).pixels).mean(axis=(0, 1))
        return tuple([float(np.abs(one.pixels.mean(axis=(0, 1)) - goal).mean()) for one in made]
                     for made in (plain, changed))  # type: ignore[return-value]  # fmt: skip

    return metric


def far_from_cast(name: str) -> Metric:
    """How far what stands where the reference was put is from the reference itself."""

    def metric(plain: Pictures, changed: Pictures, shelf: Shelf) -> tuple[Values, Values]:
        drawing = shelf.find(name).pixels
        found: tuple[Values, Values] = ([], [])
        for a, b in zip(plain, changed, strict=True):
            box = next(each["boxes"][0] for each in b.recipe["references"] if not each.get("inherited"))
            found[0].append(_box_distance(a.pixels, drawing, box))
            found[1].append(_box_distance(b.pixels, drawing, box))
        return found

    return metric


def distance(a: Picture, b: Picture) -> float:
    """Mean difference of two pictures' colours, 0 to 255, seen at 64 x 64 pixels."""
    small = [np.asarray(Image.fromarray(pictures.opaque(x.pixels)).resize((64, 64), Image.Resampling.BOX), float)
             for x in (a, b)]  # fmt: skip
    return float(np.abs(small[0] - small[1]).mean())


def redness(picture: Picture) -> float:
    """Red above the mean of green and blue, -255 to 255."""
    red, green, blue = picture.pixels.astype(float).mean(axis=(0, 1))
    return float(red - (green + blue) / 2)


def blueness(picture: Picture) -> float:
    """Blue above the mean of red and green, -255 to 255."""
    red, green, blue = picture.pixels.astype(float).mean(axis=(0, 1))
    return float(blue - (red + green) / 2)


def detail(picture: Picture) -> float:
    """The mean change from pixel to pixel, 0 to 255."""
    values = picture.pixels.astype(float)
    return float(np.mean([np.abs(np.diff(values, axis=axis)).mean() for axis in (0, 1)]))


def seam(picture: Picture) -> float:
    """The change across the wrapped edges in units of the change inside."""
    values = picture.pixels.astype(float)
    edge = np.mean([np.abs(values[0] - values[-1]).mean(), np.abs(values[:, 0] - values[:, -1]).mean()])
    return float(edge / max(detail(picture), 1e-6))


def in_style(style: str) -> Callable[[Picture], float]:
    """The share of the drawings shown to the painter that are in a style."""

    def share(picture: Picture) -> float:
        shown = [each for each in picture.recipe["references"] if not each.get("inherited")]
        return float(sum(each["style"] == style for each in shown) / max(len(shown), 1))

    return share


def _box_distance(pixels: NDArray[np.uint8], drawing: NDArray[np.uint8], box: Sequence[float]) -> float:
    height, width = pixels.shape[:2]
    x0, y0 = max(round(box[0] * width), 0), max(round(box[1] * height), 0)
    x1, y1 = min(round(box[2] * width), width), min(round(box[3] * height), height)
    part = pixels[y0:y1, x0:x1].astype(float)
    image = Image.fromarray(drawing)
    goal = np.asarray(image.crop(image.getbbox() or (0, 0, *image.size)).resize((x1 - x0, y1 - y0)), float)
    weight = goal[..., 3:] / 255.0
    return float((np.abs(part - goal[..., :3]) * weight).sum() / max(weight.sum() * 3.0, 1.0))


def _given(pixels: NDArray[np.uint8], name: str) -> Picture:
    return Picture(pixels, pictures.given_recipe(pixels, name))


def _dusk() -> NDArray[np.uint8]:
    """A dusk in teal and green, as nothing that the prompts here say."""
    down = np.linspace(0.0, 1.0, 128)[:, None, None]
    sky = (1.0 - down) * np.asarray([10, 70, 80]) + down * np.asarray([90, 210, 150])
    return np.ascontiguousarray(np.broadcast_to(np.rint(sky), (128, 128, 3)), np.uint8)


def _drawing(library: Library, word: str) -> NDArray[np.uint8]:
    """A drawing of the library, RGBA; the first of all if it has none of that name."""
    found = library.named(word) or tuple(library.drawings[:1])
    return np.array(library.image(found[0]))


EFFECTS: Mapping[str, Effect] = {
    effect.name: effect
    for effect in (
        Effect("aspect", FOX, f"{FOX} --ar 3:2", "width divided by height", each(lambda p: p.width / p.height), "more",
               count=2),
        Effect("chaos", FOX, f"{FOX} --chaos 80",
               "mean difference between the four pictures of a grid, in colours from 0 to 255", spread_of_fours,
               "more", count=12),
        Effect("stylize", f"{FOX} --style pixel-art --stylize 0", f"{FOX} --style pixel-art --stylize 1000",
               "difference of the picture from the one at --stylize 0, in colours from 0 to 255", unlike, "more"),
        Effect("weird", FOX, f"{FOX} --weird 2000",
               "difference of the picture from the plain one of the same seed, in colours from 0 to 255", unlike,
               "more"),
        Effect("raw", FOX, f"{FOX} --raw",
               "difference of the picture from the plain one of the same seed, in colours from 0 to 255", unlike,
               "more"),
        Effect("style", "a cat on a hill", "a cat on a hill --style pixel-art",
               "share of the drawings shown to the painter that are in that style", each(in_style("pixel art")),
               "more"),
        Effect("quality", f"{FOX} --quality .25", f"{FOX} --quality 2", "steps",
               each(lambda p: float(p.recipe["steps"])), "more", count=4),
        Effect("seed", f"{FOX} --seed 7", f"{FOX} --seed 7", "pictures whose pixels differ the second time (0 or 1)",
               other_bytes, "same", count=2),
        Effect("no", SUNSET, f"{SUNSET} --no red", "red above the mean of green and blue, of 255", each(redness),
               "less"),
        Effect("iw", f"dusk.png {SUNSET} --iw 0", f"dusk.png {SUNSET} --iw 3",
               "difference from the picture before the words, in colours from 0 to 255", far_from("dusk.png"), "less"),
        Effect("sref", FOX, f"{FOX} --sref dusk.png",
               "difference of the mean colour from the reference's, of 255", colours_far_from("dusk.png"), "less"),
        Effect("sw", f"{FOX} --sref dusk.png --sw 25", f"{FOX} --sref dusk.png --sw 160",
               "difference of the mean colour from the reference's, of 255", colours_far_from("dusk.png"), "less"),
        Effect("cref", "a dog in the snow", "a dog in the snow --cref robot.png",
               "difference from the reference where it was put, in colours from 0 to 255",
               far_from_cast("robot.png"), "less"),
        Effect("cw", "a dog in the snow --cref robot.png --cw 5", "a dog in the snow --cref robot.png --cw 100",
               "difference from the reference where it was put, in colours from 0 to 255",
               far_from_cast("robot.png"), "less"),
        Effect("oref", "a dog in the snow", "a dog in the snow --oref robot.png",
               "difference from the reference where it was put, in colours from 0 to 255",
               far_from_cast("robot.png"), "less"),
        Effect("ow", "a dog in the snow --oref robot.png --ow 5", "a dog in the snow --oref robot.png --ow 100",
               "difference from the reference where it was put, in colours from 0 to 255",
               far_from_cast("robot.png"), "less"),
        Effect("edit", SUNSET, f"{SUNSET} --edit dusk.png",
               "difference from the picture to edit, in colours from 0 to 255", far_from("dusk.png"), "less"),
        Effect("profile", "a mountain lake", "a mountain lake --p sunsets",
               "red above the mean of green and blue, of 255, with a profile of six sunsets", each(redness), "more"),
        Effect("tile", "a forest", "a forest --tile",
               "change across the wrapped edges, in units of the change inside", each(seam), "less"),
        Effect("repeat", FOX, f"{FOX} --repeat 2 --seed 11",
               "whether the second picture is another one (0 or 1)",
               lambda plain, changed, _: ([0.0], [float(not np.array_equal(changed[0].pixels, changed[1].pixels))]),
               "more", count=1),
        Effect("stop", FOX, f"{FOX} --stop 25", "mean change from pixel to pixel, of 255", each(detail), "less"),
        Effect("version", FOX, f"{FOX} --v 6.1", "pictures whose pixels differ (0 or 1)", other_bytes, "same",
               count=2),
        Effect("niji", FOX, f"{FOX} --niji 6", "pictures whose pixels differ (0 or 1)", other_bytes, "same", count=2),
        Effect("draft", FOX, f"{FOX} --draft", "steps", each(lambda p: float(p.recipe["steps"])), "less", count=4),
        Effect("hd", FOX, f"{FOX} --hd", "pixels of a side", each(lambda p: float(p.width)), "more", count=2),
        Effect("sd", FOX, f"{FOX} --sd", "pictures whose pixels differ (0 or 1)", other_bytes, "same", count=2),
        Effect("exp", FOX, f"{FOX} --exp 25", "pictures whose pixels differ (0 or 1)", other_bytes, "same", count=2),
        Effect("fast", FOX, f"{FOX} --fast", "pictures whose pixels differ (0 or 1)", other_bytes, "same", count=2),
        Effect("relax", FOX, f"{FOX} --relax", "pictures whose pixels differ (0 or 1)", other_bytes, "same", count=2),
        Effect("turbo", FOX, f"{FOX} --turbo", "pictures whose pixels differ (0 or 1)", other_bytes, "same", count=2),
        Effect("public", FOX, f"{FOX} --public", "pictures whose pixels differ (0 or 1)", other_bytes, "same",
               count=2),
        Effect("stealth", FOX, f"{FOX} --stealth", "pictures whose pixels differ (0 or 1)", other_bytes, "same",
               count=2),
        Effect("weights", SUNSET, f"{SUNSET}::2 blue::1", "blue above the mean of red and green, of 255",
               each(blueness), "more"),
    )
}  # fmt: skip
"""By parameter; `weights` is what `::` does. Those that are kept for moving pictures have none."""
