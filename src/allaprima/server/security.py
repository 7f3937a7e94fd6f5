"""Who may call: Host, Origin, key, and how much they may send. One ASGI layer before everything else.

* Host must be the server's own address or a name that was allowed: a page that rebinds its name to this machine
  is refused.
* Origin, where a browser sends one, must be the server itself or a site that was allowed; for others there is no CORS.
* A key is asked for on any address but a loopback one: as a bearer, as Basic's password, or by the session cookie
  that `/api/session` sets.
* A body may not be larger than the limit, whatever it declares.

Knows nothing of what is behind it.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from allaprima.server.keys import Keys

COOKIE = "allaprima_session"
SESSIONS = 1000
SESSION_S = 30 * 24 * 3600.0
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
# What anyone may see: the page asks for a key itself, and health tells nothing.
OPEN_PATHS = ("/healthz", "/api/session", "/api/openapi.json")
GUARDED = ("/api", "/v1", "/sdapi", "/internal", "/metrics")


@dataclass(frozen=True)
class Policy:
    """What is allowed. `hosts` without port; an empty tuple takes any, which only makes sense behind keys."""

    hosts: tuple[str, ...] = LOCAL_NAMES
    origins: tuple[str, ...] = ()
    needs_key: bool = False
    largest_body: int = 20_000_000


def is_loopback(host: str) -> bool:
    """Whether an address to bind can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def allowed_hosts(host: str, named: Iterable[str]) -> tuple[str, ...]:
    """The names under which a server bound to `host` may be called; empty (any) for one bound to all addresses
    for which none were named."""
    names = tuple(each.lower() for each in named)
    if is_loopback(host):
        return (*LOCAL_NAMES, *names)
    if host in ("0.0.0.0", "::", ""):
        return (*LOCAL_NAMES, *names) if names else ()
    return (f"[{host}]" if ":" in host else host.lower(), *LOCAL_NAMES, *names)


@dataclass
class Sessions:
    """Browsers that showed a key once; forgotten when the server stops."""

    _known: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)

    def open(self, key: str) -> str:
        """A new session for whoever showed this key."""
        name = secrets.token_urlsafe(32)
        self._known[name] = (key, time.monotonic() + SESSION_S)
        while len(self._known) > SESSIONS:
            self._known.popitem(last=False)
        return name

    def key(self, name: str) -> str | None:
        """The key that was shown; whether it still counts is for `Keys` to say."""
        key, until = self._known.get(name, ("", 0.0))
        return key if time.monotonic() < until else None

    def close(self, name: str) -> None:
        self._known.pop(name, None)


class Guard:
    """The ASGI layer. Puts the caller's name into `scope["owner"]`."""

    def __init__(self, app: ASGIApp, policy: Policy, keys: Keys, sessions: Sessions) -> None:
        self._app, self._policy, self._keys, self._sessions = app, policy, keys, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None and scope["type"] == "http":
            declared = headers.get("content-length", "0")
            if not declared.isdigit():
                refusal = (400, "Content-Length is not a number.")
            elif int(declared) > self._policy.largest_body:
                refusal = (413, self._too_large())
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
            return
        origin = headers.get("origin")
        allowed = origin if origin in self._policy.origins else None
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif allowed and scope["method"] == "OPTIONS":
            await _preflight(send, allowed)
        else:
            body = Body(self._policy.largest_body, receive, _with_cors(send, allowed) if allowed else send)
            try:
                await self._app(scope, body.receive, body.send)
            except BodyTooLarge:
                await body.refuse(scope, self._too_large())
                return
            if body.is_too_large:
                await body.refuse(scope, self._too_large())

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = _without_port(host)
        if self._policy.hosts and name not in self._policy.hosts:
            return 403, (
                f"This server is not called {name or 'nothing'!r}: call it by its own address, or allow the name "
                "with ALLAPRIMA_HOSTS."
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self._policy.origins and not _is_same(origin, host):
            return 403, f"Pages of {origin[:200]!r} may not call this server; ALLAPRIMA_ORIGINS allows a site."
        # A browser that sends no Origin still tells where a request comes from.
        if origin is None and headers.get("sec-fetch-site") == "cross-site" and _changes(scope):
            return 403, "Other sites' pages may not call this server."
        path = scope["path"]
        if not self._policy.needs_key:
            scope["owner"] = "local"
            return None
        owner = self._owner(headers)
        scope["owner"] = owner
        is_preflight = scope["type"] == "http" and scope["method"] == "OPTIONS"
        if owner is None and path.startswith(GUARDED) and path not in OPEN_PATHS and not is_preflight:
            return 401, "An API key is needed: Authorization: Bearer ap_... (allaprima keys add NAME makes one)."
        return None

    def _owner(self, headers: Headers) -> str | None:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._keys.owner(value.strip())
        if scheme.lower() == "basic":
            try:
                password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return None
            return self._keys.owner(password)
        key = self._sessions.key(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))
        return self._keys.owner(key) if key else None

    def _too_large(self) -> str:
        return f"The body is too large: at most {self._policy.largest_body / 1e6:g} MB are taken."


class BodyTooLarge(Exception):
    """A body went on beyond the limit."""


class Body:
    """A request's body, counted: one that declares no length or a wrong one is cut off and answered with 413,
    whatever the app behind makes of its broken end."""

    def __init__(self, largest: int, receive: Receive, send: Send) -> None:
        self._largest, self._receive, self._send = largest, receive, send
        self._seen = 0
        self._started = False

    @property
    def is_too_large(self) -> bool:
        return self._seen > self._largest

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self.is_too_large:
                raise BodyTooLarge
        return message

    async def send(self, message: Message) -> None:
        if self._started or not self.is_too_large:
            self._started = True
            await self._send(message)

    async def refuse(self, scope: Scope, text: str) -> None:
        if not self._started:
            self._started = True
            await _refuse(scope, self._receive, self._send, 413, text)


def error_body(message: str, **more: object) -> dict[str, object]:
    """The shape of every error under /api."""
    return {"error": {"message": message, **more}}


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, message: str) -> None:
    """Refuse in the shape of the API that was called."""
    path = scope["path"]
    if path.startswith("/v1"):
        kind = "authentication_error" if status == 401 else "invalid_request_error"
        code = "invalid_api_key" if status == 401 else None
        body = error_body(message, type=kind, param=None, code=code)
    elif path.startswith("/sdapi"):
        body = {"error": "HTTPException", "detail": message, "body": "", "errors": message}
    else:
        body = error_body(message)
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if scope["type"] == "websocket":
        if "websocket.http.response" in scope.get("extensions", {}):
            await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": data})
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": message[:120]})
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})


async def _preflight(send: Send, origin: str) -> None:
    headers = [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", b"GET, POST, PATCH, PUT, DELETE"),
        (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
        (b"access-control-max-age", b"600"),
        (b"vary", b"Origin"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _with_cors(send: Send, origin: str) -> Send:
    async def with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["access-control-allow-origin"] = origin
            headers.append("vary", "Origin")
        await send(message)

    return with_cors


def _changes(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")


def _without_port(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def _is_same(origin: str, host: str) -> bool:
    """Whether a page's origin is the very host, port included, that it calls."""
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.strip().lower()
    except ValueError:
        return False
