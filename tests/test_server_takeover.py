"""Two servers on one gallery: what one had in hand when it was killed, the other one paints, once."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")

import httpx

from gallery_places import Place
from holding import PATIENCE_S
from server_running import Process, running

pytest_plugins = ("gallery_fixtures",)
WISH = {"steps": 30, "count": 2}


def asking(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False)


def states(api: httpx.Client) -> dict[str, str]:
    return {job["id"]: job["state"] for job in api.get("/api/jobs", params={"limit": 200}).json()}


@pytest.mark.slow
def test_queued_and_running_jobs_of_a_killed_server_are_taken_over(
    tiny_bundle: Path, tmp_path: Path, place: Place
) -> None:
    shared = {"ALLAPRIMA_GALLERY": place.url, "ALLAPRIMA_STORE": place.store, "ALLAPRIMA_TAKE_OVER": "0.5"}
    with (
        Process(tiny_bundle, tmp_path / "heir", **shared) as heir,
        Process(tiny_bundle, tmp_path / "first", **shared) as first,
        asking(heir.url) as api,
    ):
        with asking(first.url) as asked:
            ids = [
                asked.post("/api/jobs", json={"prompt": f"fox {number}", **WISH}).json()["id"] for number in range(5)
            ]
        first.kill()
        until = time.monotonic() + 5 * PATIENCE_S
        while Counter(states(api).values()) != {"done": 5}:
            assert time.monotonic() < until, states(api)
            time.sleep(0.1)
        kept = api.get("/api/gallery", params={"limit": 200}).json()["pictures"]
        assert Counter(entry["job"] for entry in kept) == dict.fromkeys(ids, 2)
        assert all(api.get(entry["url"]).status_code == 200 for entry in kept)
        assert heir.stop() == 0


def test_what_a_living_server_has_queued_is_left_to_it(
    painter: Any, tmp_path: Path, hold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLAPRIMA_TAKE_OVER", "0.05")
    shared = {"gallery": str(tmp_path / "gallery.db"), "store": str(tmp_path / "pictures")}
    held = hold(1)
    with (
        running(painter, tmp_path / "first", **shared) as first,
        running(painter, tmp_path / "other", **shared) as other,
        asking(first.url) as api,
        asking(other.url) as there,
    ):
        headers = {"Idempotency-Key": "one"}
        wishes = [{"prompt": f"fox {number}", "steps": 1, "count": 1} for number in range(3)]
        ids = [api.post("/api/jobs", json=wish).json()["id"] for wish in wishes[:2]]
        ids.append(api.post("/api/jobs", json=wishes[2], headers=headers).json()["id"])
        held.wait()
        time.sleep(0.3)  # the other one has looked several times
        assert other.app.state.studio.scheduler.jobs == 0
        assert there.post("/api/jobs", json=wishes[2], headers=headers).json()["id"] == ids[2]
        assert other.app.state.studio.scheduler.jobs == 0
        held.release()
        until = time.monotonic() + PATIENCE_S
        while Counter(states(api).values()) != {"done": 3}:
            assert time.monotonic() < until, states(api)
            time.sleep(0.02)
        assert sorted(entry["job"] for entry in there.get("/api/gallery").json()["pictures"]) == sorted(ids)
