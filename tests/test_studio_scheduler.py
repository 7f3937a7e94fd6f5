"""The scheduler with a painter of straw: who is served when, and what is never painted at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from allaprima.engine.wish import Wish
from allaprima.studio.jobs import TURN_OVER, Job, JobCancelled, JobFailed, JobFinished, JobQueue, JobStarted, QueueFull
from allaprima.studio.live import LiveFailed, LiveItem, LivePicture, LiveStep, LiveStopped
from allaprima.studio.painting import partial_steps
from allaprima.studio.scheduler import Scheduler
from holding import PATIENCE_S


class Straw:
    """A hand that writes down what it is asked, and waits before each step while `gate` is set."""

    def __init__(self, steps: int = 4, gated: bool = False, step_s: float = 0.0) -> None:
        self.steps, self.step_s = steps, step_s
        self.gate = threading.Semaphore(0) if gated else None
        self.entered = threading.Semaphore(0)
        self.advanced: list[list[str]] = []
        self.prepared: list[str] = []
        self.finished: list[str] = []

    def prepare(self, parts, **options):
        (words, _), *_ = parts
        if words == "broken":
            raise ValueError("cannot be painted")
        self.prepared.append(words)
        return words

    def begin(self, sitting):
        return SimpleNamespace(words=sitting, index=0)

    def advance(self, begun):
        self.entered.release()
        if self.gate is not None:
            assert self.gate.acquire(timeout=PATIENCE_S)
        if self.step_s:
            time.sleep(self.step_s)
        self.advanced.append([each.words for each in begun])
        made = []
        for each in begun:
            made.append(
                SimpleNamespace(
                    words=each.words,
                    index=each.index,
                    count=self.steps,
                    next_t=1 - (each.index + 1) / self.steps,
                    is_last=each.index == self.steps - 1,
                    preview=np.zeros((1, 2, 2, 3), np.uint8),
                )  # fmt: skip
            )
            each.index += 1
        return made

    def finish(self, step):
        self.finished.append(step.words)
        return (step.words,)

    def steps_of(self, words: str) -> int:
        return sum(words in batch for batch in self.advanced)


@pytest.fixture
def open_scheduler():
    opened: list[Scheduler] = []

    def make(hand: Straw, **options) -> Scheduler:
        opened.append(Scheduler(hand, **options))
        return opened[-1]

    yield make
    for scheduler in opened:
        scheduler.close()


def item(id: int, words: str, events: list, *, final: bool = False, stop_after: int = 100) -> LiveItem:
    wish = Wish(words, ((words, 1.0),), {"seed": 7, "count": 1}, stop_after)
    return LiveItem(id, wish, final, events.append, time.perf_counter())


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.002)


def ends(events: list) -> dict[int, type]:
    """How each id ended; each exactly once."""
    found = [e for e in events if isinstance(e, LivePicture | LiveStopped | LiveFailed)]
    assert len({e.id for e in found}) == len(found)
    return {e.id: type(e) for e in found}


# ---- live ----------------------------------------------------------------------------------------------------


def test_a_picture_is_painted_step_by_step(open_scheduler) -> None:
    events: list = []
    hand = Straw(steps=3)
    open_scheduler(hand).live("a", item(1, "fox", events))
    wait_for(lambda: ends(events))
    assert [type(e) for e in events] == [LiveStep, LiveStep, LiveStep, LivePicture]
    assert [e.index for e in events[:3]] == [0, 1, 2]
    assert events[-1].picture == "fox" and events[-1].steps == 3
    assert hand.finished == ["fox"]


def test_the_newest_wins_and_the_stale_one_stops_within_one_step(open_scheduler) -> None:
    events: list = []
    hand = Straw(steps=8, gated=True)
    scheduler = open_scheduler(hand)
    scheduler.live("a", item(1, "fox", events))
    hand.entered.acquire(timeout=PATIENCE_S)
    hand.gate.release()  # the first step is through, and the second begun
    hand.entered.acquire(timeout=PATIENCE_S)
    scheduler.live("a", item(2, "dog", events))
    hand.gate.release(100)
    wait_for(lambda: 2 in ends(events))
    assert hand.steps_of("fox") == 2  # the one that was under way was the last
    assert hand.steps_of("dog") == 8
    assert ends(events) == {1: LiveStopped, 2: LivePicture}
    stopped = next(e for e in events if isinstance(e, LiveStopped))
    assert (stopped.id, stopped.reason, stopped.steps) == (1, "superseded", 2)
    assert hand.finished == ["dog"]


def test_twenty_characters_typed_quickly_end_with_at_most_two_superfluous_steps(open_scheduler) -> None:
    """Five keys in the time of each step."""
    events: list = []
    hand = Straw(steps=4, gated=True)
    scheduler = open_scheduler(hand)
    text = "a red fox in the fog"
    for end in range(1, len(text) + 1):
        scheduler.live("a", item(end, text[:end], events))
        if end % 5 == 1:
            assert hand.entered.acquire(timeout=PATIENCE_S)
        if end % 5 == 0 and end < len(text):
            hand.gate.release()
    after_last_key = len(hand.advanced)
    hand.gate.release(100)
    wait_for(lambda: len(text) in ends(events))
    superfluous = sum(batch != [text] for batch in hand.advanced[after_last_key:])
    assert superfluous <= 2
    assert len(ends(events)) == len(text)
    assert hand.finished == [text]


def test_what_changes_nothing_goes_on_under_the_new_id(open_scheduler) -> None:
    events: list = []
    hand = Straw(steps=3, gated=True)
    scheduler = open_scheduler(hand)
    scheduler.live("a", item(1, "fox", events))
    hand.entered.acquire(timeout=PATIENCE_S)
    scheduler.live("a", item(2, "fox", events))
    hand.gate.release(100)
    wait_for(lambda: 2 in ends(events))
    assert hand.steps_of("fox") == 3 and hand.prepared == ["fox"]
    assert ends(events) == {1: LiveStopped, 2: LivePicture}
    scheduler.live("a", item(3, "fox", events, final=True))
    wait_for(lambda: 3 in ends(events))
    again = events[-1]
    assert isinstance(again, LivePicture) and again.final and again.steps == 0
    assert hand.steps_of("fox") == 3


def test_a_typist_too_fast_for_the_painter_is_still_shown_first_steps(open_scheduler) -> None:
    events: list = []
    hand = Straw(steps=4, step_s=0.03)
    scheduler = open_scheduler(hand)
    id, until = 0, time.monotonic() + PATIENCE_S
    while sum(isinstance(e, LiveStep) for e in tuple(events)) < 3:
        assert time.monotonic() < until, "whoever types on sees nothing"
        id += 1  # a key each 10 ms: no step would ever end before the next key
        scheduler.live("a", item(id, f"fox {id}", events))
        time.sleep(0.01)
    wait_for(lambda: id in ends(events))
    shown = [e.id for e in events if isinstance(e, LiveStep)]
    assert shown == sorted(shown)


def test_lanes_share_a_model_call_and_are_served_in_turn(open_scheduler) -> None:
    events: list = []
    hand = Straw(steps=4, gated=True)
    scheduler = open_scheduler(hand, batch=2)
    for n, words in enumerate(("ant", "bee", "cat", "dog"), 1):
        scheduler.live(words, item(n, words, events))
    hand.gate.release(1000)
    wait_for(lambda: len(ends(events)) == 4)
    assert max(len(batch) for batch in hand.advanced) == 2
    # At no time was anybody two steps ahead of anybody else, once all were there.
    done = dict.fromkeys(("ant", "bee", "cat", "dog"), 0)
    for batch in hand.advanced[1:]:
        for words in batch:
            done[words] += 1
        assert max(done.values()) - min(done.values()) <= 2
    assert set(ends(events).values()) == {LivePicture}


def test_one_lanes_trouble_is_its_own(open_scheduler) -> None:
    events: list = []
    hand = Straw()
    scheduler = open_scheduler(hand, batch=2)
    scheduler.live("a", item(1, "broken", events))
    scheduler.live("b", item(2, "fox", events))
    wait_for(lambda: len(ends(events)) == 2)
    assert ends(events) == {1: LiveFailed, 2: LivePicture}
    assert scheduler.is_alive


def test_leaving_stops_the_work(open_scheduler) -> None:
    events: list = []
    hand = Straw(steps=8, gated=True)
    scheduler = open_scheduler(hand)
    scheduler.live("a", item(1, "fox", events))
    hand.entered.acquire(timeout=PATIENCE_S)
    scheduler.leave("a")
    hand.gate.release(100)
    wait_for(lambda: ends(events))
    time.sleep(0.05)
    assert hand.steps_of("fox") == 1 and not hand.finished
    assert ends(events) == {1: LiveStopped}


# ---- jobs ----------------------------------------------------------------------------------------------------


def job(owner: str, name: str, done: list, *, grids: int = 1, units: int = 2, events: list | None = None) -> Job:
    """A job that writes down each unit; `events` gets what it emits."""

    def work() -> Iterator[object]:
        for grid in range(grids):
            if grid:
                yield TURN_OVER
            for _ in range(units):
                done.append(name)
                yield "unit"

    return Job(owner, work, (events if events is not None else []).append, costs=[100.0] * grids)


def test_owners_take_turns_grid_by_grid(open_scheduler) -> None:
    done: list[str] = []
    ended: list = []
    hand = Straw(gated=True)
    scheduler = open_scheduler(hand)
    events: list = []
    scheduler.live("a", item(1, "fox", events))  # holds the painter until all are queued
    hand.entered.acquire(timeout=PATIENCE_S)
    scheduler.submit(job("ann", "ann-1", done, grids=3, events=ended))
    scheduler.submit(job("ann", "ann-2", done, events=ended))
    scheduler.submit(job("bob", "bob-1", done, events=ended))
    hand.gate.release(100)
    wait_for(lambda: sum(isinstance(e, JobFinished) for e in ended) == 3)
    turns = [name for i, name in enumerate(done) if i % 2 == 0]
    assert turns == ["ann-1", "bob-1", "ann-1", "ann-1", "ann-2"]


def test_a_full_queue_refuses_with_a_time(open_scheduler) -> None:
    hand = Straw(gated=True)
    scheduler = open_scheduler(hand, queue_size=3, per_owner=2)
    scheduler.live("a", item(1, "fox", []))
    hand.entered.acquire(timeout=PATIENCE_S)
    scheduler.submit(job("ann", "1", []))
    scheduler.submit(job("ann", "2", []))
    with pytest.raises(QueueFull, match="You have 2 jobs") as refused:
        scheduler.submit(job("ann", "3", []))
    assert refused.value.retry_after >= 1.0
    scheduler.submit(job("bob", "3", []))
    with pytest.raises(QueueFull, match="full"):
        scheduler.submit(job("eve", "4", []))
    scheduler.submit(job("eve", "4", []), force=True)
    hand.gate.release(100)


def test_cancelling_queued_and_running(open_scheduler) -> None:
    closed = threading.Event()
    running, queued = [], []
    gate = threading.Semaphore(0)

    def work() -> Iterator[object]:
        try:
            while True:
                gate.acquire(timeout=PATIENCE_S)
                yield "unit"
        finally:
            closed.set()

    scheduler = open_scheduler(Straw())
    first = Job("ann", work, running.append)
    second = Job("ann", work, queued.append)
    scheduler.submit(first)
    scheduler.submit(second)
    wait_for(lambda: any(isinstance(e, JobStarted) for e in running))
    assert scheduler.cancel(second.id)
    assert [type(e) for e in queued] == [JobCancelled]
    assert scheduler.cancel(first.id)
    gate.release()  # the unit in hand is the last
    wait_for(lambda: any(isinstance(e, JobCancelled) for e in running))
    assert closed.wait(PATIENCE_S)
    assert not scheduler.cancel(first.id)
    assert scheduler.jobs == 0


def test_a_job_that_fails_does_not_stop_the_painter(open_scheduler) -> None:
    def work() -> Iterator[object]:
        yield "unit"
        raise ValueError("no such drawing")

    events: list = []
    scheduler = open_scheduler(Straw())
    scheduler.submit(Job("ann", work, events.append))
    wait_for(lambda: isinstance(events[-1] if events else None, JobFailed))
    assert "no such drawing" in str(events[-1].error)
    done: list[str] = []
    scheduler.submit(job("ann", "next", done))
    wait_for(lambda: len(done) == 2)


def test_live_goes_first_but_jobs_are_not_starved(open_scheduler, monkeypatch) -> None:
    """A lane that always has something to do, and a job beside it: a fifth of the time is the job's."""
    clock, spent = [100.0], {"live": 0.0, "job": 0.0}
    monkeypatch.setattr("allaprima.studio.scheduler.time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def pass_time(whose: str, seconds: float) -> None:
        clock[0] += seconds
        spent[whose] += seconds

    class Timed(Straw):
        def advance(self, begun):
            made = super().advance(begun)
            pass_time("live", 0.01)
            return made

    def work() -> Iterator[object]:
        while True:
            pass_time("job", 0.03)
            yield "unit"

    hand = Timed(steps=10_000, gated=True)
    scheduler = open_scheduler(hand, job_share=0.2)
    scheduler.live("a", item(1, "fox", [], stop_after=10_000))
    assert hand.entered.acquire(timeout=PATIENCE_S)
    scheduler.submit(Job("ann", work, lambda event: None))
    hand.gate.release(200)
    wait_for(lambda: len(hand.advanced) == 200)
    share = spent["job"] / (spent["job"] + spent["live"])
    assert 0.18 < share < 0.22
    scheduler.stop_live("a")
    hand.gate.release(10)


def test_places_are_told_by_playing_the_turns_through() -> None:
    queue = JobQueue(10, 10)
    jobs = [
        Job("ann", list, print, costs=[10.0, 10.0]),
        Job("ann", list, print, costs=[10.0]),
        Job("bob", list, print, costs=[5.0]),
    ]
    for each in jobs:
        queue.add(each)
    places = queue.places()
    first, second, third = (places[each.id] for each in jobs)
    assert (first.position, first.eta_ms) == (0, 25.0)
    assert (third.position, third.eta_ms) == (1, 15.0)
    assert (second.position, second.eta_ms) == (3, 35.0)


@pytest.mark.parametrize("count", range(1, 40))
@pytest.mark.parametrize("wanted", range(0, 5))
def test_partials_come_after_rising_steps_before_the_last(count, wanted) -> None:
    steps = partial_steps(count, wanted)
    assert len(steps) == min(wanted, count - 1)
    assert list(steps) == sorted(set(steps))
    assert all(0 <= index < count - 1 for index in steps)
