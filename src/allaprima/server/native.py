"""The native API: status, jobs with their events, and how a prompt is read. docs/server.md shows it in use.

Thin: painting is the studio's, keeping the gallery's. Knows only how both look over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

import allaprima
from allaprima.errors import AllaPrimaError
from allaprima.gallery.gallery import Gallery
from allaprima.gallery.records import Job
from allaprima.prompt import parse
from allaprima.server import log, uploads
from allaprima.server.answers import ABSENT, FULL, PICTURE_TYPES, WRONG, picture_answer
from allaprima.server.desk import Desk
from allaprima.studio.configuration import number
from allaprima.studio.encoding import recipe_in
from allaprima.studio.studio import JobEvent, JobRecord, Made, Place, Studio

router = APIRouter(prefix="/api", tags=["studio"])
PATIENCE_S = 15.0  # between two signs of life on a quiet stream
GRID = 4


class JobWish(BaseModel):
    """A job: a prompt with its parameters, and what goes before them."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    prompt: str = Field(min_length=1, max_length=2000, examples=["a red fox in the snow --ar 3:2"])
    count: int = Field(GRID, ge=1, le=16, description="pictures of one grid")
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    steps: Annotated[int, Field(ge=1, le=100)] | Literal["auto"] | None = Field(
        None, description='how many, or "auto": as many as the words need'
    )
    memory: float | None = Field(None, ge=0.0, le=1.0)
    guidance: float | None = Field(None, ge=0.0, le=30.0)
    width: int | None = Field(None, ge=64, le=2048)
    height: int | None = Field(None, ge=64, le=2048)
    style: str | None = Field(None, max_length=100)
    negative: str = Field("", max_length=2000)


class RecipeWish(BaseModel):
    """A recipe to be painted again, as a picture carries it."""

    recipe: dict[str, Any]


class PictureView(BaseModel):
    """A finished picture of a job."""

    index: int
    url: str
    seed: int
    width: int
    height: int
    recipe: dict[str, Any]
    entry: str | None = Field(description="its id in the gallery; null where it was not kept")


class JobView(BaseModel):
    """A job as it stands."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created: float = Field(description="seconds since 1970")
    position: int | None = Field(description="grids that are painted before its next one; null once it is over")
    eta_ms: float | None = Field(description="until all of it is done, as far as can be told")
    step: int
    steps: int
    pictures: list[PictureView]
    error: str | None
    notes: list[str]
    request: dict[str, Any]


class Status(BaseModel):
    """What this server is, and what it is doing."""

    version: str
    model: dict[str, str]
    picture: list[int] = Field(min_length=2, max_length=2, description="width and height")
    preview: list[int] = Field(min_length=2, max_length=2, description="width and height")
    steps: dict[str, int]
    limits: dict[str, int]
    jobs: int
    live: int
    gallery: bool
    batch: int = Field(description="live pictures of different people in one model call, at the most")
    batch_ms: dict[str, float] = Field(description="what a step of so many together took when that was measured")


@router.get("/status", responses=WRONG)
async def status(request: Request) -> Status:
    """What this server is, and what it is doing."""
    studio: Studio = request.app.state.studio
    return Status(
        version=allaprima.__version__,
        model=studio.model,
        picture=list(studio.picture_size),
        preview=list(studio.preview_size),
        steps={"default": studio.default_steps},
        limits={
            "live_steps": int(number("live_steps")),
            "queue": request.app.state.configuration.queue_size,
            "body_bytes": request.app.state.configuration.policy.largest_body,
        },
        jobs=studio.scheduler.jobs,
        live=request.app.state.metrics.connections,
        gallery=request.app.state.gallery is not None,
        batch=studio.scheduler.batch,
        batch_ms={str(size): round(ms, 2) for size, ms in request.app.state.batching.measured_ms.items()},
    )


class ParseWish(BaseModel):
    """A prompt to read."""

    prompt: str = Field(max_length=2000)


@router.post("/parse", responses=WRONG)
async def read_prompt(wish: ParseWish) -> dict[str, Any]:
    """How a prompt is read: its jobs with their parameters, and warnings."""
    return parse(wish.prompt).to_json()


# ---- jobs ----------------------------------------------------------------------------------------------------


@router.post("/jobs", status_code=202, responses=WRONG | FULL)
async def create(
    wish: JobWish, request: Request, idempotency_key: Annotated[str | None, Header(max_length=200)] = None
) -> JobView:
    """Queue a job. Asked again with the same `Idempotency-Key`, the job that is already there is answered."""
    return await take(request, "paint", wish.model_dump(exclude_none=True, exclude_defaults=False), idempotency_key)


@router.post("/recipes", status_code=202, responses=WRONG | FULL)
async def repeat(
    wish: RecipeWish, request: Request, idempotency_key: Annotated[str | None, Header(max_length=200)] = None
) -> JobView:
    """Queue a recipe: the same picture again, to the last bit on the same backend."""
    return await take(request, "recipe", wish.model_dump(), idempotency_key)


@router.post(
    "/recipes/read",
    responses=WRONG,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in PICTURE_TYPES},
        }
    },
)
async def read_recipe_of(request: Request) -> dict[str, Any]:
    """The recipe inside a picture that was painted here: the file is the body."""
    data = await request.body()
    studio: Studio = request.app.state.studio
    await studio.in_thread(uploads.opened, data)  # what it may be is looked at before anything else is
    return await studio.in_thread(recipe_in, data)


async def take(request: Request, kind: str, wish: dict[str, Any], key: str | None) -> JobView:
    """Give a job to the desk, and show it."""
    desk: Desk = request.app.state.desk
    taken = await desk.take(kind, wish, request.scope["owner"], key=key)
    log.event("job taken", id=taken.id, kind=kind, prompt=str(wish.get("prompt", "")))
    return await _view(request, taken)


@router.get("/jobs", responses=WRONG)
async def list_jobs(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[JobView]:
    """The caller's jobs, newest first."""
    studio: Studio = request.app.state.studio
    gallery: Gallery | None = request.app.state.gallery
    owner = request.scope["owner"]
    jobs: list[JobRecord | Job] = []
    jobs += [each for each in reversed(studio.records.values()) if each.owner == owner]
    if gallery is not None:
        known = {each.id for each in jobs}
        rows = await asyncio.to_thread(gallery.jobs.list, owner, limit=limit)
        jobs += [row for row in rows if row.id not in known]
        jobs.sort(key=lambda each: each.id, reverse=True)  # ids of the gallery are in order of time
    return [await _view(request, each) for each in jobs[:limit]]


