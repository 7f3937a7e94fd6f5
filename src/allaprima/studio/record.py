"""What is known of a job while it goes on and for a while after: its state, its pictures, its events so far.

Belongs to the event loop; the painting thread's news come here through `Studio`. Anyone may follow a record from any
point, as often as the connection breaks. Knows nothing of how a job is painted or stored.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from allaprima.engine.picture import Picture

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
REMEMBERED = 600  # events of one job that a late follower can still see


@dataclass(frozen=True)
class Made:
    """A finished picture of a job, encoded as PNG with its recipe; `entry` is its place in the gallery."""

    index: int
    picture: Picture
    png: bytes
    entry: str | None = None


@dataclass(frozen=True)
class JobEvent:
    """`name` is `state`, `step`, `picture`, `draft`, or one of the ends; `data` whatever it carries."""

    number: int
    name: str
    data: Any


@dataclass(eq=False)
class JobRecord:
    """One job as its owner sees it."""

    id: str
    owner: str
    kind: str
    request: dict[str, Any]
    created: float = field(default_factory=time.time)
    state: State = "queued"
    step: int = 0
    steps: int = 0
    pictures: list[Made] = field(default_factory=list)
    position: int | None = None  # as it was last told while queued
    latest: Any = None  # the newest Progress, for whoever only looks now and then
    error: Exception | None = None
    notes: tuple[str, ...] = ()
    ended: float | None = None
    _events: deque[JobEvent] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _count: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    def place(self, entries: Sequence[str]) -> None:
        """Say where its pictures are kept."""
        self.pictures = [replace(made, entry=entry) for made, entry in zip(self.pictures, entries, strict=False)]

    def tell(self, name: str, data: Any = None) -> None:
        """Add an event and wake those who follow."""
        self._count += 1
        self._events.append(JobEvent(self._count, name, data))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def end(self, state: State, error: Exception | None = None) -> None:
        """The last event: done, failed or cancelled."""
        self.state, self.error, self.ended = state, error, time.time()
        self.tell(state, error)

    def fade(self) -> None:
        """Keep what was painted, without its pixels and without how it came to be: they are what weighs."""
        faded = []
        for made in self.pictures:
            pixels = np.broadcast_to(np.uint8(0), made.picture.pixels.shape)  # a shape and one byte
            picture = Picture(pixels, made.picture.recipe, made.picture.timing_ms)
            faded.append(replace(made, picture=picture, png=b""))
        self.pictures, self.latest = faded, None
        last = [event for event in self._events if event.name in ENDED]
        self._events.clear()
        self._events.extend(last)

    async def follow(self, after: int = 0) -> AsyncIterator[JobEvent]:
        """Events whose number is greater than `after`, up to the end."""
        while True:
            changed = self._changed
            for event in [each for each in self._events if each.number > after]:
                after = event.number
                yield event
                if event.name in ENDED:
                    return
            if self.is_over and after >= self._count:
                return
            if changed is self._changed:
                await changed.wait()

    async def wait(self) -> None:
        """Until the job is over."""
        while not self.is_over:
            await self._changed.wait()
