"""The keywords that every way of painting takes. Types only; `Request` checks the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class Options(TypedDict, total=False):
    """Keyword arguments of `Painter.paint`, `.paint_batch`, `.steps` and `.prepare`, all optional."""

    negative: str  # what should not be there: the unconditional side of guidance
    seed: int | None  # 0 .. 2**32 - 1; None takes one by chance
    count: int  # 1 .. 16 pictures, of seeds seed, seed + 1, ...
    steps: int | str | None  # 1 .. 100; "auto" takes as many as the words need
    guidance_scale: float | None  # 0 .. 30; 1 asks the model once a step, anything else twice
    memory: float | None  # 0 (words alone) .. 1 (the library's drawings shown at every step)
    width: int | None  # 64 .. 2048 pixels; one side alone makes a square
    height: int | None
    enlarge: str | None  # how more pixels than painted are made: learned or lanczos; None: the best there is
    style: str | None  # a style's name or any of its words
    stop: int | None  # the step that is to be the last: its picture is shown as it is by then, without guidance
    solver: str  # euler or multistep
    sampler: str | None  # denoiser or student; None takes the student where it can
    grid: Sequence[float] | None  # steps + 1 times from 1 down to 0, instead of the bundle's
    churn: Sequence[float] | None  # for each step the share 0 .. 1 of its noise made anew
    tile: bool  # painted on a ring, so that it repeats without a seam
    chaos: float  # 0 .. 100: how differently the pictures of a batch take the words
    taste: Mapping[str, Any] | None  # where profiles lead, as `taste.mixed` gives it
    weird: float  # 0 .. 3000: how far from the usual all of them take the words
    lettering: bool | None  # quoted words drawn as letters; None takes the setting
    prior: bool | None  # things sketched by the prior when memory is 0; None takes the setting
    characters: Sequence[str]  # names of library drawings that are to be in the picture