@router.get("/jobs/{id}", responses=WRONG | ABSENT)
async def look(id: str, request: Request) -> JobView:
    """One job."""
    return await _view(request, await _job(request, id))


@router.delete("/jobs/{id}", responses=WRONG | ABSENT)
async def cancel(id: str, request: Request) -> JobView:
    """Cancel a job, queued or running; one that is over stays as it is."""
    studio: Studio = request.app.state.studio
    job = await _job(request, id)
    if isinstance(job, JobRecord) and studio.interrupt(id):
        # It stops within one step; the answer waits for that.
        await asyncio.wait([asyncio.ensure_future(job.wait())], timeout=10.0)
    elif isinstance(job, Job) and job.unfinished:
        job = await asyncio.to_thread(request.app.state.gallery.jobs.cancel, id)
    return await _view(request, job)


@router.get(
    "/jobs/{id}/pictures/{index}",
    responses=WRONG | ABSENT | {200: {"content": {kind: {} for kind in PICTURE_TYPES}, "description": "The file."}},
    response_class=Response,
)
async def picture(
    id: str, index: Annotated[int, Path(ge=0)], request: Request, format: Literal["png", "webp", "jpeg"] = "png"
) -> Response:
    """A finished picture, its recipe inside."""
    job = await _job(request, id)
    data: bytes | None = None
    if isinstance(job, JobRecord):
        made = next((each for each in job.pictures if each.index == index), None)
        data = made.png if made is not None and made.png else None
    gallery: Gallery | None = request.app.state.gallery
    if data is None and gallery is not None:
        entries = await asyncio.to_thread(gallery.of_job, id)
        if index < len(entries):
            data = await asyncio.to_thread(gallery.data, entries[index].id)
    if data is None:
        raise HTTPException(404, "There is no such picture, or not any more.")
    return await picture_answer(request, data, format)


