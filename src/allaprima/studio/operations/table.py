"""The table of operations: what each is called, what it takes, and who carries it out.

The command line, the server and the reference page read it. Checking what was given happens here, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import background, blending, frame, grid, image_to_image, region, upscaling, variations
from allaprima.studio.painting import Painted, Unit

Kind = Literal["whole", "number", "text", "choice", "flag", "mask", "numbers", "roles"]
Given = Mapping[str, Any]


@dataclass(frozen=True)
class Argument:
    """One thing that may be asked for; None stands for what `help` says happens without it."""

    name: str
    kind: Kind
    help: str
    default: Any = None
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """`resolve` completes what was given, `work` yields the units of the job."""

    name: str
    help: str
    arguments: tuple[Argument, ...]
    resolve: Callable[[Painter, Sequence[Picture], Given], dict[str, Any]]
    work: Callable[[Painter, Sequence[Picture], Given], Iterator[Unit]]
    parents: tuple[int, int] = (1, 1)  # least and most pictures that it begins with


SEED = Argument("seed", "whole", "chosen by chance if not given", low=0, high=2**32 - 1)
STEPS = Argument("steps", "whole", "the picture's own if not given", low=1, high=100)
GUIDANCE = Argument("guidance", "number", "the picture's own if not given", low=0, high=30)
MEMORY = Argument("memory", "number", "0 words alone, 1 with drawings recalled", low=0, high=1)
STYLE = Argument("style", "text", "a style by its name")
NEGATIVE = Argument("negative", "text", "what should not be there")
PROMPT = Argument("prompt", "text", "new words, parameters and all; the picture's own if not given")
ROUNDS = Argument("rounds", "whole", "how often each step is taken, so that new and known agree", 2, low=1, high=8)
HOLD = Argument("hold", "number", "how far the large colours beside a new part go on in it", 1.0, low=0, high=1)
_WEIGHT = Argument("weight", "number", "of a picture", 1.0, low=-1000, high=1000)
WORDS = (PROMPT, SEED, STEPS, GUIDANCE, MEMORY, STYLE, NEGATIVE)


def _count(default: int) -> Argument:
    return Argument("count", "whole", "pictures at once", default, low=1, high=16)


TABLE: Mapping[str, Operation] = {
    each.name: each
    for each in (
        Operation(
            "imagine",
            "A prompt becomes a grid of four; the pictures it refers to are its parents.",
            (
                Argument("roles", "roles", "what each parent is for, as grid.collect finds it in the prompt"),
                Argument("width", "whole", "of each picture; what the prompt says if not given", low=64, high=2048),
                Argument("height", "whole", "of each picture; what the prompt says if not given", low=64, high=2048),
                _count(4),
                *WORDS,
            ),
            grid.resolve,
            grid.work,
            parents=(0, grid.MOST_PICTURES),
        ),
        Operation(
            "vary",
            "Four more like this one; with other words it is a remix.",
            (
                Argument("strength", "choice", "how far from it", "subtle", choices=tuple(variations.STRENGTHS)),
                Argument("noise", "number", "the strength as a number: the share that is noise", low=0.02, high=1),
                _count(4),
                *WORDS,
            ),
            variations.resolve,
            variations.work,
        ),
        Operation(
            "reroll",
            "The same words with other seeds.",
            (_count(4), *WORDS),
            variations.resolve_reroll,
            variations.work_reroll,
        ),
        Operation(
            "image-to-image",
            "A picture as the beginning, words as the goal.",
            (
                Argument("strength", "number", "0 the picture, 1 the words", image_to_image.STRENGTH, low=0, high=1),
                Argument("width", "whole", "of the result; the picture's shape if not given", low=64, high=2048),
                Argument("height", "whole", "of the result; the picture's shape if not given", low=64, high=2048),
                _count(1),
                *WORDS,
            ),
            image_to_image.resolve,
            image_to_image.work,
        ),
        Operation(
            "region",
            "The part under a mask painted anew.",
            (
                Argument("mask", "mask", "a PNG in base64, white where to paint, or boxes in fractions of the sides"),
                ROUNDS,
                HOLD,
                _count(4),
                *WORDS,
            ),
            region.resolve,
            region.work,
        ),
        Operation(
            "zoom",
            "Zoom out: more of the world on all sides.",
            (
                Argument("factor", "number", "how far; 1.5 and 2 are usual", 2.0, low=1.05, high=4),
                Argument("grow", "flag", "keep the pixels and make the picture larger", False),
                Argument("width", "whole", "of the new picture; the old one's if not given", low=64, high=2048),
                Argument("height", "whole", "of the new picture; the old one's if not given", low=64, high=2048),
                ROUNDS,
                HOLD,
                _count(4),
                *WORDS,
            ),
            frame.resolve_zoom,
            frame.work_zoom,
        ),
        Operation(
            "pan",
            "More of the world on one side.",
            (
                Argument("direction", "choice", "where to", choices=frame.DIRECTIONS),
                Argument("amount", "number", "of the picture's side", 0.5, low=0.05, high=1),
                ROUNDS,
                HOLD,
                _count(4),
                *WORDS,
            ),
            frame.resolve_pan,
            frame.work_pan,
        ),
        Operation(
            "square",
            "As much around a picture as makes it square.",
            (ROUNDS, HOLD, _count(4), *WORDS),
            frame.resolve_square,
            frame.work_square,
        ),
        Operation(
            "blend",
            "Two to five pictures become one.",
            (
                Argument("weights", "numbers", "one for each picture; all alike if not given"),
                Argument("shape", "choice", "of the result", "square", choices=tuple(blending.SHAPES)),
                Argument("noise", "number", "how much is left to the painter", blending.NOISE, low=0.02, high=1),
                _count(4),
                *WORDS,
            ),
            blending.resolve,
            blending.work,
            parents=(2, 5),
        ),
        Operation(
            "background",
            "Take a flat backdrop away: the picture becomes transparent there.",
            (Argument("tolerance", "number", "how unlike the backdrop may be", background.TOLERANCE, low=1, high=120),),
            background.resolve,
            background.work,
        ),
        Operation(
            "upscale",
            "The same picture with more pixels.",
            (
                Argument("side", "whole", "pixels of the longer side", low=64, high=2048),
                Argument("factor", "number", "how many times as large, if no side is given", 2.0, low=1, high=8),
                Argument("method", "choice", "the model's best if not given", choices=("learned", "lanczos")),
            ),
            upscaling.resolve,
            upscaling.work,
        ),
    )
}


def resolve(painter: Painter, name: str, parents: Sequence[Picture], given: Given) -> dict[str, Any]:
    """The complete arguments of an operation, as plain JSON: what its recipe will hold. Raises UserError.

    `given`: values by the table's names; None values count as not given.
    """
    operation = _operation(name)
    low, high = operation.parents
    if not low <= len(parents) <= high:
        wanted = f"{low}" if low == high else f"{low} to {high}"
        raise UserError(f"{name} takes {wanted} picture{'s' * (high > 1)}, not {len(parents)}.")
    known = {argument.name: argument for argument in operation.arguments}
    asked = {key: value for key, value in given.items() if value is not None}
    for key in asked:
        if key not in known:
            raise UserError(f"{name} takes no {key}: it takes {', '.join(known)}.")
    return operation.resolve(painter, parents, {key: checked(known[key], value) for key, value in asked.items()})


def work(painter: Painter, name: str, parents: Sequence[Picture], arguments: Given) -> Iterator[Unit]:
    """The units of a job for the scheduler; `arguments` are complete, as `resolve` gives them."""
    return _operation(name).work(painter, parents, arguments)


def perform(painter: Painter, name: str, parents: Sequence[Picture], **given: Any) -> tuple[Picture, ...]:
    """Carry an operation out at once: its pictures."""
    return carried_out(painter, name, parents, resolve(painter, name, parents, given))


def carried_out(painter: Painter, name: str, parents: Sequence[Picture], arguments: Given) -> tuple[Picture, ...]:
    """The pictures of an operation whose arguments are complete."""
    made: list[Picture] = []
    for unit in work(painter, name, parents, arguments):
        if isinstance(unit, Painted):
            made += unit.pictures
    return tuple(made)


def steps_of(arguments: Given) -> int:
    """About how many steps a job of these complete arguments takes; 0 when nothing is painted."""
    options = arguments.get("options")
    if options is None:
        return 0
    noise = arguments.get("noise", arguments.get("strength"))
    share = noise if isinstance(noise, int | float) else 1.0
    return max(math.ceil(int(options["steps"]) * share - 1e-9), 1)


def checked(argument: Argument, value: Any) -> Any:
    """A value as the table wants it. Raises UserError."""
    match argument.kind:
        case "whole" | "number":
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise UserError(f"{argument.name} must be a number, not {value!r}.")
            if argument.kind == "whole" and value != int(value):
                raise UserError(f"{argument.name} must be a whole number, not {value}.")
            if not argument.low <= value <= argument.high:
                low, high = f"{argument.low:.10g}", f"{argument.high:.10g}"
                raise UserError(f"{argument.name} must be between {low} and {high}, not {value:.10g}.")
            return int(value) if argument.kind == "whole" else float(value)
        case "choice":
            if value not in argument.choices:
                raise UserError(f"{argument.name} must be {' or '.join(argument.choices)}, not {value!r}.")
        case "roles":
            if not isinstance(value, list | tuple):
                raise UserError(f"{argument.name} must be a list, not {value!r}.")
            return [_role(each) for each in value]
        case "numbers":
            if not isinstance(value, list | tuple) or not all(isinstance(each, int | float) for each in value):
                raise UserError(f"{argument.name} must be numbers, not {value!r}.")
            return [float(each) for each in value]
        case "flag":
            if not isinstance(value, bool):
                raise UserError(f"{argument.name} must be true or false, not {value!r}.")
        case "text":
            if not isinstance(value, str):
                raise UserError(f"{argument.name} must be text, not {value!r}.")
    return value


def _role(each: Any) -> dict[str, Any]:
    if not isinstance(each, Mapping) or each.get("role") not in grid.ROLES:
        raise UserError(f'A role is {{"role": "{grid.ROLES[0]}", "weight": 1, "ref": "a.png"}}, not {each!r}.')
    weight = checked(_WEIGHT, each.get("weight", 1.0))
    return {"role": each["role"], "weight": weight, "ref": str(each.get("ref", ""))}


def _operation(name: str) -> Operation:
    if name not in TABLE:
        raise UserError(f"No operation is called {name!r}: there are {', '.join(TABLE)}.")
    return TABLE[name]
