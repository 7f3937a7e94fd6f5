"""Copying: pictures that show a training drawing in another style than the one asked for.

Asked for a concept in a style, a painter that learned paints that style; one that remembers shows a drawing it saw,
in the style it saw it in. A picture is laid over the concept's training drawings one by one (aligning.py): it counts
as copied when one of another design stands out from the rest by more than it would in 95 of 100 real pictures of
drawings that are left out of the comparison, so were never trained on. How many true copies that finds is measured
with planted ones. Knows nothing of prompts' words or painters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.judge.aligning import Sheet, Stencil, best
from allaprima.judge.held_out import Scene
from allaprima.judge.intervals import of_mean
from allaprima.judge.references import LEFT_OUT_STYLES, Named
from allaprima.scene.stock import is_held_out

Pixels = NDArray[np.uint8]

USUAL = 0.95  # of real pictures of other drawings show less evidence of copying
STANDING_OUT = 1.0  # how much it weighs that no drawing of another design is as like
MOST = 24  # training drawings of a concept that are compared, every style once before any twice
# Renderings of one design are no copies of each other: Microsoft drew each of its emoji in three of the styles.
DESIGNS = (frozenset({"flat", "gradient", "3d"}),)
CHANGES = ("moved and scaled", "mirrored too", "recoloured too", "all of them")


@dataclass(frozen=True)
class Asked:
    """What one picture was asked to show."""

    concept: str
    style: str


@dataclass(frozen=True)
class Compared:
    """A picture's likeness [n] to training drawings, and which design each of them is of."""

    likeness: NDArray[np.float32]
    designs: tuple[str, ...]

    def evidence(self, own: str, *, without: str = "") -> float:
        """How far a drawing of another design than `own` is shown and stands out from the rest; -1 if there is none.

        `without`: a design that does not count, as if nobody had drawn it.
        """
        best = -1.0
        for design in set(self.designs) - {own, without}:
            here = np.asarray([each == design for each in self.designs])
            rest = ~here & np.asarray([each != without for each in self.designs])
            shown = float(self.likeness[here].max())
            # Where it is alone there is nothing to stand out from: as if the rest were as like as they mostly are.
            beside = float(self.likeness[rest].max()) if rest.any() else shown
            best = max(best, shown + STANDING_OUT * (shown - beside))
        return best


def design(style: str) -> str:
    """A name for the design that a style's drawings are renderings of."""
    return next(("/".join(sorted(each)) for each in DESIGNS if style in each), style)


class Shelf:
    """The drawings that training showed, by concept, to lay over pictures."""

    def __init__(self, rows: Sequence[Named], image: Callable[[int], Pixels], *, held_out_too: bool = False) -> None:
        """`image`: the picture of a row, uint8 RGBA [h, w, 4]. `held_out_too`: what training never showed as well."""
        self.rows = rows
        self.by_hash = {row.sha256: place for place, row in enumerate(rows)}
        by_style: dict[str, dict[str, list[int]]] = {}
        for place, row in enumerate(rows):
            if row.style not in LEFT_OUT_STYLES and (held_out_too or not is_held_out(row.concept, row.style)):
                by_style.setdefault(row.concept, {}).setdefault(row.style, []).append(place)
        self._of_concept = {concept: _in_turns(styles.values()) for concept, styles in by_style.items()}
        self.image = image
        self._stencil = lru_cache(maxsize=64)(lambda place: Stencil.of(image(place)))

    def drawings(self, concept: str) -> list[int]:
        """The rows of a concept's training drawings that pictures are compared with."""
        return self._of_concept.get(concept, [])

    def compared(self, picture: Pixels, concept: str, *, also: str = "") -> Compared:
        """A picture uint8 [h, w, 3] against the training drawings of a concept, and the one of this sha256."""
        places = list(self.drawings(concept))
        if also in self.by_hash and self.by_hash[also] not in places:
            places.append(self.by_hash[also])
        found = self._likeness(picture, places)
        return Compared(found, tuple(design(self.rows[place].style) for place in places))

    def style(self, picture: Pixels, concept: str) -> str | None:
        """The style of the concept's drawing that a picture is likest to; None where there is no drawing of it."""
        places = self.drawings(concept)
        return self.rows[places[int(self._likeness(picture, places).argmax())]].style if places else None

    def _likeness(self, picture: Pixels, places: Sequence[int]) -> NDArray[np.float32]:
        sheet = Sheet.of(picture)
        return np.asarray([best(sheet, self._stencil(place)).likeness for place in places], np.float32)


@dataclass(frozen=True)
class Known:
    """A real picture (through the autoencoder) of one drawing that training showed: its concept, style and sha256."""

    picture: Pixels
    concept: str
    style: str
    sha256: str


@dataclass(frozen=True)
class Limit:
    """The evidence that counts as copying, and how it fares: `found` and `false_alarms` are measures with intervals."""

    value: float
    found: Mapping[str, Mapping[str, Any]]
    false_alarms: Mapping[str, Any]
    pictures: Mapping[str, int]


