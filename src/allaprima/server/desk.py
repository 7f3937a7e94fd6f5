"""The desk: takes jobs in, writes them down before anything else, and sees that each is carried out exactly once.

With a gallery, a job is a row before it is painted, and its pictures and its end are one transaction; what a killed
server leaves behind is taken up when the next one starts. Without one, jobs live as long as the process. Knows what
kinds of jobs there are, and nothing of HTTP or of painting.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from allaprima.errors import AllaPrimaError
from allaprima.gallery.gallery import Gallery
from allaprima.gallery.records import Job, NewPicture
from allaprima.server import log
from allaprima.server.metrics import Metrics
from allaprima.studio.jobs import new_id
from allaprima.studio.studio import JobRecord, Options, Order, Studio

SEEDS = 2**32
# What a request of each kind asks the studio for; the request is plain JSON, as it is written down.
Make = Callable[[Mapping[str, Any], str, str], Order]


def painted(request: Mapping[str, Any], owner: str, id: str) -> Order:
    """A prompt with options: `prompt`, `default_seed`, and the options by their names on the wire."""
    named = {"guidance": "guidance_scale"}
    keys = ("count", "seed", "steps", "memory", "guidance", "width", "height", "style", "negative")
    options = {named.get(key, key): request[key] for key in keys if request.get(key) not in (None, "")}
    return Order(request["prompt"], Options(**options), owner, default_seed=request.get("default_seed"), id=id)  # type: ignore[typeddict-item]


def repeated(request: Mapping[str, Any], owner: str, id: str) -> Order:
    """A recipe, to be painted again."""
    return Order(str(request["recipe"].get("prompt", "")), owner=owner, recipe=request["recipe"], id=id)


KINDS: dict[str, Make] = {"paint": painted, "recipe": repeated}


class Desk:
    """Jobs of one server."""

    def __init__(self, studio: Studio, gallery: Gallery | None, metrics: Metrics) -> None:
        self._studio, self._gallery, self._metrics = studio, gallery, metrics
        self._rows: dict[str, Job] = {}  # begun in the gallery, by id

    async def take(
        self, kind: str, request: Mapping[str, Any], owner: str, *, key: str | None = None
    ) -> JobRecord | Job:
        """Take a job in: its record, or what is written of it when the same `key` asked for it before.

        Raises PromptError and UserError for what cannot be painted, QueueFull.
        """
        asked = {"default_seed": secrets.randbelow(SEEDS), **request} if kind == "paint" else dict(request)
        self._studio.check(KINDS[kind](asked, owner, "-"))
        self._studio.scheduler.check_room(owner)
        if self._gallery is None:
            return self._submit(kind, asked, owner, new_id())
        row = await asyncio.to_thread(self._gallery.jobs.add, owner, kind, asked, key=key)
        known = self._studio.progress(row.id)
        if known is not None:
            return known
        if row.state != "queued":
            return row
        return self._submit(kind, asked, owner, row.id)

    async def restore(self) -> int:
        """Queue what an earlier server did not finish; how many jobs that were."""
        if self._gallery is None:
            return 0
        restored = 0
        for row in await asyncio.to_thread(self._gallery.jobs.unfinished):
            if row.state != "queued" or row.kind not in KINDS:
                continue  # another server is at it, or it is a newer version's
            try:
                self._submit(row.kind, row.request, row.owner, row.id)
                restored += 1
            except (AllaPrimaError, KeyError, TypeError, AttributeError) as error:
                said = {"error": f"It cannot be taken up again: {error}"}
                await asyncio.to_thread(self._gallery.jobs.set, row.id, "failed", said)
        return restored

    def _submit(self, kind: str, request: Mapping[str, Any], owner: str, id: str) -> JobRecord:
        order = KINDS[kind](request, owner, id)
        # The room was seen to before the job was written down; from then on it is not refused.
        return self._studio.submit(order, kind=kind, request=dict(request), keeper=self, force=True)

    # ---- what the studio tells ----------------------------------------------------------------------------

    async def started(self, record: JobRecord) -> bool:
        """Whether it may go on: not when another server has begun it."""
        if self._gallery is None:
            return True
        row = await asyncio.to_thread(self._gallery.jobs.begin, record.id)
        if row is None:
            return False
        self._rows[record.id] = row
        return True

    async def painted(self, record: JobRecord) -> None:
        """Everything is painted and encoded: keep it, together with the job's end."""
        if self._gallery is None:
            return
        words = str(record.request.get("prompt") or record.pictures[0].picture.recipe.get("prompt", ""))
        vector = (await self._studio.meaning([words or "picture"]))[0]
        new = [
            NewPicture(
                made.png, made.picture.recipe, str(made.picture.recipe.get("prompt") or words), vector,
                record.request.get("parent"),
            )
            for made in record.pictures
        ]  # fmt: skip
        row = self._rows[record.id]
        result = {"pictures": len(new), "notes": list(record.notes)}
        entries = await asyncio.to_thread(self._gallery.finish, row, new, result)
        record.place([entry.id for entry in entries])

    async def ended(self, record: JobRecord) -> None:
        """It is over, however it ended."""
        self._rows.pop(record.id, None)
        self._metrics.jobs.labels(record.kind, record.state).inc()
        log.event("job over", id=record.id, state=record.state, pictures=len(record.pictures))
        if self._gallery is not None and record.state in ("failed", "cancelled"):
            said = {"error": str(record.error)} if record.error is not None else None
            await asyncio.to_thread(self._gallery.jobs.set, record.id, record.state, said)
