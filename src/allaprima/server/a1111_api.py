"""AUTOMATIC1111's API: txt2img, img2img, progress and interrupting. docs/a1111-api.md shows it.

Thin: shapes are `a1111_shapes`', lists `a1111_listings`', what takes pictures in `a1111_extras`', painting is
`commission`'s.
"""

from __future__ import annotations

import base64
import io
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

import allaprima
from allaprima.server import a1111_extras, a1111_listings, commission, log, sizes, uploads
from allaprima.server import a1111_shapes as shapes
from allaprima.server.a1111_extras import taken
from allaprima.server.a1111_listings import styles_of
from allaprima.server.a1111_route import WRONG, Route
from allaprima.server.a1111_shapes import ImageToImage, TextToImage, error_response
from allaprima.server.a1111_tasks import Task, Tasks, state_of
from allaprima.server.commission import Commission
from allaprima.server.keeping import keeper
from allaprima.studio import encoding
from allaprima.studio.studio import JobRecord, Options, Picture, Studio

PREFIXES = ("/sdapi", "/internal")

__all__ = ["PREFIXES", "error_response", "router"]


router = APIRouter(tags=["a1111"], route_class=Route, responses=WRONG)


class Painted(BaseModel):
    """Pictures in bare base64, what was asked, and JSON in a string that tells how they came to be."""

    images: list[str]
    parameters: dict[str, Any]
    info: str


PAINTED: dict[int | str, dict[str, Any]] = {200: {"model": Painted}}


# ---- painting ------------------------------------------------------------------------------------------------


@router.post("/sdapi/v1/txt2img", responses=PAINTED)
async def txt2img(wish: TextToImage, request: Request) -> Response:
    """Paint pictures."""
    studio: Studio = request.app.state.studio
    job, extra, sampler = await _commission(studio, wish, request)
    record = commission.begin(studio, job, keeper=keeper(request))
    return await _painted(request, wish, record, job, extra, sampler)


@router.post("/sdapi/v1/img2img", responses=PAINTED)
async def img2img(wish: ImageToImage, request: Request) -> Response:
    """Paint from a picture; `denoising_strength` 0 keeps it, 1 follows the words alone."""
    if not wish.init_images:
        return error_response(404, "Init image not found")
    studio: Studio = request.app.state.studio
    job, extra, sampler = await _commission(studio, wish, request)
    image = await studio.in_thread(taken, wish.init_images[0])
    mask = await studio.in_thread(_mask, wish.mask, bool(wish.inpainting_mask_invert)) if wish.mask else None
    strength = 0.75 if wish.denoising_strength is None else wish.denoising_strength
    record = await commission.begin_from(studio, job, image, mask, strength, keeper=keeper(request))
    return await _painted(request, wish, record, job, {"Denoising strength": strength, **extra}, sampler)


def _mask(text: str, inverted: bool) -> bytes:
    """A mask as a PNG that is white where the picture may change. Raises UserError."""
    light = uploads.opened(uploads.from_base64(text, "The mask"), "The mask").convert("L")
    out = io.BytesIO()
    (ImageOps.invert(light) if inverted else light).save(out, "PNG", compress_level=1)
    return out.getvalue()


async def _commission(studio: Studio, wish: TextToImage, request: Request) -> tuple[Commission, dict[str, Any], str]:
    """What to paint, what to tell of the wishes that were not followed, and the sampler's name."""
    sampler = shapes.sampler(wish.sampler_name, wish.sampler_index)
    if sampler is None:
        raise HTTPException(404, "Sampler not found")
    prompt, networks = shapes.without_networks(wish.prompt)
    negative, more_networks = shapes.without_networks(wish.negative_prompt)
    steps = sizes.steps_for(wish.steps)
    extra: dict[str, Any] = {}
    if steps != wish.steps:
        extra |= {"Steps asked": wish.steps, "Most steps": sizes.MOST_STEPS}
    if networks + more_networks:
        extra["Networks not here"] = " ".join(networks + more_networks)
    options = Options(solver=shapes.SOLVERS[sampler or "Euler"])
    known = await studio.in_thread(styles_of, studio) if wish.styles else {}
    style = next((each for each in wish.styles if each in known), None)
    if style is not None:
        options["style"] = style
    own = float(getattr(studio.painter.bundle, "guidance_scale", 1.0))
    job = Commission(
        prompt=prompt,
        owner=request.scope["owner"],
        count=wish.count,
        steps=steps,
        seed=wish.chosen_seed,
        size=wish.size,
        negative=negative,
        guidance=shapes.guidance(wish.cfg_scale, own),
        kind="a1111",
        more=options,
    )
    return job, extra, sampler or "Euler"


