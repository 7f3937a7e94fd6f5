"""The app: everything the server answers, put together.

    app = create_app(lambda: Painter(), Configuration())

`app.state.studio` is the door to painting for every router (see `allaprima.studio.studio.Studio`), `app.state.desk`
takes jobs that are to be kept, `app.state.gallery` is the kept pictures or None, `app.state.metrics` the numbers. The
painter is opened when the app starts, off the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import allaprima
from allaprima.errors import UserError
from allaprima.gallery.gallery import Gallery
from allaprima.gallery.records import NotFoundError
from allaprima.prompt import PromptMistake
from allaprima.server import drawings, kept, live, log, native, operating, page, parsing, session
from allaprima.server.desk import Desk
from allaprima.server.keys import Keys
from allaprima.server.metrics import CONTENT_TYPE, Metrics
from allaprima.server.security import Guard, Policy, Sessions, error_body
from allaprima.studio import batching
from allaprima.studio.configuration import number
from allaprima.studio.courtesy import courteously
from allaprima.studio.jobs import QueueFull
from allaprima.studio.studio import Painter, Studio

# Other people's APIs, each a module with a `router`; mounted where they are.
COMPATIBLE = ("allaprima.server.openai_api", "allaprima.server.a1111_api")


@dataclass(frozen=True)
class Configuration:
    """What an app needs to know before it starts."""

    home: Path
    policy: Policy = field(default_factory=Policy)
    queue_size: int = 128
    per_owner: int = 64
    batch: int = 0
    gallery: str = ""  # a database's URL; empty takes SQLite in `home`
    store: str = ""  # a folder or fsspec URL; empty takes a folder in `home`
    keep: bool = True  # whether there is a gallery at all


def create_app(open_painter: Callable[[], Painter], configuration: Configuration) -> FastAPI:
    """The ASGI app. `open_painter` is called in a thread when the app starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        painter = await asyncio.to_thread(courteously, open_painter)
        found = batching.Batching(configuration.batch, {})
        if found.size < 1:
            found = await asyncio.to_thread(courteously, lambda: batching.measure(painter))
            log.event("batching", size=found.size, ms={n: round(ms, 1) for n, ms in found.measured_ms.items()})
        app.state.batching = found
        gallery = await asyncio.to_thread(_open_gallery, configuration) if configuration.keep else None
        studio = Studio(
            painter, batch=found.size, queue_size=configuration.queue_size, per_owner=configuration.per_owner
        )  # fmt: skip
        app.state.studio, app.state.gallery = studio, gallery
        app.state.desk = Desk(studio, gallery, app.state.metrics)
        restored = await app.state.desk.restore()
        if restored:
            log.event("taken up again", jobs=restored)
        # FastAPI builds each route when it is first looked at, which holds the loop for a tenth of a second and more.
        await asyncio.to_thread(app.openapi)
        watches = [
            asyncio.create_task(app.state.metrics.watch()),
            asyncio.create_task(app.state.desk.watch(number("take_over"))),
        ]
        try:
            yield
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.wait(watches)
            await studio.close()
            if gallery is not None:
                await asyncio.to_thread(gallery.close)

    app = FastAPI(
        title="Alla Prima", version=allaprima.__version__, lifespan=lifespan,
        summary="Text to image while you type", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    app.state.metrics = Metrics()
    app.state.gallery = None
    app.state.configuration = configuration
    app.state.sessions = Sessions()
    app.state.keys = Keys(configuration.home / "keys.json")
    app.include_router(native.router)
    app.include_router(parsing.router)
    app.include_router(operating.router)
    app.include_router(kept.router)
    app.include_router(drawings.router)
    app.include_router(session.router)
    app.include_router(live.router)
    for module in COMPATIBLE:
        if importlib.util.find_spec(module) is not None:
            app.include_router(importlib.import_module(module).router)
    _add_watching(app)
    _add_errors(app)
    page.mount(app)
    app.add_middleware(page.PageHeaders)
    app.add_middleware(Guard, policy=configuration.policy, keys=app.state.keys, sessions=app.state.sessions)
    app.add_middleware(Observed, metrics=app.state.metrics)
    return app


def _open_gallery(configuration: Configuration) -> Gallery:
    configuration.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = configuration.gallery or str(configuration.home / "gallery.db")
    return Gallery.open(url, configuration.store or str(configuration.home / "pictures"))


def _add_watching(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        """Whether painting is possible."""
        alive = getattr(app.state, "studio", None) is not None and app.state.studio.scheduler.is_alive
        return PlainTextResponse("ok\n" if alive else "not painting\n", 200 if alive else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """For Prometheus."""
        return Response(app.state.metrics.exposition(app.state.studio), media_type=CONTENT_TYPE)


def _add_errors(app: FastAPI) -> None:
    """Errors under /api in one shape; the compatible APIs have their own, by their path."""

    @app.exception_handler(UserError)
    async def user_error(request: Request, error: UserError) -> Response:
        return answer(request, 422, str(error), mistake_of(error))

    @app.exception_handler(NotFoundError)
    async def not_found(request: Request, error: NotFoundError) -> Response:
        return answer(request, 404, str(error), {})

    @app.exception_handler(QueueFull)
    async def queue_full(request: Request, error: QueueFull) -> Response:
        app.state.metrics.refused.inc()
        response = answer(request, 429, str(error), {})
        response.headers["retry-after"] = str(max(round(error.retry_after), 1))
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        return answer(request, 422, f"{where}: {first['msg']}.", {"kind": "invalid"})

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, UnicodeDecodeError):  # FastAPI's own answer to a body that is no text
            response = answer(request, 422, "The body must be JSON in UTF-8.", {"kind": "invalid"})
        else:
            response = answer(request, error.status_code, str(error.detail), {})
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def ours(request: Request, error: Exception) -> Response:
        return answer(request, 500, "A mistake of ours; the server's log tells more.", {})


def mistake_of(error: Exception) -> dict[str, Any]:
    """What a prompt's mistake tells beyond its message."""
    if isinstance(error, PromptMistake):
        return {"kind": error.kind, "position": error.position, "suggestion": error.suggestion}
    return {"kind": "invalid"}


def answer(request: Request, status: int, message: str, more: dict[str, Any]) -> Response:
    """An error in the shape of the API that was called: a compatible API's module may bring `error_response`."""
    for module in COMPATIBLE:
        loaded = importlib.import_module(module) if importlib.util.find_spec(module) is not None else None
        prefixes = getattr(loaded, "PREFIXES", ())
        if loaded is not None and prefixes and request.url.path.startswith(tuple(prefixes)):
            made = loaded.error_response(status, message, more)
            assert isinstance(made, Response)
            return made
    return JSONResponse(error_body(message, **more), status)


class Observed:
    """Counts and times every HTTP request, by the route's pattern, and logs it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.request_seconds.labels(route).observe(time.perf_counter() - start)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(route, str(status)).inc()
            if route not in ("/healthz", "/metrics"):
                ms = round((time.perf_counter() - start) * 1000.0, 1)
                log.event("request", method=scope["method"], route=route, status=status, ms=ms)
