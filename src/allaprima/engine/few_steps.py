"""Who paints: the denoiser, with guidance and any number of steps, or the student, in few steps with guidance in it.

The one place where that is decided. The student takes what it was taught: plain words and memory, at one of its step
counts. Whatever needs more than one side of guidance, or another way through time, is the denoiser's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.engine.bundle import Bundle, FewSteps
    from allaprima.engine.request import Request

Sampler = Literal["denoiser", "student"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)


def sampler_for(request: Request, bundle: Bundle) -> Sampler:
    """Who paints a request. Raises UserError when the student is asked for by name and cannot."""
    if request.sampler == "denoiser":
        return "denoiser"
    reason = "this bundle has none" if bundle.student is None else _hindrance(request, bundle.student)
    if reason is None:
        return "student"
    if request.sampler == "student":
        raise UserError(f"The student cannot paint this: {reason}. Leave the sampler to the painter.")
    return "denoiser"


def _hindrance(request: Request, student: FewSteps) -> str | None:
    """Why the student cannot paint a request; None when it can."""
    counts = " or ".join(str(n) for n in sorted(student.grids))
    for holds, reason in (
        (request.steps not in student.grids, f"it takes {counts} steps, not {request.steps}"),
        (len(request.parts) > 1, "the prompt's parts are weighed"),
        (bool(request.negative), "something is not to be there"),
        (request.guidance_scale not in (None, student.guidance_scale),
         f"its guidance scale is {student.guidance_scale:g}"),
        (request.grid not in (None, student.grids.get(request.steps)), "it has time grids of its own"),
        (request.solver != "euler" or any(request.churn or ()), "it takes straight steps, without fresh noise"),
        (request.tile, "a tile is turned between its steps"),
        (request.chaos > 0.0 or request.weird > 0.0, "chaos and weird lead away from what it was taught"),
    ):  # fmt: skip
        if holds:
            return reason
    return None
