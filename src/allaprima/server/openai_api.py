"""OpenAI's images API: generations with true partial pictures, edits, variations, models. docs/openai-api.md shows it.

    client = openai.OpenAI(base_url="http://127.0.0.1:7860/v1", api_key="none")
    client.images.generate(model="first-light", prompt="a red fox in the snow")

Thin: shapes are `openai_shapes`', painting is `commission`'s.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from allaprima.errors import AllaPrimaError, UserError
from allaprima.server import commission, links, log, sizes, uploads
from allaprima.server import openai_shapes as shapes
from allaprima.server.commission import Commission, Pace
from allaprima.server.keeping import keeper
from allaprima.server.openai_shapes import EditWish, Failure, GenerationWish, VariationWish, Wish, error_response
from allaprima.studio.encoding import FORMATS
from allaprima.studio.jobs import QueueFull
from allaprima.studio.studio import JobEvent, JobRecord, Picture, Studio

PREFIXES = ("/v1/", "/v1")
PATIENCE_S = 15.0  # between two signs of life on a stream
MOST_FILES = 16

__all__ = ["PREFIXES", "error_response", "router"]


class Route(APIRoute):
    """A route whose errors have OpenAI's shape, with the parameter that is meant."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except (RequestValidationError, ValidationError) as error:
                first = error.errors()[0]
                where = [str(part) for part in first["loc"] if part != "body"]
                name = where[0] if where else None
                return error_response(400, f"{name or 'The body'}: {first['msg']}.", param=name)
            except QueueFull as error:
                request.app.state.metrics.refused.inc()
                response = error_response(429, str(error))
                response.headers["retry-after"] = str(max(round(error.retry_after), 1))
                return response
            except UserError as error:
                return error_response(400, str(error), param=_param(error))
            except commission.Interrupted as error:
                response = error_response(409, str(error), code="interrupted")
                response.headers["x-should-retry"] = "false"  # the SDK would ask again
                return response
            except HTTPException as error:
                return error_response(error.status_code, str(error.detail))

        return answered


def _param(error: UserError) -> str:
    """The parameter that a message of ours is about."""
    text = str(error).lower()
    return next((name for name in ("size", "quality", "mask", "image", "seed") if f"the {name}" in text), "prompt")


router = APIRouter(tags=["openai"], route_class=Route)
WRONG: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The words or values are wrong."},
    401: {"model": Failure, "description": "A key is needed."},
    403: {"model": Failure, "description": "Wrong Host or Origin."},
    413: {"model": Failure, "description": "The body is too large."},
    429: {"model": Failure, "description": "The queue is full; Retry-After says when to come back."},
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": shapes.Images,
        "content": {"text/event-stream": {}},
        "description": "Pictures, or events up to them.",
    }
}


# ---- models --------------------------------------------------------------------------------------------------


@router.get("/v1/models", responses=WRONG, response_model=shapes.ModelList)
async def models(request: Request) -> dict[str, Any]:
    """The painter, as a list of models. Generations take any name for it."""
    return {"object": "list", "data": [_card(request)]}


@router.get(
    "/v1/models/{name:path}", responses=WRONG | {404: {"model": Failure, "description": "There is none."}},
    response_model=shapes.ModelCard,
)  # fmt: skip
async def model(name: str, request: Request) -> Response:
    """One model."""
    card = _card(request)
    if name != card["id"]:
        return error_response(404, f"The model {name!r} does not exist.", param="model", code="model_not_found")
    return JSONResponse(card)


def _card(request: Request) -> dict[str, Any]:
    studio: Studio = request.app.state.studio
    if not hasattr(request.app.state, "opened"):
        request.app.state.opened = int(time.time())
    return shapes.model_card(studio.model["name"], request.app.state.opened)


# ---- generations ---------------------------------------------------------------------------------------------


