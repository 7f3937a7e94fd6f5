"""What clients of other APIs have painted is in the gallery of whoever asked, unless the setting says otherwise."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
from allaprima.server.keys import Keys
from allaprima.server.security import Policy
from allaprima.studio import own_library
from holding import PATIENCE_S
from server_running import running

FOX = "a red fox in the snow"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path))
    return tmp_path


def asking(url: str, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False, headers=headers)


def kept(api: httpx.Client) -> list[dict[str, Any]]:
    return list(api.get("/api/gallery").json()["pictures"])


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (128, 128), (200, 40, 40)).save(out, "PNG")
    return out.getvalue()


def test_openais_pictures_are_kept_with_their_recipes(painter, home) -> None:
    with running(painter, home) as server, asking(server.url) as api:
        wish = {"prompt": FOX, "n": 2, "seed": 7, "size": "512x512", "response_format": "b64_json"}
        answer = api.post("/v1/images/generations", json=wish)
        assert answer.status_code == 200, answer.text
        entries = kept(api)
        assert answer.headers["x-allaprima-entries"].split(", ") == [each["id"] for each in reversed(entries)]
        assert [each["recipe"]["seed"] for each in entries] == [8, 7]
        assert all(each["words"] == FOX and (each["width"], each["height"]) == (256, 256) for each in entries)
        again = painter.replay(entries[1]["recipe"]).pixels  # kept as painted; enlarged in the answer alone
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(api.get(entries[1]["url"]).content))), again)
        delivered = Image.open(io.BytesIO(base64.b64decode(answer.json()["data"][0]["b64_json"])))
        assert delivered.size == (512, 512)
        assert [each["id"] for each in api.get("/api/gallery", params={"query": "fox"}).json()["pictures"]]

        with api.stream("POST", "/v1/images/generations", json={"prompt": "a dog", "stream": True}) as response:
            assert response.read().endswith(b"data: [DONE]\n\n")
        files = {"image": ("a.png", png(), "image/png")}
        assert api.post("/v1/images/edits", data={"prompt": "a cat"}, files=files).status_code == 200
        assert [each["words"] for each in kept(api)] == ["a cat", "a dog", FOX, FOX]


def test_a1111s_pictures_are_kept_too(painter, home) -> None:
    with running(painter, home) as server, asking(server.url) as api:
        wish = {"prompt": FOX, "steps": 2, "seed": 5, "width": 512, "height": 512}
        answer = api.post("/sdapi/v1/txt2img", json=wish)
        assert answer.status_code == 200, answer.text
        init = base64.b64encode(png()).decode()
        more = {"prompt": "a dog", "steps": 2, "init_images": [init]}
        assert api.post("/sdapi/v1/img2img", json=more).status_code == 200
        assert [each["words"] for each in kept(api)] == ["a dog", FOX]
        assert kept(api)[1]["id"] == answer.headers["x-allaprima-entries"]
        assert kept(api)[1]["recipe"]["seed"] == 5 and json.loads(answer.json()["info"])["seed"] == 5


def test_each_owner_has_their_own(painter, home) -> None:
    keys = {name: Keys(home / "keys.json").add(name) for name in ("ann", "bob")}
    with (
        running(painter, home, policy=Policy(needs_key=True)) as server,
        asking(server.url, authorization=f"Bearer {keys['ann']}") as ann,
        asking(server.url, authorization=f"Bearer {keys['bob']}") as bob,
    ):
        assert ann.post("/v1/images/generations", json={"prompt": FOX}).status_code == 200
        assert len(kept(ann)) == 1 and not kept(bob)


def test_the_setting_keeps_nothing(painter, home, monkeypatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_KEEP_COMPATIBLE", "0")
    with running(painter, home) as server, asking(server.url) as api:
        answer = api.post("/v1/images/generations", json={"prompt": FOX})
        assert answer.status_code == 200 and "x-allaprima-entries" not in answer.headers
        assert not kept(api)


def test_what_cannot_be_kept_is_handed_over_all_the_same(painter, home, monkeypatch) -> None:
    with running(painter, home) as server, asking(server.url) as api:
        def full(*_: object, **__: object) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(server.app.state.gallery._store, "write", full)
        answer = api.post("/v1/images/generations", json={"prompt": FOX, "response_format": "b64_json"})
        assert answer.status_code == 200 and answer.json()["data"][0]["b64_json"]
        assert not kept(api)


def test_a1111_lists_and_takes_styles_of_your_own(painter, home) -> None:
    drawing = io.BytesIO()
    image = Image.new("RGBA", (64, 64))
    image.paste((0, 120, 120, 255), (12, 12, 52, 52))
    image.save(drawing, "PNG")
    own_library.add_files([("fox.png", drawing.getvalue(), None)], style="my heroes", licence="CC0-1.0", owner="Ada")
    try:
        painter.remember_own()
        with running(painter, home) as server, asking(server.url) as api:
            listed = {each["name"]: each for each in api.get("/sdapi/v1/prompt-styles").json()}
            assert listed["my heroes"]["prompt"] == "{prompt} --style my-heroes"
            wish = {"prompt": "a fox", "steps": 1, "styles": ["my heroes"]}
            assert api.post("/sdapi/v1/txt2img", json=wish).status_code == 200
            assert "my heroes" in json.dumps(kept(api)[0]["recipe"])
    finally:
        own_library.remove("my heroes")
        painter.remember_own()
