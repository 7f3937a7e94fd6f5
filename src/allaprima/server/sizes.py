"""What clients ask for and what is painted: sizes, steps and quality, honoured as far as that makes sense.

Clients of other APIs send 1024 pixels and 20 to 28 steps to whatever model is there. Refusing them would help
nobody: a picture is painted at the model's own size and enlarged to the one asked for, up to `LONGEST` a side, and no
more than `MOST_STEPS` steps are taken, since further ones change nothing that can be seen. Both caps are declared in
the answers. Knows nothing of HTTP.
"""

from __future__ import annotations

import re
from dataclasses import replace

from allaprima.errors import UserError
from allaprima.studio.studio import Enlarger, Picture

LONGEST, SHORTEST = 2048, 64  # pixels; the same as a recipe may ask for, so that every picture can be repeated
MOST_STEPS = 16
MOST_ASKED_SIDE, MOST_ASKED_STEPS = 16384, 1000  # beyond these it is a mistake and not a wish
_SIZE = re.compile(r"\s*([0-9]{1,5})\s*[xX×]\s*([0-9]{1,5})\s*")

Size = tuple[int, int]
QUICK = Enlarger()  # by Lanczos: good enough for what is looked at for a moment


def size_of(text: str | None) -> Size | None:
    """Width and height of "1024x1024" as they can be given out; None for "auto" or nothing. Raises UserError."""
    if text is None or text.strip().lower() in ("", "auto"):
        return None
    found = _SIZE.fullmatch(text)
    if found is None:
        raise UserError(f"The size must be like 1024x1024, or auto, not {text[:40]!r}.")
    return given_out(int(found[1]), int(found[2]))


def given_out(width: int, height: int) -> Size:
    """The size that is given out for an asked one: the same, or the largest of its shape within the cap.

    Raises UserError for what is no size.
    """
    for side in (width, height):
        if not 1 <= side <= MOST_ASKED_SIDE:
            raise UserError(f"A picture's side must be between 1 and {MOST_ASKED_SIDE} pixels, not {side}.")
    scale = min(1.0, LONGEST / max(width, height))
    return max(round(width * scale), SHORTEST), max(round(height * scale), SHORTEST)


def steps_for(asked: int) -> int:
    """The steps that are taken for so many asked. Raises UserError for what is no number of steps."""
    if not 1 <= asked <= MOST_ASKED_STEPS:
        raise UserError(f"Steps must be between 1 and {MOST_ASKED_STEPS}, not {asked}.")
    return min(asked, MOST_STEPS)


def steps_of_quality(quality: str | None, default: int) -> tuple[int, str]:
    """Steps for a quality's name, and the quality that this is: low, medium or high. Raises UserError."""
    name = (quality or "auto").strip().lower()
    if name == "low":
        return max(default // 4, 1), "low"
    if name in ("auto", "standard", "medium"):
        return min(default, MOST_STEPS), "medium"
    if name in ("high", "hd", "xhigh", "max"):
        return MOST_STEPS, "high"
    raise UserError(f"The quality must be auto, low, medium, high, standard or hd, not {quality!r}.")


def fitted(picture: Picture, size: Size | None, enlarger: Enlarger = QUICK) -> Picture:
    """A picture at `size`, cut from the middle if its shape is another, with a recipe that says so. Blocks."""
    if size is None or size == (picture.width, picture.height):
        return picture
    before = (picture.width, picture.height)
    pixels = enlarger.fitted(picture.pixels, size)
    resized = {"from": list(before), "filter": enlarger.taken(before, size)}
    return replace(picture, pixels=pixels, recipe={**picture.recipe, "size": list(size), "resized": resized})
