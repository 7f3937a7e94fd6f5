"""Other people's clients, unchanged, against a real running server: the openai SDK, LangChain's wrapper, webuiapi."""

from __future__ import annotations

import asyncio
import base64
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("fastapi")
from compatible_server import key_for, running

pytestmark = pytest.mark.web


@pytest.fixture(scope="module")
def url(painter: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(painter, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def picture(b64: str | None) -> Image.Image:
    assert b64
    image = Image.open(io.BytesIO(base64.b64decode(b64)))
    image.load()
    return image


def png(size: tuple[int, int] = (256, 256)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, "PNG")
    return out.getvalue()


# ---- openai ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [False, True])
def test_openai_sdk_paints(url: str, strict: bool) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", _strict_response_validation=strict) as client:
        for size in ("1024x1024", "256x256", "auto"):
            answer = client.images.generate(model="dall-e-3", prompt="a red fox", size=size, quality="standard")
            assert answer.data[0].url.startswith(url) and answer.usage.total_tokens > 0
            if size != "auto":
                assert f"{picture(answer.data[0].b64_json).width}x" in size
        answer = client.images.generate(
            model="gpt-image-1", prompt="a red fox", n=2, background="transparent", moderation="low",
            output_compression=80, output_format="webp", quality="high", size="1536x1024", user="u-1",
            extra_body={"seed": 7, "num_inference_steps": 28, "negative_prompt": "trees"},
        )  # fmt: skip
        assert [each.url for each in answer.data] == [None, None] and answer.size == "1536x1024"
        assert picture(answer.data[0].b64_json).format == "WEBP" and answer.data[0].seed == 7
        models = client.models.list().data
        assert client.models.retrieve(models[0].id).owned_by == "allaprima"


@pytest.mark.parametrize("strict", [False, True])
def test_openai_sdk_streams_partial_pictures(url: str, strict: bool) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", _strict_response_validation=strict) as client:
        stream = client.images.generate(
            model="gpt-image-1", prompt="a red fox", stream=True, partial_images=3, size="1024x1024"
        )
        told = list(stream)
    kinds = [event.type.rpartition(".")[2] for event in told]
    assert kinds == ["partial_image"] * 3 + ["completed"]
    assert [event.partial_image_index for event in told[:-1]] == [0, 1, 2]
    assert {picture(event.b64_json).size for event in told} == {(1024, 1024)}
    assert told[-1].usage.output_tokens > 0


def test_openai_sdk_paints_asynchronously(url: str) -> None:
    openai = pytest.importorskip("openai")

    async def painted() -> tuple[Any, list[Any]]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none") as client:
            one, another = await asyncio.gather(
                client.images.generate(prompt="a red fox", response_format="b64_json"),
                client.images.generate(prompt="a blue fox", response_format="b64_json"),
            )
            assert picture(one.data[0].b64_json) != picture(another.data[0].b64_json)
            stream = await client.images.generate(prompt="a red fox", stream=True, partial_images=2)
            return one, [event async for event in stream]

    one, told = asyncio.run(painted())
    assert one.data[0].url is None
    assert [event.type for event in told] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]


def test_openai_sdk_edits_and_varies(url: str) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        edited = client.images.edit(image=("a.png", png(), "image/png"), prompt="a blue fox", size="512x512")
        assert picture(edited.data[0].b64_json).size == (512, 512)
        many = client.images.edit(
            image=[("a.png", png(), "image/png"), ("b.png", png(), "image/png")], prompt="a fox", stream=True
        )
        assert [event.type for event in many][-1] == "image_edit.completed"
        with pytest.deprecated_call():  # by the SDK itself
            varied = client.images.create_variation(image=("a.png", png(), "image/png"), n=2, size="512x512")
        assert len(varied.data) == 2 and varied.data[0].url


def test_openai_sdk_raises_its_own_errors(url: str, painter: Any, tmp_path: Path) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.BadRequestError) as wrong:
            client.images.generate(prompt="a fox", size="huge")  # type: ignore[call-overload]
        assert wrong.value.param == "size" and wrong.value.type == "invalid_request_error"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-9")
    with running(painter, tmp_path / "keys", key="tester") as locked:
        with (
            openai.OpenAI(base_url=f"{locked}/v1", api_key="sk-wrong", max_retries=0) as client,
            pytest.raises(openai.AuthenticationError),
        ):
            client.images.generate(prompt="a fox")
        with openai.OpenAI(base_url=f"{locked}/v1", api_key=key_for(tmp_path / "keys")) as client:
            assert client.images.generate(prompt="a fox").data
    with (
        running(painter, tmp_path / "full", queue_size=0) as full,
        openai.OpenAI(base_url=f"{full}/v1", api_key="none", max_retries=0) as client,
        pytest.raises(openai.RateLimitError),
    ):
        client.images.generate(prompt="a fox")


