"""The words of an operation: those of the picture it begins with, or new ones, with every choice made beforehand.

What comes out is plain JSON that leaves nothing to chance or to settings, so that it can be written into a recipe and
carried out again.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from allaprima.engine import settings
from allaprima.engine.options import Options
from allaprima.engine.painter import Painter
from allaprima.engine.request import SEEDS, Request
from allaprima.engine.sitting import Sitting
from allaprima.engine.step_count import at_most
from allaprima.engine.upscaler import LANCZOS
from allaprima.engine.wish import read_wishes
from allaprima.errors import PromptError, UserError

# What a picture hands down to those made of it, where nothing else is asked for.
_INHERITED = ("negative", "steps", "guidance_scale", "memory", "style", "solver", "tile", "chaos", "weird", "taste",
              "characters")  # fmt: skip
_FLAGS = {"seed": "seed", "count": "count", "steps": "steps", "guidance": "guidance_scale", "memory": "memory",
          "style": "style", "negative": "negative"}  # fmt: skip


def settled(painter: Painter, recipe: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`{"parts", "is_new", "options", "size", "stop", "notes"}` for a picture of `recipe` and what was asked for.

    Raises PromptError and UserError, also when there are no words at all.
    """
    flags: dict[str, Any] = {_FLAGS[key]: given[key] for key in _FLAGS if given.get(key) is not None}
    notes: list[str] = []
    stop = 1.0
    if given.get("prompt"):
        wishes = read_wishes(str(given["prompt"]), Options(**flags))  # type: ignore[typeddict-item]
        if len(wishes) != 1:
            raise PromptError(f"One prompt is wanted here, and this one makes {len(wishes)}: choose one.")
        parts, options, notes = wishes[0].parts, dict(wishes[0].options), list(wishes[0].notes)
        stop = wishes[0].stop_after / at_most(wishes[0].options.get("steps"), int(settings.number("steps")))
    elif recipe.get("prompt"):
        parts = tuple((text, weight) for text, weight in recipe.get("parts") or [(recipe["prompt"], 1.0)])
        options = {key: recipe[key] for key in _INHERITED if recipe.get(key) is not None} | flags
    else:
        raise UserError("The picture was not painted here and has no words: say with --prompt what it is to show.")
    size = [options.pop("width", None), options.pop("height", None)]
    request = Request.checked(parts, **options)  # type: ignore[arg-type]
    settled_options = {
        "seed": secrets.randbelow(SEEDS) if options.get("seed") is None else request.seed,
        "count": request.count,
        "steps": request.steps,
        "guidance_scale": painter.bundle.guidance_scale if request.guidance_scale is None else request.guidance_scale,
        "memory": _memory(painter, request),
        "solver": request.solver,
        "enlarge": painter.enlarger.named(request.enlarge),
        "lettering": bool(settings.number("lettering")) if request.lettering is None else request.lettering,
        "prior": bool(settings.number("prior")) if request.prior is None else request.prior,
        **{key: options[key] for key in ("negative", "style", *_EXTRA) if options.get(key)},
    }
    return {
        "parts": [list(part) for part in request.parts],
        "is_new": bool(given.get("prompt")),
        "options": settled_options,
        "size": size,  # that the words ask for; most operations have a size of their own
        "stop": stop,
        "notes": notes,
    }


def prepared(
    painter: Painter, arguments: Mapping[str, Any], width: int | None = None, height: int | None = None
) -> Sitting:
    """A sitting for words that were settled, for pictures of this size, or else of the model's own."""
    settled = {**arguments["options"], "enlarge": enlarge(arguments) if width or height else None}
    settled.setdefault("lettering", False)  # recipes that do not say it are of before quoted words were drawn
    settled.setdefault("prior", False)  # likewise of before there was one
    options = Options(**settled, width=width, height=height)  # type: ignore[typeddict-item]
    return painter.prepare([(text, weight) for text, weight in arguments["parts"]], **options)


def enlarge(arguments: Mapping[str, Any]) -> str:
    """How pictures are made larger than they are painted; recipes that do not say it are of before there was a choice.
    """
    return str(arguments["options"].get("enlarge", LANCZOS))


# Options that the engine may have learned since; they are handed on as they came.
_EXTRA = ("tile", "chaos", "weird", "taste", "characters")


def _memory(painter: Painter, request: Request) -> float:
    if request.memory is not None:
        return request.memory
    set_ = settings.number("memory")
    return painter.bundle.memory if set_ < 0.0 else min(set_, 1.0)
