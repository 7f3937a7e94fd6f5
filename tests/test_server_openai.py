"""OpenAI's images API over real HTTP: shapes, errors, sizes, streams, and the traps that its clients set."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("fastapi")
from allaprima.engine.picture import read_recipe
from allaprima.studio.studio import Studio
from compatible_server import key_for, running
from holding import PATIENCE_S, Held


@pytest.fixture(scope="module")
def client(painter: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        running(painter, tmp_path_factory.mktemp("home")) as url,
        httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as made,
    ):
        yield made


def generate(client: httpx.Client, status: int = 200, **body: Any) -> dict[str, Any]:
    response = client.post("/v1/images/generations", json={"prompt": "a red fox", **body})
    assert response.status_code == status, response.text
    return response.json()


def picture(b64: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def events(client: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    wish = {"prompt": "a red fox", "stream": True, **body}
    with client.stream("POST", "/v1/images/generations", json=wish) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line[6:]) for line in lines[:-1]]


def test_pictures_come_at_the_size_asked_for_and_carry_a_recipe_that_repeats_them(
    client: httpx.Client, painter: Any
) -> None:
    answer = generate(client, n=2, size="512x384", seed=7, response_format="b64_json")
    assert len(answer["data"]) == 2 and answer["created"] > 1_700_000_000
    for index, each in enumerate(answer["data"]):
        file = io.BytesIO(base64.b64decode(each["b64_json"]))
        assert Image.open(file).size == (512, 384)
        recipe = read_recipe(file)  # type: ignore[arg-type]
        assert recipe["seed"] == 7 + index and recipe["size"] == [512, 384]
        assert np.array_equal(painter.replay(recipe).pixels, np.asarray(Image.open(file)))


def test_usage_counts_and_quality_are_of_the_types_that_clients_expect(client: httpx.Client) -> None:
    answer = generate(client, quality="standard", response_format="b64_json")
    assert answer["quality"] == "medium" and answer["background"] == "opaque" and answer["output_format"] == "png"
    used = answer["usage"]
    assert used["total_tokens"] == used["input_tokens"] + used["output_tokens"]
    assert used["input_tokens_details"] == {"text_tokens": 3, "image_tokens": 0}


@pytest.mark.parametrize(("format", "name"), [("png", "PNG"), ("webp", "WEBP"), ("jpeg", "JPEG"), ("jpg", "JPEG")])
def test_output_formats(client: httpx.Client, format: str, name: str) -> None:
    answer = generate(client, output_format=format, output_compression=60, response_format="b64_json")
    file = base64.b64decode(answer["data"][0]["b64_json"])
    assert Image.open(io.BytesIO(file)).format == name
    assert read_recipe(io.BytesIO(file))["prompt"] == "a red fox"  # type: ignore[arg-type]


# ---- the traps ------------------------------------------------------------------------------------------------


def test_trap_open_webui_url_is_never_beside_a_b64_json_that_was_asked_for(client: httpx.Client) -> None:
    each = generate(client, model="dall-e-3", response_format="b64_json")["data"][0]
    assert each["b64_json"] and "url" not in each


def test_trap_url_asked_for_comes_alone(client: httpx.Client) -> None:
    each = generate(client, response_format="url")["data"][0]
    assert each["url"] and "b64_json" not in each


def test_trap_gpt_image_answers_with_base64_only(client: httpx.Client) -> None:
    for model in ("gpt-image-1", "gpt-image-2.5-sunburst", "chatgpt-image-latest"):
        each = generate(client, model=model)["data"][0]
        assert each["b64_json"] and "url" not in each


def test_trap_langchain_and_librechat_without_response_format_both_are_there(client: httpx.Client) -> None:
    each = generate(client, model="dall-e-3", quality="standard", size="1024x1024")["data"][0]
    fetched = httpx.get(each["url"], trust_env=False)
    assert fetched.status_code == 200 and fetched.headers["content-type"] == "image/png"
    assert fetched.content == base64.b64decode(each["b64_json"])
    assert picture(each["b64_json"]).size == (1024, 1024)


def test_trap_urls_are_absolute_as_the_caller_sees_the_server(client: httpx.Client) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "paint.example.org"}
    body = {"prompt": "a fox", "response_format": "url"}
    answer = client.post("/v1/images/generations", json=body, headers=headers).json()
    assert answer["data"][0]["url"].startswith("https://paint.example.org/")
    bad = {"x-forwarded-host": "evil.example/@x"}
    answer = client.post("/v1/images/generations", json=body, headers=bad).json()
    assert answer["data"][0]["url"].startswith(str(client.base_url))


def test_trap_urls_cannot_be_guessed(client: httpx.Client) -> None:
    url = generate(client, response_format="url")["data"][0]["url"]
    token = url.rsplit("/", 1)[1].partition(".")[0]
    assert len(token) >= 32
    assert client.get(url.replace(token, "A" * len(token))).status_code == 404


@pytest.mark.parametrize("size", ["256x256", "1792x1024", "1024x1024", "auto"])
def test_trap_strict_sdk_sizes_are_named_ones_or_left_out(client: httpx.Client, size: str) -> None:
    answer = generate(client, size=size, response_format="b64_json")
    assert answer.get("size", "1024x1024") in ("1024x1024", "1024x1536", "1536x1024")
    completed = events(client, size=size)[-1]
    assert completed["size"] in ("1024x1024", "1024x1536", "1536x1024", "auto")
    if size != "auto":
        assert f"{completed['width']}x{completed['height']}" == size


def test_trap_strict_sdk_qualities_are_named_ones(client: httpx.Client) -> None:
    for asked, given in {"hd": "high", "xhigh": "high", "standard": "medium", "auto": "medium", "low": "low"}.items():
        assert generate(client, quality=asked, response_format="b64_json")["quality"] == given


def test_trap_many_steps_are_capped_and_said_so(client: httpx.Client) -> None:
    body = {"prompt": "a fox", "num_inference_steps": 28, "response_format": "b64_json"}
    response = client.post("/v1/images/generations", json=body)
    assert response.headers["x-allaprima-steps"] == "16; asked=28; most=16"
    file = base64.b64decode(response.json()["data"][0]["b64_json"])
    assert read_recipe(io.BytesIO(file))["steps"] == 16  # type: ignore[arg-type]


def test_trap_large_sizes_are_capped_and_said_so(client: httpx.Client) -> None:
    body = {"prompt": "a fox", "size": "3840x2160", "response_format": "b64_json", "output_format": "jpeg"}
    response = client.post("/v1/images/generations", json=body)
    assert response.headers["x-allaprima-size"] == "2048x1152"
    assert picture(response.json()["data"][0]["b64_json"]).size == (2048, 1152)


def test_trap_unknown_and_null_fields_change_nothing(client: httpx.Client) -> None:
    body = {
        "model": None, "n": None, "size": None, "quality": None, "style": "vivid", "user": "u-1", "moderation": "low",
        "background": "transparent", "safety_identifier": "x", "complexity": "low", "no_such_field": {"a": 1},
        "negative_prompt": None, "response_format": "b64_json", "seed": -1,
    }  # fmt: skip
    assert generate(client, **body)["background"] == "opaque"


def test_trap_prompts_of_programs_are_not_read_as_parameters_gone_wrong(client: httpx.Client) -> None:
    for prompt in ("a fox -- with {braces, and more} :: --unheard of", "a {red, blue} fox", "word " * 1500):
        assert generate(client, prompt=prompt, response_format="b64_json")["data"]


def test_parameters_of_a_right_prompt_are_heard_and_an_asked_size_goes_before_them(client: httpx.Client) -> None:
    wide = generate(client, prompt="a fox --ar 2:1 --seed 5", response_format="b64_json")["data"][0]
    assert wide["width"] > wide["height"] and wide["seed"] == 5
    square = generate(client, prompt="a fox --ar 2:1", size="300x300", response_format="b64_json")["data"][0]
    assert (square["width"], square["height"]) == (300, 300)


# ---- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "   "}, "prompt"),
        ({}, "prompt"),
        ({"prompt": "a fox", "n": 11}, "n"),
        ({"prompt": "a fox", "size": "huge"}, "size"),
        ({"prompt": "a fox", "size": "0x0"}, None),
        ({"prompt": "a fox", "quality": "divine"}, "quality"),
        ({"prompt": "a fox", "response_format": "gif"}, "response_format"),
        ({"prompt": "a fox", "output_format": "svg"}, "output_format"),
        ({"prompt": "a fox", "stream": True, "partial_images": 4}, "partial_images"),
        ({"prompt": "bell \u0007 rings"}, "prompt"),
    ],
)
def test_wrong_requests_are_400_in_openais_shape(client: httpx.Client, body: dict[str, Any], param: str | None) -> None:
    response = client.post("/v1/images/generations", json=body)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["type"] == "invalid_request_error"
    assert error["message"] and (param is None or error["param"] == param)


def test_broken_json_unknown_paths_and_methods_have_the_shape_too(client: httpx.Client) -> None:
    broken = client.post("/v1/images/generations", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400 and broken.json()["error"]["type"] == "invalid_request_error"
    assert client.get("/v1/nothing").json()["error"]["type"] == "invalid_request_error"
    assert client.get("/v1/nothing").status_code == 404
    wrong_method = client.delete("/v1/images/generations")
    assert wrong_method.status_code == 405 and "error" in wrong_method.json()


def test_models_are_listed_and_unknown_ones_are_404(client: httpx.Client) -> None:
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list" and [each["id"] for each in listed["data"]] == ["tiny"]
    assert client.get("/v1/models/tiny").json() == listed["data"][0]
    missing = client.get("/v1/models/gpt-9")
    assert missing.status_code == 404 and missing.json()["error"]["code"] == "model_not_found"


def test_keys_are_asked_for_but_links_need_none(painter: Any, tmp_path: Path) -> None:
    with running(painter, tmp_path, key="tester") as url:
        key = key_for(tmp_path)
        refused = httpx.post(f"{url}/v1/images/generations", json={"prompt": "a fox"}, trust_env=False)
        assert refused.status_code == 401 and refused.json()["error"]["code"] == "invalid_api_key"
        taken = httpx.post(
            f"{url}/v1/images/generations", json={"prompt": "a fox", "response_format": "url"},
            headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert httpx.get(taken.json()["data"][0]["url"], trust_env=False).status_code == 200


def test_a_full_queue_is_429_with_retry_after(painter: Any, tmp_path: Path) -> None:
    with running(painter, tmp_path, queue_size=0) as url:
        full = httpx.post(f"{url}/v1/images/generations", json={"prompt": "a fox"}, trust_env=False)
    assert full.status_code == 429 and int(full.headers["retry-after"]) >= 1
    assert full.json()["error"]["type"] == "rate_limit_error"


# ---- streams --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("partials", [0, 1, 2, 3])
def test_partials_are_of_strictly_earlier_steps_and_rise(client: httpx.Client, partials: int) -> None:
    told = events(client, partial_images=partials, size="512x512", output_format="webp", quality="medium")
    assert [each["type"] for each in told] == ["image_generation.partial_image"] * partials + [
        "image_generation.completed"
    ]
    drafts, completed = told[:-1], told[-1]
    assert [each["partial_image_index"] for each in drafts] == list(range(partials))
    taken = [each["step"] for each in drafts]
    assert taken == sorted(set(taken)) and all(step < each["steps"] for step, each in zip(taken, drafts, strict=True))
    assert {picture(each["b64_json"]).size for each in told} == {(512, 512)}
    assert {picture(each["b64_json"]).format for each in told} == {"WEBP"}
    assert len({each["b64_json"] for each in told}) == len(told)
    assert completed["usage"]["total_tokens"] > 0


def test_partials_are_received_before_the_last_model_call(client: httpx.Client, hold: Callable[[int], Held]) -> None:
    """The last of eight calls is not made before all partials were read: if they waited for it, nothing would come."""
    held = hold(8)
    seen: list[str] = []
    wish = {"prompt": "a red fox", "stream": True, "partial_images": 3, "num_inference_steps": 8}
    with client.stream("POST", "/v1/images/generations", json=wish) as response:
        for line in response.iter_lines():
            if not line.startswith("data: {"):
                continue
            event = json.loads(line[6:])
            seen.append(event["type"].rpartition(".")[2])
            if len(seen) == 3:
                assert picture(event["b64_json"]).size and not held.timed_out
                held.release()
    assert seen == ["partial_image"] * 3 + ["completed"]
    assert held.calls == 8 and not held.timed_out


def test_more_partials_than_steps_are_as_many_as_there_can_be(client: httpx.Client) -> None:
    told = events(client, partial_images=3, num_inference_steps=2)
    assert [each["type"].rpartition(".")[2] for each in told] == ["partial_image", "completed"]


def test_streams_of_several_pictures_complete_each(client: httpx.Client) -> None:
    told = events(client, n=3, seed=4)
    assert [each["seed"] for each in told] == [4, 5, 6]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once the studio was told to stop a job."""
    told = threading.Event()
    interrupt = Studio.interrupt

    def telling(studio: Studio, id: str) -> bool:
        try:
            return interrupt(studio, id)
        finally:
            told.set()

    monkeypatch.setattr(Studio, "interrupt", telling)
    return told


