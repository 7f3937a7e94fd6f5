"""Pictures behind addresses that cannot be guessed and that end after a while.

For clients that read an address where others read base64: whoever has the address may fetch, as with any such link,
so it lies outside what keys guard. In memory, bounded in number of bytes. Knows nothing of what is handed out.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

PATH = "/handed-out"
LIFE_S = 3600.0
MOST_BYTES = 200_000_000

router = APIRouter()


@dataclass(frozen=True)
class Link:
    """A file for somebody to fetch until `until`, in seconds of the store's clock."""

    data: bytes
    media_type: str
    until: float


class Links:
    """The files that can be fetched now; the oldest go first when there are too many bytes."""

    def __init__(self, *, most: int = MOST_BYTES, life: float = LIFE_S, clock: Callable[[], float] = time.monotonic):
        self._most, self._life, self._clock = most, life, clock
        self._links: OrderedDict[str, Link] = OrderedDict()
        self._bytes = 0

    def put(self, data: bytes, media_type: str) -> str:
        """Keep a file; its path on this server."""
        token = secrets.token_urlsafe(24)
        self._links[token] = Link(data, media_type, self._clock() + self._life)
        self._bytes += len(data)
        while self._links and (self._bytes > self._most or self._first().until <= self._clock()):
            self._bytes -= len(self._links.popitem(last=False)[1].data)
        return f"{PATH}/{token}.{media_type.partition('/')[2]}"

    def get(self, name: str) -> Link | None:
        """The file of that name; None when there is none, or not any more."""
        found = self._links.get(name.partition(".")[0])
        return found if found is not None and found.until > self._clock() else None

    def _first(self) -> Link:
        return next(iter(self._links.values()))


def links_of(request: Request) -> Links:
    """The app's one store."""
    state = request.app.state
    if not hasattr(state, "links"):
        state.links = Links()
    found: Links = state.links
    return found


def absolute(request: Request, path: str) -> str:
    """The address under which the caller, who may stand behind a proxy, can fetch a path of this server."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme).partition(",")[0].strip()
    host = request.headers.get("x-forwarded-host", request.headers.get("host", "")).partition(",")[0].strip()
    if scheme not in ("http", "https") or not _is_host(host):
        scheme, host = request.url.scheme, request.url.netloc
    return f"{scheme}://{host}{path}"


def _is_host(host: str) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        return bool(parts.hostname) and parts.netloc == host and "@" not in host and (parts.port or 1) > 0
    except ValueError:
        return False


@router.get(f"{PATH}/{{name}}", include_in_schema=False)
async def fetch(name: str, request: Request) -> Response:
    """A file that was handed out as an address."""
    link = links_of(request).get(name)
    if link is None:
        raise HTTPException(404, "There is no such picture, or not any more: addresses end after an hour.")
    headers = {"cache-control": "private, max-age=3600", "cross-origin-resource-policy": "cross-origin"}
    return Response(link.data, media_type=link.media_type, headers=headers)
