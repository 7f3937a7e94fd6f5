"""The shapes of OpenAI's images API: what is asked, what is answered, and errors. No painting happens here."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastapi.responses import JSONResponse
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from allaprima.errors import UserError
from allaprima.server import sizes
from allaprima.studio import encoding
from allaprima.studio.studio import Picture

LONGEST_PROMPT = 32000
MOST = 10
PARTIALS = 3
# The sizes that older versions of the SDK know by name; a strict one refuses any other in an answer.
NAMED_SIZES = ("1024x1024", "1024x1536", "1536x1024")
QUICK: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 1}, "webp": {"quality": 80, "method": 0}, "jpeg": {"quality": 85},
}  # fmt: skip
ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Wish(BaseModel):
    """What generations, edits and variations share. Unknown fields are ignored; null counts as left out."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    model: str = Field("", max_length=200, description="any name; there is one painter")
    n: int = Field(1, ge=1, le=MOST)
    size: str = Field("auto", max_length=40, description="WIDTHxHEIGHT or auto")
    quality: str = Field("auto", max_length=40, description="auto, low, medium, high, standard or hd")
    response_format: Literal["url", "b64_json"] | None = None
    output_format: Literal["png", "webp", "jpeg"] = "png"
    output_compression: int | None = Field(None, ge=0, le=100)
    stream: bool = False
    partial_images: int = Field(0, ge=0, le=PARTIALS)
    seed: int | None = Field(None, ge=-1, le=2**63 - 1, description="not in OpenAI's API; -1 takes one by chance")
    rng_seed: int | None = Field(None, ge=-1, le=2**63 - 1, description="the same by its other name")
    num_inference_steps: int | None = Field(None, ge=1, le=sizes.MOST_ASKED_STEPS)
    guidance_scale: float | None = Field(None, ge=0.0, le=30.0)
    negative_prompt: str = Field("", max_length=LONGEST_PROMPT)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, Mapping) else data

    @field_validator("output_format", mode="before")
    @classmethod
    def _jpeg_by_both_names(cls, value: Any) -> Any:
        return "jpeg" if value == "jpg" else value

    @property
    def chosen_seed(self) -> int | None:
        """The seed that was asked for."""
        asked = self.seed if self.seed is not None else self.rng_seed
        return None if asked is None or asked < 0 else asked

    @property
    def keys(self) -> tuple[str, ...]:
        """Which of `url` and `b64_json` a picture comes as.

        What was asked for and nothing else: some clients take `url` first wherever it is. Without a word, models of
        the GPT family answer with base64, and for all others both are given: some clients read the one, some the
        other.
        """
        if self.model.startswith(("gpt-image", "chatgpt-image")):
            return ("b64_json",)
        return (self.response_format,) if self.response_format else ("url", "b64_json")


class GenerationWish(Wish):
    """The body of `POST /v1/images/generations`."""

    prompt: str = Field(min_length=1, max_length=LONGEST_PROMPT, examples=["a red fox in the snow"])


class EditWish(Wish):
    """The fields of `POST /v1/images/edits`, its files aside."""

    prompt: str = Field(min_length=1, max_length=LONGEST_PROMPT)
    strength: float = Field(0.75, ge=0.0, le=1.0, description="not in OpenAI's API: how much may change")


class VariationWish(Wish):
    """The fields of `POST /v1/images/variations`, its file aside."""

    prompt: str = Field("", max_length=LONGEST_PROMPT, description="not in OpenAI's API: what it shows")
    strength: float = Field(0.6, ge=0.0, le=1.0)


class Mistake(BaseModel):
    """What is wrong, of which type, and in which parameter."""

    message: str
    type: str
    param: str | None
    code: str | None


class Failure(BaseModel):
    """The shape of every error."""

    error: Mistake


def error_response(
    status: int,
    message: str,
    more: Mapping[str, Any] | None = None,
    *,
    param: str | None = None,
    code: str | None = None,
) -> JSONResponse:
    """An error as OpenAI's clients read it; what is wrong with a request is 400 there."""
    status = 400 if status == 422 else status
    found = more or {}
    if code is None and found.get("kind") not in (None, "invalid"):
        code, param = str(found["kind"]), param or "prompt"
    return JSONResponse({"error": error(status, message, param, code)}, status)