def wait_until_idle(client: httpx.Client) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while client.get("/api/status").json()["jobs"]:
        assert time.monotonic() < deadline, "there is still a job"
        time.sleep(0.02)


def test_a_caller_who_leaves_stops_the_work(
    client: httpx.Client, hold: Callable[[int], Held], interrupted: threading.Event
) -> None:
    held = hold(2)
    body = json.dumps({"prompt": "a fox", "num_inference_steps": 16}).encode()
    head = (
        f"POST /v1/images/generations HTTP/1.1\r\nHost: {client.base_url.netloc.decode()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((client.base_url.host, client.base_url.port)) as caller:
        caller.sendall(head.encode() + body)
        held.wait()
    assert interrupted.wait(PATIENCE_S)
    held.release()
    wait_until_idle(client)
    assert held.calls == 2  # the step that was under way is the last


def test_a_caller_who_leaves_a_stream_stops_the_work(
    client: httpx.Client, hold: Callable[[int], Held], interrupted: threading.Event
) -> None:
    held = hold(6)
    wish = {"prompt": "a fox", "num_inference_steps": 16, "stream": True, "partial_images": 3}
    with client.stream("POST", "/v1/images/generations", json=wish) as response:
        next(line for line in response.iter_lines() if line.startswith("data: "))
    assert interrupted.wait(PATIENCE_S)
    held.release()
    wait_until_idle(client)
    assert held.calls <= 6


# ---- edits and variations -------------------------------------------------------------------------------------


def png(size: tuple[int, int] = (320, 200), colour: tuple[int, ...] = (200, 40, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("field", ["image", "image[]"])
def test_edits_begin_with_the_picture(client: httpx.Client, field: str) -> None:
    data = {"prompt": "a fox", "n": "2", "size": "256x256", "strength": "0.2", "seed": "3"}
    means = []
    for colour in ((220, 20, 20), (20, 20, 220)):
        files = {field: ("a.png", png(colour=colour), "image/png")}
        response = client.post("/v1/images/edits", data={**data, "response_format": "b64_json"}, files=files)
        assert response.status_code == 200, response.text
        made = response.json()["data"]
        assert len(made) == 2
        means.append(np.asarray(picture(made[0]["b64_json"]).convert("RGB"), np.float32).mean((0, 1)))
    assert means[0][0] - means[0][2] > means[1][0] - means[1][2] + 20  # of the red one there is more red


def test_edits_within_a_mask_keep_the_rest(client: httpx.Client) -> None:
    mask = Image.new("RGBA", (256, 256), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 128, 256))
    out = io.BytesIO()
    mask.save(out, "PNG")
    files = {"image": ("a.png", png((256, 256)), "image/png"), "mask": ("m.png", out.getvalue(), "image/png")}
    data = {"prompt": "a blue bird", "size": "256x256", "response_format": "b64_json"}
    response = client.post("/v1/images/edits", data=data, files=files)
    assert response.status_code == 200, response.text
    made = np.asarray(picture(response.json()["data"][0]["b64_json"]).convert("RGB"), np.int16)
    changed = np.abs(made - np.array((200, 40, 40), np.int16)).max(2)
    assert changed[:, 192:].max() <= 2 and changed[:, :96].mean() > 10


def drawing(colour: tuple[int, int, int]) -> bytes:
    """A disc of a colour on nothing."""
    image = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((8, 8, 120, 120), fill=(*colour, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_further_pictures_of_an_edit_are_references(client: httpx.Client) -> None:
    files = [("image[]", ("room.png", png((384, 256)), "image/png"))]
    others = [("image[]", (f"{n}.png", drawing((n, 200, 40)), "image/png")) for n in (10, 20)]
    data = {"prompt": "a cat beside a dog", "seed": "3", "strength": "0.4", "output_format": "png"}
    alone, beside, again = (
        client.post("/v1/images/edits", data=data, files=each) for each in (files, [*files, *others], [*files, *others])
    )
    assert alone.status_code == beside.status_code == 200, beside.text
    images = [picture(each.json()["data"][0]["b64_json"]) for each in (alone, beside, again)]
    assert images[1].size == (384, 256) and np.array_equal(*(np.asarray(each) for each in images[1:]))
    recipe = read_recipe(io.BytesIO(base64.b64decode(beside.json()["data"][0]["b64_json"])))
    assert recipe["operation"]["kind"] == "imagine" and len(recipe["parents"]) == 3
    assert [each["role"] for each in recipe["operation"]["arguments"]["roles"]] == ["edit", "object", "object"]
    assert [each["for"] for each in recipe["references"][:2]] == ["cat", "dog"]
    assert recipe["grid"][0] == pytest.approx(0.4, abs=1e-3)
    assert beside.json()["usage"]["input_tokens_details"]["image_tokens"] == 3 * 256
    broken = client.post("/v1/images/edits", data=data, files=[*files, ("image[]", ("x.png", b"no", "image/png"))])
    assert broken.status_code == 400 and broken.json()["error"]["param"] == "image"


def test_references_within_a_mask_are_told_to_be_without_effect(client: httpx.Client) -> None:
    mask = io.BytesIO()
    Image.new("L", (256, 256), 255).save(mask, "PNG")
    files = [("image", (f"{n}.png", png((256, 256)), "image/png")) for n in range(2)]
    answer = client.post(
        "/v1/images/edits", data={"prompt": "a fox"}, files=[*files, ("mask", ("m.png", mask.getvalue()))]
    )
    assert answer.status_code == 200 and "without effect" in answer.headers["x-allaprima-notes"]


def test_edits_stream_their_own_events(client: httpx.Client) -> None:
    files = {"image": ("a.png", png(), "image/png")}
    data = {"prompt": "a fox", "stream": "true", "partial_images": "2"}
    response = client.post("/v1/images/edits", data=data, files=files)
    lines = [line for line in response.text.splitlines() if line.startswith("event: ")]
    assert lines[-1] == "event: image_edit.completed"


def test_variations_of_a_picture_from_elsewhere_need_no_words(client: httpx.Client) -> None:
    files = {"image": ("a.png", png((256, 256)), "image/png")}
    response = client.post("/v1/images/variations", data={"n": "2", "size": "512x512"}, files=files)
    assert response.status_code == 200, response.text
    each = response.json()["data"]
    assert len(each) == 2 and each[0]["url"] and picture(each[0]["b64_json"]).size == (512, 512)


def test_broken_forms_are_refused(client: httpx.Client) -> None:
    for kind, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("multipart/form-data; boundary=x; charset=none", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'),
        ("application/json", b"{}"),
    ):
        response = client.post("/v1/images/edits", content=body, headers={"content-type": kind})
        assert response.status_code == 400 and response.json()["error"]["message"], (kind, response.text)


def test_uploads_that_are_no_pictures_are_refused(client: httpx.Client) -> None:
    for data in (b"Example data", b"", png()[:60]):
        files = {"image": ("a.png", data, "image/png")}
        response = client.post("/v1/images/edits", data={"prompt": "a fox"}, files=files)
        assert response.status_code == 400 and response.json()["error"]["param"] == "image"
    assert client.post("/v1/images/edits", data={"prompt": "a fox"}).status_code == 400
    missing = client.post("/v1/images/variations", data={"n": "1"}, files={"other": ("a.png", png(), "image/png")})
    assert missing.status_code == 400 and missing.json()["error"]["param"] == "image"