async def _painted(
    request: Request, wish: TextToImage, record: JobRecord, job: Commission, extra: dict[str, Any], sampler: str
) -> Response:
    studio: Studio = request.app.state.studio
    task = tasks_of(request).add(job.owner, record, job.size or studio.picture_size, wish.force_task_id)
    log.event("a1111 picture", id=record.id, n=job.count, prompt=job.prompt)
    try:
        pictures = await commission.delivered(request, studio, record, job.size)
        files = [await studio.in_thread(encoding.file, picture) for picture in pictures]
    except commission.Interrupted:
        pictures = await studio.in_thread(_so_far, task)
        extra["Interrupted after"] = record.step
        files = [await studio.in_thread(encoding.file, picture) for picture in pictures]
    native = studio.picture_size
    if pictures and (pictures[0].width, pictures[0].height) != native:
        extra["Painted size"] = f"{native[0]}x{native[1]}"
    texts = [shapes.infotext(wish, picture, studio.model, extra) for picture in pictures]
    images = []
    if wish.send_images:
        for file, text in zip(files, texts, strict=True):
            images.append(await studio.in_thread(_in_base64, file, text))
    asked = {
        "sampler": sampler,
        "steps": record.steps,
        "version": f"allaprima {allaprima.__version__}",
        "task": task.id,
    }
    # The pictures that came in are not sent back.
    echo = wish.model_dump(exclude={"init_images", "mask"}) | {"force_task_id": task.id, "script_args": []}
    headers = commission.declared(record, wish.steps) | {"x-task-id": _header(task.id)}
    told = shapes.info(wish, pictures, texts, studio.model, extra, asked)
    return await commission.answered(studio, {"images": images, "parameters": echo, "info": told}, headers)


def _so_far(task: Task) -> list[Picture]:
    """What an interrupted task had come to: a blurred picture, or none."""
    pixels = task.preview
    if pixels is None:
        return []
    request = {"prompt": str(task.record.request.get("prompt", "")), "seed": 0, "steps": task.record.steps}
    told = {**request, "stopped_after": task.record.step, "size": list(task.sides), "preview": True}
    return [Picture(pixels, told)]


def _in_base64(file: bytes, text: str) -> str:
    return base64.b64encode(shapes.with_text(file, text)).decode("ascii")


def _header(text: str) -> str:
    return "".join(each if " " <= each <= "~" else "?" for each in text).strip()


def tasks_of(request: Request) -> Tasks:
    """The app's tasks."""
    state = request.app.state
    if not hasattr(state, "a1111_tasks"):
        state.a1111_tasks = Tasks()
    found: Tasks = state.a1111_tasks
    return found


# ---- progress ------------------------------------------------------------------------------------------------


@router.get("/sdapi/v1/progress")
async def progress(request: Request, skip_current_image: bool = False, id_task: str | None = None) -> dict[str, Any]:
    """How far the caller's running task is, or the one of `id_task`; all zero when there is none."""
    studio: Studio = request.app.state.studio
    tasks, owner = tasks_of(request), request.scope["owner"]
    waiting = tasks.unfinished(owner)
    task = tasks.get(owner, id_task) if id_task else next(iter(waiting), None)
    image = None
    if task is not None and not skip_current_image and not task.record.is_over:
        image = await studio.in_thread(_preview, task)
    return {
        "progress": task.progress if task else 0.0,
        "eta_relative": task.eta(studio) if task else 0.0,
        "state": state_of(task, len(waiting)),
        "current_image": image,
        "textinfo": None,
        "current_task": task.id if task else None,
    }


def _preview(task: Task) -> str | None:
    pixels = task.preview
    if pixels is None:
        return None
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return base64.b64encode(out.getvalue()).decode("ascii")


class ProgressWish(BaseModel):
    """The body of `/internal/progress`."""

    model_config = ConfigDict(extra="ignore")

    id_task: str | None = Field(None, max_length=200)
    id_live_preview: int | None = -1
    live_preview: bool | None = True


@router.post("/internal/progress")
async def internal_progress(wish: ProgressWish, request: Request) -> dict[str, Any]:
    """How far one task is, by its id."""
    studio: Studio = request.app.state.studio
    task = tasks_of(request).get(request.scope["owner"], wish.id_task or "")
    record = task.record if task else None
    running = record is not None and record.state == "running"
    shown = record.step if record is not None else -1
    image = None
    if task is not None and running and wish.live_preview and shown != wish.id_live_preview:
        image = await studio.in_thread(_preview, task)
    return {
        "active": running,
        "queued": record is not None and record.state == "queued",
        "completed": record is not None and record.is_over,
        "progress": task.progress if task else None,
        "eta": task.eta(studio) if task and running else None,
        "live_preview": f"data:image/png;base64,{image}" if image else None,
        "id_live_preview": shown,
        "textinfo": "Waiting..." if record is not None and record.state == "queued" else None,
    }


@router.get("/internal/progress")
async def internal_progress_by_query(request: Request, id_task: str = "") -> dict[str, Any]:
    """The same, asked for without a body."""
    return await internal_progress(ProgressWish(id_task=id_task), request)


@router.get("/internal/pending-tasks")
async def pending(request: Request) -> dict[str, Any]:
    """The caller's tasks that are not over."""
    waiting = tasks_of(request).unfinished(request.scope["owner"])
    return {"size": len(waiting), "tasks": [task.id for task in waiting]}


@router.get("/internal/ping")
async def ping() -> dict[str, Any]:
    """Whether anybody is there."""
    return {}


@router.post("/sdapi/v1/interrupt")
async def interrupt(request: Request) -> dict[str, Any]:
    """Stop the caller's tasks within one step; their requests are answered with what there is."""
    for task in tasks_of(request).unfinished(request.scope["owner"]):
        task.interrupted = request.app.state.studio.interrupt(task.record.id)
    return {}


@router.post("/sdapi/v1/skip")
async def skip(request: Request) -> dict[str, Any]:
    """Stop the caller's oldest unfinished task."""
    for task in tasks_of(request).unfinished(request.scope["owner"])[:1]:
        task.skipped = request.app.state.studio.interrupt(task.record.id)
    return {}


router.include_router(a1111_listings.router)
router.include_router(a1111_extras.router)
