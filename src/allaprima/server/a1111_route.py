"""A route whose errors A1111's clients can read, and the errors that every such route may answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from allaprima.errors import UserError
from allaprima.server.a1111_shapes import error_response
from allaprima.studio.jobs import QueueFull


class Failure(BaseModel):
    """The shape of every error."""

    error: str
    detail: str
    body: str
    errors: str


class Route(APIRoute):
    """A route whose errors have A1111's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
                return error_response(422, f"{where}: {first['msg']}.")
            except QueueFull as error:
                request.app.state.metrics.refused.inc()
                response = error_response(429, str(error))
                response.headers["retry-after"] = str(max(round(error.retry_after), 1))
                return response
            except UserError as error:
                return error_response(422, str(error))
            except HTTPException as error:
                if isinstance(error.__cause__, UnicodeDecodeError):  # FastAPI's own answer to a body that is no text
                    return error_response(422, "The body must be JSON in UTF-8.")
                return error_response(error.status_code, str(error.detail))

        return answered


WRONG: dict[int | str, dict[str, Any]] = {
    401: {"model": Failure, "description": "A key is needed: any user name, the key as password."},
    403: {"model": Failure, "description": "Wrong Host or Origin."},
    404: {"model": Failure, "description": "There is no such sampler."},
    413: {"model": Failure, "description": "The body is too large."},
    422: {"model": Failure, "description": "The words or values are wrong."},
    429: {"model": Failure, "description": "The queue is full; Retry-After says when to come back."},
}
