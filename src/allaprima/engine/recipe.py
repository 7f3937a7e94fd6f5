"""Recipes: everything that made a picture, as plain JSON, so that the same picture can be made again.

Knows the recipe's shape and nothing of how it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import allaprima
from allaprima import typeface
from allaprima.engine import shapes
from allaprima.engine.collage import Box, Collage
from allaprima.engine.prior import is_sketch
from allaprima.engine.shapes import Size
from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.engine.bundle import Bundle
    from allaprima.engine.sitting import Sitting

FORMAT = 1


def write(
    sitting: Sitting, bundle: Bundle, backend: str, index: int, done: int, sized: tuple[Size, Size, str]
) -> dict[str, Any]:
    """The recipe of picture `index` of a sitting that stopped after `done` steps.

    `sized`: the size that it was painted at, the one it is given out at, and how it came from the one to the other.
    """
    request = sitting.request
    painted_at, size, filter = sized
    recipe: dict[str, Any] = {
        "format": FORMAT,
        "prompt": request.prompt,
        "seed": sitting.seeds[index],
        "steps": request.steps,
        "grid": list(sitting.grid),
        "solver": request.solver,
        "guidance_scale": sitting.guidance_scale,
        "guidance_interval": list(bundle.guidance_interval),
        "memory": sitting.memory,
        "size": list(size),
        "references": references(sitting.collages[index]),
        "model": {"name": bundle.name, "sha256": bundle.sha256, "licence": bundle.licence},
        "backend": backend,
        "version": allaprima.__version__,
    }
    # What is not so is not said.
    optional: dict[str, Any] = {
        "parts": [list(part) for part in request.parts] if len(request.parts) > 1 else None,
        "negative": request.negative or None,
        "auto_steps": request.is_auto or None,
        "style": request.style,
        "sampler": sitting.sampler if sitting.sampler != "denoiser" else None,
        "churn": list(sitting.churn) if any(sitting.churn) else None,
        # Another batch can differ in the last bits, so a picture says which place in which batch it had.
        "batch": {"index": index, "count": request.count, "seed": request.seed} if request.count > 1 else None,
        "stop": request.stop,
        "stopped_after": done if done < request.steps else None,
        "resized": {"from": list(painted_at), "filter": filter} if size != painted_at else None,
        "unread": sitting.unread or None,
        "tile": request.tile or None,
        "chaos": request.chaos or None,
        "weird": request.weird or None,
        "taste": dict(request.taste) if request.taste else None,
        "characters": list(request.characters) or None,
        "lettering": lettering(sitting.collages[index]),
        "sketched": sketched(sitting.collages[index]) or None,
    }
    return recipe | {key: value for key, value in optional.items() if value is not None}


def references(collage: Collage | None) -> list[dict[str, Any]]:
    """Whose drawings informed a picture: each one's credit, the words it stands for, how near, and where.

    Boxes are in fractions of the square that the picture is the middle of, whatever its shape.
    """
    if collage is None:
        return []
    return [
        {
            **thing.drawing.credit(),
            "for": thing.text,
            "score": round(thing.match.score, 4),
            "boxes": _squared(boxes, collage),
        }
        for thing, boxes in zip(collage.things, collage.boxes, strict=True)
        if thing.drawing is not None and not is_sketch(thing)
    ]


def sketched(collage: Collage | None) -> list[dict[str, Any]]:
    """What the prior drew: the words, the style, how sure it was, and where; boxes as in `references`."""
    if collage is None:
        return []
    return [
        {
            "for": thing.text,
            "as": thing.drawing.name,
            "style": thing.drawing.style,
            "sureness": thing.match.score,
            "boxes": _squared(boxes, collage),
        }
        for thing, boxes in zip(collage.things, collage.boxes, strict=True)
        if thing.drawing is not None and is_sketch(thing)
    ]


def lettering(collage: Collage | None) -> dict[str, Any] | None:
    """The words that were drawn as letters, and where: the box as in `references`."""
    if collage is None or collage.letters is None:
        return None
    letters = collage.letters
    return {
        "text": letters.text,
        "lines": list(letters.lines),
        "colour": letters.colour,
        "place": letters.place,
        "box": _squared([letters.box], collage)[0],
        "font": typeface.NAME,
    }


def _squared(boxes: Sequence[Box], collage: Collage) -> list[list[float]]:
    """Boxes of a collage in fractions of the square that it is the middle of, as a recipe says them."""
    shape = (collage.rgba.shape[1], collage.rgba.shape[0])
    return [[round(edge, 4) for edge in shapes.squared(box, shape)] for box in boxes]


def check_references(written: Mapping[str, Any], done: Mapping[str, Any]) -> None:
    """Raise UserError when a repeated recipe was painted from other drawings than the first time."""
    before, now = ([each.get("sha256") for each in recipe.get("references", [])] for recipe in (written, done))
    if before != now:
        names = ", ".join(str(each.get("name")) for each in written.get("references", []))
        raise UserError(
            f"The picture was painted from other drawings ({names or 'none'}), which are not in memory now: "
            "see allaprima library list."
        )


def options(recipe: Mapping[str, Any], bundle: Bundle) -> dict[str, Any]:
    """The painter's keyword arguments that repeat a recipe, `prompt` among them.

    Raises UserError when the recipe is not one or was carried out by another model.
    """
    try:
        if recipe.get("format", 0) > FORMAT:
            raise UserError("The recipe is of a newer version: pip install --upgrade allaprima.")
        if "operation" in recipe or "given" in recipe:
            raise UserError("The picture was made of other pictures: allaprima replay makes it again, and them first.")
        model = recipe["model"]
        if not bundle.paints_as(model["sha256"]):
            raise UserError(
                f"The recipe is for the model {model['name']} {model['sha256'][:12]}, and this is "
                f"{bundle.sha256[:12]}: open that bundle to paint the same picture."
            )
        batch = recipe.get("batch") or {"count": 1, "seed": recipe["seed"]}
        width, height = recipe["size"]
        return {
            "prompt": [(text, weight) for text, weight in recipe["parts"]] if "parts" in recipe else recipe["prompt"],
            "negative": recipe.get("negative", ""),
            "seed": batch["seed"],
            "count": batch["count"],
            "steps": recipe["steps"],
            "grid": tuple(recipe["grid"]),
            "churn": tuple(recipe["churn"]) if "churn" in recipe else (0.0,) * recipe["steps"],
            "guidance_scale": recipe["guidance_scale"],
            "memory": recipe["memory"],
            "width": width,
            "height": height,
            "style": recipe.get("style"),
            "solver": recipe["solver"],
            "sampler": recipe.get("sampler", "denoiser"),
            "enlarge": _enlarge(recipe),
            # Recipes that say nothing of letters are of pictures without, those before there were any among them.
            "lettering": "lettering" in recipe,
            "prior": "sketched" in recipe,
            **{key: recipe[key] for key in ("tile", "chaos", "weird", "taste", "characters", "stop") if key in recipe},
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"This is not a recipe that can be repeated: {type(error).__name__} {error}.") from error


def _enlarge(recipe: Mapping[str, Any]) -> str | None:
    """How a picture came to its size, as a request asks for it; tiles have a way of their own."""
    way = (recipe.get("resized") or {}).get("filter")
    return None if way is None or recipe.get("tile") else str(way)