@router.post("/v1/images/generations", responses=WRONG | EVENTS, response_class=Response)
async def generations(wish: GenerationWish, request: Request) -> Response:
    """Paint pictures; with `stream` and `partial_images` the way there is seen, too."""
    studio: Studio = request.app.state.studio
    job = _commission(studio, wish, wish.prompt, request)
    pace = Pace() if wish.stream and wish.partial_images else None
    record = commission.begin(studio, job, pace, keeper=keeper(request))
    log.event("openai generation", id=record.id, n=wish.n, prompt=wish.prompt)
    return await _answer(request, wish, record, job, "image_generation", pace)


def _commission(studio: Studio, wish: Wish, prompt: str, request: Request) -> Commission:
    steps, _ = sizes.steps_of_quality(wish.quality, studio.default_steps)
    if wish.num_inference_steps is not None:
        steps = sizes.steps_for(wish.num_inference_steps)
    return Commission(
        prompt=prompt,
        owner=request.scope["owner"],
        count=wish.n,
        steps=steps,
        seed=wish.chosen_seed,
        size=shapes.checked_size(wish.size),
        negative=wish.negative_prompt,
        guidance=wish.guidance_scale,
        partials=wish.partial_images if wish.stream else 0,
    )


# ---- edits and variations ------------------------------------------------------------------------------------

FILE = {"type": "string", "format": "binary"}
W = TypeVar("W", bound=BaseModel)


