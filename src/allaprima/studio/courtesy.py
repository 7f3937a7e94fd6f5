"""Painting gives way to listening: the threads that compute ask the system to run others first.

On two cores the painter's threads take both, and whoever listens to people typing waits for a turn like any other
thread. A lower priority costs painting nothing while nobody else wants to run. Knows nothing of what the threads do.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from allaprima.engine.settings import number

T = TypeVar("T")


def give_way() -> None:
    """Lower the priority of this thread, and of those it starts from now on; it cannot be taken back.

    Does nothing where threads have no priorities of their own (only Linux gives them such), or where it is forbidden.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        thread = threading.get_native_id()
        now = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(now + int(number("courtesy")), 19))


def courteously(work: Callable[[], T]) -> T:
    """The result of `work`, done in a thread that gives way; what it starts (pools of threads) does so too.

    Blocks. Raises what `work` raises.
    """
    made: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        give_way()
        try:
            made.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="opening", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]
