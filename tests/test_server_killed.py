"""A server killed with SIGKILL at random moments during fifty jobs: each ends painted once, the gallery is whole."""

from __future__ import annotations

import contextlib
import io
import random
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")

import httpx

from allaprima.gallery import Gallery
from allaprima.gallery.records import Swept
from holding import PATIENCE_S
from server_running import Process

JOBS = 50
KILLS = 6
WISH = {"steps": 60, "count": 1}  # long enough that a kill mostly comes in the middle of one


def asking(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False)


def ask_for_all(api: httpx.Client, ids: dict[int, str]) -> None:
    """Ask for every job that has no id yet; whoever asks again after a silence gets the job that is there."""
    for number in range(JOBS):
        if number not in ids:
            wish = {"prompt": f"fox number {number}", **WISH}
            answer = api.post("/api/jobs", json=wish, headers={"Idempotency-Key": f"job {number}"})
            assert answer.status_code == 202, answer.text
            ids[number] = answer.json()["id"]


def done(api: httpx.Client) -> int:
    return sum(job["state"] == "done" for job in api.get("/api/jobs", params={"limit": 200}).json())


def kill_after(server: Process, further: int, seconds: float) -> None:
    """Kill it, so many seconds after so many more jobs are done."""
    with asking(server.url) as api:
        enough = min(done(api) + further, JOBS)
        while done(api) < enough:
            time.sleep(0.005)
    time.sleep(seconds)
    server.kill()


@pytest.mark.slow
def test_fifty_jobs_survive_their_servers(tiny_bundle: Path, tmp_path: Path) -> None:
    home, ids, chance = tmp_path / "home", dict[int, str](), random.Random(20)
    for _ in range(KILLS):
        with Process(tiny_bundle, home) as server, asking(server.url) as api:
            moment = (chance.randint(0, 7), chance.random() * 0.1)
            killer = threading.Thread(target=kill_after, args=(server, *moment))
            killer.start()
            with contextlib.suppress(httpx.TransportError):
                ask_for_all(api, ids)
            killer.join(5 * PATIENCE_S)
            assert not killer.is_alive()
    with Process(tiny_bundle, home) as server, asking(server.url) as api:
        ask_for_all(api, ids)
        until = time.monotonic() + 5 * PATIENCE_S
        while done(api) < JOBS:
            assert time.monotonic() < until, api.get("/api/jobs", params={"limit": 200}).json()
            time.sleep(0.05)
        kept = api.get("/api/gallery", params={"limit": 200}).json()["pictures"]
        assert Counter(entry["job"] for entry in kept) == Counter(ids.values())
        for number, id in ids.items():
            job = api.get(f"/api/jobs/{id}").json()
            assert job["request"]["prompt"] == f"fox number {number}" and len(job["pictures"]) == 1
            assert Image.open(io.BytesIO(api.get(job["pictures"][0]["url"]).content)).size == (256, 256)
        assert server.stop() == 0
    with Gallery.open(str(home / "gallery.db"), str(home / "pictures")) as gallery:
        jobs = gallery.jobs.list(limit=500)
        assert [job.state for job in jobs] == ["done"] * JOBS
        assert sum(job.attempt - 1 for job in jobs) >= 1  # some were killed while they were being painted
        assert gallery.sweep(thorough=True) == Swept(0, ())
    assert len(list((home / "pictures").rglob("*.png"))) == JOBS
