"""Jobs on SQLite and on a real PostgreSQL: each is given out once, ends once, and goes on after a death."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from allaprima.errors import UserError
from allaprima.gallery import Gallery, Job, NewPicture, NotFoundError
from gallery_places import Place, picture

pytest_plugins = ("gallery_fixtures",)


def pictures(*words: str) -> list[NewPicture]:
    return [NewPicture(picture(), {"seed": place}, text) for place, text in enumerate(words)]


def begun(gallery: Gallery) -> Job:
    job = gallery.jobs.next_unfinished()
    assert job is not None
    return job


def test_a_job_goes_from_queued_to_done(gallery: Gallery) -> None:
    asked = gallery.jobs.add("ada", "paint", {"prompt": "a fox", "n": 2})
    assert (asked.state, asked.attempt, asked.result, asked.unfinished) == ("queued", 0, None, True)
    running = begun(gallery)
    assert (running.id, running.state, running.attempt) == (asked.id, "running", 1)
    assert running.request == {"prompt": "a fox", "n": 2}
    assert gallery.jobs.next_unfinished() is None
    kept = gallery.finish(running, pictures("one", "two"), {"timing_ms": 5})
    assert [(entry.words, entry.job, entry.owner) for entry in kept] == [
        ("one", asked.id, "ada"),
        ("two", asked.id, "ada"),
    ]
    done = gallery.jobs.get(asked.id)
    assert (done.state, done.result) == ("done", {"timing_ms": 5})
    assert done.started is not None and done.ended is not None
    assert done.created <= done.started <= done.ended
    assert gallery.of_job(asked.id) == kept


def test_finishing_twice_keeps_once(gallery: Gallery) -> None:
    gallery.jobs.add("ada", "paint", {})
    running = begun(gallery)
    first = gallery.finish(running, pictures("one"))
    assert gallery.finish(running, pictures("other", "another")) == first
    assert gallery.count() == 1
    assert gallery.sweep(thorough=True).removed == 0


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_what_was_ended_meanwhile_keeps_nothing(gallery: Gallery, state: str) -> None:
    gallery.jobs.add("ada", "paint", {})
    running = begun(gallery)
    gallery.jobs.set(running.id, state, {"error": "why"})  # type: ignore[arg-type]
    assert gallery.finish(running, pictures("one")) == ()
    ended = gallery.jobs.get(running.id)
    assert (ended.state, ended.result) == (state, {"error": "why"})
    assert gallery.count() == 0
    assert gallery.sweep(thorough=True).removed == 0


def test_an_ended_job_stays_as_it_ended(gallery: Gallery) -> None:
    job = gallery.jobs.add("ada", "paint", {})
    assert gallery.jobs.cancel(job.id, "ada").state == "cancelled"
    assert gallery.jobs.next_unfinished() is None
    assert gallery.jobs.begin(job.id) is None
    assert gallery.jobs.set(job.id, "done").state == "cancelled"
    with pytest.raises(NotFoundError):
        gallery.jobs.cancel(job.id, "eve")
    with pytest.raises(NotFoundError):
        gallery.jobs.set("nothing", "done")
    with pytest.raises(UserError, match="states"):
        gallery.jobs.set(job.id, "lost")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="plain JSON"):
        gallery.jobs.add("ada", "paint", {"scale": float("inf")})


def test_a_failed_keeping_leaves_the_job_running(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery.jobs.add("ada", "paint", {})
    running = begun(gallery)
    write = gallery._store.write
    written: list[str] = []

    def full(path: str, data: bytes) -> None:
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        write(path, data)

    monkeypatch.setattr(gallery._store, "write", full)
    with pytest.raises(OSError, match="No space"):
        gallery.finish(running, pictures("one", "two"))
    monkeypatch.undo()
    assert gallery.jobs.get(running.id).state == "running"
    assert not gallery._store.exists(written[0])
    assert len(gallery.finish(running, pictures("one", "two"))) == 2


def test_asking_twice_with_one_key_makes_one_job(gallery: Gallery) -> None:
    first = gallery.jobs.add("ada", "paint", {"n": 1}, key="k1")
    assert gallery.jobs.add("ada", "paint", {"n": 2}, key="k1") == first
    assert gallery.jobs.add("eve", "paint", {"n": 2}, key="k1").id != first.id
    assert gallery.jobs.add("ada", "paint", {"n": 2}, key="k2").id != first.id


def test_owners_take_turns(gallery: Gallery) -> None:
    for owner in ("ada", "ada", "ada", "eve", "eve", "bob"):
        gallery.jobs.add(owner, "paint", {})
    assert gallery.jobs.position(gallery.jobs.unfinished()[-1].id) == 5
    assert [begun(gallery).owner for _ in range(6)] == ["ada", "eve", "bob", "ada", "eve", "ada"]


def test_kinds_are_taken_apart_and_lists_are_paged(gallery: Gallery) -> None:
    jobs = [gallery.jobs.add("ada", kind, {}) for kind in ("paint", "animate", "paint")]
    animated = gallery.jobs.next_unfinished(kinds=["animate"])
    assert animated is not None and animated.id == jobs[1].id
    assert gallery.jobs.next_unfinished(kinds=["upscale"]) is None
    assert [job.id for job in gallery.jobs.list("ada", limit=2)] == [jobs[2].id, jobs[1].id]
    assert [job.id for job in gallery.jobs.list("ada", before=jobs[1].id)] == [jobs[0].id]
    assert [job.id for job in gallery.jobs.list(states=["running"])] == [jobs[1].id]
    assert gallery.jobs.list("eve") == ()


def test_old_jobs_are_forgotten_and_their_pictures_stay(gallery: Gallery) -> None:
    gallery.jobs.add("ada", "paint", {})
    (kept,) = gallery.finish(begun(gallery), pictures("one"))
    waiting = gallery.jobs.add("ada", "paint", {})
    assert gallery.jobs.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert gallery.jobs.forget(datetime.now(UTC) + timedelta(hours=1)) == 1
    assert gallery.get(kept.id).job is None
    assert gallery.jobs.unfinished() == (waiting,)


def test_jobs_of_a_closed_gallery_go_on_in_the_next(place: Place) -> None:
    with place.open() as gallery:
        asked = gallery.jobs.add("ada", "paint", {})
        stale = begun(gallery)
    with place.open() as gallery:
        assert gallery.jobs.get(asked.id).state == "queued"
        again = begun(gallery)
        assert (again.id, again.attempt) == (asked.id, 2)
        # What the first runner painted comes too late: the second has the job now.
        assert gallery.finish(stale, pictures("stale")) == ()
        assert [entry.words for entry in gallery.finish(again, pictures("fresh"))] == ["fresh"]
        assert gallery.finish(stale, pictures("stale"))[0].words == "fresh"


def test_a_living_gallery_keeps_its_jobs(place: Place) -> None:
    with place.open() as first:
        first.jobs.add("ada", "paint", {})
        running = begun(first)
        with place.open() as second:
            assert second.jobs.next_unfinished() is None
            assert second.jobs.get(running.id).state == "running"
        assert len(first.finish(running, pictures("one"))) == 1


def test_a_job_that_kills_its_server_again_and_again_fails(place: Place) -> None:
    with place.open() as gallery:
        asked = gallery.jobs.add("ada", "paint", {})
    for _ in range(10):
        with place.open() as gallery:
            begun(gallery)
    with place.open() as gallery:
        job = gallery.jobs.get(asked.id)
        assert job.state == "failed"
        assert job.result is not None and "10 times" in job.result["error"]


def test_many_runners_share_the_jobs_without_loss_or_repetition(place: Place) -> None:
    with place.open() as first, place.open() as second:
        asked = [first.jobs.add(f"owner {number % 3}", "paint", {}).id for number in range(12)]
        ran: list[str] = []
        failures: list[BaseException] = []

        def run(gallery: Gallery) -> None:
            try:
                while (job := gallery.jobs.next_unfinished()) is not None:
                    ran.append(job.id)
                    gallery.finish(job, pictures("a", "b"))
                    gallery.list(job.owner, query="a")
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=(gallery,)) for gallery in (first, second, first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert sorted(ran) == sorted(asked)
        assert first.count() == 24
        assert all(len(second.of_job(id)) == 2 for id in asked)


def test_jobs_are_in_one_gallerys_hand_until_it_is_gone(place: Place) -> None:
    with place.open() as heir:
        with place.open() as first:
            queued = first.jobs.add("ada", "paint", {})
            other = first.jobs.add("ada", "animate", {})
            running = begun(first)
            assert running.id == queued.id and first.jobs.has_in_hand(queued.id)
            heir.sweep()
            assert heir.jobs.claim() == () and first.jobs.claim() == ()
            assert not heir.jobs.has_in_hand(other.id)
        until = time.monotonic() + 180  # PostgreSQL hears of a death a little later
        while heir.jobs.list(states=["running"]):
            assert time.monotonic() < until
            heir.sweep()
        with place.open() as second:
            claimed = heir.jobs.claim(["paint"])
            assert [job.id for job in claimed] == [queued.id] and heir.jobs.has_in_hand(queued.id)
            assert [job.id for job in second.jobs.claim()] == [other.id]
            assert heir.jobs.claim() == () and second.jobs.claim() == ()
            assert heir.jobs.begin(queued.id) is not None


def test_two_galleries_never_claim_the_same_job(place: Place) -> None:
    with place.open() as gone:
        ids = [gone.jobs.add("ada", "paint", {}).id for _ in range(20)]
    claimed: list[str] = []
    with place.open() as first, place.open() as second:

        def run(gallery: Gallery) -> None:
            claimed.extend(job.id for job in gallery.jobs.claim())

        threads = [threading.Thread(target=run, args=(each,)) for each in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(claimed) == ids