def error(status: int, message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """What stands under `error`, in an answer or in an event."""
    kind = ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    if code is None:
        code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status)
    return {"message": message, "type": kind, "param": param, "code": code}


def model_card(name: str, created: int) -> dict[str, Any]:
    """A model as `/v1/models` lists it."""
    return {"id": name, "object": "model", "created": created, "owned_by": "allaprima"}


def usage(words: int, cells: int, pictures: int, images: int = 0) -> dict[str, Any]:
    """The usage: words read, cells of latents painted (and looked at, for pictures that came in)."""
    read, painted = images * cells, pictures * cells
    return {
        "input_tokens": words + read,
        "input_tokens_details": {"text_tokens": words, "image_tokens": read},
        "output_tokens": painted,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": painted},
        "total_tokens": words + read + painted,
    }


class Made(BaseModel):
    """One picture of an answer: its bytes, its address, or both, as asked for."""

    b64_json: str | None = None
    url: str | None = None
    width: int
    height: int
    seed: int


class Images(BaseModel):
    """The answer that is not a stream; `size` is left out where it is none of those that OpenAI names."""

    created: int = Field(description="seconds since 1970")
    data: list[Made]
    background: Literal["opaque"]
    output_format: Literal["png", "webp", "jpeg"]
    quality: Literal["low", "medium", "high"]
    usage: dict[str, Any]
    size: str | None = None


class ModelCard(BaseModel):
    """A model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(BaseModel):
    """The models: one."""

    object: Literal["list"]
    data: list[ModelCard]


def images_response(
    wish: Wish, data: Sequence[Mapping[str, Any]], size: sizes.Size, quality: str, used: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer that is not a stream."""
    answer = {
        "created": int(time.time()),
        "data": [dict(each) for each in data],
        "background": "opaque",
        "output_format": wish.output_format,
        "quality": quality,
        "usage": dict(used),
    }
    name = size_name(size)
    return answer | ({"size": name} if name in NAMED_SIZES else {})


def event(
    kind: str, wish: Wish, b64: str, size: sizes.Size, quality: str, created: int, more: Mapping[str, Any]
) -> dict[str, Any]:
    """One event of a stream, such as `image_generation.partial_image`; `width` and `height` are always true."""
    name = size_name(size)
    return {
        "type": kind,
        "b64_json": b64,
        "created_at": created,
        "size": name if name in NAMED_SIZES else "auto",
        "quality": quality,
        "background": "opaque",
        "output_format": wish.output_format,
        "width": size[0],
        "height": size[1],
        **more,
    }


def size_name(size: sizes.Size) -> str:
    """ "1024x1024"."""
    return f"{size[0]}x{size[1]}"


def encoded(picture: Picture, format: str, compression: int | None) -> bytes:
    """The file with its recipe; `compression` 0..100 is the quality of webp and jpeg, as OpenAI has it. Blocks."""
    data = encoding.file(picture, format)
    if compression is None or format == "png":
        return data
    exif = Image.open(io.BytesIO(data)).info.get("exif", b"")
    out = io.BytesIO()
    picture.image.save(out, encoding.FORMATS[format][0], quality=compression, exif=exif)
    return out.getvalue()


def encoded_text(picture: Picture, format: str, compression: int | None) -> str:
    """The same in base64. Blocks."""
    return base64.b64encode(encoded(picture, format, compression)).decode("ascii")


def drafted(picture: Picture, format: str) -> str:
    """A draft as base64 of a quick file without a recipe: painting waits for it. Blocks."""
    out = io.BytesIO()
    picture.image.save(out, encoding.FORMATS[format][0], **QUICK[format])
    return base64.b64encode(out.getvalue()).decode("ascii")


def checked_size(text: str) -> sizes.Size | None:
    """The size to give out; None for auto. Raises UserError."""
    size = sizes.size_of(text)
    if size is not None and max(size) > 8 * min(size):
        raise UserError(f"The size {text!r} is too narrow: one side may be 8 times the other.")
    return size
