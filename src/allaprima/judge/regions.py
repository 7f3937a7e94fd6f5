"""Changing a part of a picture judged: the rest stays to the pixel, the join does not show, the new part follows words.

Each parent is a scenery; into a box of it a thing is asked for. Beside the operation stand its own ablations: the same
network that is not shown what is known, and large colours that are not held. Zoom and pan are judged by their kept
pixels and their joins. Knows operations by their public door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.judge import retrieval
from allaprima.judge.features import Features
from allaprima.judge.intervals import Measure, of_mean, of_statistic
from allaprima.judge.prompts import concept_prompts, plain_name, with_article
from allaprima.judge.references import References
from allaprima.studio import operations
from allaprima.studio.operations import continuity, joining

if TYPE_CHECKING:
    from allaprima.judge.references import Progress

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

PLACES = ("in a green field", "on a beach", "in the snow", "in the desert", "in the mountains at sunset", "at night")
PARENTS = ("a green field", "a sandy beach", "a snowy landscape", "a desert", "mountains at sunset", "a lake at night")
SIDES = (0.45, 0.65)  # of the box, of the picture
FRAMES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("zoom", {"factor": 1.5}),
    ("pan", {"direction": "right"}),
    ("pan", {"direction": "up"}),
    ("zoom", {"factor": 2.0}),
    ("pan", {"direction": "left"}),
    ("pan", {"direction": "down"}),
)
HELD_FREE = "large_colours_free"
SEED = 41


@dataclass(frozen=True)
class Change:
    """One region edit: the parent's words, the words for the box and the thing they ask for, the box."""

    parent: str
    text: str
    concept: int  # its number among the references' concepts
    box: tuple[float, float, float, float]
    seed: int


@dataclass(frozen=True)
class Row:
    """What came of a change: the parent, the child, what was free."""

    change: Change
    parent: Pixels
    child: Pixels
    free: Mask


def changes(references: References, count: int) -> tuple[Change, ...]:
    """`count` edits, the same every time."""
    rng = np.random.default_rng(SEED)
    made = []
    drawings = references.drawings
    for place, asked in enumerate(concept_prompts(drawings, count)):
        side = float(rng.uniform(*SIDES))
        x, y = (float(each) for each in rng.uniform(0.05, 0.95 - side, 2))
        scenery = PLACES[place % len(PLACES)]
        text = f"{with_article(plain_name(drawings, drawings.concepts[asked.concept]))} {scenery}"
        box = (x, y, x + side, y + side)
        made.append(Change(PARENTS[place % len(PLACES)], text, asked.concept, box, int(rng.integers(2**31))))
    return tuple(made)


def untaught(painter: Painter) -> Painter:
    """The same painter with a bundle that does not say it knows regions, so that it is fed none."""
    info = dict(painter.bundle.info)
    info["training"] = {**info.get("training", {}), "regions": False}
    return Painter(replace(painter.bundle, info=info), painter.backend)


def judge(
    painter: Painter,
    references: References,
    features: Features,
    *,
    count: int = 48,
    steps: int = 8,
    progress: Progress | None = None,
) -> tuple[dict[str, Any], tuple[Row, ...]]:
    """Every edit with the network as its bundle has it, not shown the known part where it would be, and with the large
    colours of the new part left to it.
    """
    asked = changes(references, count)
    ways = {"regions_fed": (painter, 1.0), "known_cells_held_only": (untaught(painter), 1.0)}
    if not painter.bundle.knows_regions:
        del ways["regions_fed"]
    ways[HELD_FREE] = (painter, 0.0)
    report: dict[str, Any] = {"changes": count, "steps": steps, "taught": painter.bundle.knows_regions}
    shown: tuple[Row, ...] = ()
    parents = [painter.paint(each.parent, seed=each.seed, steps=steps) for each in asked]
    for way, (own, hold) in ways.items():
        rows = []
        for place, (each, parent) in enumerate(zip(asked, parents, strict=True)):
            rows.append(_changed(own, each, parent, steps, hold))
            if progress:
                progress(f"painting, {way.replace('_', ' ')}", place + 1, count)
        report[way] = {**_of(rows, references, features), "continued": _continued(own, parents, steps, hold, progress)}
        shown = shown or tuple(rows)
    report["bounds"] = _bounds(shown)
    return report, shown


def _changed(painter: Painter, change: Change, parent: Picture, steps: int, hold: float) -> Row:
    (child,) = operations.perform(
        painter, "region", [parent], mask=[list(change.box)], prompt=change.text, seed=change.seed, count=1,
        steps=steps, hold=hold,
    )  # fmt: skip
    return Row(change, parent.pixels, child.pixels, _free(change.box, parent.pixels.shape))


