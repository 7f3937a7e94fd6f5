"""Killed with SIGKILL at any moment, a gallery is whole when it is opened again, and every job ends once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from allaprima.gallery import Gallery, NewPicture
from allaprima.gallery.records import Swept
from gallery_places import Place, picture

pytest_plugins = ("gallery_fixtures",)

PICTURES_A_JOB = 2
CODE = str(Path(sys.modules[Gallery.__module__].__file__ or "").parent)


def work(place: Place, told: Connection | None) -> None:
    """Keep, delete, and run jobs until there is no more; tell of every step."""
    with place.open() as gallery:
        kept = [entry.id for entry in gallery.list("ada")]
        for number in range(100):
            kept.append(gallery.keep(picture(), recipe={}, owner="ada", words=f"number {number}").id)
            if told is not None:
                told.send_bytes(b".")
            if number % 2:
                gallery.delete(kept.pop(0))
            job = gallery.jobs.next_unfinished()
            if job is None:
                return
            new = [NewPicture(picture(), {"attempt": job.attempt}, f"place {n}") for n in range(PICTURES_A_JOB)]
            gallery.finish(job, new, {"attempt": job.attempt})
            if told is not None:
                told.send_bytes(b".")


def work_and_fall(place: Place, line: int) -> None:
    """The same, until the gallery's code has come to that many lines; then die there."""
    left = line

    def count(frame: FrameType, happened: str, argument: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if happened == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return count

    sys.settrace(count)
    work(place, None)


def children() -> Any:
    """Processes that begin quickly and share nothing with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["allaprima.gallery", "gallery_places", "alembic.command"])
    return context


def check(place: Place) -> None:
    """Open the gallery and find it whole."""
    with place.open() as gallery:
        # PostgreSQL hears of a death when the operating system tells it, which may be a little later.
        until = time.monotonic() + 180
        while gallery.jobs.list(states=["running"]) or _loose(gallery):
            assert time.monotonic() < until
            time.sleep(0.05)
            gallery.sweep()
        assert gallery.sweep(thorough=True) == Swept(0, ())
        assert not [path for path in Path(place.store).rglob("*") if path.name.endswith(".part")]
        entries = gallery.list(limit=500)
        assert all(gallery.data(entry.id) == picture() for entry in entries)
        assert len([path for path in Path(place.store).rglob("*.png")]) == len(entries)
        for job in gallery.jobs.list(limit=500):
            assert job.state in ("queued", "done")
            kept = [entry for entry in entries if entry.job == job.id]
            assert len(kept) == (PICTURES_A_JOB if job.state == "done" else 0)
            assert {entry.recipe["attempt"] for entry in kept} <= {job.attempt}
        assert len(gallery.list(query="number", limit=500)) + len(gallery.list(query="place", limit=500)) == len(
            entries
        )


def _loose(gallery: Gallery) -> int:
    from sqlalchemy import text

    with gallery._database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM loose_files")).scalar() or 0)


def finish(place: Place, jobs: int) -> None:
    """Run what is left, and find every job done, once."""
    work(place, None)
    with place.open() as gallery:
        assert [job.state for job in gallery.jobs.list(limit=500)] == ["done"] * jobs
        assert len(gallery.list("eve", limit=500)) == jobs * PICTURES_A_JOB
    check(place)


def test_killed_from_outside_at_random_moments(place: Place) -> None:
    chance = random.Random(7)
    jobs, rounds = 30, 6
    with place.open() as gallery:
        for _ in range(jobs):
            gallery.jobs.add("eve", "paint", {})
    for _ in range(rounds):
        told, tells = multiprocessing.Pipe(duplex=False)
        child = children().Process(target=work, args=(place, tells))
        child.start()
        tells.close()
        for _ in range(chance.randint(0, 8)):
            told.recv_bytes()
        time.sleep(chance.random() * 0.02)
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        check(place)
    finish(place, jobs)


def test_killed_at_lines_of_the_gallerys_own_code(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "gallery.sqlite3"), str(tmp_path / "files"))
    with place.open() as gallery:
        for _ in range(20):
            gallery.jobs.add("eve", "paint", {})
    chance = random.Random(11)
    died = 0
    for line in [chance.randint(1, 1500) for _ in range(10)]:
        child = children().Process(target=work_and_fall, args=(place, line))
        child.start()
        child.join()
        died += child.exitcode == -signal.SIGKILL
        check(place)
    assert died == 10
    finish(place, 20)


def test_a_writer_taken_for_dead_writes_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.open() as living, place.open() as mistaken:
        monkeypatch.setattr(mistaken._presence, "gone", frozenset)
        write = living._store.write
        swept = []

        def write_and_be_swept(path: str, data: bytes) -> None:
            write(path, data)
            if len(swept) < 2:
                swept.append(mistaken.sweep().removed)

        monkeypatch.setattr(living._store, "write", write_and_be_swept)
        living.jobs.add("eve", "paint", {})
        entry = living.keep(picture(), recipe={}, owner="ada", words="still here")
        assert swept == [1, 1]
        assert living.data(entry.id) == picture()
        assert living.sweep(thorough=True) == Swept(0, ())


def test_what_did_come_to_be_is_not_discarded(place: Place) -> None:
    # As when the answer to a commit is lost on its way, though it was carried out.
    with place.open() as gallery:
        entry = gallery.keep(picture(), recipe={}, owner="ada", words="")
        gallery._loose.discard([entry.path])
        assert gallery.data(entry.id) == picture()
        assert _loose(gallery) == 0


def test_a_thorough_sweep_finds_strays_and_missing_files(place: Place) -> None:
    with place.open() as gallery:
        entry = gallery.keep(picture(), recipe={}, owner="ada", words="")
        lost = gallery.keep(picture(), recipe={}, owner="ada", words="")
        root = Path(place.store)
        (root / lost.path).unlink()
        stray = root / entry.path.replace(entry.id, "0" * 26)
        stray.write_bytes(b"stray")
        (root / "README.txt").write_text("mine")
        assert gallery.sweep() == Swept(0, ())
        assert gallery.sweep(thorough=True) == Swept(1, (lost.id,))
        assert not stray.exists()
        assert (root / "README.txt").exists()
        assert gallery.data(entry.id) == picture()
