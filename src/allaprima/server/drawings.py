"""Your own drawings over HTTP: sent in under a style's name, listed, looked at, removed (docs/operations.md).

Thin: keeping them is the studio's (`own_library`). They belong to the server's home folder, and so to everybody who may
use it. What strangers send is looked at first: pictures as every upload is, and an SVG must not point outside itself.
"""

from __future__ import annotations

import re
import threading
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from allaprima.errors import UserError
from allaprima.server import uploads
from allaprima.server.answers import ABSENT, WRONG
from allaprima.studio import own_library
from allaprima.studio.own_library import OwnSet, Words, clean_text
from allaprima.studio.studio import Studio

router = APIRouter(prefix="/api/library", tags=["library"])
MOST_FILES = 500
LARGEST_FILE = 16_000_000  # characters of base64, 12 MB

# A renderer may load what an SVG points to: files of this machine, too.
_POINTS_OUTSIDE = re.compile(
    r"""<!(?:DOCTYPE|ENTITY)|href\s*=\s*["']\s*(?!\#|data:image/(?:png|jpeg|gif|webp)[;,])""", re.I
)
_FLAG = " Add one with --licence."  # of the command line's, which has no place here
_writing = threading.Lock()


class DrawingFile(BaseModel):
    """One drawing: its file's name is what it shows, unless `shows` says otherwise."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=300, examples=["red-dragon.png"])
    data: str = Field(max_length=LARGEST_FILE, description="PNG, WebP or SVG in base64")
    shows: str | None = Field(None, max_length=200)
    keywords: list[Annotated[str, Field(max_length=80)]] = Field(default_factory=list, max_length=50)


class DrawingsWish(BaseModel):
    """Drawings of one style; those of a name that it has already are replaced."""

    model_config = ConfigDict(extra="forbid")

    style: str = Field(max_length=40)
    licence: str = Field("", max_length=100)
    owner: str = Field("", max_length=100)
    files: list[DrawingFile] = Field(min_length=1, max_length=MOST_FILES)
    more: bool = Field(False, description="further ones follow: the painter takes all of them in with the last")


class AddedView(BaseModel):
    """What became of what was sent; `skipped` has files with the reason."""

    style: str
    total: int = Field(description="drawings that the style has now")
    names: list[str]
    skipped: list[list[str]]
    notes: list[str]


class DrawingView(BaseModel):
    """A drawing: what it is called, and further words for it."""

    name: str
    words: list[str]


class OwnStyleView(BaseModel):
    """A style of your own."""

    style: str
    licence: str
    owner: str
    drawings: list[DrawingView]


@router.get("", responses=WRONG)
async def list_styles(request: Request) -> list[OwnStyleView]:
    """All styles of your own, with their drawings."""
    studio: Studio = request.app.state.studio
    return [_shown(each) for each in await studio.in_thread(own_library.listed)]


@router.post("", responses=WRONG)
async def add(wish: DrawingsWish, request: Request) -> AddedView:
    """Put drawings into the painter's memory; they count from the next picture on."""
    studio: Studio = request.app.state.studio
    added: own_library.Added = await studio.in_thread(_add, studio, wish)
    return AddedView(
        style=added.style, total=added.total, names=list(added.names),
        skipped=[list(each) for each in added.skipped], notes=[note.removesuffix(_FLAG) for note in added.notes],
    )  # fmt: skip


@router.delete("/{style}", status_code=204, responses=WRONG)
async def remove(style: str, request: Request, name: Annotated[str | None, Query(max_length=200)] = None) -> None:
    """Remove one drawing of a style, or all of it."""
    studio: Studio = request.app.state.studio
    await studio.in_thread(_remove, studio, style, name)


@router.get(
    "/{style}/picture",
    responses=WRONG | ABSENT | {200: {"content": {"image/webp": {}}, "description": "The drawing, cut out."}},
    response_class=Response,
)
async def picture(style: str, name: Annotated[str, Query(max_length=200)], request: Request) -> Response:
    """A drawing as the painter has it."""
    studio: Studio = request.app.state.studio
    data = await studio.in_thread(_pixels, style, name)
    if data is None:
        raise HTTPException(404, "The style has no drawing of that name.")
    return Response(data, media_type="image/webp")


def _add(studio: Studio, wish: DrawingsWish) -> own_library.Added:
    files: list[tuple[str, bytes, Words | None]] = []
    skipped: list[tuple[str, str]] = []
    for file in wish.files:
        try:
            data = uploads.from_base64(file.data, file.name)
            _check(file.name, data)
            files.append((file.name, data, _words(file)))
        except UserError as error:
            skipped.append((file.name, str(error)))
    with _writing:
        added = own_library.add_files(
            files, style=wish.style, licence=wish.licence, owner=wish.owner, skipped=skipped
        )  # fmt: skip
        if not wish.more:
            studio.painter.remember_own()
    return added


def _words(file: DrawingFile) -> Words | None:
    if not file.shows:
        return None
    name = clean_text(file.shows, "the name").lower()[: own_library.LONGEST_NAME]
    return Words(name, tuple(dict.fromkeys(word.strip().lower() for word in file.keywords if word.strip())))


def _check(name: str, data: bytes) -> None:
    """Refuse what must not be opened. Raises UserError."""
    if not name.lower().endswith(own_library.SUFFIXES):
        raise UserError("only PNG, WebP and SVG are taken")
    if not name.lower().endswith(".svg"):
        uploads.opened(data, "it")
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UserError("an SVG must be UTF-8") from None
    if _POINTS_OUTSIDE.search(text):
        raise UserError("it points to something outside itself; drawings must hold all they show")


def _remove(studio: Studio, style: str, name: str | None) -> None:
    with _writing:
        own_library.remove(style, name)
        studio.painter.remember_own()


def _pixels(style: str, name: str) -> bytes | None:
    own = own_library.show(style)
    row = next((each for each in own.rows if each["name"] == name), None)
    return None if row is None else own.pixels()[row["offset"] : row["offset"] + row["length"]]


def _shown(own: OwnSet) -> OwnStyleView:
    rows: list[dict[str, Any]] = list(own.rows)
    drawings = [DrawingView(name=row["name"], words=list(row["words"])) for row in rows]
    return OwnStyleView(style=own.style, licence=own.licence, owner=own.owner, drawings=drawings)
