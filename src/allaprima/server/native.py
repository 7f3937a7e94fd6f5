"""The native API: status, jobs with their events, and how a prompt is read. docs/server.md shows it in use.

Thin: painting is the studio's, keeping the gallery's. Knows only how both look over HTTP.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

import allaprima
from allaprima.errors import AllaPrimaError
from allaprima.prompt import parse
from allaprima.server import log
from allaprima.studio import encoding
from allaprima.studio.configuration import number
from allaprima.studio.studio import JobEvent, JobRecord, Made, Options, Order, Place, Studio

router = APIRouter(prefix="/api", tags=["studio"])
PATIENCE_S = 15.0  # between two signs of life on a quiet stream
GRID = 4


class Mistake(BaseModel):
    """What is wrong; for a prompt also where, and what to write instead."""

    message: str
    kind: str | None = None
    position: int | None = None
    suggestion: str | None = None


class Failure(BaseModel):
    """The shape of every error."""

    error: Mistake


class JobWish(BaseModel):
    """A job: a prompt with its parameters, and what goes before them."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    prompt: str = Field(min_length=1, max_length=2000, examples=["a red fox in the snow --ar 3:2"])
    count: int = Field(GRID, ge=1, le=16, description="pictures of one grid")
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    steps: int | None = Field(None, ge=1, le=100)
    memory: float | None = Field(None, ge=0.0, le=1.0)
    guidance: float | None = Field(None, ge=0.0, le=30.0)
    width: int | None = Field(None, ge=64, le=2048)
    height: int | None = Field(None, ge=64, le=2048)
    style: str | None = Field(None, max_length=100)
    negative: str = Field("", max_length=2000)

    def order(self, owner: str) -> Order:
        """The order for the studio."""
        options = Options(count=self.count, seed=self.seed, steps=self.steps, memory=self.memory)
        options |= Options(guidance_scale=self.guidance, width=self.width, height=self.height, style=self.style)
        if self.negative.strip():
            options["negative"] = self.negative
        return Order(self.prompt, options, owner)


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
    picture: tuple[int, int]
    preview: tuple[int, int]
    steps: dict[str, int]
    limits: dict[str, int]
    jobs: int
    live: int
    gallery: bool


WRONG: dict[int | str, dict[str, Any]] = {
    401: {"model": Failure, "description": "A key is needed."},
    403: {"model": Failure, "description": "Wrong Host or Origin."},
    422: {"model": Failure, "description": "The words or values are wrong."},
}
ABSENT: dict[int | str, dict[str, Any]] = {404: {"model": Failure, "description": "There is none of that id."}}
FULL: dict[int | str, dict[str, Any]] = {
    429: {"model": Failure, "description": "The queue is full; Retry-After says when to come back."}
}


@router.get("/status", responses=WRONG)
async def status(request: Request) -> Status:
    """What this server is, and what it is doing."""
    studio: Studio = request.app.state.studio
    return Status(
        version=allaprima.__version__,
        model=studio.model,
        picture=studio.picture_size,
        preview=studio.preview_size,
        steps={"default": studio.default_steps},
        limits={
            "live_steps": int(number("live_steps")),
            "queue": request.app.state.configuration.queue_size,
            "body_bytes": request.app.state.configuration.policy.largest_body,
        },
        jobs=studio.scheduler.jobs,
        live=request.app.state.metrics.connections,
        gallery=request.app.state.gallery is not None,
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
async def create(wish: JobWish, request: Request) -> JobView:
    """Queue a job."""
    studio: Studio = request.app.state.studio
    order = wish.order(request.scope["owner"])
    record = studio.submit(order, request=wish.model_dump(exclude_none=True))
    log.event("job queued", id=record.id, prompt=wish.prompt)
    return view(record, studio.scheduler.places())


@router.get("/jobs", responses=WRONG)
async def list_jobs(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[JobView]:
    """The caller's jobs, newest first, as far as they are remembered."""
    studio: Studio = request.app.state.studio
    mine = [record for record in studio.records.values() if record.owner == request.scope["owner"]]
    places = studio.scheduler.places()
    return [view(record, places) for record in mine[::-1][:limit]]


@router.get("/jobs/{id}", responses=WRONG | ABSENT)
async def look(id: str, request: Request) -> JobView:
    """One job."""
    return view(_record(request, id), request.app.state.studio.scheduler.places())


@router.delete("/jobs/{id}", responses=WRONG | ABSENT)
async def cancel(id: str, request: Request) -> JobView:
    """Cancel a job, queued or running; one that is over stays as it is."""
    studio: Studio = request.app.state.studio
    record = _record(request, id)
    if studio.interrupt(id):
        # It stops within one step; the answer waits for that.
        await asyncio.wait([asyncio.ensure_future(record.wait())], timeout=10.0)
    return view(record, studio.scheduler.places())


@router.get("/jobs/{id}/pictures/{index}", responses=WRONG | ABSENT, response_class=Response)
async def picture(
    id: str,
    index: Annotated[int, Path(ge=0)],
    request: Request,
    format: Literal["png", "webp", "jpeg"] = "png",
) -> Response:
    """A finished picture, its recipe inside."""
    made = next((each for each in _record(request, id).pictures if each.index == index), None)
    if made is None or not made.png:
        raise HTTPException(404, "There is no such picture, or not any more.")
    data = made.png
    if format != "png":
        data = await request.app.state.studio.in_thread(encoding.file, made.picture, format)
    return Response(
        data,
        media_type=encoding.FORMATS[format][1],
        headers={"cache-control": "private, max-age=86400, immutable"},
    )


@router.get(
    "/jobs/{id}/events",
    responses=WRONG | ABSENT | {200: {"content": {"text/event-stream": {}}, "description": "Events up to the end."}},
    response_class=StreamingResponse,
)
async def events(id: str, request: Request, last_event_id: Annotated[str | None, Header()] = None) -> StreamingResponse:
    """What happens to a job, as server-sent events, from the beginning or from `Last-Event-ID` on."""
    record = _record(request, id)
    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 12 else 0
    return StreamingResponse(
        _told(record, request.app.state.studio, after),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


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
            progress, urls = event.data
            return {
                "picture": progress.grid * len(urls), "pictures": len(urls), "index": progress.index,
                "count": progress.count, "t": round(progress.t, 4), "step": record.step, "steps": record.steps,
                "previews": urls,
            }  # fmt: skip
        case "picture":
            return picture_view(record, event.data).model_dump()
        case "draft":
            return {"index": event.data.index, "count": event.data.count}
        case _:
            return view(record, studio.scheduler.places()).model_dump()


def _record(request: Request, id: str) -> JobRecord:
    """The caller's job of this id; another's is as absent as one that never was."""
    record: JobRecord | None = request.app.state.studio.progress(id)
    if record is None or record.owner != request.scope["owner"]:
        raise HTTPException(404, "There is no job of that id.")
    return record


def view(record: JobRecord, places: dict[str, Place]) -> JobView:
    """A job as it is shown."""
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
        request=record.request,
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


def _told_error(error: Exception | None) -> str | None:
    if error is None:
        return None
    return str(error) if isinstance(error, AllaPrimaError) else "A mistake of ours; the server's log tells more."
