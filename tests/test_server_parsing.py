"""What is understood of a prompt while it is typed, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("fastapi")

from fastapi import FastAPI
from fastapi.testclient import TestClient

from allaprima.server import parsing


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()
    app.include_router(parsing.router)
    return TestClient(app)


def understood(client: TestClient, prompt: str) -> dict[str, Any]:
    answer = client.post("/api/understand", json={"prompt": prompt})
    assert answer.status_code == 200
    return dict(answer.json())


def test_parameters_come_with_their_meaning(client: TestClient) -> None:
    found = understood(client, "a fox::2 snow::1 --ar 3:2 --no trees, cars --fast")
    assert [(each["text"], each["normalised"]) for each in found["text"]] == [("a fox", 0.666667), ("snow", 0.333333)]
    named = {each["name"]: each for each in found["parameters"]}
    assert named["aspect"]["value"] == "3:2" and named["no"]["value"] == ["trees", "cars"]
    assert named["aspect"]["meaning"] and named["aspect"]["here"] and not named["aspect"]["idle"]
    assert named["fast"]["idle"] and any("--fast" in each for each in found["warnings"])
    assert found["jobs"] == 1 and found["error"] is None


def test_a_mistake_is_told_beside_the_marks(client: TestClient) -> None:
    found = understood(client, "a 🦊 --choas 5")
    assert found["error"]["position"] == 4 and found["error"]["suggestion"] == "--chaos"
    assert found["jobs"] == 0
    assert [(each["start"], each["end"], each["kind"]) for each in found["marks"]] == [
        (0, 4, "words"),
        (4, 11, "unknown"),
        (11, 13, "value"),
    ]


def test_permutations_are_counted(client: TestClient) -> None:
    assert understood(client, "{red, blue, green} fox --seed {1, 2}")["jobs"] == 6
