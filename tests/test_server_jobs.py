"""Jobs, recipes and the gallery over real HTTP."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")

import httpx

from holding import PATIENCE_S
from server_running import running

FOX = "a red fox in the snow"


def asking(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def api(painter, home):
    with running(painter, home) as server, asking(server.url) as client:
        client.app = server.app
        yield client


def ended(api, id: str, seconds: float = PATIENCE_S) -> dict:
    until = time.monotonic() + seconds
    while True:
        job = api.get(f"/api/jobs/{id}").json()
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        assert time.monotonic() < until, job
        time.sleep(0.05)


def told(api, id: str, **headers: str) -> list[tuple[str, str, dict]]:
    """A job's events: id, name, data."""
    found = []
    with api.stream("GET", f"/api/jobs/{id}/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        for line in response.iter_lines():
            if line:
                key, _, value = line.partition(": ")
                event[key] = value
            elif "event" in event:
                found.append((event.get("id", ""), event["event"], json.loads(event["data"])))
                event = {}
    return found


def test_a_grid_is_painted_and_kept(api) -> None:
    response = api.post("/api/jobs", json={"prompt": f"{FOX} --ar 2:1", "steps": 2, "seed": 7})
    assert response.status_code == 202
    job = response.json()
    assert job["state"] in ("queued", "running") and job["request"]["count"] == 4
    events = told(api, job["id"])
    names = [name for _, name, _ in events]
    assert names[0] == "state" and names[-1] == "done"
    assert names.count("step") == 2 and names.count("picture") == 4
    step = next(data for _, name, data in events if name == "step")
    assert len(step["previews"]) == 4 and step["previews"][0].startswith("data:image/png;base64,")
    assert (step["index"], step["count"], step["step"], step["steps"]) == (0, 2, 1, 2)
    # Whoever comes back takes up where they were.
    middle = int(events[2][0])
    later = told(api, job["id"], **{"last-event-id": str(middle)})
    assert [number for number, *_ in later] == [number for number, *_ in events[3:]]
    done = ended(api, job["id"])
    assert [picture["seed"] for picture in done["pictures"]] == [7, 8, 9, 10]
    for picture in done["pictures"]:
        file = api.get(picture["url"])
        assert file.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(file.content)).size == (picture["width"], picture["height"]) == (512, 256)
        entry = api.get(f"/api/gallery/{picture['entry']}").json()
        assert entry["job"] == job["id"] and entry["recipe"] == picture["recipe"]
        assert api.get(entry["url"]).content == file.content
    webp = api.get(done["pictures"][0]["url"], params={"format": "webp"})
    assert Image.open(io.BytesIO(webp.content)).format == "WEBP"
    assert api.get(f"/api/jobs/{job['id']}/pictures/4").status_code == 404


def test_a_recipe_is_read_and_repeated(api) -> None:
    job = ended(api, api.post("/api/jobs", json={"prompt": FOX, "steps": 2, "count": 2}).json()["id"])
    file = api.get(job["pictures"][1]["url"]).content
    recipe = api.post("/api/recipes/read", content=file).json()
    assert recipe == job["pictures"][1]["recipe"]
    again = ended(api, api.post("/api/recipes", json={"recipe": recipe}).json()["id"])
    assert len(again["pictures"]) == 1
    assert api.get(again["pictures"][0]["url"]).content == file
    refused = api.post("/api/recipes", json={"recipe": {**recipe, "model": {"name": "other", "sha256": "0" * 64}}})
    assert refused.status_code == 422 and "other" in refused.json()["error"]["message"]
    assert api.post("/api/recipes/read", content=b"no picture").status_code == 422


