"""The studio: a painter that many people share, as an event loop sees it.

    studio = Studio(Painter())
    pictures = await studio.paint(Order("a red fox", {"seed": 7, "count": 2}))
    async for event in studio.stream(Order("a red fox", partials=3)):
        ...                                   # JobEvent: "step", "draft", "picture", then "done"
    record = studio.progress(order.id)        # how far it is, at any time
    studio.interrupt(order.id)                # stops within one step

Must be used from one event loop; painting happens on the scheduler's thread and encoding in two others, so that the
loop only passes messages. Knows nothing of HTTP, nor of where pictures are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import settings
from allaprima.engine.options import Options
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.request import SEEDS, Request
from allaprima.engine.step_count import at_most
from allaprima.engine.upscaler import Enlarger
from allaprima.engine.wish import Wish, read_wishes
from allaprima.studio import encoding
from allaprima.studio.courtesy import give_way
from allaprima.studio.jobs import Job, JobCancelled, JobFailed, JobFinished, JobStarted, Place
from allaprima.studio.live import Emit, LiveItem
from allaprima.studio.painting import Draft, Order, Painted, Prepared, Progress, Rates, wish_of_recipe, work
from allaprima.studio.record import JobEvent, JobRecord, Made, State
from allaprima.studio.scheduler import Scheduler

__all__ = [
    "Enlarger", "JobEvent", "JobRecord", "Made", "Options", "Order", "Painter", "Picture", "Place", "Studio", "Wish",
]  # fmt: skip

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Keeper(Protocol):
    """Who is told of a job's life, on the loop, and may keep its pictures."""

    async def started(self, record: JobRecord) -> bool:
        """Painting begins; false stops it again, without a word to anybody else."""
        ...

    async def painted(self, record: JobRecord) -> None:
        """All pictures are there; the job counts as done when this returns."""
        ...

    async def ended(self, record: JobRecord) -> None:
        """It is over, however it ended; called before its last event."""
        ...


KEEPING_S = 10.0  # that a closing studio waits for pictures to be kept
RECORDS = 256  # jobs that are remembered after their end
PICTURES = 32  # of these, how many with their pictures and events


