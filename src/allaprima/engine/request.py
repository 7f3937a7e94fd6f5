"""A request: what is to be painted and how, checked once so that nothing behind it needs to doubt a number.

Knows nothing of models; whatever the model decides (grids, default guidance) is filled in by the painter.
"""

from __future__ import annotations

import math
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from allaprima.engine import own_drawings, schedule, settings, straying
from allaprima.engine import taste as tastes
from allaprima.engine.few_steps import SAMPLERS, Sampler
from allaprima.engine.sampler import Solver
from allaprima.engine.step_count import AUTO, MOST_AUTO
from allaprima.errors import PromptError, UserError
from allaprima.scene import vocabulary

Prompt = str | Sequence[tuple[str, float]]

LONGEST_PROMPT = 2000  # characters
STEPS = (1, 100)
SIDES = (64, 2048)  # pixels
COUNTS = (1, 16)
GUIDANCE = (0.0, 30.0)
SEEDS = 2**32


@dataclass(frozen=True)
class Request:
    """A checked wish. The weights of `parts` add up to 1; None leaves a value to the bundle."""

    prompt: str
    parts: tuple[tuple[str, float], ...]
    negative: str
    seed: int
    count: int
    steps: int
    guidance_scale: float | None
    memory: float | None
    width: int | None
    height: int | None
    style: str | None
    solver: Solver
    grid: tuple[float, ...] | None
    churn: tuple[float, ...] | None
    tile: bool = False
    chaos: float = 0.0
    weird: float = 0.0
    taste: Mapping[str, Any] | None = None
    characters: tuple[str, ...] = ()
    sampler: Sampler | None = None
    is_auto: bool = False  # the painter finds out how many steps the words need; `steps` is the most
    enlarge: str | None = None
    lettering: bool | None = None
    prior: bool | None = None
    stop: int | None = None

    @classmethod
    def checked(
        cls,
        prompt: Prompt,
        *,
        negative: str = "",
        seed: int | None = None,
        count: int = 1,
        steps: int | str | None = None,
        guidance_scale: float | None = None,
        memory: float | None = None,
        width: int | None = None,
        height: int | None = None,
        style: str | None = None,
        solver: str = "euler",
        grid: Sequence[float] | None = None,
        churn: Sequence[float] | None = None,
        tile: bool = False,
        chaos: float = 0.0,
        weird: float = 0.0,
        taste: Mapping[str, Any] | None = None,
        characters: Sequence[str] = (),
        sampler: str | None = None,
        enlarge: str | None = None,
        lettering: bool | None = None,
        prior: bool | None = None,
        stop: int | None = None,
    ) -> Request:
        """Check every part of a wish; raises PromptError or UserError.

        Without `steps` the grid's own count is taken, or else the setting's. "auto" leaves them to the painter.
        """
        if steps is None or (grid and steps == AUTO):
            steps = len(grid) - 1 if grid else int(settings.number("steps"))
        is_auto = steps == AUTO
        if isinstance(steps, str) and not is_auto and not steps.isdecimal():
            raise UserError(f"steps must be a number from {STEPS[0]} to {STEPS[1]}, or auto, not {steps!r}.")
        if is_auto and churn is not None:
            raise UserError("Fresh noise for each step needs a number of steps: leave churn out, or say how many.")
        steps = MOST_AUTO if is_auto else int(_between("steps", int(steps), *STEPS))
        parts = weighed([(prompt, 1.0)] if isinstance(prompt, str) else prompt)
        whole = parts[0][0] if len(parts) == 1 else ", ".join(text for text, weight in parts if weight > 0)
        if solver not in get_args(Solver):
            raise UserError(f"No solver is called {solver!r}: use {' or '.join(get_args(Solver))}.")
        if sampler is not None and sampler not in SAMPLERS:
            raise UserError(f"No sampler is called {sampler!r}: use {' or '.join(SAMPLERS)}.")
        return cls(
            prompt=whole,
            parts=parts,
            negative=clean_text(negative, "the words after --no") if negative.strip() else "",
            seed=secrets.randbelow(SEEDS) if seed is None else int(_between("seed", seed, 0, SEEDS - 1)),
            count=int(_between("count", count, *COUNTS)),
            steps=steps,
            guidance_scale=None if guidance_scale is None else _between("guidance", guidance_scale, *GUIDANCE),
            memory=None if memory is None else _between("memory", memory, 0.0, 1.0),
            width=None if width is None else int(_between("width", width, *SIDES)),
            height=None if height is None else int(_between("height", height, *SIDES)),
            style=None if style is None else style_name(style),
            solver=solver,  # type: ignore[arg-type]  # checked above
            grid=None if grid is None else _grid(grid, steps),
            churn=None if churn is None else _churn(churn, steps),
            tile=bool(tile),
            chaos=_between("chaos", chaos, *straying.CHAOS),
            weird=_between("weird", weird, *straying.WEIRD),
            taste=None if taste is None else tastes.checked(taste),
            characters=tuple(clean_text(name, "a character's name") for name in characters),
            sampler=sampler,
            is_auto=is_auto,
            enlarge=enlarge,  # which ways there are, the bundle knows
            lettering=None if lettering is None else bool(lettering),
            prior=None if prior is None else bool(prior),
            stop=None if stop is None else int(_between("stop", stop, 1, steps)),
        )