# ---- LangChain ------------------------------------------------------------------------------------------------


def test_langchains_wrapper_gets_an_address_that_can_be_fetched(url: str) -> None:
    import httpx

    pytest.importorskip("openai")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says about its own future
        utilities = pytest.importorskip("langchain_community.utilities.dalle_image_generator")
    wrapper = utilities.DallEAPIWrapper(base_url=f"{url}/v1", api_key="none", model="dall-e-3", n=2, quality="standard")
    addresses = wrapper.run("a red fox in the snow").split("\n")
    assert len(addresses) == 2
    for address in addresses:
        fetched = httpx.get(address, trust_env=False)
        assert Image.open(io.BytesIO(fetched.content)).size == (1024, 1024)
    wrapper.client._client.close()
    asyncio.run(wrapper.async_client._client.close())


# ---- webuiapi -------------------------------------------------------------------------------------------------


@pytest.fixture
def webui(url: str) -> Iterator[Any]:
    webuiapi = pytest.importorskip("webuiapi")
    made = webuiapi.WebUIApi(baseurl=f"{url}/sdapi/v1")
    made.session.trust_env = False
    yield made
    made.session.close()


def test_webuiapi_paints_from_words_and_from_a_picture(webui: Any) -> None:
    result = webui.txt2img(prompt="a red fox", negative_prompt="trees", seed=7, cfg_scale=7, batch_size=2)
    assert len(result.images) == 2 and result.image.size == (512, 512)
    assert result.info["all_seeds"] == [7, 8] and result.parameters["steps"] == 20
    assert result.image.info["parameters"] == result.info["infotexts"][0]
    again = webui.img2img(images=[result.image], prompt="a blue fox", seed=5, denoising_strength=0.5)
    assert again.image.size == (512, 512)
    half = Image.new("L", (512, 512), 0)
    half.paste(255, (0, 0, 256, 512))
    masked = webui.img2img(images=[result.image], mask_image=half, prompt="a bird", seed=5, denoising_strength=0.5)
    assert masked.image.crop((300, 0, 512, 512)).tobytes() == result.image.crop((300, 0, 512, 512)).tobytes()
    larger = webui.extra_single_image(result.image, upscaling_resize=2, upscaler_1="Lanczos")
    assert larger.image.size == (1024, 1024)
    assert webui.png_info(result.image).info == result.info["infotexts"][0]
    assert webui.interrogate(result.image).info == "a red fox"


def test_webuiapi_paints_asynchronously(webui: Any) -> None:
    async def painted() -> Any:
        return await webui.txt2img(prompt="a red fox", use_async=True)

    assert asyncio.run(painted()).image.size == (512, 512)


def test_webuiapi_looks_around(webui: Any) -> None:
    assert webui.util_get_model_names() and webui.util_get_current_model() in webui.util_get_model_names()
    assert "Euler" in webui.util_get_sampler_names() and "karras" in webui.util_get_scheduler_names()
    webui.util_set_model("tiny")
    webui.util_wait_for_ready()
    for look in (
        "get_options", "get_cmd_flags", "get_progress", "get_samplers", "get_sd_vae", "get_upscalers", "get_loras",
        "get_latent_upscale_modes", "get_sd_models", "get_hypernetworks", "get_face_restorers", "get_prompt_styles",
        "get_realesrgan_models", "refresh_checkpoints", "get_scripts", "get_embeddings", "get_memory",
        "get_schedulers", "interrupt", "skip",
    ):  # fmt: skip
        getattr(webui, look)()
