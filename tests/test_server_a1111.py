"""AUTOMATIC1111's API over real HTTP: shapes, info, progress, interrupting, and the traps that its clients set."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi")
from allaprima.engine.picture import read_recipe
from allaprima.engine.upscaler import Enlarger
from allaprima.server import a1111_extras as extras
from allaprima.server import a1111_shapes as shapes
from compatible_server import key_for, running
from holding import PATIENCE_S, Held

API = "/sdapi/v1"


@pytest.fixture(scope="module")
def client(painter: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        running(painter, tmp_path_factory.mktemp("home")) as url,
        httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as made,
    ):
        yield made


def txt2img(client: httpx.Client, **body: Any) -> dict[str, Any]:
    response = client.post(f"{API}/txt2img", json={"prompt": "a red fox", "steps": 4, **body})
    assert response.status_code == 200, response.text
    return response.json()


def png(size: tuple[int, int] = (320, 200), colour: tuple[int, ...] = (200, 40, 40)) -> str:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def picture(b64: str) -> Image.Image:
    assert not b64.startswith("data:")
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def test_pictures_echo_and_info(client: httpx.Client, painter: Any) -> None:
    answer = txt2img(client, seed=7, batch_size=2, n_iter=2, width=384, height=256, negative_prompt="trees")
    assert set(answer) == {"images", "parameters", "info"} and len(answer["images"]) == 4
    assert answer["parameters"]["prompt"] == "a red fox" and answer["parameters"]["batch_size"] == 2
    told = json.loads(answer["info"])
    assert told["all_seeds"] == [7, 8, 9, 10] and told["seed"] == 7 and len(told["infotexts"]) == 4
    assert (told["width"], told["height"]) == (384, 256) and told["sd_model_name"] == "tiny"
    file = base64.b64decode(answer["images"][1])
    image = Image.open(io.BytesIO(file))
    image.load()
    assert image.size == (384, 256) and image.info["parameters"] == told["infotexts"][1]
    recipe = read_recipe(io.BytesIO(file))  # type: ignore[arg-type]
    assert recipe["negative"] == "trees"
    assert np.array_equal(painter.replay(recipe).pixels, np.asarray(image))


def test_infotext_is_readable_by_its_readers(client: httpx.Client) -> None:
    answer = txt2img(client, seed=3, prompt="a fox, red", negative_prompt="cat", sampler_name="DPM++ 2M Karras")
    text = json.loads(answer["info"])["infotexts"][0]
    prompt, negative, facts = text.split("\n")
    assert prompt == "a fox, red" and negative == "Negative prompt: cat"
    assert facts.startswith("Steps: 4, Sampler: DPM++ 2M, CFG scale: 7, Seed: 3, Size: 512x512, Model hash: ")
    sent = client.post(f"{API}/png-info", json={"image": "data:image/png;base64," + answer["images"][0]}).json()
    assert sent["info"] == text
    assert sent["parameters"]["Seed"] == "3" and sent["parameters"]["Prompt"] == "a fox, red"
    assert sent["parameters"]["Negative prompt"] == "cat" and sent["parameters"]["Size-1"] == "512"


def test_same_seed_same_picture_and_minus_one_another(client: httpx.Client) -> None:
    first, second = txt2img(client, seed=5)["images"], txt2img(client, seed=5)["images"]
    assert np.array_equal(np.asarray(picture(first[0])), np.asarray(picture(second[0])))
    seeds = {json.loads(txt2img(client, seed=-1)["info"])["seed"] for _ in range(2)}
    assert len(seeds) == 2


# ---- the traps ------------------------------------------------------------------------------------------------


def test_trap_librechat_info_is_json_with_infotexts_and_its_sizes_and_steps_are_taken(client: httpx.Client) -> None:
    answer = txt2img(
        client, width=1024, height=1024, steps=22, cfg_scale=4.5, sampler_index="DPM++ 2M Karras",
        negative_prompt="blurry, low quality",
    )  # fmt: skip
    told = json.loads(answer["info"])
    assert told["infotexts"][0].startswith("a red fox\n")
    assert picture(answer["images"][0]).size == (1024, 1024)
    assert answer["parameters"]["steps"] == 22 and told["steps"] == 16
    assert told["extra_generation_params"]["Steps asked"] == 22 and "Most steps: 16" in told["infotexts"][0]


def test_trap_info_has_an_infotext_even_without_pictures(client: httpx.Client) -> None:
    answer = txt2img(client, send_images=False)
    assert answer["images"] == [] and json.loads(answer["info"])["infotexts"][0]


def test_trap_images_are_bare_base64(client: httpx.Client) -> None:
    assert txt2img(client)["images"][0].startswith("iVBOR")


def test_trap_open_webui_options_are_sent_back_whole(client: httpx.Client) -> None:
    options = client.get(f"{API}/options").json()
    models = client.get(f"{API}/sd-models").json()
    assert options["sd_model_checkpoint"] in {each["title"] for each in models}
    assert set(models[0]) == {"title", "model_name", "hash", "sha256", "filename", "config"}
    options["sd_model_checkpoint"] = models[0]["title"]
    assert client.post(f"{API}/options", json=options).status_code == 200
    assert client.post(f"{API}/options", json={"sd_model_checkpoint": models[0]["model_name"]}).status_code == 200
    assert client.post(f"{API}/options", json={"eta_noise_seed_delta": 31337}).status_code == 200
    assert client.get(f"{API}/options").json()["eta_noise_seed_delta"] == 31337
    was = client.get(f"{API}/options").json()["send_seed"]
    client.post(f"{API}/options", json={"send_seed": not was})
    assert client.get(f"{API}/options").json()["send_seed"] == (not was)
    wrong = client.post(f"{API}/options", json={"sd_model_checkpoint": "sd_xl_base_1.0"})
    assert wrong.status_code == 422 and "sd_xl_base_1.0" in wrong.json()["detail"]


def test_trap_sillytavern_sends_its_whole_body(client: httpx.Client) -> None:
    answer = txt2img(
        client, url="http://127.0.0.1:7860", auth="a:b", sampler_name="Euler a", scheduler="Karras", steps=20.0,
        cfg_scale="7", width="512", height=512, restore_faces=None, enable_hr=False, hr_upscaler="Latent",
        hr_scale=2, hr_additional_modules=[], denoising_strength=0.7, hr_second_pass_steps=0, save_images=True,
        send_images=True, do_not_save_grid=False, do_not_save_samples=False, styles=None, seed=None,
        override_settings={"CLIP_stop_at_last_layers": 1, "sd_vae": "x"}, alwayson_scripts={"ADetailer": {"args": []}},
    )  # fmt: skip
    assert len(answer["images"]) == 1


def test_trap_sillytavern_lists_are_there_before_anybody_types(client: httpx.Client) -> None:
    for path in (
        "samplers", "schedulers", "upscalers", "latent-upscale-modes", "sd-vae", "sd-modules", "sd-models", "loras",
        "embeddings", "hypernetworks", "face-restorers", "realesrgan-models", "prompt-styles", "scripts", "cmd-flags",
        "memory", "options", "script-info", "extensions",
    ):  # fmt: skip
        response = client.get(f"{API}/{path}")
        assert response.status_code == 200 and response.json() is not None, path
    assert {"name", "aliases", "options"} <= set(client.get(f"{API}/samplers").json()[0])
    assert {"name", "label"} <= set(client.get(f"{API}/schedulers").json()[0])
    assert client.get(f"{API}/memory").json()["ram"]["total"] > 0
    assert client.post(f"{API}/refresh-checkpoints").status_code == 200


def test_trap_sillytavern_polls_until_idle_is_zero_and_no_jobs(client: httpx.Client) -> None:
    idle = client.get(f"{API}/progress").json()
    assert idle["progress"] == 0.0 and idle["state"]["job_count"] == 0 and idle["eta_relative"] == 0.0


def test_trap_samplers_of_others_are_taken_and_unknown_ones_are_404(client: httpx.Client) -> None:
    for name in ("Euler a", "DPM++ SDE Karras", "DPM++ 2M SDE Exponential", "UniPC", "DDIM", "LCM", "k_euler"):
        assert txt2img(client, sampler_name=name, steps=1)["images"]
    unknown = client.post(f"{API}/txt2img", json={"prompt": "a fox", "sampler_name": "Banana"})
    assert unknown.status_code == 404 and unknown.json()["detail"] == "Sampler not found"


def test_trap_hires_fix_gives_the_second_size(client: httpx.Client) -> None:
    answer = txt2img(client, enable_hr=True, width=256, height=128, hr_scale=2.5)
    assert picture(answer["images"][0]).size == (640, 320)
    answer = txt2img(client, enable_hr=True, width=256, height=256, hr_resize_x=400, hr_resize_y=300)
    assert picture(answer["images"][0]).size == (400, 300)


def test_trap_networks_in_prompts_are_not_painted_as_words(client: httpx.Client) -> None:
    answer = txt2img(client, prompt="a red fox <lora:pixel_art:0.8>, (masterpiece:1.2)", seed=1)
    text = json.loads(answer["info"])["infotexts"][0]
    assert "<lora" not in text.split("\n")[0] and 'Networks not here: "<lora:pixel_art:0.8>"' in text


def test_styles_of_the_model_are_taken_by_name(client: httpx.Client) -> None:
    names = {each["name"] for each in client.get(f"{API}/prompt-styles").json()}
    assert "pixel art" in names
    file = base64.b64decode(txt2img(client, styles=["no such", "pixel art"])["images"][0])
    assert read_recipe(io.BytesIO(file))["style"] == "pixel art"  # type: ignore[arg-type]


def test_cfg_7_stands_for_the_models_own_guidance_and_1_for_none() -> None:
    assert shapes.guidance(7.0, 2.5) is None and shapes.guidance(1.0, 2.5) == 1.0
    assert shapes.guidance(4.0, 2.5) == pytest.approx(1.75) and shapes.guidance(12.0, 1.0) == 1.0


# ---- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": ""},
        {"prompt": "a fox", "steps": 0},
        {"prompt": "a fox", "width": 0},
        {"prompt": "a fox", "width": "wide"},
        {"prompt": "a fox", "batch_size": 8, "n_iter": 8},
        {"prompt": "bell \u0007"},
        [],
    ],
)
def test_wrong_requests_are_422_in_its_shape(client: httpx.Client, body: Any) -> None:
    response = client.post(f"{API}/txt2img", json=body)
    assert response.status_code == 422, response.text
    assert {"error", "detail", "body", "errors"} <= set(response.json()) and response.json()["detail"]


def test_unknown_paths_have_the_shape(client: httpx.Client) -> None:
    missing = client.get(f"{API}/nothing")
    assert missing.status_code == 404 and "detail" in missing.json()


def test_basic_auth_takes_a_key_as_password(painter: Any, tmp_path: Path) -> None:
    with running(painter, tmp_path, key="tester") as url:
        key = key_for(tmp_path)
        assert httpx.get(f"{url}{API}/options", trust_env=False).status_code == 401
        assert httpx.get(f"{url}{API}/options", auth=("anybody", key), trust_env=False).status_code == 200


def test_a_full_queue_is_429_with_retry_after(painter: Any, tmp_path: Path) -> None:
    with running(painter, tmp_path, queue_size=0) as url:
        full = httpx.post(f"{url}{API}/txt2img", json={"prompt": "a fox"}, trust_env=False)
    assert full.status_code == 429 and int(full.headers["retry-after"]) >= 1


# ---- progress and interrupting --------------------------------------------------------------------------------


def begun(client: httpx.Client, task: str, **body: Any) -> tuple[threading.Thread, list[httpx.Response]]:
    """A request in a thread, once its first step is done; its painter must be held after that."""
    answers: list[httpx.Response] = []
    wish = {"prompt": "a red fox", "steps": 16, "force_task_id": task, **body}
    thread = threading.Thread(target=lambda: answers.append(client.post(f"{API}/txt2img", json=wish)))
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not client.get(f"{API}/progress", params={"id_task": task}).json()["state"]["sampling_step"]:
        assert time.monotonic() < deadline, "no step was done"
        time.sleep(0.02)
    return thread, answers


def test_progress_by_task_with_a_picture_on_the_way(client: httpx.Client, hold: Callable[[int], Held]) -> None:
    held = hold(4)
    thread, answers = begun(client, "task(one)", width=300, height=200)
    now = client.get(f"{API}/progress").json()
    assert 0.0 < now["progress"] < 1.0 and now["current_task"] == "task(one)" and now["eta_relative"] > 0.0
    assert now["state"]["sampling_steps"] == 16 and now["state"]["job_count"] == 1
    assert picture(now["current_image"]).size == (300, 200)
    assert client.get(f"{API}/progress?skip_current_image=true").json()["current_image"] is None
    inside = client.post("/internal/progress", json={"id_task": "task(one)", "id_live_preview": -1}).json()
    assert inside["active"] and not inside["completed"] and inside["live_preview"].startswith("data:image/png;base64,")
    assert client.get("/internal/pending-tasks").json() == {"size": 1, "tasks": ["task(one)"]}
    held.release()
    thread.join()
    assert answers[0].headers["x-task-id"] == "task(one)"
    assert answers[0].json()["parameters"]["force_task_id"] == "task(one)"
    done = client.get("/internal/progress", params={"id_task": "task(one)"}).json()
    assert done["completed"] and not done["active"]


@pytest.mark.parametrize("path", ["interrupt", "skip"])
def test_interrupting_answers_soon_with_what_there_is(
    client: httpx.Client, hold: Callable[[int], Held], path: str
) -> None:
    held = hold(4)
    thread, answers = begun(client, f"task({path})", width=320, height=320)
    held.wait()
    assert client.post(f"{API}/{path}").json() == {}
    held.release()
    thread.join()
    assert held.calls == 4  # of 16 steps
    answer = answers[0].json()
    assert answers[0].status_code == 200 and picture(answer["images"][0]).size == (320, 320)
    assert "Interrupted after" in json.loads(answer["info"])["extra_generation_params"]
    assert client.get(f"{API}/progress").json()["state"]["job_count"] == 0


def test_interrupting_nothing_is_nothing(client: httpx.Client) -> None:
    assert client.post(f"{API}/interrupt").json() == {}


# ---- pictures that are sent -----------------------------------------------------------------------------------


def test_img2img_begins_with_the_picture(client: httpx.Client) -> None:
    means = []
    for colour in ((220, 20, 20), (20, 20, 220)):
        body = {"prompt": "a fox", "init_images": ["data:image/png;base64," + png(colour=colour)], "seed": 3}
        response = client.post(f"{API}/img2img", json={**body, "denoising_strength": 0.2, "steps": 8})
        assert response.status_code == 200, response.text
        answer = response.json()
        made = picture(answer["images"][0])
        assert made.size == (512, 512) and "init_images" not in answer["parameters"]
        means.append(np.asarray(made.convert("RGB"), np.float32).mean((0, 1)))
    assert means[0][0] - means[0][2] > means[1][0] - means[1][2] + 20


def test_img2img_within_a_mask_keeps_the_rest(client: httpx.Client) -> None:
    mask = Image.new("L", (256, 256), 0)
    mask.paste(255, (0, 0, 128, 256))
    out = io.BytesIO()
    mask.save(out, "PNG")
    for invert, kept in ((0, slice(192, None)), (1, slice(None, 64))):
        body = {
            "prompt": "a bird", "init_images": [png((256, 256))], "width": 256, "height": 256, "steps": 2,
            "mask": base64.b64encode(out.getvalue()).decode("ascii"), "inpainting_mask_invert": invert,
        }  # fmt: skip
        response = client.post(f"{API}/img2img", json=body)
        assert response.status_code == 200, response.text
        made = np.asarray(picture(response.json()["images"][0]).convert("RGB"), np.int16)
        assert np.abs(made - np.array((200, 40, 40), np.int16)).max(2)[:, kept].max() <= 2


def test_img2img_without_or_with_no_picture_is_refused(client: httpx.Client) -> None:
    assert client.post(f"{API}/img2img", json={"prompt": "a fox"}).status_code == 404
    for text in ("", "no base64!", base64.b64encode(b"no picture").decode()):
        response = client.post(f"{API}/img2img", json={"prompt": "a fox", "init_images": [text]})
        assert response.status_code == 422, response.text


def test_extras_enlarge(client: httpx.Client) -> None:
    body = {"image": "data:image/png;base64," + png((64, 48)), "upscaling_resize": 2, "upscaler_1": "R-ESRGAN 4x+"}
    assert picture(client.post(f"{API}/extra-single-image", json=body).json()["image"]).size == (128, 96)
    many = {"imageList": [{"data": png((64, 48)), "name": "a.png"}], "resize_mode": 1, "upscaling_resize_w": 100}
    answer = client.post(f"{API}/extra-batch-images", json={**many, "upscaling_resize_h": 100}).json()
    assert picture(answer["images"][0]).size == (100, 100)


def test_extras_take_the_models_upscaler(painter: Any) -> None:
    def double(pixels: np.ndarray) -> np.ndarray:
        asked.append(pixels.shape[2:])
        return np.clip(np.repeat(np.repeat(pixels, 2, axis=2), 2, axis=3) + 0.25, -1.0, 1.0)

    asked: list[tuple[int, ...]] = []
    enlarger = Enlarger(double, "0" * 64)
    sent = png((64, 48))

    def made(upscaler: str, **more: Any) -> np.ndarray:
        wish = extras.Extra(upscaler_1=upscaler, **more)
        return np.asarray(picture(extras._enlarged(enlarger, sent, wish)).convert("RGB"), int)

    for name in ("Learned", "R-ESRGAN 4x+", "None"):
        assert made(name).shape == (96, 128, 3) and (made(name)[0, 0] - (200, 40, 40)).min() > 20
    plain = len(asked)
    for name in ("Lanczos", "Nearest"):
        assert np.abs(made(name)[0, 0] - (200, 40, 40)).max() <= 1
    assert np.abs(made("Learned", upscaling_resize=1.1)[0, 0] - (200, 40, 40)).max() <= 1  # hardly larger
    assert len(asked) == plain
    stretched = {"resize_mode": 1, "upscaling_resize_w": 200, "upscaling_resize_h": 60, "upscaling_crop": False}
    assert made("Learned", **stretched).shape == (60, 200, 3)


def test_upscalers_name_the_models_own_where_there_is_one(client: httpx.Client, painter: Any) -> None:
    names = [each["name"] for each in client.get(f"{API}/upscalers").json()]
    assert ("Learned" in names) == (painter.enlarger.double is not None) and {"Lanczos", "Nearest"} <= set(names)


def test_interrogating_tells_the_words_of_pictures_painted_here_and_describes_others(client: httpx.Client) -> None:
    made = txt2img(client, prompt="a red fox")["images"][0]
    assert client.post(f"{API}/interrogate", json={"image": made, "model": "clip"}).json() == {"caption": "a red fox"}
    assert client.post(f"{API}/interrogate", json={"image": png()}).json()["caption"]
    assert client.post(f"{API}/interrogate", json={"image": ""}).status_code == 422


def test_odd_options_and_infotexts_break_nothing(client: httpx.Client) -> None:
    for body in ('{"a": NaN, "b": [1], "c": "\\ud800", "sd_model_checkpoint": null}', '{"\\ud800": 1}'):
        response = client.post(f"{API}/options", content=body, headers={"content-type": "application/json"})
        assert response.status_code in (200, 422), response.text
    assert client.get(f"{API}/options").status_code == 200
    assert client.post(f"{API}/options", json={"sd_model_checkpoint": ["x"]}).status_code == 422
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    for text in ('a\nSteps: 4, Odd: "\\x", Seed: 1', "word " * 50_000, ":::,,,", ""):
        image = base64.b64encode(shapes.with_text(out.getvalue(), text)).decode("ascii")
        assert client.post(f"{API}/png-info", json={"image": image}).status_code == 200


def test_texts_in_png_may_be_of_any_script() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    for text in ("plain", "狐 und Füchse\nSteps: 4"):
        image = Image.open(io.BytesIO(shapes.with_text(out.getvalue(), text)))
        image.load()
        assert image.info["parameters"] == text