@router.get(
    "/jobs/{id}/events",
    responses=WRONG | ABSENT | {200: {"content": {"text/event-stream": {}}, "description": "Events up to the end."}},
    response_class=StreamingResponse,
)
async def events(id: str, request: Request, last_event_id: Annotated[str | None, Header()] = None) -> StreamingResponse:
    """What happens to a job, as server-sent events, from the beginning or from `Last-Event-ID` on."""
    job = await _job(request, id)
    after = int(last_event_id) if last_event_id and re.fullmatch("[0-9]{1,9}", last_event_id) else 0
    told = _told(job, request.app.state.studio, after) if isinstance(job, JobRecord) else _over(request, job)
    return StreamingResponse(
        told, media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


async def _over(request: Request, job: Job) -> AsyncIterator[str]:
    """The one event of a job that another run of the server has ended."""
    shown = (await _view(request, job)).model_dump()
    yield f"event: {job.state}\ndata: {json.dumps(shown, ensure_ascii=False)}\n\n"


async def _told(record: JobRecord, studio: Studio, after: int) -> AsyncIterator[str]:
    following = record.follow(after).__aiter__()
    upcoming = asyncio.ensure_future(anext(following, None))
    try:
        while True:
            done, _ = await asyncio.wait([upcoming], timeout=PATIENCE_S)
            if not done:
                yield ": still here\n\n"
                continue
            event = upcoming.result()
            if event is None:
                return
            upcoming = asyncio.ensure_future(anext(following, None))
            data = json.dumps(_data(event, record, studio), ensure_ascii=False)
            yield f"id: {event.number}\nevent: {event.name}\ndata: {data}\n\n"
    finally:
        upcoming.cancel()


def _data(event: JobEvent, record: JobRecord, studio: Studio) -> dict[str, Any]:
    match event.name:
        case "step":
            progress, urls, step = event.data
            return {
                "picture": progress.grid * len(urls), "pictures": len(urls), "index": progress.index,
                "count": progress.count, "t": round(progress.t, 4), "step": step, "steps": record.steps,
                "previews": urls,
            }  # fmt: skip
        case "picture":
            return picture_view(record, event.data).model_dump()
        case "draft":
            return {"index": event.data.index, "count": event.data.count}
        case _:
            return view(record, studio.scheduler.places()).model_dump()


async def _job(request: Request, id: str) -> JobRecord | Job:
    """The caller's job of this id; another's is as absent as one that never was."""
    record: JobRecord | None = request.app.state.studio.progress(id)
    owner = request.scope["owner"]
    if record is not None and record.owner == owner:
        return record
    gallery: Gallery | None = request.app.state.gallery
    if record is None and gallery is not None:
        return await asyncio.to_thread(gallery.jobs.get, id, owner)  # raises NotFoundError
    raise HTTPException(404, "There is no job of that id.")


async def _view(request: Request, job: JobRecord | Job) -> JobView:
    """A job as it is shown, wherever it is known from."""
    if isinstance(job, JobRecord):
        return view(job, request.app.state.studio.scheduler.places())
    entries = await asyncio.to_thread(request.app.state.gallery.of_job, job.id)
    result = job.result or {}
    return JobView(
        id=job.id, kind=job.kind, state=job.state, created=job.created.timestamp(), position=None, eta_ms=None,
        step=0, steps=0, error=result.get("error"), notes=list(result.get("notes", ())), request=_shown(job.request),
        pictures=[
            PictureView(
                index=index, url=f"/api/jobs/{job.id}/pictures/{index}", seed=int(entry.recipe.get("seed", 0)),
                width=entry.width, height=entry.height, recipe=dict(entry.recipe), entry=entry.id,
            )
            for index, entry in enumerate(entries)
        ],
    )  # fmt: skip


def view(record: JobRecord, places: Mapping[str, Place]) -> JobView:
    """A job of this run of the server as it is shown."""
    place = places.get(record.id)
    return JobView(
        id=record.id,
        kind=record.kind,
        state=record.state,
        created=record.created,
        position=place.position if place else None,
        eta_ms=round(place.eta_ms) if place else None,
        step=record.step,
        steps=record.steps,
        pictures=[picture_view(record, made) for made in record.pictures],
        error=_told_error(record.error),
        notes=list(record.notes),
        request=_shown(record.request),
    )


def picture_view(record: JobRecord, made: Made) -> PictureView:
    """A picture as it is shown."""
    return PictureView(
        index=made.index,
        url=f"/api/jobs/{record.id}/pictures/{made.index}",
        seed=made.picture.seed,
        width=made.picture.width,
        height=made.picture.height,
        recipe=dict(made.picture.recipe),
        entry=made.entry,
    )


def _shown(request: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, without the pictures that were sent along."""
    if "pictures" not in request:
        return dict(request)
    return {**request, "pictures": [{k: v for k, v in ref.items() if k != "data"} for ref in request["pictures"]]}


def _told_error(error: Exception | None) -> str | None:
    if error is None:
        return None
    return str(error) if isinstance(error, AllaPrimaError) else "A mistake of ours; the server's log tells more."