class Studio:
    """One painter, its scheduler, and the records of its jobs."""

    def __init__(self, painter: Painter, *, batch: int = 1, queue_size: int = 128, per_owner: int = 64) -> None:
        self.painter = painter
        self.rates = Rates()
        self.scheduler = Scheduler(painter, batch=batch, queue_size=queue_size, per_owner=per_owner)
        self.records: dict[str, JobRecord] = {}
        self._encoders = ThreadPoolExecutor(2, thread_name_prefix="encoding", initializer=give_way)
        self._clerks: set[asyncio.Task[None]] = set()
        self._finishing: set[asyncio.Task[Any]] = set()

    @property
    def model(self) -> dict[str, str]:
        """The model's name, its sha256 and its licence."""
        bundle = self.painter.bundle
        return {"name": bundle.name, "sha256": bundle.sha256, "licence": bundle.licence}

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of a picture as the model paints it."""
        return self.painter.bundle.picture_sizes[0]

    @property
    def preview_size(self) -> tuple[int, int]:
        """Width and height of a preview."""
        _, rows, columns = self.painter.bundle.latent_shape
        return columns, rows

    @property
    def default_steps(self) -> int:
        return int(settings.number("steps"))

    def bundle_file(self, name: str) -> Path | None:
        """A file of the model's bundle, for browsers that paint by themselves; None if it has none of that name."""
        bundle = self.painter.bundle
        return bundle.folder / name if name == "bundle.json" or name in bundle.info["files"] else None

    async def in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run what is too slow for the event loop, but is not painting."""
        return await asyncio.get_running_loop().run_in_executor(self._encoders, function, *arguments)

    # ---- live ----------------------------------------------------------------------------------------------

    def live(self, lane: str, id: int, prompt: str, options: Options, *, seed: int, final: bool, emit: Emit) -> None:
        """Paint this for a lane; its events come to `emit` on the loop. Raises PromptError and UserError.

        `seed` is for a prompt that names none itself.
        """
        wish = self.read(prompt, {**options, "count": 1}, seed=seed)[0]
        self.scheduler.live(lane, LiveItem(id, wish, final, self._to_loop(emit), time.perf_counter()))

    def read(self, prompt: str, options: Options, *, seed: int | None = None) -> tuple[Wish, ...]:
        """What a prompt asks for, checked. `seed` is for wishes that name none. Raises PromptError, UserError."""
        wishes = read_wishes(prompt, options)
        for wish in wishes:
            if wish.options.get("seed") is None and seed is not None:
                wish.options["seed"] = seed % SEEDS
                seed += wish.options.get("count", 1)  # the next grid's pictures differ from this one's
            wish.options["seed"] = Request.checked(wish.parts, **wish.options).seed
        return wishes

    async def meaning(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What texts mean, as vectors [n, 384] of unit length."""
        return await self.in_thread(self.painter.meaning, texts)

    # ---- jobs ----------------------------------------------------------------------------------------------

    def submit(
        self,
        order: Order,
        *,
        kind: str = "paint",
        request: dict[str, Any] | None = None,
        keeper: Keeper | None = None,
        force: bool = False,
    ) -> JobRecord:
        """Queue an order. Raises PromptError, UserError, or QueueFull; `force` goes past a full queue."""
        wishes, chosen = self._wishes(order)
        costs = [self.rates.cost(wish, self.default_steps) for wish in wishes]
        record = JobRecord(order.id, order.owner, kind, request or {"prompt": order.prompt})
        record.notes = tuple(dict.fromkeys(note for wish in wishes for note in wish.notes))
        record.steps = sum(
            min(at_most(wish.options.get("steps"), self.default_steps), wish.stop_after) for wish in wishes
        )

        def begin() -> Iterator[Any]:
            return work(self.painter, wishes, order.partials, self.rates)

        return self.submit_work(record, begin, costs, keeper=keeper, force=force, chosen=chosen)

    def submit_work(
        self,
        record: JobRecord,
        begin: Callable[[], Iterator[Any]],
        costs: Sequence[float],
        *,
        keeper: Keeper | None = None,
        force: bool = False,
        chosen: int | None = None,
    ) -> JobRecord:
        """Queue any work that yields `Progress`, `Draft`, `Painted` and TURN_OVER. Raises QueueFull.

        `costs`: expected ms of each turn. `chosen`: keep this picture of each grid alone.
        """
        news: asyncio.Queue[Any] = asyncio.Queue()
        job = Job(record.owner, begin, self._to_loop(news.put_nowait), costs, id=record.id)
        self.scheduler.submit(job, force=force)
        self.records[record.id] = record
        self._tell_places()
        clerk = asyncio.get_running_loop().create_task(self._attend(record, news, keeper, chosen))
        self._clerks.add(clerk)
        clerk.add_done_callback(self._clerks.discard)
        return record

    def check(self, order: Order) -> None:
        """Raises what `submit` would raise because of the order itself: PromptError, UserError."""
        self._wishes(order)

    async def paint(self, order: Order) -> tuple[Picture, ...]:
        """All pictures of an order. Raises what `submit` raises, or what stopped the work."""
        record = self.submit(order)
        try:
            await record.wait()
        except asyncio.CancelledError:
            self.interrupt(order.id)
            raise
        if record.error is not None:
            raise record.error
        return tuple(made.picture for made in record.pictures)

    async def stream(self, order: Order) -> AsyncIterator[JobEvent]:
        """The events of an order as they come; leave off, and the work stops."""
        record = self.submit(order)
        try:
            async for event in record.follow():
                yield event
        finally:
            if not record.is_over:
                self.interrupt(order.id)

    def progress(self, id: str) -> JobRecord | None:
        """What is known of a job."""
        return self.records.get(id)

    def interrupt(self, id: str) -> bool:
        """Stop a job, queued or running; False when it is over or was never there."""
        return self.scheduler.cancel(id)

    async def close(self) -> None:
        """Stop painting; what is unfinished stays unfinished."""
        await asyncio.get_running_loop().run_in_executor(None, self.scheduler.close)
        if self._finishing:  # what is painted may still be kept
            await asyncio.wait(tuple(self._finishing), timeout=KEEPING_S)
        for clerk in tuple(self._clerks):
            clerk.cancel()
        await asyncio.gather(*self._clerks, return_exceptions=True)
        self._encoders.shutdown(wait=False, cancel_futures=True)

    # ---- inside --------------------------------------------------------------------------------------------

    def _wishes(self, order: Order) -> tuple[tuple[Wish, ...], int | None]:
        if order.recipe is not None:
            wish, index = wish_of_recipe(self.painter, order.recipe)
            return (wish,), index
        if order.literal:
            request = Request.checked(order.prompt, **order.options)
            options = Options(**{**order.options, "seed": request.seed})
            return (Wish(request.prompt, request.parts, options, request.steps),), None
        return self.read(order.prompt, order.options, seed=order.default_seed), None

    def _to_loop(self, receive: Callable[[Any], None]) -> Callable[[Any], None]:
        loop = asyncio.get_running_loop()

        def emit(event: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever would listen
                loop.call_soon_threadsafe(receive, event)

        return emit

    async def _attend(
        self, record: JobRecord, news: asyncio.Queue[Any], keeper: Keeper | None, chosen: int | None
    ) -> None:
        """Write a job's news into its record, in order, encoding what needs it on the way."""
        while record.ended is None:
            event = await news.get()
            match event:
                case JobStarted():
                    if keeper is not None and not await keeper.started(record):
                        self.interrupt(record.id)
                        continue
                    record.state = "running"
                    record.tell("state")
                    self._tell_places()
                case Prepared():
                    pass
                case Progress():
                    record.step += 1
                    record.latest = event
                    urls = await self.in_thread(encoding.preview_urls, event.previews[:16])
                    record.tell("step", (event, urls, record.step))
                case Draft():
                    record.tell("draft", event)
                case Painted():
                    pictures = event.pictures if chosen is None else event.pictures[chosen : chosen + 1]
                    for picture in pictures:
                        png = await self.in_thread(encoding.file, picture)
                        record.pictures.append(Made(len(record.pictures), picture, png))
                        record.tell("picture", record.pictures[-1])
                case JobFinished():
                    await self._finish(record, keeper)
                case JobFailed():
                    await self._end(record, keeper, "failed", event.error)
                case JobCancelled():
                    await self._end(record, keeper, "cancelled")
        self._forget()
        self._tell_places()

    async def _finish(self, record: JobRecord, keeper: Keeper | None) -> None:
        clerk = asyncio.current_task()
        assert clerk is not None
        self._finishing.add(clerk)
        clerk.add_done_callback(self._finishing.discard)
        try:
            if keeper is not None:
                await keeper.painted(record)
        except Exception as error:
            logger.exception("what was painted could not be kept")
            await self._end(record, keeper, "failed", error)
            return
        await self._end(record, keeper, "done")

    @staticmethod
    async def _end(record: JobRecord, keeper: Keeper | None, state: State, error: Exception | None = None) -> None:
        record.state, record.error = state, error
        if keeper is not None:
            try:
                await keeper.ended(record)
            except Exception:
                logger.exception("the end of a job could not be written down")
        record.end(state, error)

    def _tell_places(self) -> None:
        """Tell those who wait, where their place has changed."""
        places = self.scheduler.places()
        for record in self.records.values():
            place = places.get(record.id)
            if record.state == "queued" and place is not None and place.position != record.position:
                record.position = place.position
                record.tell("state")

    def _forget(self) -> None:
        """Let go of the oldest records, and of their pictures before that."""
        over = [record for record in self.records.values() if record.is_over]
        for record in over[: -RECORDS or None]:
            del self.records[record.id]
        for record in over[:-PICTURES]:
            record.fade()