def _form(wish: type[BaseModel], *files: str) -> dict[str, Any]:
    """The description of a form of a wish's fields and files."""
    schema = wish.model_json_schema()
    schema["properties"] |= {name: FILE for name in files}
    schema["required"] = [*schema.get("required", []), "image"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.post(
    "/v1/images/edits", responses=WRONG | EVENTS, response_class=Response,
    openapi_extra=_form(EditWish, "image", "mask"),
)  # fmt: skip
async def edits(request: Request) -> Response:
    """Change a picture by words; with a mask only where the mask is transparent. Further pictures are references."""
    wish, files = await _read_form(request, EditWish)
    if not files.get("image"):
        return error_response(400, "image: a picture is needed, as a file.", param="image")
    masks, (image, *references) = files.get("mask", []), files["image"]
    mask = masks[0] if masks else None
    return await _derived(request, wish, wish.prompt, image, mask, wish.strength, references)


@router.post(
    "/v1/images/variations", responses=WRONG | EVENTS, response_class=Response,
    openapi_extra=_form(VariationWish, "image"),
)  # fmt: skip
async def variations(request: Request) -> Response:
    """Paint more like a picture."""
    wish, files = await _read_form(request, VariationWish)
    if not files.get("image"):
        return error_response(400, "image: a picture is needed, as a file.", param="image")
    return await _derived(request, wish, wish.prompt, files["image"][0], None, wish.strength)


async def _derived(
    request: Request, wish: Wish, prompt: str, image: bytes, mask: bytes | None, strength: float,
    references: Sequence[bytes] = (),
) -> Response:  # fmt: skip
    studio: Studio = request.app.state.studio
    job = _commission(studio, wish, prompt, request)
    for each in (image, *references):
        await studio.in_thread(uploads.opened, each, "The image")  # what it may be is looked at before anything else is
    if mask is not None:
        await studio.in_thread(uploads.opened, mask, "The mask")
    record = await commission.begin_from(
        studio, job, image, mask, strength, references=references, keeper=keeper(request)
    )
    log.event("openai edit", id=record.id, n=wish.n, prompt=prompt)
    return await _answer(request, wish, record, job, "image_edit", None, images=1 + len(references))


async def _read_form(request: Request, kind: type[W]) -> tuple[W, dict[str, list[bytes]]]:
    """The fields and the files of a form; `image[]` is `image`. Raises ValidationError and UserError."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UserError("The image comes in a form: Content-Type must be multipart/form-data.")
    fields: dict[str, str] = {}
    files: dict[str, list[bytes]] = {}
    try:
        async with request.form(max_files=MOST_FILES + 1, max_fields=100) as form:
            for name, value in form.multi_items():
                name = name.removesuffix("[]")
                if isinstance(value, UploadFile):
                    files.setdefault(name, []).append(await value.read())
                elif value != "":
                    fields[name] = value
    except HTTPException:
        raise
    except Exception as error:  # broken forms break their reader in many ways
        raise UserError(f"The form cannot be read: {type(error).__name__}.") from error
    return kind.model_validate(fields), files


# ---- answers -------------------------------------------------------------------------------------------------


async def _answer(
    request: Request, wish: Wish, record: JobRecord, job: Commission, name: str, pace: Pace | None, images: int = 0
) -> Response:
    studio: Studio = request.app.state.studio
    _, quality = sizes.steps_of_quality(wish.quality, studio.default_steps)
    columns, rows = studio.preview_size
    used = shapes.usage(len(job.prompt.split()), columns * rows, job.count, images)
    if wish.stream:
        events = _events(studio, wish, record, job, name, pace, quality, used)
        headers = commission.declared(record, wish.num_inference_steps)
        headers |= {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)
    pictures = await commission.delivered(request, studio, record, job.size)
    store = links.links_of(request)
    data: list[dict[str, Any]] = []
    for picture in pictures:
        file = await studio.in_thread(shapes.encoded, picture, wish.output_format, wish.output_compression)
        each: dict[str, Any] = {"width": picture.width, "height": picture.height, "seed": picture.seed}
        if "b64_json" in wish.keys:
            each["b64_json"] = (await studio.in_thread(base64.b64encode, file)).decode("ascii")
        if "url" in wish.keys:
            each["url"] = links.absolute(request, store.put(file, FORMATS[wish.output_format][1]))
        data.append(each)
    size = (pictures[0].width, pictures[0].height)
    headers = commission.declared(record, wish.num_inference_steps)
    headers["x-allaprima-size"] = shapes.size_name(size)
    return await commission.answered(studio, shapes.images_response(wish, data, size, quality, used), headers)


async def _events(
    studio: Studio, wish: Wish, record: JobRecord, job: Commission, name: str, pace: Pace | None, quality: str,
    used: Mapping[str, Any],
) -> AsyncIterator[str]:  # fmt: skip
    """The events of a commission: partial pictures of the first of its pictures, then each picture complete."""
    created = int(time.time())

    async def sent(kind: str, encode: Callable[[], str], picture: Picture, more: Mapping[str, Any]) -> str:
        def line() -> str:
            size = (picture.width, picture.height)
            return _line(kind, shapes.event(kind, wish, encode(), size, quality, created, more))

        return await studio.in_thread(line)

    try:
        async for event in _with_signs_of_life(record):
            if event is None:
                yield ": still here\n\n"
            elif event.name == "draft":
                draft = event.data
                picture = await studio.in_thread(sizes.fitted, draft.pictures[0], job.size)
                more = {"partial_image_index": draft.partial, "step": draft.index + 1, "steps": draft.count}
                encode = partial(shapes.drafted, picture, wish.output_format)
                yield await sent(f"{name}.partial_image", encode, picture, more)
                if pace is not None:
                    pace.sent()
        for picture in await commission.finished(studio, record, job.size):
            encode = partial(shapes.encoded_text, picture, wish.output_format, wish.output_compression)
            more = {"usage": dict(used), "seed": picture.seed}
            yield await sent(f"{name}.completed", encode, picture, more)
        yield "data: [DONE]\n\n"
    except AllaPrimaError as error:
        status = 400 if isinstance(error, UserError) else 409
        yield _line("error", {"type": "error", "error": shapes.error(status, str(error))})
    except Exception:
        yield _line("error", {"type": "error", "error": shapes.error(500, "A mistake of ours; the log tells more.")})
        raise
    finally:
        if not record.is_over:
            studio.interrupt(record.id)


def _line(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


async def _with_signs_of_life(record: JobRecord) -> AsyncIterator[JobEvent | None]:
    """A record's events, and None now and then while nothing happens."""
    following = record.follow().__aiter__()
    upcoming = asyncio.ensure_future(anext(following, None))
    try:
        while True:
            done, _ = await asyncio.wait([upcoming], timeout=PATIENCE_S)
            if not done:
                yield None
                continue
            event = upcoming.result()
            if event is None:
                return
            upcoming = asyncio.ensure_future(anext(following, None))
            yield event
    finally:
        upcoming.cancel()


router.include_router(links.router)
