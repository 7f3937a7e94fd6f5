"""A lane: what one connection wants painted now, and what has become of it. The newest wish wins.

Plain state, changed only under the scheduler's lock or by its painting thread. Knows nothing of sockets.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from allaprima.engine.picture import Picture
from allaprima.engine.sitting import Begun, Step
from allaprima.engine.wish import Wish

Reason = Literal["superseded", "cancelled"]
PATIENCE = 0.3  # seconds without a frame after which a first step is finished before the newest takes over


@dataclass(frozen=True)
class LiveStep:
    """One step done; `preview` is uint8 [h, w, 3]."""

    id: int
    index: int
    count: int
    t: float
    preview: NDArray[np.uint8]
    ms: float


@dataclass(frozen=True)
class LivePicture:
    """The picture itself; nothing of this id follows. `wait_ms` passed before the painting began."""

    id: int
    picture: Picture
    index: int
    count: int
    steps: int
    wait_ms: float
    ms: float
    final: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LiveStopped:
    """Given up after `steps` steps, `late` of them after a newer wish had come; nothing of this id follows."""

    id: int
    reason: Reason
    steps: int
    late: int = 0


@dataclass(frozen=True)
class LiveFailed:
    """It cannot be painted; nothing of this id follows."""

    id: int
    error: Exception


LiveEvent = LiveStep | LivePicture | LiveStopped | LiveFailed
Emit = Callable[[LiveEvent], None]


@dataclass(eq=False)
class LiveItem:
    """One wish of a lane on its way. `painting` is there once it is prepared."""

    id: int
    wish: Wish
    final: bool
    emit: Emit
    submitted: float
    begun: float | None = None
    painting: Begun | None = None
    last: Step | None = None
    steps: int = 0
    steps_when_stale: int | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal when the very same picture is asked for."""
        options = self.wish.options
        return (self.wish.parts, self.wish.stop_after, tuple(sorted(options.items(), key=lambda pair: pair[0])))

    @property
    def is_complete(self) -> bool:
        return self.last is not None and (self.last.is_last or self.steps >= self.wish.stop_after)


_order = itertools.count(1)


@dataclass(eq=False)
class Lane:
    """One connection: the item being painted, the one that is to take over, and the last picture finished."""

    name: str
    current: LiveItem | None = None
    pending: LiveItem | None = None
    kept: tuple[tuple[Any, ...], LivePicture] | None = None
    # When it last had a turn, as a running number, so that lanes are served in turn; and when it last showed a frame.
    served: int = field(default_factory=lambda: next(_order))
    shown: float = 0.0

    def serve(self) -> None:
        """It has had its turn, and goes to the end of the row."""
        self.served = next(_order)

    def wish_for(self, item: LiveItem) -> None:
        """Take a new wish: by going on with the same picture, or as the one to take over."""
        if self.pending is not None:
            self._stop(self.pending, "superseded")
            self.pending = None
        running = self.current
        if running is not None and running.key == item.key:
            # Nothing that matters was changed: the work goes on under the new id.
            running.emit(LiveStopped(running.id, "superseded", 0))
            running.id, running.final, running.emit = item.id, item.final, item.emit
            return
        if running is None and self.kept is not None and self.kept[0] == item.key:
            was = self.kept[1]
            item.emit(
                LivePicture(item.id, was.picture, was.index, was.count, 0, 0.0, 0.0, item.final, was.notes)
            )  # fmt: skip
            return
        if running is not None and running.steps_when_stale is None:
            running.steps_when_stale = running.steps
        self.pending = item

    def promote(self, now: float) -> None:
        """Let the newest take over, unless the lane has been blank so long that a first step is due to it."""
        if self.pending is None:
            return
        running = self.current
        if running is not None:
            if running.begun is not None and running.steps == 0 and now - self.shown > PATIENCE:
                return
            self._stop(running, "superseded")
        self.current, self.pending = self.pending, None

    def stop(self, reason: Reason) -> None:
        """Give up everything."""
        for item in (self.current, self.pending):
            if item is not None:
                self._stop(item, reason)
        self.current = self.pending = None

    def holds(self, item: LiveItem) -> bool:
        """Whether this item is still the one to work on."""
        return self.current is item

    @property
    def is_idle(self) -> bool:
        return self.current is None and self.pending is None

    @staticmethod
    def _stop(item: LiveItem, reason: Reason) -> None:
        item.painting = None
        late = 0 if item.steps_when_stale is None else item.steps - item.steps_when_stale
        item.emit(LiveStopped(item.id, reason, item.steps, late))
