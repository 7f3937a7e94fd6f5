"""The creator's operations over HTTP: what there is, and each as a job. docs/operations.md says what they do.

Thin: what an operation takes is its table's to say, carrying it out the desk's and the studio's.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from allaprima.server.answers import ABSENT, FULL, WRONG
from allaprima.server.desk import Desk
from allaprima.server.native import JobView, take
from allaprima.studio import operations
from allaprima.studio.studio import Studio

router = APIRouter(prefix="/api", tags=["operations"])
LARGEST_PICTURE = 11_000_000  # characters of base64, 8 MB


class PictureRef(BaseModel):
    """A picture, in one of three ways: kept (`entry`), painted lately (`job` and `index`), or sent (`data`)."""

    model_config = ConfigDict(extra="forbid")

    entry: str | None = Field(None, max_length=100)
    job: str | None = Field(None, max_length=100)
    index: int | None = Field(None, ge=0, le=10_000)
    data: str | None = Field(None, max_length=LARGEST_PICTURE, description="PNG, WebP or JPEG in base64")

    @model_validator(mode="after")
    def _exactly_one(self) -> PictureRef:
        if sum(each is not None for each in (self.entry, self.job, self.data)) != 1:
            raise ValueError("a picture is named by exactly one of entry, job (with index) and data")
        return self


class OperationWish(BaseModel):
    """What an operation begins with, and its arguments by their names in the table."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[PictureRef] = Field(min_length=1, max_length=5)
    arguments: dict[str, Any] = Field(default_factory=dict)


class ArgumentView(BaseModel):
    """One argument of an operation."""

    name: str
    kind: str
    help: str
    default: Any
    low: float | None
    high: float | None
    choices: list[str]


class OperationView(BaseModel):
    """One operation: what it does, how many pictures it begins with, and what may be asked for."""

    name: str
    help: str
    pictures: list[int] = Field(min_length=2, max_length=2, description="at least, and at most")
    arguments: list[ArgumentView]


class Described(BaseModel):
    """Prompts for a picture, and what is to be known about them."""

    prompts: list[str]
    notes: list[str]


class ShortenWish(BaseModel):
    """A prompt whose words are to be weighed."""

    prompt: str = Field(min_length=1, max_length=2000)


class WordView(BaseModel):
    """A word as it stands in the prompt, and its influence from 0 to 1."""

    word: str
    influence: float


class ShortenedView(BaseModel):
    """Each word's influence, and shorter prompts, the longest first."""

    words: list[WordView]
    prompts: list[str]
    notes: list[str]


@router.get("/operations", responses=WRONG)
async def list_operations() -> list[OperationView]:
    """Every operation that `POST /api/operations/{name}` knows."""
    return [
        OperationView(
            name=each.name,
            help=each.help,
            pictures=list(each.parents),
            arguments=[
                ArgumentView(
                    name=argument.name, kind=argument.kind, help=argument.help, default=argument.default,
                    low=_finite(argument.low), high=_finite(argument.high), choices=list(argument.choices),
                )
                for argument in each.arguments
            ],
        )
        for each in operations.TABLE.values()
    ]  # fmt: skip


@router.post("/operations/{name}", status_code=202, responses=WRONG | FULL | ABSENT)
async def operate(
    name: str,
    wish: OperationWish,
    request: Request,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> JobView:
    """Queue an operation on pictures: a job like any other."""
    if name not in operations.TABLE:
        raise HTTPException(404, f"No operation is called {name[:40]!r}: there are {', '.join(operations.TABLE)}.")
    return await take(request, name, wish.model_dump(exclude_none=True), idempotency_key)


@router.post("/describe", responses=WRONG | ABSENT)
async def describe(ref: PictureRef, request: Request) -> Described:
    """Prompts for a picture."""
    studio: Studio = request.app.state.studio
    (picture,) = await _pictures(request, ref)
    found = await studio.in_thread(operations.describe, studio.painter.library, picture.pixels)
    return Described(prompts=list(found.prompts), notes=list(found.notes))


@router.post("/shorten", responses=WRONG)
async def shorten(wish: ShortenWish, request: Request) -> ShortenedView:
    """What each word of a prompt does, and what could be left out."""
    studio: Studio = request.app.state.studio
    found = await studio.in_thread(operations.shorten, studio.painter, wish.prompt)
    words = [WordView(word=each.word, influence=each.influence) for each in found.words]
    return ShortenedView(words=words, prompts=list(found.prompts), notes=list(found.notes))


@router.post(
    "/vector",
    responses=WRONG | ABSENT | {200: {"content": {"image/svg+xml": {}}, "description": "An SVG."}},
    response_class=Response,
)
async def vector(ref: PictureRef, request: Request, force: bool = False) -> Response:
    """A flat picture traced as an SVG; `force` traces a shaded one, too."""
    (picture,) = await _pictures(request, ref)
    svg = await request.app.state.studio.in_thread(lambda: operations.vector(picture, force=force))
    headers = {"content-disposition": 'attachment; filename="alla-prima.svg"'}
    return Response(svg, media_type="image/svg+xml", headers=headers)


async def _pictures(request: Request, ref: PictureRef) -> list[Any]:
    desk: Desk = request.app.state.desk
    return list(await desk.pictures([ref.model_dump(exclude_none=True)], request.scope["owner"]))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
