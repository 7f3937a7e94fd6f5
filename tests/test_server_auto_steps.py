"""As many steps as the words need: `auto` where the server's API takes a number of steps."""

from __future__ import annotations

import asyncio
import json
import shutil
import time

import pytest

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")
pytest.importorskip("websockets", reason="needs allaprima[serve]")

import httpx

from allaprima.client import Done, LiveClient, Preview, Refused
from allaprima.engine.bundle import write_manifest
from allaprima.engine.painter import Painter
from holding import PATIENCE_S
from server_running import running

FOX = "a red fox in the snow"
NEEDED = 2


@pytest.fixture(scope="module")
def server(painter, tmp_path_factory):
    folder = tmp_path_factory.mktemp("head") / "bundle"
    shutil.copytree(painter.bundle.folder, folder)
    # Distances 1, 0.1 and 0.01 for whatever is asked: with 0.5 as near enough, two steps are taken.
    width = painter.meaning([FOX]).shape[1] + 3
    head = {"counts": [1, NEEDED, 4], "threshold": 0.5, "weights": [[0.0] * width] * 3, "bias": [0.0, -2.3, -4.6]}
    (folder / "steps.json").write_text(json.dumps(head), encoding="utf-8")
    write_manifest(folder, painter.bundle.info)
    ready = Painter(folder, "onnxruntime", threads=1)
    with running(ready, tmp_path_factory.mktemp("auto"), keep=False) as server:
        yield server


def test_a_job_takes_as_many_steps_as_the_words_need(server) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as api:
        job = api.post("/api/jobs", json={"prompt": FOX, "count": 1, "seed": 7, "steps": "auto"}).json()
        until = time.monotonic() + PATIENCE_S
        while job["state"] not in ("done", "failed"):
            assert time.monotonic() < until, job
            time.sleep(0.05)
            job = api.get(f"/api/jobs/{job['id']}").json()
        recipe = job["pictures"][0]["recipe"]
        assert recipe["steps"] == NEEDED and recipe["auto_steps"] is True
        assert api.post("/api/jobs", json={"prompt": FOX, "steps": "often"}).status_code == 422


def test_live_painting_takes_as_many_steps_as_the_words_need(server) -> None:
    async def paint(steps):
        async with LiveClient(server.url) as live:
            return [event async for event in live.paint(FOX, steps=steps, seed=7, final=True)]

    events = asyncio.run(paint("auto"))
    assert [type(event) for event in events[:NEEDED]] == [Preview] * NEEDED
    assert isinstance(events[-1], Done) and events[-1].recipe["auto_steps"] is True
    refused = asyncio.run(paint("often"))
    assert isinstance(refused[0], Refused) and "steps" in refused[0].message
