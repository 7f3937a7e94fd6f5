"""The score of a painter on the suite: each tag with the library and from words alone, between its floor and its
ceiling.

The same judge looks at painted pictures and at real held-out scenes; what it cannot tell on those, it is not admitted
for. Knows the painter by its public face alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allaprima.judge import checking, targets
from allaprima.judge.files import write_whole
from allaprima.judge.held_out import HeldOut
from allaprima.judge.intervals import of_mean, of_share
from allaprima.judge.looking import Judge
from allaprima.judge.painting import Manner, Painting, Wanted, paint_all
from allaprima.judge.quick import MEMORIES, Codec
from allaprima.judge.recognising import Recogniser
from allaprima.judge.references import Progress
from allaprima.judge.suite import TAGS, Question

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter

ADMITTED = 0.95  # of real held-out scenes told right
# What a tag asks of the structured judge alone; the recogniser of concepts is independent and has no admission to pass.
NEEDS_CONCEPTS = frozenset({"single_object", "two_objects", "colour_binding", "position", "unseen_pair"})
# Whose style is told by the concept's drawings, laid over the picture.
STYLED = frozenset({"style", "unseen_pair"})

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """One question with its pictures and whether each was right, by way of painting."""

    question: Question
    pictures: Mapping[str, tuple[Pixels, ...]]
    right: Mapping[str, tuple[bool, ...]]


@dataclass(frozen=True)
class Score:
    """The report as plain JSON values, and what it was made of."""

    report: dict[str, Any]
    shown: tuple[Shown, ...]


def answerable(questions: Sequence[Question], recogniser: Recogniser) -> list[Question]:
    """The questions whose concepts the references know."""
    return [each for each in questions if all(one.concept in recogniser.number for one in each.include)]


def score(
    painter: Painter,
    judge: Judge,
    questions: Sequence[Question],
    *,
    held_out: HeldOut | None,
    codec: Codec,
    manner: Manner,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Score:
    """Paint every question in both ways and measure them. Without held-out scenes there is no ceiling.

    `cache`: a file that keeps the ceiling, of the same judge, scenes and codec.
    """
    asked = answerable(questions, judge.recogniser)
    wanted = [Wanted(each.prompt, each.seed) for each in asked]
    numbers = judge.recogniser.number
    right: dict[str, NDArray[np.bool_]] = {}
    floors: dict[str, NDArray[np.float64]] = {}
    strict: dict[str, NDArray[np.bool_]] = {}
    painted: dict[str, list[tuple[Painting, ...]]] = {}
    for way, memory in MEMORIES.items():
        said = way.replace("_", " ")
        painted[way] = paint_all(painter, wanted, memory, manner, what=f"painting {said}", progress=progress)
        flat = [each for several in painted[way] for each in several]
        repeated = [question for question in asked for _ in range(manner.images)]
        witnesses = judge.witness(
            [each.pixels for each in flat],
            [each.tag in NEEDS_CONCEPTS for each in repeated],
            [each.references for each in flat],
            progress,
            f"looking at {said}",
            [each.include[0].concept if each.tag in STYLED else "" for each in repeated],
        )
        told = [checking.shows(witness, each, numbers) for witness, each in zip(witnesses, repeated, strict=True)]
        right[way] = np.asarray(told, bool).reshape(len(asked), manner.images)
        told = [
            checking.shows(witness.strictly, each, numbers) for witness, each in zip(witnesses, repeated, strict=True)
        ]
        strict[way] = np.asarray(told, bool).reshape(len(asked), manner.images)
        floors[way] = checking.floor(witnesses, repeated, numbers).reshape(len(asked), manner.images)
    real = _kept_ceiling(judge, held_out, codec, cache, progress) if held_out is not None else {}
    report = {
        tag: _of_tag(tag, asked, right, strict, floors, real.get(tag), judge)
        for tag in TAGS
        if any(q.tag == tag for q in asked)
    }
    shown = tuple(
        Shown(
            each,
            {way: tuple(one.pixels for one in painted[way][place]) for way in MEMORIES},
            {way: tuple(bool(one) for one in right[way][place]) for way in MEMORIES},
        )
        for place, each in enumerate(asked)
    )
    tags = {tag: [place for place, each in enumerate(asked) if each.tag == tag] for tag in report}
    reached = targets.table(
        {way: {tag: told[rows].mean(1) for tag, rows in tags.items()} for way, told in right.items()},
        {tag: lots["coded"] for tag, lots in real.items() if "coded" in lots},
    )
    counts = {"questions": len(asked), "left_out": len(questions) - len(asked)}
    return Score({**counts, "tags": report, "targets": reached}, shown)


def ceiling(
    judge: Judge, held_out: HeldOut, codec: Codec | None, progress: Progress | None = None
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """By tag whether each real scene was told right, "real" as composed and "coded" through the autoencoder: [n] each.

    "floor": the share of the other scenes' questions that it would pass for. "strict": as "coded", not recognised by
    the drawings that it shows.
    """
    pictures = [each.picture for each in held_out.scenes]
    lots = {"real": pictures}
    if codec is not None:
        lots["coded"] = [
            each for start in range(0, len(pictures), 16) for each in codec(np.stack(pictures[start : start + 16]))
        ]
    needs = [any(one.tag in NEEDS_CONCEPTS for one in each.questions) for each in held_out.scenes]
    shown = [each.shown for each in held_out.scenes]
    styled = [
        next((one.include[0].concept for one in each.questions if one.tag in STYLED), "") for each in held_out.scenes
    ]
    numbers = judge.recogniser.number
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for name, lot in lots.items():
        witnesses = judge.witness(lot, needs, shown, progress, f"looking at held-out scenes, {name}", styled)
        for tag in TAGS:
            pairs = [
                (witness, each)
                for witness, scene in zip(witnesses, held_out.scenes, strict=True)
                for each in scene.questions
                if each.tag == tag and all(one.concept in numbers for one in each.include)
            ]
            if pairs:
                told = [checking.shows(witness, each, numbers) for witness, each in pairs]
                found.setdefault(tag, {})[name] = np.asarray(told, np.float64)
                if name == "coded":
                    told = [checking.shows(witness.strictly, each, numbers) for witness, each in pairs]
                    found[tag]["strict"] = np.asarray(told, np.float64)
                if name == "real":
                    found[tag]["floor"] = checking.floor([w for w, _ in pairs], [q for _, q in pairs], numbers)
    return found


def _kept_ceiling(
    judge: Judge, held_out: HeldOut, codec: Codec, cache: Path | None, progress: Progress | None
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """The ceiling, read from `cache` where it is."""
    if cache is not None:
        try:
            kept = json.loads(cache.read_bytes())
            return {
                tag: {lot: np.asarray(told, np.float64) for lot, told in lots.items()} for tag, lots in kept.items()
            }
        except (OSError, ValueError, AttributeError):
            pass  # not there yet, or cut short: looked at anew
    found = ceiling(judge, held_out, codec, progress)
    if cache is not None:
        plain = {tag: {lot: told.tolist() for lot, told in lots.items()} for tag, lots in found.items()}
        write_whole(cache, json.dumps(plain).encode())
    return found


def admission(judge: Judge, held_out: HeldOut, codec: Codec | None, progress: Progress | None = None) -> dict[str, Any]:
    """By tag how many real held-out scenes the judge tells right, and whether that admits it."""
    found = ceiling(judge, held_out, codec, progress)
    return {
        tag: {
            "scenes": len(lots["real"]),
            "admitted": bool(lots["real"].mean() >= ADMITTED),
            "real": of_mean(lots["real"]),
            **{name: of_mean(lots[name]) for name in ("coded", "strict") if name in lots},
            "floor": of_mean(lots["floor"]),
        }
        for tag, lots in found.items()
    }


def _of_tag(
    tag: str,
    asked: Sequence[Question],
    right: Mapping[str, NDArray[np.bool_]],
    strict: Mapping[str, NDArray[np.bool_]],
    floors: Mapping[str, NDArray[np.float64]],
    real: Mapping[str, NDArray[np.float64]] | None,
    judge: Judge,
) -> dict[str, Any]:
    rows = [place for place, each in enumerate(asked) if each.tag == tag]
    ways: dict[str, Any] = {}
    for way, told in right.items():
        of_prompt = told[rows].mean(1)
        ways[way] = {"score": of_mean(of_prompt), "floor": of_mean(floors[way][rows].mean(1))}
        if real is not None and "coded" in real:
            ways[way]["share_of_ceiling"] = of_share(of_prompt, real["coded"])
        if tag in NEEDS_CONCEPTS:
            of_prompt = strict[way][rows].mean(1)
            ways[way]["not_by_its_own"] = {"score": of_mean(of_prompt)}
            if real is not None and "strict" in real:
                ways[way]["not_by_its_own"]["share_of_ceiling"] = of_share(of_prompt, real["strict"])
    report: dict[str, Any] = {"questions": len(rows), "ways": ways}
    if real is not None:
        report["real_scenes"] = len(real["real"])
        report["real"] = of_mean(real["real"])
        report["admitted"] = bool(real["real"].mean() >= ADMITTED)
        if "coded" in real:
            report["ceiling"] = of_mean(real["coded"])
        if tag in NEEDS_CONCEPTS and "strict" in real:
            report["ceiling_not_by_its_own"] = of_mean(real["strict"])
    else:
        known = judge.eye.admission.get(tag)
        report["admitted"] = bool(known and known["admitted"])
    return report
