"""The page at /, a folder of built files, and the model's files beside it for a page that paints by itself.

Its headers let WebAssembly use threads, and keep strangers out. Knows nothing of what the page does.
"""

from __future__ import annotations

import functools
import gzip
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IN_PACKAGE = Path(__file__).parent / "static"
IN_REPOSITORY = Path(__file__).parents[3] / "web" / "dist"
HEADERS = {
    # The two that make a page "cross-origin isolated", without which there is no SharedArrayBuffer.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
        "img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self' blob: data:; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
}
MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Alla Prima</title>
<body style="font: 1rem/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>The server runs; its page is not built</h1>
<p>Build it with Node 20 or newer: <code>cd web &amp;&amp; npm ci &amp;&amp; npm run build</code>, then reload.</p>
<p>The API works without it: <a href="/api/openapi.json">its description</a>, <a href="/api/status">its status</a>.</p>
"""


def folder() -> Path | None:
    """Where the built page is: in the repository if built there, else in the package; None where it is not."""
    for each in (IN_REPOSITORY, IN_PACKAGE):
        if (each / "index.html").is_file():
            return each
    return None


def mount(app: FastAPI) -> None:
    """Serve the page at / of an app whose other routes are all there already."""

    @app.get("/bundle/index", include_in_schema=False)
    def sizes() -> dict[str, int]:
        """How many bytes of the model's files and of the page's WebAssembly go over the line, each, so that a page can
        say so before it asks."""
        studio = app.state.studio
        found = {name: studio.bundle_file(name) for name in studio.painter.bundle.info["files"]}
        built = folder()
        found |= {path.name: path for path in (built / "assets").glob("*.wasm")} if built else {}
        return {name: _size(path) for name, path in found.items()}

    @app.get("/bundle/{name}", include_in_schema=False)
    def bundle(name: str, request: Request) -> Response:
        """The model's files, for a page that paints by itself."""
        path = app.state.studio.bundle_file(name)
        if path is None:
            raise HTTPException(404, "The model has no such file.")
        return _sent(path, request)

    @app.get("/assets/{name}.wasm", include_in_schema=False)
    def runtime(name: str, request: Request) -> Response:
        """The page's WebAssembly, packed to a third."""
        built = folder()
        path = None if built is None else built / "assets" / f"{name}.wasm"
        if path is None or not path.is_file():
            raise HTTPException(404, "The page has no such file.")
        return _sent(path, request)

    found = folder()
    if found is not None:
        app.mount("/", StaticFiles(directory=found, html=True), name="page")
        return

    @app.get("/", include_in_schema=False)
    async def missing() -> HTMLResponse:
        return HTMLResponse(MISSING)


def _packs(name: str) -> bool:
    """Whether a file becomes much smaller packed; weights and drawings do not."""
    return name.endswith((".json", ".wasm"))


def _packed(path: Path) -> bytes:
    return _packed_at(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _packed_at(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


def _size(path: Path) -> int:
    return len(_packed(path)) if _packs(path.name) else path.stat().st_size


def _sent(path: Path, request: Request) -> Response:
    """A file, packed where that helps and is understood."""
    if not _packs(path.name) or "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path)
    kind = "application/wasm" if path.suffix == ".wasm" else "application/json"
    return Response(_packed(path), media_type=kind, headers={"content-encoding": "gzip", "vary": "accept-encoding"})


class PageHeaders:
    """Adds the headers above to every answer that has not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Built files carry a hash in their names; everything else is asked for anew.
                if scope["path"].startswith("/assets/") and message["status"] == 200:
                    headers["cache-control"] = "public, max-age=31536000, immutable"
                else:
                    headers.setdefault("cache-control", "no-cache")
            await send(message)

        await self._app(scope, receive, with_headers)
