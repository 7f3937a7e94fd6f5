"""Commissions: what a client of another API asked for, painted by the studio and cut to the size it wants.

    record = begin(studio, commission)
    pictures = await delivered(request, studio, record, commission)

A commission is given up when whoever asked has left. Its pictures are handed over, and kept if there is a `keeper`.
Knows nothing of the shapes in which the APIs ask and answer.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from allaprima.errors import AllaPrimaError, UserError
from allaprima.server import sizes
from allaprima.studio import operations
from allaprima.studio.jobs import new_id
from allaprima.studio.operations import grid
from allaprima.studio.painting import Draft, Prepared, work
from allaprima.studio.studio import JobRecord, Keeper, Options, Order, Picture, Studio, Wish

SEEDS = 2**32
LONGEST_PROMPT = 2000  # characters; longer prompts are cut at a word, since no model here reads that far
MOST_PICTURES = 16
PATIENCE_S = 5.0  # that painting waits for a draft to be sent
NO_WORDS = "picture"  # for a picture of unknown making that comes without words
LONGEST_NOTES = 1000  # characters of a header
NOTE_MASKED = "Within a mask the first picture alone is used; further ones are without effect."
_MARKS = re.compile(r"-{2,}|:{2,}|[{}\[\]()|<>]")
GLANCE_S = 0.5  # between two looks whether the caller is still there


@dataclass(frozen=True)
class Commission:
    """One batch of pictures. `size` None gives them out as they are painted; `seed` None takes one by chance.

    `guidance` None takes the model's own. Further keyword arguments of painting stand in `more`.
    """

    prompt: str
    owner: str
    count: int = 1
    steps: int = 4
    seed: int | None = None
    size: sizes.Size | None = None
    negative: str = ""
    guidance: float | None = None
    partials: int = 0
    kind: str = "openai"
    more: Options = field(default_factory=lambda: Options())


class Interrupted(AllaPrimaError):
    """The work was stopped by somebody else."""


class Pace:
    """How many drafts have been sent, so that painting does not run ahead of those who watch it."""

    def __init__(self) -> None:
        self._sent = 0
        self._changed = threading.Condition()

    def sent(self) -> None:
        """One more draft is on its way."""
        with self._changed:
            self._sent += 1
            self._changed.notify_all()

    def wait(self, count: int, seconds: float) -> bool:
        """Whether `count` drafts were sent, after waiting for that at most so long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._sent >= count, seconds)


def begin(
    studio: Studio, commission: Commission, pace: Pace | None = None, *, keeper: Keeper | None = None
) -> JobRecord:
    """Queue a commission. Raises PromptError, UserError, QueueFull.

    With `pace` the step after a draft waits until the draft was sent, at most `PATIENCE_S`. `keeper` keeps what is
    painted.
    """
    order, wish = _order(studio, commission)
    record = JobRecord(order.id, order.owner, commission.kind, {"prompt": order.prompt})
    record.notes = wish.notes
    record.steps = min(commission.steps, wish.stop_after)

    def units() -> Iterator[Any]:
        painting = work(studio.painter, (wish,), commission.partials, studio.rates)
        return painting if pace is None else _paced(painting, pace)

    return studio.submit_work(record, units, [studio.rates.cost(wish, studio.default_steps)], keeper=keeper)


def _order(studio: Studio, commission: Commission) -> tuple[Order, Wish]:
    """The order and the one wish it comes to. The prompt's own parameters are heard, if they are right and make one
    batch; else the prompt is words alone, since these clients' prompts come from people and programs who have never
    heard of parameters."""
    prompt = shortened(commission.prompt)
    options = Options(
        count=commission.count, steps=commission.steps, guidance_scale=commission.guidance, **commission.more
    )
    if shortened(commission.negative):
        options["negative"] = shortened(commission.negative)
    if commission.seed is not None:
        options["seed"] = commission.seed % SEEDS
    if commission.size is not None:  # painted as the model does, enlarged afterwards, off the painting thread
        options["width"], options["height"] = studio.picture_size
    chance = secrets.randbelow(SEEDS)
    try:
        wishes = studio.read(prompt, options, seed=chance)
    except UserError:
        wishes = ()
    if len(wishes) == 1:
        return Order(prompt, options, commission.owner), wishes[0]
    order = Order(prompt, Options(**{"seed": chance, **options}), commission.owner, literal=True)
    studio.check(order)
    return order, Wish(prompt, ((prompt, 1.0),), order.options, commission.steps)


