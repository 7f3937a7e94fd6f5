"""Where single things get lost on the way from the words to the picture: in recall, in the layout, in the painting, or
in the judge's own eye.

The same drawing is looked at in each stage: alone, in its place on the painter's own ground through the autoencoder
(what a perfect painter would give), and as painted; and each time with its place known and with its place guessed.
Knows the painter by its public face.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.copying import through
from allaprima.judge.given import pasted
from allaprima.judge.intervals import of_mean
from allaprima.judge.quick import Codec
from allaprima.judge.recognising import Box, Recogniser, cut, top
from allaprima.judge.references import ASIDE, Progress
from allaprima.judge.suite import Question

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.judge.eye import Eye

Pixels = NDArray[np.uint8]
SMALL = 0.5  # of the picture: a thing whose longer side is below is small
# In the order in which they come; what is lost in one cannot be lost in a later one.
LOST_IN = ("recall", "the drawing itself", "the layout and the codec", "the painting", "the guessed place")


@dataclass(frozen=True)
class Followed:
    """One prompt's drawing in every stage. `box` is where the collage has it."""

    drawing: Pixels  # as references are shown
    placed: Pixels
    painted: Pixels
    box: Box
    concept: int
    own: tuple[int, ...]  # rows of the references that are this drawing


def followed(
    painter: Painter, recogniser: Recogniser, questions: Sequence[Question], *,
    codec: Codec, steps: int, progress: Progress | None = None,
) -> list[Followed | None]:  # fmt: skip
    """Each question's drawing in every stage; None where recall found another concept, or none."""
    found: list[Followed | None] = []
    for question in questions:
        concept = question.include[0].concept
        sitting = painter.prepare(question.prompt, seed=question.seed, steps=steps, memory=1.0)
        collage = sitting.collages[0]
        thing = next((each for each in collage.things if each.match.concept == concept), None) if collage else None
        if collage is None or thing is None or thing.drawing is None:
            found.append(None)
        else:
            *_, last = painter.run(sitting)
            painted = painter.finish(last)[0].pixels
            ground = painter.paint(question.prompt, seed=question.seed, steps=steps, memory=0.0).pixels
            box = collage.boxes[collage.things.index(thing)][0]
            rgba = painter.library.image(thing.drawing)
            own = tuple(recogniser.rows_of_hash.get(thing.drawing.sha256, ()))
            placed = through(codec, [pasted(rgba, ground, box)])[0]
            found.append(Followed(ASIDE.show(rgba), placed, painted, box, recogniser.number[concept], own))
        if progress:
            progress("following drawings", len(found), len(questions))
    return found


def report(lot: Sequence[Followed | None], recogniser: Recogniser, eye: Eye) -> dict[str, Any]:
    """For each stage the share that is recognised (top-5), and where the rest was lost.

    "strict": by other drawings than its own; "knowing": by all.
    """
    kept = [each for each in lot if each is not None]
    whole = (0.15, 0.15, 0.85, 0.85)  # of the view that references are shown in

    def told(pictures: Sequence[Pixels], boxes: Sequence[Box], is_strict: bool) -> NDArray[np.bool_]:
        seen = recogniser.seen([cut(picture, box) for picture, box in zip(pictures, boxes, strict=True)])
        scores = recogniser.scores(seen, [each.own for each in kept] if is_strict else None)
        return np.asarray([bool(top(row[None], each.concept)[0]) for row, each in zip(scores, kept, strict=True)])

    def guessed(pictures: Sequence[Pixels]) -> list[Box]:
        return [sight.things[0].box for sight in eye.look(pictures)]

    drawings, placed, painted = ([getattr(each, name) for each in kept] for name in ("drawing", "placed", "painted"))
    boxes = [each.box for each in kept]
    looks: dict[str, tuple[Sequence[Pixels], Sequence[Box]]] = {
        "drawing alone": (drawings, [whole] * len(kept)),
        "in its place": (placed, boxes),
        "in its place, guessed": (placed, guessed(placed)),
        "painted": (painted, boxes),
        "painted, guessed": (painted, guessed(painted)),
    }
    found: dict[str, Any] = {"questions": len(lot), "recalled": of_mean(np.asarray([each is not None for each in lot]))}
    for way in ("strict", "knowing"):
        right = {name: told(*look, way == "strict") for name, look in looks.items()}
        found[way] = {name: of_mean(each) for name, each in right.items()}
        found[way]["lost_in"] = _lost(right, len(lot))
        longer = np.asarray([max(box[2] - box[0], box[3] - box[1]) for box in boxes])
        found[way]["painted_by_size"] = {
            name: of_mean(right["painted, guessed"][rows])
            for name, rows in (("small", longer < SMALL), ("large", longer >= SMALL))
            if rows.any()
        }
    return found


def _lost(right: dict[str, NDArray[np.bool_]], asked: int) -> dict[str, float]:
    """The share of all questions that is lost in each stage, the first that fails."""
    stages: list[Callable[[], NDArray[np.bool_]]] = [
        lambda: right["drawing alone"],
        lambda: right["in its place"],
        lambda: right["painted"],
        lambda: right["painted, guessed"],
    ]
    open_ = ~right["painted, guessed"]
    lost = {LOST_IN[0]: 1.0 - len(open_) / asked}
    for name, stage in zip(LOST_IN[1:], stages, strict=True):
        here = open_ & ~stage()
        lost[name] = float(here.sum()) / asked
        open_ = open_ & ~here
    return {name: round(share, 4) for name, share in lost.items()}
