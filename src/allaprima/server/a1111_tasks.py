"""Who paints what through A1111's API now: tasks by the id that callers name them, and how far they are.

There, progress is one for all; here each owner sees their own tasks, and any of them by its id. Knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.studio.studio import JobRecord, Studio

REMEMBERED = 256


@dataclass(eq=False)
class Task:
    """One request on its way, or over. `sides` is the size that its pictures will have."""

    id: str
    owner: str
    record: JobRecord
    sides: tuple[int, int]
    began: float = field(default_factory=time.monotonic)
    skipped: bool = False
    interrupted: bool = False

    @property
    def progress(self) -> float:
        """The share that is done, 0 to 1."""
        if self.record.is_over:
            return 1.0
        return min(self.record.step / max(self.record.steps, 1), 0.99)

    def eta(self, studio: Studio) -> float:
        """Seconds until it is done, as far as can be told."""
        place = studio.scheduler.places().get(self.record.id)
        return 0.0 if place is None else place.eta_ms / 1000.0

    @property
    def preview(self) -> NDArray[np.uint8] | None:
        """The first picture as it is predicted now, at its full size but without detail; None before the first step."""
        if self.record.latest is None:
            return None
        small = Image.fromarray(self.record.latest.previews[0])
        return np.asarray(small.resize(self.sides, Image.Resampling.BICUBIC))


class Tasks:
    """The tasks of a server's A1111 callers, the newest last."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[tuple[str, str], Task] = OrderedDict()

    def add(self, owner: str, record: JobRecord, sides: tuple[int, int], id: str | None) -> Task:
        """Note a task, under the caller's own id or a new one."""
        task = Task(id or f"task({secrets.token_urlsafe(9)})", owner, record, sides)
        self._tasks[owner, task.id] = task
        self._tasks.move_to_end((owner, task.id))
        while len(self._tasks) > REMEMBERED:
            self._tasks.popitem(last=False)
        return task

    def get(self, owner: str, id: str) -> Task | None:
        """The owner's task of that id."""
        return self._tasks.get((owner, id))

    def unfinished(self, owner: str) -> list[Task]:
        """The owner's tasks that are not over, the oldest first."""
        return [task for task in self._of(owner) if not task.record.is_over]

    def _of(self, owner: str) -> Iterator[Task]:
        return (task for (whose, _), task in self._tasks.items() if whose == owner)


def state_of(task: Task | None, waiting: int) -> dict[str, Any]:
    """`state` of a progress answer; with nothing to do, all is zero."""
    return {
        "skipped": task is not None and task.skipped,
        "interrupted": task is not None and task.interrupted,
        "stopping_generation": False,
        "job": task.id if task else "",
        "job_count": waiting,
        "job_timestamp": time.strftime("%Y%m%d%H%M%S", time.localtime(task.record.created)) if task else "0",
        "job_no": 0,
        "sampling_step": task.record.step if task else 0,
        "sampling_steps": task.record.steps if task else 0,
    }
