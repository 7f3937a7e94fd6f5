"""The gallery over HTTP: search by words and by meaning, favourites, folders, files, export, delete.

Thin: what is kept, and how, is the gallery's. An owner sees only what is theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from allaprima.gallery.export import file_name
from allaprima.gallery.gallery import Gallery
from allaprima.gallery.records import Entry
from allaprima.server.answers import ABSENT, PICTURE_TYPES, WRONG, Failure, Format, Responses, picture_answer

router = APIRouter(prefix="/api/gallery", tags=["gallery"])
NONE: Responses = {503: {"model": Failure, "description": "This server keeps nothing."}}
FAILS = WRONG | NONE


class EntryView(BaseModel):
    """A kept picture."""

    id: str
    created: float = Field(description="seconds since 1970")
    words: str
    recipe: dict[str, Any]
    width: int
    height: int
    media_type: str
    size: int = Field(description="bytes of the file")
    sha256: str
    favourite: bool
    folder: str
    parent: str | None
    job: str | None
    score: float | None = Field(description="after a search by meaning: how near, -1 to 1, and 2 more for words")
    url: str
    cursor: str = Field(description="`before` for what follows this one")


class Page(BaseModel):
    """Some pictures, and where the next ones begin; null when these were the last."""

    pictures: list[EntryView]
    next: str | None


class FolderView(BaseModel):
    """A folder, and how many pictures are in it."""

    name: str
    count: int


class Change(BaseModel):
    """What is to become different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    favourite: bool | None = None
    folder: str | None = Field(None, max_length=100)


class Ids(BaseModel):
    """Pictures by their ids."""

    ids: list[str] = Field(min_length=1, max_length=1000)


@router.get("", responses=FAILS)
async def search(
    request: Request,
    query: Annotated[str | None, Query(max_length=500, description="words that must be there")] = None,
    meaning: Annotated[str | None, Query(max_length=500, description="what it should be about")] = None,
    favourite: bool | None = None,
    folder: Annotated[str | None, Query(max_length=100)] = None,
    before: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:
    """The caller's pictures: newest first, or those nearest in meaning first."""
    gallery, owner = _gallery(request), request.scope["owner"]
    vector = None
    if meaning is not None and meaning.strip():
        vector = (await request.app.state.studio.meaning([meaning]))[0]

    def look() -> tuple[Entry, ...]:
        return gallery.list(
            owner, query=query, vector=vector, favourite=favourite, folder=folder, before=before, limit=limit
        )

    found = await asyncio.to_thread(look)
    return Page(pictures=[shown(each) for each in found], next=found[-1].cursor if len(found) == limit else None)


@router.get("/folders", responses=FAILS)
async def folders(request: Request) -> list[FolderView]:
    """The caller's folders."""
    found = await asyncio.to_thread(_gallery(request).folders, request.scope["owner"])
    return [FolderView(name=each.name, count=each.count) for each in found]


@router.post(
    "/export",
    responses=FAILS | ABSENT | {200: {"content": {"application/zip": {}}, "description": "A zip."}},
    response_class=StreamingResponse,
)
async def export(ids: Ids, request: Request) -> StreamingResponse:
    """A zip of pictures with their recipes, sent while it is made."""
    pieces: Iterator[bytes] = await asyncio.to_thread(_gallery(request).export, ids.ids, request.scope["owner"])
    headers = {"content-disposition": 'attachment; filename="alla-prima.zip"'}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.get("/{id}", responses=FAILS | ABSENT)
async def look(id: str, request: Request) -> EntryView:
    """One picture."""
    return shown(await asyncio.to_thread(_gallery(request).get, id, request.scope["owner"]))


@router.get(
    "/{id}/picture",
    responses=FAILS | ABSENT | {200: {"content": {kind: {} for kind in PICTURE_TYPES}, "description": "The file."}},
    response_class=Response,
)
async def picture(id: str, request: Request, format: Format = "png", download: bool = False) -> Response:
    """The picture's file, its recipe inside."""
    gallery = _gallery(request)
    entry = await asyncio.to_thread(gallery.get, id, request.scope["owner"])
    data = await asyncio.to_thread(gallery.data, id, request.scope["owner"])
    name = file_name(entry).rpartition(".")[0] if download else None
    if entry.media_type != "image/png":
        return Response(data, media_type=entry.media_type)
    return await picture_answer(request, data, format, name=name)


@router.get("/{id}/recipe", responses=FAILS | ABSENT)
async def recipe(id: str, request: Request) -> dict[str, Any]:
    """The recipe, for `POST /api/recipes`."""
    return dict((await asyncio.to_thread(_gallery(request).get, id, request.scope["owner"])).recipe)


@router.get("/{id}/lineage", responses=FAILS | ABSENT)
async def lineage(id: str, request: Request) -> list[EntryView]:
    """The picture and what it was made from, oldest first."""
    return [shown(each) for each in await asyncio.to_thread(_gallery(request).lineage, id, request.scope["owner"])]


@router.patch("/{id}", responses=FAILS | ABSENT)
async def change(id: str, change: Change, request: Request) -> EntryView:
    """Mark it as a favourite, or put it into a folder ("" takes it out)."""
    gallery, owner = _gallery(request), request.scope["owner"]
    entry = await asyncio.to_thread(gallery.get, id, owner)
    if change.favourite is not None:
        entry = await asyncio.to_thread(gallery.favourite, id, change.favourite, owner)
    if change.folder is not None:
        entry = await asyncio.to_thread(gallery.move, id, change.folder, owner)
    return shown(entry)


@router.delete("/{id}", status_code=204, responses=FAILS | ABSENT)
async def delete(id: str, request: Request) -> None:
    """Remove a picture and its file."""
    await asyncio.to_thread(_gallery(request).delete, id, request.scope["owner"])


def shown(entry: Entry) -> EntryView:
    """A kept picture as it is shown."""
    return EntryView(
        id=entry.id, created=entry.created.timestamp(), words=entry.words, recipe=dict(entry.recipe),
        width=entry.width, height=entry.height, media_type=entry.media_type, size=entry.size, sha256=entry.sha256,
        favourite=entry.favourite, folder=entry.folder, parent=entry.parent, job=entry.job, score=entry.score,
        url=f"/api/gallery/{entry.id}/picture", cursor=entry.cursor,
    )  # fmt: skip


def _gallery(request: Request) -> Gallery:
    gallery: Gallery | None = request.app.state.gallery
    if gallery is None:
        raise HTTPException(503, "This server keeps no pictures (it was started with --no-keep).")
    return gallery
