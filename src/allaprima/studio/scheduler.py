"""The scheduler: one painting thread for everybody.

    scheduler = Scheduler(painter)
    scheduler.live("a lane", item)      # newest wins: what the lane had is stale and stops within one step
    scheduler.submit(job)               # bounded, fair, carried out in any case
    scheduler.close()

All work is cut into units (one step, one preparation, one decoding), and between two units everything may change:
a wish may be superseded, a job cancelled. Live lanes go before jobs, in turn, several lanes' steps in one model call
where that pays; jobs get `job_share` of the time at least. Knows nothing of asyncio: events go out through each
item's `emit`, called on the painting thread.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from allaprima.engine.picture import Picture
from allaprima.engine.sitting import Begun, Sitting, Step
from allaprima.studio.courtesy import give_way
from allaprima.studio.jobs import (
    Job,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobQueue,
    JobStarted,
    Place,
    TurnOver,
)
from allaprima.studio.live import Lane, LiveFailed, LiveItem, LivePicture, LiveStep

logger = logging.getLogger(__name__)


class Hand(Protocol):
    """What the scheduler asks of a painter; `Painter` is one. `advance` takes one step of each, in one model call."""

    @property
    def prepare(self) -> Callable[..., Sitting]: ...
    def begin(self, sitting: Sitting, /) -> Begun: ...
    def advance(self, begun: Sequence[Begun], /) -> Sequence[Step]: ...
    def finish(self, step: Step, /) -> Sequence[Picture]: ...


@dataclass
class Tally:
    """What has been done since the start; read by metrics and benchmarks."""

    live_steps: int = 0
    live_batches: int = 0
    live_pictures: int = 0
    job_units: int = 0
    prepared: int = 0
    busy_s: float = 0.0


class Scheduler:
    """Decides, unit by unit, what the one painting thread does next."""

    def __init__(
        self,
        hand: Hand,
        *,
        queue_size: int = 128,
        per_owner: int = 64,
        job_share: float = 0.2,
        batch: int = 1,
    ) -> None:
        """`batch`: how many lanes' steps go into one model call at the most."""
        self._hand = hand
        self.batch = batch
        self.tally = Tally()
        self._queue = JobQueue(queue_size, per_owner)
        self._lanes: dict[str, Lane] = {}
        self._wake = threading.Condition()
        self._closing = False
        # What live painting owes the jobs, in seconds: it grows while lanes are served, and a unit of a job pays it.
        self._debt = 0.0
        self._debt_rate = job_share / (1.0 - job_share)
        self._thread = threading.Thread(target=self._run, name="painting", daemon=True)
        self._thread.start()

    # ---- from any thread -----------------------------------------------------------------------------------

    def live(self, lane: str, item: LiveItem) -> None:
        """Paint this for the lane now, instead of whatever it asked for before."""
        with self._wake:
            if self._closing:
                item.emit(LiveFailed(item.id, RuntimeError("The studio is closing.")))
                return
            self._lanes.setdefault(lane, Lane(lane)).wish_for(item)
            self._wake.notify()

    def stop_live(self, lane: str) -> None:
        """Paint nothing for the lane; it may wish again."""
        with self._wake:
            if lane in self._lanes:
                self._lanes[lane].stop("cancelled")

    def leave(self, lane: str) -> None:
        """The lane's connection is gone."""
        with self._wake:
            found = self._lanes.pop(lane, None)
            if found is not None:
                found.stop("cancelled")

    def submit(self, job: Job, *, force: bool = False) -> Place:
        """Queue a job. Raises QueueFull."""
        with self._wake:
            self._queue.add(job, force=force)
            self._wake.notify()
            return self._queue.places()[job.id]

    def check_room(self, owner: str) -> None:
        """Raises QueueFull when a job of this owner would not be taken now."""
        with self._wake:
            self._queue.check_room(owner)

    def cancel(self, id: str) -> bool:
        """Give up a job, queued or running; False when there is none of that id any more."""
        with self._wake:
            job = self._queue.get(id)
            if job is None:
                return False
            job.cancelled = True
            if not job.begun:
                self._queue.remove(job)
                job.emit(JobCancelled())
            self._wake.notify()
            return True

    def places(self) -> dict[str, Place]:
        """Where every unfinished job stands, by id."""
        with self._wake:
            return self._queue.places()

    @property
    def jobs(self) -> int:
        """How many jobs are unfinished."""
        return len(self._queue)

    @property
    def is_alive(self) -> bool:
        """Whether anybody paints."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop after the unit in hand. Unfinished jobs are told nothing: who keeps them can go on later."""
        with self._wake:
            self._closing = True
            for lane in self._lanes.values():
                lane.stop("cancelled")
            self._wake.notify()
        self._thread.join()
        for job in self._queue.drain():
            job.close()

    # ---- the painting thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        give_way()
        while True:
            with self._wake:
                while not self._closing and not self._waiting_lanes() and self._queue.head() is None:
                    self._wake.wait()
                if self._closing:
                    return
                lanes = self._waiting_lanes()
                job = self._queue.head()
            start = time.perf_counter()
            if job is not None and (not lanes or self._debt > 0.0):
                self._job_unit(job)
                spent = time.perf_counter() - start
                self._debt = self._debt - spent if lanes else 0.0
            else:
                self._live_turn(lanes[: self.batch])
                spent = time.perf_counter() - start
                self._debt = self._debt + spent * self._debt_rate if job is not None else 0.0
            self.tally.busy_s += spent

    def _waiting_lanes(self) -> list[Lane]:
        """Lanes with something to do, the one whose turn is longest ago first."""
        waiting = [lane for lane in self._lanes.values() if not lane.is_idle]
        return sorted(waiting, key=lambda lane: lane.served)

    # ---- live ----------------------------------------------------------------------------------------------

    def _live_turn(self, lanes: list[Lane]) -> None:
        """One step for each of these lanes; before it what is new is prepared, after it what is complete is decoded.

        Lanes are looked at anew before each unit, so that what was superseded meanwhile costs nothing more.
        """
        for lane in lanes:
            item = self._newest(lane)
            if item is not None and item.painting is None:
                self._prepare(lane, item)
        walking = []
        for lane in lanes:
            item = self._newest(lane)
            if item is not None and item.painting is not None:
                walking.append((lane, item, item.painting))
        if not walking:
            return
        try:
            steps = self._hand.advance([painting for *_, painting in walking])
        except Exception as error:  # one lane's trouble must not stop the thread that paints for all
            for lane, item, _ in walking:
                self._fail(lane, item, error)
            return
        self.tally.live_batches += 1
        self.tally.live_steps += len(steps)
        for (lane, item, _), step in zip(walking, steps, strict=True):
            self._show(lane, item, step)
        for lane, item, _ in walking:
            with self._wake:
                lane.promote(time.perf_counter())
                due = lane.holds(item) and item.is_complete
            if due:
                self._decode(lane, item)

    def _newest(self, lane: Lane) -> LiveItem | None:
        with self._wake:
            lane.promote(time.perf_counter())
            item = lane.current
            if item is not None and item.begun is None:
                item.begun = time.perf_counter()
            return item

    def _prepare(self, lane: Lane, item: LiveItem) -> None:
        try:
            painting = self._hand.begin(self._hand.prepare(item.wish.parts, **item.wish.options))
        except Exception as error:
            self._fail(lane, item, error)
            return
        self.tally.prepared += 1
        with self._wake:
            if lane.holds(item):
                item.painting = painting

    def _show(self, lane: Lane, item: LiveItem, step: Step) -> None:
        preview = step.preview[0]
        with self._wake:
            item.steps, item.last = item.steps + 1, step
            lane.serve()
            if lane.holds(item):
                now = time.perf_counter()
                lane.shown = now
                elapsed = (now - item.submitted) * 1000.0
                item.emit(LiveStep(item.id, step.index, step.count, step.next_t, preview, elapsed))

    def _decode(self, lane: Lane, item: LiveItem) -> None:
        step = cast(Step, item.last)
        try:
            picture = self._hand.finish(step)[0]
        except Exception as error:
            self._fail(lane, item, error)
            return
        self.tally.live_pictures += 1
        with self._wake:
            if not lane.holds(item):
                return
            now, begun = time.perf_counter(), item.begun or item.submitted
            event = LivePicture(
                item.id, picture, step.index, step.count, item.steps,
                (begun - item.submitted) * 1000.0, (now - item.submitted) * 1000.0, item.final, item.wish.notes,
            )  # fmt: skip
            lane.kept, lane.current = (item.key, event), None
            item.painting = None
            item.emit(event)

    def _fail(self, lane: Lane, item: LiveItem, error: Exception) -> None:
        with self._wake:
            if lane.holds(item):
                lane.current = None
                item.painting = None
                item.emit(LiveFailed(item.id, error))

    # ---- jobs ----------------------------------------------------------------------------------------------

    def _job_unit(self, job: Job) -> None:
        """Work out one unit of the job whose turn it is."""
        event: Any = None
        with self._wake:
            if self._queue.get(job.id) is not job:  # cancelled before it began
                return
            first, job.begun = not job.begun, True
        if first:
            job.emit(JobStarted())
        if not job.cancelled:
            try:
                if job.units is None:
                    job.units = job.work()
                event = next(job.units, None)
            except Exception as error:
                if not isinstance(error, ValueError):
                    logger.exception("a job failed")
                event = JobFailed(error)
        self.tally.job_units += 1
        if job.cancelled:
            event = JobCancelled()
        elif event is None:
            event = JobFinished()
        with self._wake:
            if isinstance(event, TurnOver):
                self._queue.turn_over()
                return
            if isinstance(event, JobFinished | JobFailed | JobCancelled):
                self._queue.remove(job)
        if isinstance(event, JobFinished | JobFailed | JobCancelled):
            with contextlib.suppress(Exception):
                job.close()
        job.emit(event)