async def begin_from(
    studio: Studio,
    commission: Commission,
    image: bytes,
    mask: bytes | None = None,
    strength: float = 0.75,
    *,
    references: Sequence[bytes] = (),
    keeper: Keeper | None = None,
) -> JobRecord:
    """Queue a commission that begins with a picture: `strength` 0 keeps it, 1 follows the words alone.

    With `mask` (a PNG, white or transparent where the picture may change) the rest of it is kept, whatever `strength`.
    `references` are further pictures, which play the things that the words name; within a mask they are not used.
    Words are the commission's, or else those that the picture was painted from. Raises UserError, QueueFull.
    """
    parent = await studio.in_thread(operations.from_bytes, image)
    prompt, memory = _plain(studio, shortened(commission.prompt)), commission.more.get("memory")
    if not prompt and not parent.recipe.get("prompt"):
        prompt, memory = NO_WORDS, 0.0
    given: dict[str, Any] = {
        "count": commission.count, "steps": commission.steps, "prompt": prompt or None,
        "seed": None if commission.seed is None else commission.seed % SEEDS, "guidance": commission.guidance,
        "negative": shortened(commission.negative) or None, "style": commission.more.get("style"), "memory": memory,
    }  # fmt: skip
    painter, parents = studio.painter, [parent]
    if references and mask is None:
        parents += [await studio.in_thread(operations.from_bytes, each) for each in references]
        name, given["prompt"] = "imagine", prompt or str(parent.recipe["prompt"])
        given["roles"] = grid.beside(strength, len(references))
    elif mask is None:
        name, given["strength"] = "image-to-image", strength
    else:
        name, given["mask"] = "region", base64.b64encode(mask).decode("ascii")
    arguments = await studio.in_thread(operations.resolve, painter, name, parents, given)
    record = JobRecord(new_id(), commission.owner, commission.kind, {"prompt": prompt})
    record.steps = operations.steps_of(arguments)
    record.notes = tuple(arguments.get("notes", ()))
    if references and mask is not None:
        record.notes += (NOTE_MASKED,)
    cost = commission.count * (record.steps * studio.rates.step + studio.rates.decode)
    return studio.submit_work(
        record, lambda: operations.work(painter, name, parents, arguments), [cost], keeper=keeper
    )  # fmt: skip


def _plain(studio: Studio, prompt: str) -> str:
    """The prompt, without the marks of the prompt language where they are not meant as such."""
    try:
        if not prompt or len(studio.read(prompt, Options())) == 1:
            return prompt
    except UserError:
        pass
    return " ".join(_MARKS.sub(" ", prompt).split())


def shortened(text: str) -> str:
    """A prompt with its white space settled, cut at a word where it is longer than is read."""
    text = " ".join(text.split())
    if len(text) <= LONGEST_PROMPT:
        return text
    return text[: LONGEST_PROMPT + 1].rpartition(" ")[0] or text[:LONGEST_PROMPT]


def _paced(units: Iterator[Any], pace: Pace) -> Iterator[Any]:
    """The units of a painting, with empty ones after each draft until it was sent: others may paint meanwhile."""
    drafts = 0
    try:
        for unit in units:
            yield unit
            if isinstance(unit, Draft):
                drafts += 1
                until = time.monotonic() + PATIENCE_S
                while not pace.wait(drafts, 0.005) and time.monotonic() < until:
                    yield Prepared(0, 1)
    finally:
        close = getattr(units, "close", None)
        if close is not None:
            close()


async def delivered(request: Request, studio: Studio, record: JobRecord, size: sizes.Size | None) -> list[Picture]:
    """The pictures at their size, once all are painted; given up when the caller leaves.

    Raises what stopped the work, and Interrupted when somebody did.
    """
    waiting = asyncio.ensure_future(record.wait())
    try:
        while not (await asyncio.wait([waiting], timeout=GLANCE_S))[0]:
            if await request.is_disconnected():
                break
    finally:
        waiting.cancel()
        if not record.is_over:
            studio.interrupt(record.id)
    return await finished(studio, record, size)


async def finished(studio: Studio, record: JobRecord, size: sizes.Size | None) -> list[Picture]:
    """The pictures of a record that is over, at their size. Raises as `delivered`."""
    if record.error is not None:
        raise record.error
    if record.state != "done":
        raise Interrupted("The painting was stopped.")
    enlarger = studio.painter.enlarger
    return [await studio.in_thread(sizes.fitted, made.picture, size, enlarger) for made in record.pictures]


def declared(record: JobRecord, asked_steps: int | None = None) -> dict[str, str]:
    """Headers that say what was done, what was asked where that is something else, and what was kept."""
    said = {"x-allaprima-steps": str(record.steps)}
    entries = [made.entry for made in record.pictures if made.entry is not None]
    if entries:
        said["x-allaprima-entries"] = ", ".join(entries)
    if record.notes:
        # Headers are lines of ASCII.
        plain = (each if " " <= each <= "~" else "?" for each in " ".join(record.notes)[:LONGEST_NOTES])
        said["x-allaprima-notes"] = "".join(plain).strip()
    if asked_steps is not None and asked_steps > sizes.MOST_STEPS:
        said["x-allaprima-steps"] += f"; asked={asked_steps}; most={sizes.MOST_STEPS}"
    return said


async def answered(studio: Studio, content: dict[str, Any], headers: dict[str, str]) -> Response:
    """JSON of some megabytes, written without holding up the event loop."""
    body = await studio.in_thread(lambda: json.dumps(content, allow_nan=False).encode("ascii"))
    return Response(body, media_type="application/json", headers=headers)
