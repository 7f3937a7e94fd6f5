"""What answers under /api have in common: the shape of errors, and pictures as files in the format asked for."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from allaprima.studio.encoding import FORMATS, converted

Format = Literal["png", "webp", "jpeg"]
PICTURE_TYPES = tuple(media_type for _, media_type in FORMATS.values())


class Mistake(BaseModel):
    """What is wrong; for a prompt also where, and what to write instead."""

    message: str
    kind: str | None = None
    position: int | None = None
    suggestion: str | None = None


class Failure(BaseModel):
    """The shape of every error."""

    error: Mistake


Responses = dict[int | str, dict[str, Any]]
WRONG: Responses = {
    401: {"model": Failure, "description": "A key is needed."},
    403: {"model": Failure, "description": "Wrong Host or Origin."},
    413: {"model": Failure, "description": "The body is too large."},
    422: {"model": Failure, "description": "The words or values are wrong."},
}
ABSENT: Responses = {404: {"model": Failure, "description": "There is none of that id."}}
FULL: Responses = {429: {"model": Failure, "description": "The queue is full; Retry-After says when to come back."}}


async def picture_answer(request: Request, png: bytes, format: Format, *, name: str | None = None) -> Response:
    """A kept file as it is or in another format, its recipe inside; with `name`, to be saved under it."""
    data = png if format == "png" else await request.app.state.studio.in_thread(converted, png, format)
    headers = {"cache-control": "private, max-age=86400, immutable"}
    if name is not None:
        headers["content-disposition"] = f'attachment; filename="{name}.{format}"'
    return Response(data, media_type=FORMATS[format][1], headers=headers)