def _free(box: Sequence[float], shape: Sequence[int]) -> Mask:
    free = np.zeros(shape[:2], np.bool_)
    x0, x1 = (round(edge * shape[1]) for edge in (box[0], box[2]))
    y0, y1 = (round(edge * shape[0]) for edge in (box[1], box[3]))
    free[y0:y1, x0:x1] = True
    return free


def _of(rows: Sequence[Row], references: References, features: Features) -> dict[str, Any]:
    same = np.asarray([(row.child == row.parent)[~row.free].all() for row in rows])
    inside = np.stack([_inside(row.child, row.change.box) for row in rows])
    wanted = np.asarray([row.change.concept for row in rows], np.intp)
    found = retrieval.nearest_concepts(references.likeness(features(inside)), references.drawings.concept_of)
    before = np.stack([_inside(row.parent, row.change.box) for row in rows])
    stayed = retrieval.nearest_concepts(references.likeness(features(before)), references.drawings.concept_of)
    return {
        "outside_identical": of_mean(same),
        "seam": of_mean(np.asarray([joining.seam(row.child, row.free) for row in rows])),
        "frame": _frames([continuity.frame(row.child, row.free) for row in rows]),
        "inside_follows_words": retrieval.measured(found, wanted),
        "inside_before": of_mean(retrieval.hits(stayed, wanted)),
    }


def _inside(pixels: Pixels, box: Sequence[float]) -> Pixels:
    side = len(pixels)
    cut = Image.fromarray(pixels).crop(tuple(round(edge * side) for edge in box))  # type: ignore[arg-type]
    return np.asarray(cut.resize((256, 256), Image.Resampling.BICUBIC))


def _continued(
    painter: Painter, parents: Sequence[Picture], steps: int, hold: float, progress: Progress | None
) -> dict[str, Measure]:
    """Zooms and pans of a third of the parents, in turn: kept pixels and joins."""
    same, seams, frames = [], [], []
    chosen = parents[::3]
    for place, parent in enumerate(chosen):
        kind, given = FRAMES[place % len(FRAMES)]
        (child,) = operations.perform(painter, kind, [parent], seed=place, count=1, steps=steps, hold=hold, **given)
        kept, old = _kept(parent, child, kind, given)
        same.append(np.array_equal(child.pixels[kept], old))
        free = np.ones(child.pixels.shape[:2], np.bool_)
        free[kept] = False
        seams.append(joining.seam(child.pixels, free))
        frames.append(continuity.frame(child.pixels, free))
        if progress:
            progress("continuing", place + 1, len(chosen))
    return {"kept_identical": of_mean(np.asarray(same)), "seam": of_mean(np.asarray(seams)), "frame": _frames(frames)}


def _kept(parent: Picture, child: Picture, kind: str, given: Mapping[str, Any]) -> tuple[tuple[slice, slice], Pixels]:
    """Where the parent stands in the child, and with which pixels."""
    height, width = parent.pixels.shape[:2]
    if kind == "zoom":
        inner = (round(width / given["factor"]), round(height / given["factor"]))
        x, y = (child.width - inner[0]) // 2, (child.height - inner[1]) // 2
        old = np.asarray(parent.image.resize(inner, Image.Resampling.LANCZOS))
    else:
        x = child.width - width if given["direction"] == "left" else 0
        y = child.height - height if given["direction"] == "up" else 0
        old = parent.pixels
    return np.s_[y : y + old.shape[0], x : x + old.shape[1]], old


def _frames(found: Sequence[float]) -> Measure:
    """The geometric mean of ratios with its interval; of pictures without a straight border nothing is said."""
    logarithms = np.log([each for each in found if each > 0.0])
    if not len(logarithms):
        return {"value": None, "low": None, "high": None}
    return of_statistic(len(logarithms), lambda rows: np.exp(logarithms[rows].mean(-1)))


def _bounds(rows: Sequence[Row]) -> dict[str, Measure]:
    """Joins of untouched pictures, which is the best there is, and of another parent pasted in, which is no join."""
    whole = [joining.seam(row.parent, row.free) for row in rows]
    pasted = [
        np.where(row.free[..., None], other.parent, row.parent)
        for row, other in zip(rows, (*rows[1:], rows[0]), strict=True)
    ]
    rng = np.random.default_rng(SEED)
    return {
        "seam_untouched": of_mean(np.asarray(whole)),
        "seam_pasted": of_mean(
            np.asarray([joining.seam(each, row.free) for each, row in zip(pasted, rows, strict=True)])
        ),
        "frame_untouched": _frames([continuity.lines(row.parent, rng) for row in rows]),
        "frame_pasted": _frames([continuity.frame(each, row.free) for each, row in zip(pasted, rows, strict=True)]),
    }
