"""Jobs: work that is to be done in any case, taken in turn between its owners.

The queue is bounded as a whole and for each owner. An owner's turn is one grid of pictures, not one job, so that
nobody's hundred grids stand before another's single one. Knows nothing of painting: a job is an iterator of units,
each of which is worked out when asked for.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from allaprima.errors import AllaPrimaError


class QueueFull(AllaPrimaError):
    """No further job is taken now; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class TurnOver:
    """What a job's iterator yields between two grids, where another owner may have a turn."""


@dataclass(frozen=True)
class JobStarted:
    """The first unit is about to be worked out."""


@dataclass(frozen=True)
class JobFinished:
    """The last unit is done."""


@dataclass(frozen=True)
class JobCancelled:
    """Given up, before its turn or in the middle of it."""


@dataclass(frozen=True)
class JobFailed:
    """A unit went wrong."""

    error: Exception


TURN_OVER = TurnOver()


@dataclass(eq=False)
class Job:
    """`work()` is called on the painting thread and yields units; `costs` are the expected ms of each turn left."""

    owner: str
    work: Callable[[], Iterator[Any]]
    emit: Callable[[Any], None]
    costs: Sequence[float] = (1000.0,)
    id: str = field(default_factory=lambda: new_id())
    units: Iterator[Any] | None = None
    begun: bool = False
    cancelled: bool = False
    turns_done: int = 0

    @property
    def costs_left(self) -> Sequence[float]:
        return self.costs[self.turns_done :] or (self.costs[-1] if self.costs else 0.0,)

    def close(self) -> None:
        """Let go of what is half done."""
        units, self.units = self.units, None
        close = getattr(units, "close", None)
        if close is not None:
            close()


@dataclass(frozen=True)
class Place:
    """Where a job stands: grids before its own next one (0 = being painted or next), and ms until it is done."""

    position: int
    eta_ms: float


class JobQueue:
    """Jobs by owner, in turn. Not locked: the scheduler is."""

    def __init__(self, size: int, per_owner: int) -> None:
        self.size, self.per_owner = size, per_owner
        self._owners: OrderedDict[str, deque[Job]] = OrderedDict()
        self._jobs: dict[str, Job] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, id: str) -> Job | None:
        return self._jobs.get(id)

    def add(self, job: Job, *, force: bool = False) -> None:
        """Take a job in. Raises QueueFull; `force` is for jobs that were taken before a restart."""
        if not force:
            self.check_room(job.owner)
        self._owners.setdefault(job.owner, deque()).append(job)
        self._jobs[job.id] = job

    def check_room(self, owner: str) -> None:
        """Raises QueueFull when a job of this owner would not be taken now."""
        if len(self._jobs) >= self.size:
            raise QueueFull(f"The queue is full ({self.size} jobs): try again later.", self._soon())
        if len(self._owners.get(owner, ())) >= self.per_owner:
            raise QueueFull(f"You have {self.per_owner} jobs waiting: try again later.", self._soon())

    def head(self) -> Job | None:
        """The job whose turn it is."""
        for jobs in self._owners.values():
            return jobs[0]
        return None

    def turn_over(self) -> None:
        """The head's grid is done: its owner goes to the end of the row."""
        owner = next(iter(self._owners))
        self._owners[owner][0].turns_done += 1
        self._owners.move_to_end(owner)

    def remove(self, job: Job) -> None:
        """Take a job out, wherever it stands."""
        self._jobs.pop(job.id, None)
        jobs = self._owners.get(job.owner)
        if jobs is None or job not in jobs:
            return
        was_head = jobs[0] is job
        jobs.remove(job)
        if not jobs:
            del self._owners[job.owner]
        elif was_head and job.begun and next(iter(self._owners)) == job.owner:
            self._owners.move_to_end(job.owner)

    def drain(self) -> list[Job]:
        """Take all of them out."""
        jobs = list(self._jobs.values())
        self._jobs.clear()
        self._owners.clear()
        return jobs

    def places(self) -> dict[str, Place]:
        """Where every job stands, by playing the turns through."""
        rows = deque(deque((job, deque(job.costs_left)) for job in jobs) for jobs in self._owners.values())
        places: dict[str, Place] = {}
        first: dict[str, int] = {}
        turn, elapsed = 0, 0.0
        while rows:
            row = rows.popleft()
            job, costs = row[0]
            first.setdefault(job.id, turn)
            elapsed += costs.popleft()
            turn += 1
            if not costs:
                places[job.id] = Place(first[job.id], elapsed)
                row.popleft()
            if row:
                rows.append(row)
        return places

    def _soon(self) -> float:
        """Seconds until the first place becomes free, by the expected costs."""
        places = self.places()
        return max(min((place.eta_ms for place in places.values()), default=1000.0) / 1000.0, 1.0)


def new_id() -> str:
    """A job's name: not to be guessed."""
    return f"j_{secrets.token_urlsafe(12)}"
