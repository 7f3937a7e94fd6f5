"""Wishes: what a prompt's own parameters ask of the painter, and what they ask that it cannot do yet.

    for wish in read_wishes("a {red, blue} fox --ar 3:2 --no trees"):
        painter.steps(wish.parts, **wish.options)

Knows both the prompt language's tree and the painter's options, and nothing of painting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from allaprima.engine import settings
from allaprima.engine.options import Options
from allaprima.engine.request import SEEDS, SIDES, clean_text, style_name
from allaprima.errors import UserError
from allaprima.prompt import Prompt, parse

DRAFT_STEPS = 2
NATIVE = 256  # pixels of a square's side; other shapes keep its area

# Parameters that are carried out here, or that change no picture on the user's own machine.
_HEARD = frozenset(
    ("aspect", "seed", "no", "style", "quality", "draft", "stop", "repeat")
    + ("fast", "relax", "turbo", "public", "stealth", "version", "niji")
)


@dataclass(frozen=True)
class Wish:
    """One job for the painter: `parts` and `options` are its arguments, `stop_after` the step to finish
    at."""

    text: str  # the job in its standard spelling
    parts: tuple[tuple[str, float], ...]
    options: Options
    stop_after: int
    notes: tuple[str, ...] = field(default=())


def read_wishes(text: str, flags: Options | None = None) -> tuple[Wish, ...]:
    """Read a prompt with its parameters; `flags` (None values aside) go before what the prompt says.

    Raises PromptError, as the prompt's reader does, and UserError for flags that cannot be.
    """
    parsed = parse(clean_text(text))
    given: Options = {key: value for key, value in (flags or {}).items() if value is not None}  # type: ignore[assignment]
    wishes = []
    for job in parsed.jobs:
        wish = _wish(job, given, parsed.warnings)
        wishes.append(wish)
        seed, count = wish.options.get("seed"), wish.options.get("count", 1)
        for turn in range(1, job.parameters.repeat):
            options = wish.options.copy()
            options["seed"] = None if seed is None else (seed + turn * count) % SEEDS
            wishes.append(Wish(wish.text, wish.parts, options, wish.stop_after))
    return tuple(wishes)


def _wish(job: Prompt, given: Options, warnings: tuple[str, ...]) -> Wish:
    asked, notes = job.parameters, list(warnings)
    if not job.text:
        raise UserError("The prompt has no words: say what to paint. Pictures alone cannot be read yet.")
    options: Options = {"seed": asked.seed}
    steps = given.get("steps") or int(settings.number("steps"))
    if "draft" in asked.given:
        options["steps"] = DRAFT_STEPS
    elif "quality" in asked.given:
        options["steps"] = min(max(round(steps * asked.quality), 1), 100)
    if "aspect" in asked.given:
        options["width"], options["height"] = sides(asked.aspect.width / asked.aspect.height)
    if asked.style is not None and asked.style != "raw":
        try:
            options["style"] = style_name(asked.style)
        except UserError as error:
            notes.append(f"{error} The picture is painted without it.")
    idle = sorted(name for name in asked.given if name not in _HEARD)
    if idle:
        notes.append(f"Not done yet, so without effect: {', '.join('--' + name for name in idle)}.")
    if job.images:
        notes.append("Pictures in a prompt are not looked at yet; its words alone are painted.")
    options = {**options, **given}
    count = options.get("steps") or steps
    parts = tuple((part.text, part.normalised) for part in job.weighted)
    return Wish(job.canonical, parts, options, math.ceil(count * asked.stop / 100), tuple(notes))


def sides(ratio: float) -> tuple[int, int]:
    """Width and height of a shape with the native square's area, in multiples of 8, within what can be given
    out."""
    low, high = SIDES
    width = round(NATIVE * math.sqrt(ratio) / 8) * 8
    height = round(NATIVE / math.sqrt(ratio) / 8) * 8
    return min(max(width, low), high), min(max(height, low), high)
