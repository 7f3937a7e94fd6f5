"""The desk: takes jobs in, writes them down before anything else, and sees that each is carried out exactly once.

With a gallery, a job is a row before it is painted, and its pictures and its end are one transaction; what a killed
server leaves behind is taken up when the next one starts. Without one, jobs live as long as the process. Knows what
kinds of jobs there are, and nothing of HTTP or of painting.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from allaprima.errors import AllaPrimaError, UserError
from allaprima.gallery.gallery import Gallery
from allaprima.gallery.records import Job, NewPicture
from allaprima.server import log, uploads
from allaprima.server.metrics import Metrics
from allaprima.studio import operations
from allaprima.studio.jobs import new_id
from allaprima.studio.painting import Painted, Prepared
from allaprima.studio.studio import JobRecord, Options, Order, Picture, Studio

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


@dataclass(frozen=True)
class Plan:
    """A job that was checked: an order for the studio, or work of another kind with what it costs."""

    order: Order | None = None
    begin: Callable[[], Iterator[Any]] | None = None
    cost_ms: float = 0.0
    steps: int = 0
    notes: tuple[str, ...] = ()


class Desk:
    """Jobs of one server."""

    def __init__(self, studio: Studio, gallery: Gallery | None, metrics: Metrics) -> None:
        self._studio, self._gallery, self._metrics = studio, gallery, metrics
        self._rows: dict[str, Job] = {}  # begun in the gallery, by id

    async def take(
        self, kind: str, request: Mapping[str, Any], owner: str, *, key: str | None = None
    ) -> JobRecord | Job:
        """Take a job in: its record, or what is written of it when the same `key` asked for it before.

        `kind` is `paint`, `recipe` or an operation's name. Raises PromptError and UserError for what cannot be
        painted, QueueFull.
        """
        if kind in operations.TABLE:
            asked = await self._resolved(kind, request, owner)
        else:
            asked = {"default_seed": secrets.randbelow(SEEDS), **request} if kind == "paint" else dict(request)
        plan = await self._plan(kind, asked, owner)
        self._studio.scheduler.check_room(owner)
        if self._gallery is None:
            return self._start(plan, kind, asked, owner, new_id())
        row = await asyncio.to_thread(self._gallery.jobs.add, owner, kind, asked, key=key)
        known = self._studio.progress(row.id)
        if known is not None:
            return known
        if row.state != "queued" or not await asyncio.to_thread(self._gallery.jobs.has_in_hand, row.id):
            return row  # the same key asked before, here or at another server that has it in hand
        return self._start(plan, kind, asked, owner, row.id)

    async def restore(self) -> int:
        """Queue what a server that is gone did not finish; how many jobs that were."""
        if self._gallery is None:
            return 0
        restored = 0
        kinds = {*KINDS, *operations.TABLE}  # others are a newer version's
        for row in await asyncio.to_thread(self._gallery.jobs.claim, kinds):
            known = self._studio.progress(row.id)
            if known is not None and not known.is_over:
                continue
            try:
                plan = await self._plan(row.kind, row.request, row.owner)
                self._start(plan, row.kind, row.request, row.owner, row.id)
                restored += 1
            except (AllaPrimaError, KeyError, TypeError, AttributeError) as error:
                said = {"error": f"It cannot be taken up again: {error}"}
                await asyncio.to_thread(self._gallery.jobs.set, row.id, "failed", said)
        return restored

    async def watch(self, seconds: float) -> None:
        """Look every so often whether another server of the same gallery has died, and take up its jobs; cancel to
        stop."""
        while self._gallery is not None:
            await asyncio.sleep(seconds)
            try:
                await asyncio.to_thread(self._gallery.sweep)
                restored = await self.restore()
                if restored:
                    log.event("taken over", jobs=restored)
            except Exception as error:  # the database may be away for a while
                log.event("not looked after others", error=type(error).__name__)

    async def pictures(self, refs: Sequence[Mapping[str, Any]], owner: str) -> list[Picture]:
        """The pictures that are meant: `{"entry"}`, `{"job", "index"}` or `{"data"}` (base64). Raises UserError."""
        return [await self._picture(ref, owner) for ref in refs]

    async def _picture(self, ref: Mapping[str, Any], owner: str) -> Picture:
        if ref.get("data") is not None:
            data = await self._studio.in_thread(uploads.from_base64, ref["data"])
            await self._studio.in_thread(uploads.opened, data)
            return await self._studio.in_thread(operations.from_bytes, data)
        if ref.get("entry") is not None:
            if self._gallery is None:
                raise UserError("This server keeps no pictures: name a job's picture, or send one.")
            entry = await asyncio.to_thread(self._gallery.get, ref["entry"], owner)
            data = await asyncio.to_thread(self._gallery.data, entry.id, owner)
            return await self._studio.in_thread(lambda: operations.from_bytes(data, recipe=entry.recipe))
        record = self._studio.progress(str(ref.get("job")))
        made = record.pictures if record is not None and record.owner == owner else []
        for each in made:
            if each.index == ref.get("index", 0) and each.png:
                return each.picture
        raise UserError("There is no such picture: name one by its entry, by its job and index, or send it.")

    async def _resolved(self, kind: str, request: Mapping[str, Any], owner: str) -> dict[str, Any]:
        """An operation's request, complete: with it alone the job can be taken up again."""
        refs = [await self._settled(ref, owner) for ref in request["pictures"]]
        parents = await self.pictures(refs, owner)
        given = request.get("arguments", {})
        arguments = await self._studio.in_thread(operations.resolve, self._studio.painter, kind, parents, given)
        words = given.get("prompt") or next((p.recipe.get("prompt") for p in parents if p.recipe.get("prompt")), "")
        parent = refs[0].get("entry") if refs else None
        return {"prompt": words, "pictures": refs, "arguments": arguments, "parent": parent}

    async def _settled(self, ref: Mapping[str, Any], owner: str) -> dict[str, Any]:
        """A job's picture by its entry, where it is kept: jobs are forgotten sooner."""
        if ref.get("job") is None or self._gallery is None:
            return dict(ref)
        job = await asyncio.to_thread(self._gallery.jobs.get, ref["job"], owner)
        entries = await asyncio.to_thread(self._gallery.of_job, job.id)
        index = int(ref.get("index") or 0)
        return {"entry": entries[index].id} if index < len(entries) else dict(ref)

    async def _plan(self, kind: str, request: Mapping[str, Any], owner: str) -> Plan:
        painter, rates = self._studio.painter, self._studio.rates
        if kind in operations.TABLE:
            parents, arguments = await self.pictures(request["pictures"], owner), request["arguments"]
            steps, count = operations.steps_of(arguments), int((arguments.get("options") or {}).get("count", 1))

            def begin() -> Iterator[Any]:
                return operations.work(painter, kind, parents, arguments)

            cost = count * (steps * rates.step + rates.decode)
            return Plan(begin=begin, cost_ms=cost, steps=steps, notes=tuple(arguments.get("notes", ())))
        if kind == "recipe" and "operation" in request["recipe"]:
            recipe = request["recipe"]
            return Plan(begin=lambda: _replayed(self._studio, recipe), cost_ms=rates.decode, steps=1)
        order = KINDS[kind](request, owner, "-")
        self._studio.check(order)
        return Plan(order)

    def _start(self, plan: Plan, kind: str, request: Mapping[str, Any], owner: str, id: str) -> JobRecord:
        # The room was seen to before the job was written down; from then on it is not refused.
        if plan.order is not None:
            order = replace(plan.order, id=id)
            return self._studio.submit(order, kind=kind, request=dict(request), keeper=self, force=True)
        assert plan.begin is not None
        record = JobRecord(id, owner, kind, dict(request), steps=plan.steps, notes=plan.notes)
        return self._studio.submit_work(record, plan.begin, [plan.cost_ms], keeper=self, force=True)

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


def _replayed(studio: Studio, recipe: Mapping[str, Any]) -> Iterator[Any]:
    """A picture of operations, with everything that it came from, painted again."""
    yield Prepared(0, 1)
    yield Painted(0, (operations.replay(studio.painter, recipe),))
