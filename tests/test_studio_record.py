"""What is remembered of jobs: for whoever comes late, and not more than memory allows."""

from __future__ import annotations

import asyncio

import numpy as np

from allaprima.engine.picture import Picture
from allaprima.studio.record import JobRecord, Made


def a_record() -> JobRecord:
    record = JobRecord("j", "ann", "paint", {"prompt": "fox"})
    record.tell("state")
    for index in range(3):
        record.tell("step", index)
    picture = Picture(np.full((20, 30, 3), 9, np.uint8), {"seed": 7})
    record.pictures.append(Made(0, picture, b"png", "entry"))
    record.tell("picture", record.pictures[0])
    return record


def test_followers_come_when_they_like_and_hear_the_end() -> None:
    async def story():
        record = a_record()

        async def follow(after: int) -> list[tuple[int, str]]:
            return [(event.number, event.name) async for event in record.follow(after)]

        early = asyncio.create_task(follow(0))
        await asyncio.sleep(0)
        record.end("done")
        return await early, await follow(4), await follow(99)

    early, late, too_late = asyncio.run(story())
    assert early == [(1, "state"), (2, "step"), (3, "step"), (4, "step"), (5, "picture"), (6, "done")]
    assert late == early[4:]
    assert too_late == []


def test_a_faded_record_keeps_what_it_was_but_not_its_weight() -> None:
    record = a_record()
    record.end("done")
    record.fade()
    (made,) = record.pictures
    assert (made.picture.width, made.picture.height, made.picture.seed, made.entry) == (30, 20, 7, "entry")
    assert made.picture.pixels.base is None or made.picture.pixels.strides == (0, 0, 0)
    assert made.png == b""

    async def follow() -> list[str]:
        return [event.name async for event in record.follow()]

    assert asyncio.run(follow()) == ["done"]
