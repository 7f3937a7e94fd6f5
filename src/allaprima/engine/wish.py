"""Wishes: what a prompt's own parameters ask of the painter, and what they ask that it cannot do yet.

    for wish in read_wishes("a {red, blue} fox --ar 3:2 --no trees"):
        painter.steps(wish.parts, **wish.options)

Knows both the prompt language's tree and the painter's options, and nothing of painting.
"""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass, field, replace

from allaprima.engine import look, settings, taste
from allaprima.engine.options import Options
from allaprima.engine.request import SEEDS, SIDES, clean_text, style_name
from allaprima.engine.step_count import at_most
from allaprima.errors import UserError
from allaprima.prompt import Prompt, parse

DRAFT_STEPS = 2
HD_STEPS = 1.5  # times as many
STOP_STEPS = 16  # at least, of a picture that is to stop on its way: few steps are all but done after the first
NATIVE = 256  # pixels of a square's side, and of the shorter side of other shapes
LONGEST = 512  # pixels of the longer side; what is longer in shape becomes lower

# Parameters that are carried out here, or that change no picture on the user's own machine.
_HEARD = frozenset(
    ("aspect", "seed", "no", "style", "quality", "draft", "stop", "repeat", "chaos", "weird", "stylize", "raw", "tile")
    + ("profile", "hd", "sd", "sref", "sw", "cref", "cw", "oref", "ow", "iw", "edit")
    + ("fast", "relax", "turbo", "public", "stealth", "version", "niji")
)


GALLERY_ID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")  # a picture kept by the gallery
NOTE_PICTURES = "Pictures in a prompt are not looked at here; its words alone are."


@dataclass(frozen=True)
class Wish:
    """One job for the painter: `parts` and `options` are its arguments, `stop_after` the step to finish
    at."""

    text: str  # the job in its standard spelling
    parts: tuple[tuple[str, float], ...]
    options: Options
    stop_after: int
    notes: tuple[str, ...] = field(default=())
    names_pictures: bool = False  # which only the studio looks at


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
            wishes.append(replace(wish, options=options, notes=()))
    return tuple(wishes)


def _wish(job: Prompt, given: Options, warnings: tuple[str, ...]) -> Wish:
    asked, notes = job.parameters, list(warnings)
    if not job.text:
        raise UserError("The prompt has no words: say what to paint. Pictures alone cannot be read yet.")
    options: Options = {"seed": asked.seed}
    steps = at_most(given.get("steps"), int(settings.number("steps")))
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
    parts: look.Parts = tuple((part.text, part.normalised) for part in job.weighted)
    if "hd" in asked.given:
        options["steps"] = min(round(steps * HD_STEPS), 100)
        width, height = options.get("width") or NATIVE, options.get("height") or NATIVE
        options["width"], options["height"] = min(width * 2, SIDES[1]), min(height * 2, SIDES[1])
        notes.append("--hd takes more steps and enlarges: by the model's upscaler, or by Lanczos if it has none.")
    if asked.tile:
        options["tile"] = True
        if "aspect" in asked.given and asked.aspect.width != asked.aspect.height:
            notes.append("A tile is stretched to the shape asked for, where the model does not paint that shape.")
    if asked.chaos:
        options["chaos"] = float(asked.chaos)
    if asked.weird:
        options["weird"] = float(asked.weird)
    if asked.profile:
        _follow(job, options, notes)
    parts = _looks(job, parts, options, notes)
    characters = _characters(job, notes)
    if characters:
        options["characters"] = characters
    idle = sorted(name for name in asked.given if name not in _HEARD)
    if idle:
        notes.append(f"Not done yet, so without effect: {', '.join('--' + name for name in idle)}.")
    references = (*asked.sref, *asked.cref, *asked.oref)
    names_pictures = bool(job.images or asked.edit or any(is_picture(each.ref) for each in references))
    if names_pictures:
        notes.append(NOTE_PICTURES)
    options = {**options, **given}
    count = at_most(options.get("steps"), steps)
    if asked.stop < 100 and options.get("sampler") != "student":
        # The student leaps, and so does anybody with few steps: neither has a picture at a quarter of the way.
        count = max(count, STOP_STEPS)
        options["steps"], options["sampler"] = count, "denoiser"
        options["stop"] = math.ceil(count * asked.stop / 100)
    stop_after = math.ceil(count * asked.stop / 100)
    return Wish(job.canonical, parts, options, stop_after, tuple(notes), names_pictures)


def _looks(job: Prompt, parts: look.Parts, options: Options, notes: list[str]) -> look.Parts:
    """The parts with style references and the strength of the look; may set the style among the options."""
    asked = job.parameters
    styles: list[tuple[str, float]] = []
    for each in asked.sref:
        if each.ref == "random" or each.ref.isdecimal():
            code = int(each.ref) % SEEDS if each.ref.isdecimal() else secrets.randbelow(SEEDS)
            mixed = look.coded(code)
            styles += [(name, share * each.weight) for name, share in mixed]
            notes.append(f"--sref {code} is {mixed[0][0]} and {mixed[1][0]}.")
        elif not is_picture(each.ref):
            try:
                styles.append((style_name(each.ref.lstrip("@")), each.weight))
            except UserError as error:
                notes.append(f"{error} The picture is painted without it.")
    if len(styles) == 1 and "sw" not in asked.given and not options.get("style"):
        options["style"] = styles[0][0]
    elif styles:
        total = sum(weight for _, weight in styles) or 1.0
        strength = min(look.REFERENCE * asked.sw / 100, look.MOST)
        parts = look.beside(parts, [(look.phrase(name), strength * weight / total) for name, weight in styles])
    is_raw = asked.raw or asked.style == "raw"
    return look.stylized(parts, 0 if is_raw else asked.stylize, options.get("style"))


def _follow(job: Prompt, options: Options, notes: list[str]) -> None:
    """The profiles that a prompt follows, as an option; those that are not there are told."""
    asked = job.parameters
    if any(each.ref == "none" for each in asked.profile):
        return
    found = []
    for each in asked.profile:
        try:
            found.append((taste.read(each.ref), each.weight))
        except UserError as error:
            notes.append(f"{error} The picture is painted without it.")
    if found:
        options["taste"] = taste.mixed(found, 0.0 if asked.raw else asked.stylize / 100)


def _characters(job: Prompt, notes: list[str]) -> tuple[str, ...]:
    """The names among the character and object references."""
    asked = job.parameters
    names = [each.ref.lstrip("@").replace("-", " ") for each in (*asked.cref, *asked.oref) if not is_picture(each.ref)]
    if names and (asked.cw < 100 or asked.ow != 100):
        notes.append("Named characters are kept whole: --cw and --ow count for pictures alone.")
    return tuple(names)


def is_picture(ref: str) -> bool:
    """Whether a reference is a picture, by address, file or id, and not a name or a code."""
    return not ref.startswith("@") and ("/" in ref or "." in ref or GALLERY_ID.fullmatch(ref) is not None)


def sides(ratio: float) -> tuple[int, int]:
    """Width and height of a shape whose shorter side is the native square's, in multiples of 4, within what can be
    given out."""
    low, high = SIDES
    longer = round(NATIVE * max(ratio, 1.0 / ratio) / 4) * 4
    shorter = NATIVE
    if longer > LONGEST:  # beyond what any model paints by itself: keep the shape, give up height
        longer, shorter = LONGEST, max(round(LONGEST / max(ratio, 1.0 / ratio) / 4) * 4, low)
    longer = min(longer, high)
    return (longer, shorter) if ratio >= 1.0 else (shorter, longer)
