"""What the server tells Prometheus, and the watch over its own event loop.

One registry for each app, so that several can live in a process. Labels are few and fixed: no prompt, owner or path
as it was typed ever becomes one.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from allaprima.studio.studio import Studio

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
LATE = 0.05  # seconds
TICK = 0.01  # seconds between two looks at the event loop


class Metrics:
    """The numbers. `watch` runs as a task and measures how late the event loop is."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self.requests = Counter("allaprima_requests", "HTTP requests answered", ("route", "status"), registry=own)
        self.request_seconds = Histogram(
            "allaprima_request_seconds",
            "From request to the answer's first byte",
            ("route",),
            buckets=SECONDS,
            registry=own,
        )
        self.live_asked = Counter("allaprima_live_asked", "Live pictures asked for", registry=own)
        self.live_ended = Counter("allaprima_live_ended", "Live pictures by how they ended", ("how",), registry=own)
        self.live_late = Counter(
            "allaprima_live_late_steps", "Steps done for a live picture after a newer wish had come", registry=own
        )
        self.live_preview = Histogram(
            "allaprima_live_preview_seconds", "From a live request to its first preview", buckets=SECONDS, registry=own
        )
        self.live_picture = Histogram(
            "allaprima_live_picture_seconds", "From a live request to its picture", buckets=SECONDS, registry=own
        )
        self.jobs = Counter("allaprima_jobs", "Jobs by how they ended", ("kind", "how"), registry=own)
        self.refused = Counter("allaprima_jobs_refused", "Jobs refused because the queue was full", registry=own)
        self._steps = Gauge("allaprima_live_steps", "Live steps painted since the start", registry=own)
        self._batches = Gauge("allaprima_live_batches", "Model calls for them", registry=own)
        self._busy = Gauge("allaprima_painting_seconds", "Time the painting thread was busy", registry=own)
        self._queue = Gauge("allaprima_queue_jobs", "Jobs not yet done", registry=own)
        self._lanes = Gauge("allaprima_live_connections", "Open live connections", registry=own)
        self._memory = Gauge("allaprima_peak_memory_bytes", "Largest resident set so far", registry=own)
        self._resident = Gauge("allaprima_memory_bytes", "Resident set", registry=own)
        self._late = Counter("allaprima_loop_late", "Times the event loop was late by more than 50 ms", registry=own)
        self._stall = Gauge("allaprima_loop_worst_stall_seconds", "Longest time the event loop was late", registry=own)
        self.worst_stall = 0.0
        self.connections = 0

    def exposition(self, studio: Studio) -> bytes:
        """The text that Prometheus reads."""
        scheduler, tally = studio.scheduler, studio.scheduler.tally
        self._steps.set(tally.live_steps)
        self._batches.set(tally.live_batches)
        self._busy.set(tally.busy_s)
        self._queue.set(scheduler.jobs)
        self._lanes.set(self.connections)
        self._memory.set(peak_memory())
        self._resident.set(resident_memory())
        self._stall.set(self.worst_stall)
        return generate_latest(self.registry)

    async def watch(self) -> None:
        """Look at the event loop for ever; cancel to stop."""
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                start = time.perf_counter()
                await asyncio.sleep(TICK)
                late = time.perf_counter() - start - TICK
                self.worst_stall = max(self.worst_stall, late)
                if late > LATE:
                    self._late.inc()


def peak_memory() -> int:
    """The largest resident set of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_memory() -> int:
    """The resident set now, in bytes; the peak where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return peak_memory()
    return pages * resource.getpagesize()