def test_permutations_are_one_job_with_several_grids(api) -> None:
    job = ended(api, api.post("/api/jobs", json={"prompt": "a {red, blue} fox", "count": 2, "steps": 1}).json()["id"])
    assert [picture["recipe"]["prompt"] for picture in job["pictures"]] == ["a red fox"] * 2 + ["a blue fox"] * 2
    assert len({picture["seed"] for picture in job["pictures"]}) == 4


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"prompt": "a fox --ar banana"}, "ar"),
        ({"prompt": "  "}, "empty"),
        ({"prompt": "fox", "count": 17}, "count"),
        ({"prompt": "fox", "steps": 0}, "steps"),
        ({"prompt": "fox", "memory": 2}, "memory"),
        ({"prompt": "fox", "style": "no such style"}, "style"),
        ({"prompt": "fox", "speed": 1}, "speed"),
        ({"prompt": "x" * 2001}, "prompt"),
        ({"prompt": "fox\u0000"}, "U+0000"),
        ({}, "prompt"),
        ([], "body"),
    ],
)
def test_what_cannot_be_painted_is_told(api, wish, said) -> None:
    response = api.post("/api/jobs", json=wish)
    assert response.status_code == 422
    assert said in response.json()["error"]["message"]


def test_a_mistake_has_its_place(api) -> None:
    error = api.post("/api/jobs", json={"prompt": "a fox --ar banana"}).json()["error"]
    assert error["position"] == len("a fox --ar ") and error["kind"]
    assert api.post("/api/parse", json={"prompt": "a fox --ar 3:2"}).json()["jobs"][0]["parameters"] == {
        "aspect": "3:2"
    }


def test_cancelling_keeps_nothing(api, hold) -> None:
    before = len(api.get("/api/gallery").json()["pictures"])
    held, answers = hold(2), []
    id = api.post("/api/jobs", json={"prompt": FOX, "steps": 100, "count": 16}).json()["id"]
    held.wait()
    cancel = threading.Thread(target=lambda: answers.append(api.delete(f"/api/jobs/{id}").json()))
    cancel.start()  # it answers when the painter has let go, so the painter is let go meanwhile
    until = time.monotonic() + PATIENCE_S
    while not api.app.state.studio.scheduler._queue.get(id).cancelled:
        assert time.monotonic() < until
        time.sleep(0.01)
    held.release()
    cancel.join()
    (job,) = answers
    assert held.calls == 2
    assert job["state"] == "cancelled" and job["position"] is None
    assert told(api, id)[-1][1] == "cancelled"
    assert api.delete(f"/api/jobs/{id}").json()["state"] == "cancelled"
    assert len(api.get("/api/gallery").json()["pictures"]) == before
    assert api.delete("/api/jobs/nothing").status_code == 404


def test_asking_twice_with_one_key_makes_one_job(api) -> None:
    wish = {"prompt": FOX, "steps": 1, "count": 1}
    first = api.post("/api/jobs", json=wish, headers={"Idempotency-Key": "k1"}).json()
    second = api.post("/api/jobs", json=wish, headers={"Idempotency-Key": "k1"}).json()
    assert first["id"] == second["id"]
    ended(api, first["id"])