def limit(
    shelf: Shelf, real: Sequence[Known], planted: Mapping[str, Sequence[Known]], told: Callable[[int, int], None]
) -> Limit:
    """The limit from every other real picture; false alarms among the rest of them, and the share of `planted` copies
    (by how they were changed) and of real pictures taken for copies of their own drawing that it finds.
    """
    total = len(real) + sum(map(len, planted.values()))
    done = 0

    def compared(lot: Iterable[Known]) -> list[tuple[Known, Compared]]:
        nonlocal done
        pairs = []
        for each in lot:
            pairs.append((each, shelf.compared(each.picture, each.concept, also=each.sha256)))
            done += 1
            told(done, total)
        return pairs

    seen = compared(real)
    # A picture of a drawing that nobody else has: as good as new, and in the style that was asked for.
    as_new = np.asarray([pair.evidence("", without=design(each.style)) for each, pair in seen])
    value = float(np.quantile(as_new[::2], USUAL)) if len(as_new) else 1.0

    def of_copies(pairs: Sequence[tuple[Known, Compared]]) -> Mapping[str, Any]:
        # Asked for in a style that nobody drew it in.
        return of_mean(np.asarray([pair.evidence("") > value for _, pair in pairs], np.float64))

    lots = {name: compared(lot) for name, lot in planted.items() if lot}
    found = {"planted": of_copies([pair for lot in lots.values() for pair in lot])}
    found |= {name: of_copies(lot) for name, lot in lots.items()} | {"real_scenes": of_copies(seen)}
    sizes = {"real": len(seen), "planted": sum(map(len, lots.values()))}
    return Limit(value, found, of_mean(as_new[1::2] > value), sizes)


def rates(
    shelf: Shelf, pictures: Sequence[Pixels], asked: Sequence[Asked], limit: float, images: int
) -> dict[str, Any]:
    """The share of pictures, `images` of each prompt in a row, that are copied, with its interval over prompts."""
    told = [
        shelf.compared(picture, each.concept).evidence(design(each.style)) > limit
        for picture, each in zip(pictures, asked, strict=True)
    ]
    of_prompts = np.asarray(told, np.float64).reshape(-1, images).mean(1)
    return {"pictures": len(asked), "copied_in_another_style": of_mean(of_prompts)}


# ---- copies planted to see whether they are found -----------------------------------------------------------


def plant(drawing: Pixels, ground: Pixels, change: str, rng: np.random.Generator) -> Pixels:
    """A drawing uint8 RGBA [h, w, 4] on a ground uint8 RGB [side, side, 3], as large as things are in pictures."""
    image = Image.fromarray(drawing)
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    image = image.crop(box) if box else image
    side = len(ground)
    longer = side * rng.uniform(0.42, 0.85)
    scale = longer / max(image.size)
    width, height = max(round(image.width * scale), 4), max(round(image.height * scale), 4)
    image = image.convert("RGBa").resize((width, height), Image.Resampling.BICUBIC).convert("RGBA")
    if change in ("mirrored too", "all of them"):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if change in ("recoloured too", "all of them"):
        image = _recoloured(image, rng)
    whole = Image.fromarray(ground)
    whole.paste(image, (int(rng.integers(side - width + 1)), int(rng.integers(side - height + 1))), image)
    return np.asarray(whole)


def _recoloured(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Another hue, by a sixth to five sixths of the circle, and a little lighter or darker."""
    alpha = image.getchannel("A")
    hsv = np.asarray(image.convert("RGB").convert("HSV")).copy()
    hsv[..., 0] += np.uint8(rng.integers(42, 213))
    hsv[..., 2] = np.clip(hsv[..., 2] * rng.uniform(0.85, 1.1), 0, 255).astype(np.uint8)
    turned = Image.fromarray(hsv, "HSV").convert("RGB")
    turned.putalpha(alpha)
    return turned


def _in_turns(groups: Iterable[Sequence[int]]) -> list[int]:
    """The first few of groups, each group once before any twice."""
    waiting = [list(group) for group in groups]
    kept: list[int] = []
    while any(waiting) and len(kept) < MOST:
        kept += [group.pop(0) for group in waiting if group]
    return kept[:MOST]


def known(scenes: Sequence[Scene], shelf: Shelf, codec: Callable[[Pixels], Pixels]) -> list[Known]:
    """The held-out scenes that show one training drawing alone, of a concept in three designs, through `codec`."""
    lone = []
    for scene in scenes:
        asked = next((each for each in scene.questions if each.tag == "style"), None)
        place = shelf.by_hash.get(scene.shown[0]) if scene.shown else None
        if asked is None or place is None or shelf.rows[place].style in LEFT_OUT_STYLES:
            continue
        row = shelf.rows[place]
        if len({design(shelf.rows[each].style) for each in shelf.drawings(row.concept)}) >= 3:
            lone.append((scene.picture, row))
    shown = through(codec, [picture for picture, _ in lone])
    return [Known(picture, row.concept, row.style, row.sha256)
            for picture, (_, row) in zip(shown, lone, strict=True)]  # fmt: skip


def plants(
    real: Sequence[Known], scenes: Sequence[Scene], shelf: Shelf, codec: Callable[[Pixels], Pixels]
) -> dict[str, list[Known]]:
    """The drawings of real pictures, changed and laid on held-out sceneries that show no thing, through `codec`."""
    rng = np.random.default_rng(0)
    grounds = [scene.picture for scene in scenes if any(each.tag == "scenery" for each in scene.questions)]
    if not grounds:
        return {}
    rows = [shelf.rows[shelf.by_hash[each.sha256]] for each in real]
    planted = [
        plant(shelf.image(shelf.by_hash[row.sha256]), grounds[place % len(grounds)], CHANGES[place % 4], rng)
        for place, row in enumerate(rows)
    ]
    shown = through(codec, planted)
    found: dict[str, list[Known]] = {change: [] for change in CHANGES}
    for place, (picture, row) in enumerate(zip(shown, rows, strict=True)):
        found[CHANGES[place % 4]].append(Known(picture, row.concept, row.style, row.sha256))
    return found


def through(codec: Callable[[Pixels], Pixels], pictures: Sequence[Pixels]) -> list[Pixels]:
    """Pictures of one size through the autoencoder, a few at a time."""
    return [one for start in range(0, len(pictures), 16) for one in codec(np.stack(pictures[start : start + 16]))]
