"""Sixteen people type at one server for a while: memory stays flat, and everybody's last prompt ends painted.

The server is a process of its own, so that the memory is its own. ALLAPRIMA_TEST_TYPING_S=60 makes it a minute.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("websockets", reason="needs allaprima[serve]")

from allaprima.client import Done, LiveClient
from server_running import Process

TYPISTS = 16
KEY_S = 0.12  # between two keys of a quick typist
WARM_UP_S = 10.0
# The text encoder keeps 256 texts (9 MB), which on a busy machine may come in after the warm-up. A picture's pixels
# alone are 196,608 bytes, and hundreds are painted.
MOST_GROWTH = 12_000_000
SECONDS = float(os.environ.get("ALLAPRIMA_TEST_TYPING_S", "15"))


def resident(process: int) -> int:
    """Bytes of memory that a process has for itself (its files in memory are not counted)."""
    fields = Path(f"/proc/{process}/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")


async def typist(url: str, number: int, until: float) -> tuple[str, str, int]:
    """Type texts until then; the last one, what was painted of it, and how many were finished."""
    async with LiveClient(url) as live:
        turn = 0
        while True:
            text, turn = f"a red fox in the snow and {number} birds {turn}", turn + 1
            last = 0
            for end in range(1, len(text) + 1):
                last = await live.send(text[:end], steps=2)
                await asyncio.sleep(KEY_S)
            end = [event async for event in live.events(last)][-1]
            painted = end.recipe["prompt"] if isinstance(end, Done) else repr(end)
            if painted != text or time.monotonic() >= until:
                return text, painted, turn


async def all_of_them(url: str, seconds: float) -> list[tuple[str, str, int]]:
    until = time.monotonic() + seconds
    return await asyncio.gather(*(typist(url, number, until) for number in range(TYPISTS)))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_sixteen_typists_leave_memory_as_it_was(tiny_bundle: Path, tmp_path: Path) -> None:
    with Process(tiny_bundle, tmp_path / "home") as server:
        asyncio.run(all_of_them(server.url, WARM_UP_S))  # until everything that is kept is there
        before = resident(server.id)
        stories = asyncio.run(all_of_them(server.url, SECONDS))
        grown = resident(server.id) - before
        print(f"{sum(turns for *_, turns in stories)} texts, {before / 1e6:.1f} MB before, {grown / 1e6:+.1f} MB after")
        assert all(asked == painted for asked, painted, _ in stories), stories
        assert grown < MOST_GROWTH, f"{grown:,} bytes more after {SECONDS:g} s than before"
        assert server.stop() == 0
