"""Drawings of one's own over real HTTP: sent in, listed, painted with, removed."""

from __future__ import annotations

import base64
import io
import time

import pytest
from PIL import Image, ImageDraw

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")

import httpx

from holding import PATIENCE_S
from server_running import running

STYLE = {"style": "my heroes", "licence": "CC-BY-4.0", "owner": "Ada"}


@pytest.fixture
def api(painter, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path))
    with (
        running(painter, tmp_path) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as client,
    ):
        yield client
    for style in tmp_path.glob("library/*"):
        for file in style.iterdir():
            file.unlink()
        style.rmdir()
    painter.remember_own()


def drawing(colour: str) -> str:
    image = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(image).ellipse((8, 8, 56, 56), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def svg(inside: str) -> str:
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'
    return base64.b64encode(text.encode()).decode()


def added(api: httpx.Client, *files: dict[str, object]) -> dict[str, object]:
    answer = api.post("/api/library", json={**STYLE, "files": list(files)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_drawings_are_kept_painted_with_and_removed(api: httpx.Client) -> None:
    found = added(
        api,
        {"name": "lily-vance.png", "data": drawing("teal")},
        {"name": "02.png", "data": drawing("red"), "shows": "Grumblewort", "keywords": ["goblin"]},
    )
    assert found["names"] == ["lily vance", "grumblewort"] and found["total"] == 2 and found["skipped"] == []
    assert api.get("/api/library").json() == [
        {**STYLE, "drawings": [{"name": "lily vance", "words": []}, {"name": "grumblewort", "words": ["goblin"]}]}
    ]
    shown = api.get("/api/library/my heroes/picture", params={"name": "grumblewort"})
    assert Image.open(io.BytesIO(shown.content)).format == "WEBP"

    job = api.post("/api/jobs", json={"prompt": "lily vance in the snow", "count": 1, "steps": 1, "memory": 1}).json()
    until = time.monotonic() + PATIENCE_S
    while job["state"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.1)
        job = api.get(f"/api/jobs/{job['id']}").json()
    used = {each["name"]: each for each in job["pictures"][0]["recipe"]["references"]}
    assert used["lily vance"]["owner"] == "Ada" and used["lily vance"]["licence"] == "CC-BY-4.0"

    assert api.delete("/api/library/my heroes", params={"name": "lily vance"}).status_code == 204
    assert [each["name"] for each in api.get("/api/library").json()[0]["drawings"]] == ["grumblewort"]
    assert api.delete("/api/library/my heroes").status_code == 204
    assert api.get("/api/library").json() == []
    assert api.delete("/api/library/my heroes").status_code == 422
    assert api.get("/api/library/my heroes/picture", params={"name": "lily vance"}).status_code == 422


def test_what_must_not_be_opened_is_left_out_and_named(api: httpx.Client) -> None:
    found = added(
        api,
        {"name": "good.png", "data": drawing("teal")},
        {"name": "script.exe", "data": drawing("teal")},
        {"name": "torn.png", "data": base64.b64encode(b"no picture").decode()},
        {"name": "spy.svg", "data": svg('<image href="/etc/logo.png" width="9" height="9"/>')},
        {"name": "spy2.svg", "data": svg('<image xlink:href = "&#47;etc/logo.png"/>')},
        {
            "name": "entity.svg",
            "data": base64.b64encode(b'<!DOCTYPE svg [<!ENTITY x SYSTEM "/etc/x">]><svg/>').decode(),
        },
    )
    assert found["names"] == ["good"]
    reasons = {file: reason for file, reason in found["skipped"]}  # type: ignore[misc, attr-defined]
    assert set(reasons) == {"script.exe", "torn.png", "spy.svg", "spy2.svg", "entity.svg"}
    assert all("outside itself" in reasons[each] for each in ("spy.svg", "spy2.svg", "entity.svg"))
    answer = api.post(
        "/api/library", json={**STYLE, "style": "flat", "files": [{"name": "a.png", "data": drawing("red")}]}
    )
    assert answer.status_code == 422 and "knows already" in answer.json()["error"]["message"]
