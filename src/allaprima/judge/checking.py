"""Whether a picture shows what a question asks: one rule for each tag, for painted and for real pictures alike.

Works on what was seen (the structured judge's things, the recogniser's scores); knows nothing of pixels or painters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.eye import Sight, Thing
from allaprima.judge.recognising import TOP
from allaprima.judge.suite import Question

LOOKED_AT = 4  # things of a picture that are recognised


@dataclass(frozen=True)
class Witness:
    """What was seen of one picture: the structured judge's sight, and scores [things looked at, concepts] of its
    things. `style`: of the asked concept's drawing that it is likest to, where that was looked for. `strict`: scores
    without the drawings that informed the picture.
    """

    sight: Sight
    scores: NDArray[np.float32]
    style: str | None = None
    strict: NDArray[np.float32] | None = None

    @property
    def strictly(self) -> Witness:
        """The same, not recognising a picture by the drawings that informed it."""
        return self if self.strict is None else replace(self, scores=self.strict)

    @property
    def things(self) -> tuple[Thing, ...]:
        return self.sight.things[: len(self.scores)]


Numbers = Mapping[str, int]  # concept -> column of the scores


def shows(witness: Witness, question: Question, numbers: Numbers) -> bool:
    """Whether the picture shows all that the question's tag is about."""
    return _RULES[question.tag](witness, question, numbers)


def is_among(witness: Witness, thing: int, concept: int) -> bool:
    """Whether a concept is among a thing's nearest."""
    scores = witness.scores[thing]
    return int((scores > scores[concept]).sum()) < TOP


def cast(witness: Witness, a: int, b: int) -> tuple[Thing, Thing] | None:
    """Which two things are rather a and b, if there are two: of all pairs the one that fits best."""
    things = witness.things
    if len(things) < 2 or witness.sight.count < 2:
        return None
    sure = min(len(things), witness.sight.count)
    fit = witness.scores[:sure, [a]] + witness.scores[:sure, b][None]
    np.fill_diagonal(fit, -np.inf)
    i, j = np.unravel_index(int(fit.argmax()), fit.shape)
    return things[int(i)], things[int(j)]


def _has_concept(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return is_among(witness, 0, numbers[question.include[0].concept])


def _has_both(witness: Witness, question: Question, numbers: Numbers) -> bool:
    a, b = (numbers[each.concept] for each in question.include)
    sure = range(min(len(witness.things), witness.sight.count))
    return any(is_among(witness, i, a) and is_among(witness, j, b) for i in sure for j in sure if i != j)


def _has_count(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return witness.sight.count == question.include[0].count


def _has_colour(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return witness.things[0].colour == question.include[0].colour


def _binds_colours(witness: Witness, question: Question, numbers: Numbers) -> bool:
    first, second = question.include
    pair = cast(witness, numbers[first.concept], numbers[second.concept])
    return pair is not None and (pair[0].colour, pair[1].colour) == (first.colour, second.colour)


def _is_placed(witness: Witness, question: Question, numbers: Numbers) -> bool:
    first, second = question.include
    pair = cast(witness, numbers[first.concept], numbers[second.concept])
    if pair is None or first.position is None:
        return False
    (x0, y0), (x1, y1) = pair[0].middle, pair[1].middle
    return {"left of": x0 < x1, "right of": x0 > x1, "above": y0 < y1, "below": y0 > y1}[first.position[0]]


def _has_style(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return (witness.style or witness.things[0].style) == question.style


def _has_scenery(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return witness.sight.scenery == question.scenery


def _has_time(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return witness.sight.time == question.time


def _has_pair(witness: Witness, question: Question, numbers: Numbers) -> bool:
    return _has_style(witness, question, numbers) and _has_concept(witness, question, numbers)


_RULES: dict[str, Callable[[Witness, Question, Numbers], bool]] = {
    "single_object": _has_concept,
    "two_objects": _has_both,
    "counting": _has_count,
    "colours": _has_colour,
    "colour_binding": _binds_colours,
    "position": _is_placed,
    "style": _has_style,
    "scenery": _has_scenery,
    "time_of_day": _has_time,
    "unseen_pair": _has_pair,
}


def floor(witnesses: list[Witness], questions: list[Question], numbers: Numbers) -> NDArray[np.float64]:
    """For each picture the share of the *other* prompts of its tag that it would pass for: [n].

    Its mean is what shuffled prompts score. A prompt that asks the same (another picture's colour, say) is another
    prompt.
    """
    shares = np.zeros(len(witnesses))
    for place, (witness, own) in enumerate(zip(witnesses, questions, strict=True)):
        others = {each.prompt: each for each in questions if each.tag == own.tag and each.prompt != own.prompt}
        if others:
            shares[place] = float(np.mean([shows(witness, each, numbers) for each in others.values()]))
    return shares
