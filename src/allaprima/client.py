"""A small client of the live protocol (docs/live-protocol.md).

    async with LiveClient("http://127.0.0.1:7860") as live:
        async for event in live.paint("a red fox in the snow", steps=4):
            if isinstance(event, Picture):
                open("fox.webp", "wb").write(event.webp)

A new `paint` supersedes the one before, whose iterator then ends with `Stopped`. Needs websockets (with
`allaprima[serve]`). Knows nothing of painting; the server may be anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from allaprima.errors import AllaPrimaError, UserError

HEADER = struct.Struct("<IHHHHB3x")
LARGEST_FRAME = 64 * 1024 * 1024
REMEMBERED = 1000


@dataclass(frozen=True)
class Preview:
    """A step's preview: raw RGB, 3 * width * height bytes. `at` is the loop's time of arrival."""

    id: int
    index: int
    count: int
    width: int
    height: int
    rgb: bytes
    at: float


@dataclass(frozen=True)
class Picture:
    """The picture, as a WebP file."""

    id: int
    index: int
    count: int
    width: int
    height: int
    webp: bytes
    at: float


@dataclass(frozen=True)
class Done:
    """The picture is complete."""

    id: int
    recipe: dict[str, Any]
    timing_ms: dict[str, float]
    steps: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Stopped:
    """The picture was given up after `steps` steps, `late` of which came after a newer wish: `superseded` or
    `cancelled`. `at` is the loop's time of arrival."""

    id: int
    reason: str
    steps: int
    late: int
    at: float


@dataclass(frozen=True)
class Refused:
    """The picture cannot be painted; `position` is the place of a prompt's mistake."""

    id: int | None
    message: str
    position: int | None = None


Event = Preview | Picture | Done | Stopped | Refused


class LiveClient:
    """One connection. Open it with `async with`."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        """`url`: the server's, as http://127.0.0.1:7860. `key`: an API key where one is asked for."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.netloc:
            raise UserError(f"{url!r} is no server's address: write it as http://127.0.0.1:7860.")
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        self._url = f"{scheme}://{parts.netloc}/api/live"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news: dict[int, asyncio.Queue[Event]] = {}
        self._id = 0
        self._hello: asyncio.Future[dict[str, Any]] | None = None
        self._pong: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._socket = await connect(
                self._url, additional_headers=self._headers, max_size=LARGEST_FRAME, compression=None, proxy=None
            )
        except Exception as error:  # refused, not there, or no such protocol: the library has a class for each
            raise AllaPrimaError(f"Cannot open {self._url}: {error}. Is `allaprima serve` running there?") from error
        self._hello = loop.create_future()
        self._reader = asyncio.create_task(self._read(self._socket))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    async def hello(self) -> dict[str, Any]:
        """What the server said of itself."""
        assert self._hello is not None
        return await asyncio.shield(self._hello)

    async def send(self, prompt: str, **options: Any) -> int:
        """Ask for a picture and return its id at once; `events` has its news. Supersedes whatever came before."""
        self._id += 1
        self._news[self._id] = asyncio.Queue()
        while len(self._news) > REMEMBERED:  # news of pictures that nobody asked after
            self._news.pop(next(iter(self._news)))
        wish = {"type": "paint", "id": self._id, "prompt": prompt, **options}
        await self._socket_or_raise().send(json.dumps(wish))
        return self._id

    async def events(self, id: int) -> AsyncIterator[Event]:
        """The events of a picture, up to `Done`, `Stopped` or `Refused`."""
        queue = self._news[id]
        try:
            while True:
                event = await queue.get()
                yield event
                if isinstance(event, Done | Stopped | Refused):
                    return
        finally:
            self._news.pop(id, None)

    async def paint(self, prompt: str, **options: Any) -> AsyncIterator[Event]:
        """Ask for a picture and follow it. Options: seed, steps, memory, guidance, final."""
        async for event in self.events(await self.send(prompt, **options)):
            yield event

    async def cancel(self) -> None:
        """Stop what is being painted."""
        await self._socket_or_raise().send('{"type": "cancel"}')

    async def ping(self) -> float:
        """Seconds of a round trip."""
        loop = asyncio.get_running_loop()
        start, self._pong = loop.time(), loop.create_future()
        await self._socket_or_raise().send('{"type": "ping"}')
        await self._pong
        return loop.time() - start

    def _socket_or_raise(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("open the client first: async with LiveClient(...) as live")
        return self._socket

    async def _read(self, socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        gone = "The connection was closed."
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    self._take(self._framed(message, loop.time()))
                else:
                    self._said(json.loads(message))
        except ConnectionClosed as closed:
            gone = f"The connection was closed: {closed}."
        for id, queue in self._news.items():
            queue.put_nowait(Refused(id, gone))
        if self._hello is not None and not self._hello.done():
            self._hello.set_exception(AllaPrimaError(gone))
            self._hello.exception()  # whoever asks still gets it; nobody asking is no mistake

    def _said(self, said: dict[str, Any]) -> None:
        match said["type"]:
            case "hello":
                if self._hello is not None and not self._hello.done():
                    self._hello.set_result(said)
            case "pong":
                if self._pong is not None and not self._pong.done():
                    self._pong.set_result(None)
            case "done":
                notes = tuple(said["notes"])
                self._take(Done(said["id"], said["recipe"], said["timing_ms"], said["steps"], notes))
            case "stopped":
                self._take(Stopped(said["id"], said["reason"], said["steps"], said.get("late", 0), self._now()))
            case "error":
                self._take(Refused(said["id"], said["message"], said.get("position")))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _take(self, event: Event) -> None:
        queue = self._news.get(event.id) if event.id is not None else None
        if queue is not None:
            queue.put_nowait(event)

    @staticmethod
    def _framed(message: bytes, at: float) -> Event:
        id, index, count, width, height, kind = HEADER.unpack_from(message)
        payload = message[HEADER.size :]
        made = Preview if kind == 0 else Picture
        return made(id, index, count, width, height, payload, at)
