"""The quick judge: does a picture of one thing lie near real drawings of that thing?

The same prompts and seeds are painted with the library and from words alone; beside them stand the floor (the
same pictures under shuffled prompts) and two ceilings (real drawings, and real drawings through the autoencoder,
each found without itself). Knows the painter only through `Painter` below, and no network that was in a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.judge import retrieval
from allaprima.judge.features import Features
from allaprima.judge.intervals import Measure
from allaprima.judge.prompts import Asked, concept_prompts
from allaprima.judge.references import ASIDE, SIDE, Drawings, Progress, References
from allaprima.judge.retrieval import TOP

Pixels = NDArray[np.uint8]
# Pictures uint8 [n, 256, 256, 3] through the encoder and the decoder and back.
Codec = Callable[[Pixels], Pixels]

MEMORIES = {"with_library": 1.0, "words_alone": 0.0}
CEILING_SEED = 21


class Painted(Protocol):
    """A picture: uint8 RGB [h, w, 3], and the recipe whose `references` name the drawings that informed it."""

    @property
    def pixels(self) -> Pixels: ...
    @property
    def recipe(self) -> Mapping[str, Any]: ...


class Painter(Protocol):
    """What is judged: `paint(prompt, seed=, steps=, memory=)`; without memory its own default holds."""

    @property
    def paint(self) -> Callable[..., Painted]: ...


@dataclass(frozen=True)
class Row:
    """One prompt with what was painted for it and what that was taken for, by way of painting."""

    asked: Asked
    pictures: Mapping[str, Pixels]
    found: Mapping[str, tuple[int, ...]]  # the nearest concepts' numbers, best first
    used: tuple[int, ...]  # rows of the references that informed the picture with the library


@dataclass(frozen=True)
class Verdict:
    """The report as plain JSON values, and the rows it was made of."""

    report: dict[str, Any]
    rows: tuple[Row, ...]
    drawings: Drawings


def judge(
    painter: Painter,
    references: References,
    features: Features,
    *,
    codec: Codec | None = None,
    prompts: int = 200,
    steps: int = 8,
    progress: Progress | None = None,
) -> Verdict:
    """Paint `prompts` single things twice and measure them. Without a codec one ceiling is missing."""
    drawings = references.drawings
    asked = concept_prompts(drawings, prompts)
    wanted = np.asarray([each.concept for each in asked], np.intp)
    pictures, used = _paint(painter, asked, drawings, steps, progress)

    def nearest(shown: Sequence[Pixels], without: Sequence[Sequence[int]] | None = None) -> NDArray[np.intp]:
        likeness = references.likeness(_in_parts(features, shown))
        return retrieval.nearest_concepts(likeness, drawings.concept_of, without)

    found = {way: nearest(shown) for way, shown in pictures.items()}
    report: dict[str, dict[str, Measure]] = {
        way: retrieval.measured(each, wanted) for way, each in found.items()
    }
    # A copy of a drawing would be found by that drawing; a thing redrawn is found by the others too.
    others = nearest(pictures["with_library"], used)
    report["with_library_not_by_its_own_references"] = retrieval.measured(others, wanted)
    real, own = _held_out(drawings, asked)
    report["ceiling_real_drawings"] = retrieval.measured(nearest(real, own), wanted)
    if codec is not None:
        coded = [each for start in range(0, len(real), 8) for each in codec(np.stack(real[start : start + 8]))]
        report["ceiling_through_autoencoder"] = retrieval.measured(nearest(coded, own), wanted)
    rows = tuple(
        Row(
            each,
            {way: pictures[way][place] for way in MEMORIES},
            {way: tuple(map(int, found[way][place])) for way in MEMORIES},
            used[place],
        )
        for place, each in enumerate(asked)
    )
    summary = {
        "prompts": len(asked),
        "steps": steps,
        "top": TOP,
        "chance": TOP / len(drawings.concepts),
        "references": {
            "source": drawings.source,
            "drawings": len(drawings.rows),
            "concepts": len(drawings.concepts),
        },
        "retrieval": report,
    }
    return Verdict(summary, rows, drawings)


def codec_of(run: Callable[[str, dict[str, Any]], Mapping[str, Any]]) -> Codec:
    """The bundle's encoder and decoder as a codec, through a backend's `run`."""

    def code(pictures: Pixels) -> Pixels:
        small = np.stack([np.asarray(Image.fromarray(each).resize((128, 128), Image.Resampling.BOX))
                          for each in pictures])  # fmt: skip
        planes = (small.astype(np.float32) / 127.5 - 1.0).transpose(0, 3, 1, 2)
        latent = run("encoder", {"picture": np.ascontiguousarray(planes)})["latent"]
        decoded = run("decoder", {"latent": latent})["picture"].transpose(0, 2, 3, 1)
        return np.asarray(np.rint((np.clip(decoded, -1.0, 1.0) + 1.0) * 127.5), np.uint8)

    return code


def _paint(
    painter: Painter, asked: Sequence[Asked], drawings: Drawings, steps: int, progress: Progress | None
) -> tuple[dict[str, list[Pixels]], list[tuple[int, ...]]]:
    """Each prompt in every way of painting, side by side, and the reference rows that informed it."""
    rows_of_hash: dict[str, list[int]] = {}
    for row, drawing in enumerate(drawings.rows):
        rows_of_hash.setdefault(drawing.sha256, []).append(row)
    pictures: dict[str, list[Pixels]] = {way: [] for way in MEMORIES}
    used: list[tuple[int, ...]] = []
    for place, each in enumerate(asked):
        for way, memory in MEMORIES.items():
            painted = painter.paint(each.text, seed=each.seed, steps=steps, memory=memory)
            pictures[way].append(np.asarray(painted.pixels, np.uint8))
            if way == "with_library":
                told = painted.recipe.get("references", ())
                used.append(tuple(row for one in told for row in rows_of_hash.get(one["sha256"], ())))
        if progress:
            progress("painting single things", place + 1, len(asked))
    return pictures, used


def _held_out(drawings: Drawings, asked: Sequence[Asked]) -> tuple[list[Pixels], list[tuple[int, ...]]]:
    """For each prompt one real drawing of its concept on a ground of its own, and its row."""
    rng = np.random.default_rng(CEILING_SEED)
    rows = []
    for each in asked:
        of_concept = drawings.rows_of[drawings.concepts[each.concept]]
        rows.append(of_concept[int(rng.integers(len(of_concept)))])
    return [ASIDE.show(drawings.image(row), SIDE) for row in rows], [(row,) for row in rows]


def _in_parts(features: Features, shown: Sequence[Pixels], batch: int = 16) -> NDArray[np.float32]:
    return np.concatenate(
        [features(np.stack(shown[start : start + batch])) for start in range(0, len(shown), batch)]
    )