def test_a_full_queue_says_when_to_come_back(painter, tmp_path, hold) -> None:
    held = hold(1)
    with (
        running(painter, tmp_path, keep=False, queue_size=2, per_owner=2) as server,
        asking(server.url) as api,
    ):
        wish = {"prompt": FOX, "steps": 100, "count": 16}
        answers = [api.post("/api/jobs", json=wish) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert int(answers[2].headers["retry-after"]) >= 1
        held.wait()
        second = api.get(f"/api/jobs/{answers[1].json()['id']}").json()
        assert second["position"] == 1 and second["eta_ms"] > 0
        held.release()
        for answer in answers[:2]:
            api.delete(f"/api/jobs/{answer.json()['id']}")


def test_the_gallery_is_searched_sorted_and_emptied(api) -> None:
    for prompt in ("a green tree", "a dog"):
        ended(api, api.post("/api/jobs", json={"prompt": prompt, "steps": 1, "count": 1}).json()["id"])
    assert [e["words"] for e in api.get("/api/gallery", params={"query": "tree"}).json()["pictures"]] == [
        "a green tree"
    ]
    best = api.get("/api/gallery", params={"meaning": "a puppy", "limit": 1}).json()["pictures"]
    assert best[0]["words"] == "a dog" and best[0]["score"] > 0.5
    page = api.get("/api/gallery", params={"limit": 1}).json()
    following = api.get("/api/gallery", params={"limit": 1, "before": page["next"]}).json()
    assert following["pictures"][0]["id"] < page["pictures"][0]["id"]
    id = page["pictures"][0]["id"]
    changed = api.patch(f"/api/gallery/{id}", json={"favourite": True, "folder": "dogs"}).json()
    assert changed["favourite"] and changed["folder"] == "dogs"
    assert api.get("/api/gallery/folders").json() == [{"name": "dogs", "count": 1}]
    assert [e["id"] for e in api.get("/api/gallery", params={"favourite": True}).json()["pictures"]] == [id]
    zipped = api.post("/api/gallery/export", json={"ids": [id]})
    names = zipfile.ZipFile(io.BytesIO(zipped.content)).namelist()
    assert len(names) == 3 and any(name.endswith(".png") for name in names)
    saved = api.get(f"/api/gallery/{id}/picture", params={"download": True})
    assert "attachment" in saved.headers["content-disposition"]
    assert api.delete(f"/api/gallery/{id}").status_code == 204
    for path in (f"/api/gallery/{id}", f"/api/gallery/{id}/picture", "/api/gallery/..%2f..%2fetc%2fpasswd"):
        assert api.get(path).status_code == 404
    assert api.get("/api/gallery", params={"before": "nonsense"}).status_code == 422


def test_metrics_health_and_status(api) -> None:
    assert api.get("/healthz").text == "ok\n"
    metrics = api.get("/metrics").text
    assert 'allaprima_jobs_total{how="done",kind="paint"}' in metrics
    assert "fox" not in metrics
    status = api.get("/api/status").json()
    assert status["model"]["name"] == "tiny" and status["gallery"] is True


def test_nothing_is_left_to_be_built_at_the_first_request(api) -> None:
    """FastAPI would build its routes on the event loop, and everybody who paints live would wait."""
    assert api.app.openapi_schema is not None


def test_the_description_is_complete(api) -> None:
    described = api.get("/api/openapi.json").json()
    assert {"/api/jobs", "/api/jobs/{id}/events", "/api/gallery", "/api/recipes", "/api/status"} <= set(
        described["paths"]
    )
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} says nothing"


def test_pictures_are_varied_enlarged_and_varied_again(api) -> None:
    named = {each["name"]: each for each in api.get("/api/operations").json()}
    assert {"vary", "reroll", "upscale", "region", "zoom", "pan"} <= set(named)
    assert {"name", "kind", "help", "default", "low", "high", "choices"} == set(named["vary"]["arguments"][0])
    job = ended(api, api.post("/api/jobs", json={"prompt": FOX, "steps": 2, "count": 2}).json()["id"])
    wish = {"pictures": [{"job": job["id"], "index": 1}], "arguments": {"strength": "strong", "count": 2}}
    response = api.post("/api/operations/vary", json=wish)
    assert response.status_code == 202, response.text
    varied = ended(api, response.json()["id"])
    assert varied["state"] == "done" and len(varied["pictures"]) == 2, varied
    entry = varied["pictures"][0]["entry"]
    line = api.get(f"/api/gallery/{entry}/lineage").json()
    assert [each["id"] for each in line] == [job["pictures"][1]["entry"], entry]
    large = ended(api, api.post("/api/operations/upscale", json={"pictures": [{"entry": entry}]}).json()["id"])
    assert (large["pictures"][0]["width"], large["pictures"][0]["height"]) == (512, 512)
    again = ended(api, api.post("/api/recipes", json={"recipe": varied["pictures"][0]["recipe"]}).json()["id"])
    assert again["state"] == "done", again["error"]
    one, other = (api.get(each["pictures"][0]["url"]).content for each in (again, varied))
    assert Image.open(io.BytesIO(one)).tobytes() == Image.open(io.BytesIO(other)).tobytes()


def test_operations_that_cannot_be_are_told(api) -> None:
    picture = {"data": "iVBORw0KGgo="}
    for name, wish, status in (
        ("sing", {"pictures": [picture]}, 404),
        ("vary", {"pictures": [picture]}, 422),
        ("vary", {"pictures": []}, 422),
        ("vary", {"pictures": [{"entry": "x", "job": "y"}]}, 422),
        ("vary", {"pictures": [{"entry": "nothing"}]}, 404),
        ("vary", {"pictures": [{"job": "nothing", "index": 0}]}, 404),
    ):
        response = api.post(f"/api/operations/{name}", json=wish)
        assert response.status_code == status, (name, wish, response.text)
        assert response.json()["error"]["message"]