def clean_text(text: str, what: str = "the prompt") -> str:
    """`text` with its white space settled. Raises PromptError when it is empty, too long or not text."""
    for character in text:
        # Line ends and tabs come with pasted text and are white space; other controls are accidents or worse.
        if unicodedata.category(character) in ("Cc", "Cs", "Cn") and character not in "\t\n\r":
            raise PromptError(
                f"The character U+{ord(character):04X} in {what} is not text: "
                "remove control characters and broken ones."
            )
    settled = " ".join(text.split())
    if not settled:
        raise PromptError(
            f'{what[:1].upper()}{what[1:]} cannot be empty: say what to paint, as in "a red fox in the snow".'
        )
    if len(settled) > LONGEST_PROMPT:
        raise PromptError(
            f"{what[:1].upper()}{what[1:]} has {len(settled):,} characters; "
            f"at most {LONGEST_PROMPT:,} are taken. Shorten it."
        )
    return settled


def weighed(parts: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Sub-prompts with weights that add up to 1. Raises PromptError unless their sum is above 0."""
    if not parts:
        raise PromptError('The prompt cannot be empty: say what to paint, as in "a red fox in the snow".')
    total = math.fsum(weight for _, weight in parts)
    if not math.isfinite(total) or total <= 0.0:
        raise PromptError(f"The weights of a prompt's parts must add up to more than 0, not {total:g}.")
    return tuple((clean_text(text), weight / total) for text, weight in parts if weight != 0.0)


def style_name(words: str) -> str:
    """The vocabulary's style, or the user's own, that `words` call for. Raises UserError with the styles there are."""
    wanted = " ".join(words.casefold().replace("-", " ").split())
    for name, phrases in vocabulary.STYLES.items():
        if wanted in {" ".join(each.casefold().replace("-", " ").split()) for each in (name, *phrases)}:
            return name
    own = own_drawings.style_named(wanted)
    if own is not None:
        return own
    raise UserError(f"No style is called {words!r}: use one of {', '.join(vocabulary.STYLES)}.")


def slug(text: str, longest: int = 48) -> str:
    """A file name's worth of a prompt: lower case ASCII words joined by hyphens, cut at a word."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_)
    name = ""
    for word in words:
        if name and len(name) + 1 + len(word) > longest:
            break
        name = f"{name}-{word}" if name else word[:longest]
    return name or "picture"


def _between(name: str, value: float, low: float, high: float) -> float:
    if not math.isfinite(value) or not low <= value <= high:
        raise UserError(f"{name} must be between {low:g} and {high:.10g}, not {value:.10g}.")
    return value


def _grid(grid: Sequence[float], steps: int) -> tuple[float, ...]:
    try:
        return schedule.checked(grid, steps)
    except ValueError as error:
        raise UserError(f"The time grid cannot be walked: {error}.") from None


def _churn(churn: Sequence[float], steps: int) -> tuple[float, ...]:
    shares = tuple(float(share) for share in churn)
    if len(shares) != steps or not all(0.0 <= share <= 1.0 for share in shares):
        raise UserError(f"churn needs {steps} numbers between 0 and 1, one for each step, not {shares}.")
    return shares
