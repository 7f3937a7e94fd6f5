"""The live WebSocket: words in, pictures out, the newest wins. docs/live-protocol.md says what is said.

A connection is one lane of the scheduler. What waits to be sent is bounded: frames of stale ids are dropped, and of
the newest id only a few previews wait. Knows nothing of painting.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import struct
import time
from collections import deque
from typing import Annotated, Any, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import allaprima
from allaprima.errors import AllaPrimaError, UserError
from allaprima.prompt import PromptMistake
from allaprima.server import log
from allaprima.server.metrics import Metrics
from allaprima.studio import encoding
from allaprima.studio.configuration import number
from allaprima.studio.live import LiveEvent, LiveFailed, LivePicture, LiveStep, LiveStopped
from allaprima.studio.studio import Options, Studio

PROTOCOL = 1
DRAFT_STEPS = 2
LONGEST_MESSAGE = 64 * 1024
LONGEST_PROMPT = 2000
UNREAD = 8  # previews that wait for a slow reader
HEADER = struct.Struct("<IHHHHB3x")  # id, index, count, width, height, kind
PREVIEW, PICTURE = 0, 1

router = APIRouter()
_lanes = itertools.count(1)


class Paint(BaseModel):
    """A client's wish."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    type: Literal["paint"]
    id: int = Field(ge=1, le=2**32 - 1)
    prompt: str
    seed: int = Field(0, ge=0, le=2**32 - 1)
    steps: Annotated[int, Field(ge=1)] | Literal["auto"] = DRAFT_STEPS  # auto: as many as the words need
    memory: float | None = Field(None, ge=0.0, le=1.0)
    guidance: float | None = Field(None, ge=0.0, le=30.0)
    final: bool = False


Outgoing = str | bytes


class Outbox:
    """What waits to be sent. Each entry is sent as a whole, so that a frame follows its announcement."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, str, tuple[Outgoing, ...]]] = deque()
        self._filled = asyncio.Event()

    def put(self, id: int, kind: str, *messages: Outgoing) -> None:
        """Add an entry; of previews that nobody has read yet, only the latest few are kept."""
        if kind == "step":
            unread = [each for each in self._waiting if each[1] == "step"]
            if len(unread) >= UNREAD:
                self._waiting.remove(unread[0])
        self._waiting.append((id, kind, messages))
        self._filled.set()

    def drop_before(self, id: int) -> None:
        """Frames of ids older than this are not worth sending any more."""
        self._waiting = deque(each for each in self._waiting if each[0] >= id or each[1] not in ("step", "picture"))

    async def take(self) -> tuple[Outgoing, ...]:
        """The next entry."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()[2]


class Connection:
    """One client: its lane, its newest id, and what is on the way to it."""

    def __init__(self, socket: WebSocket, studio: Studio, metrics: Metrics) -> None:
        self._socket, self._studio, self._metrics = socket, studio, metrics
        self._lane = f"live-{next(_lanes)}"
        self._outbox = Outbox()
        self._newest = self._shown = 0
        self._asked = 0.0
        self._encoding: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Until the client leaves."""
        self._say(0, self._hello())
        sender = asyncio.create_task(self._send())
        try:
            while True:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                try:
                    said = json.loads(message.get("text") or "")
                    if not isinstance(said, dict):
                        raise ValueError
                except (ValueError, RecursionError):
                    await self._socket.close(1003, "Messages are JSON objects, as text.")
                    return
                self._hear(said)
        finally:
            self._studio.scheduler.leave(self._lane)
            for task in (sender, *self._encoding):
                task.cancel()

    def _hear(self, said: dict[str, Any]) -> None:
        match said.get("type"):
            case "paint":
                self._paint(said)
            case "cancel":
                self._studio.scheduler.stop_live(self._lane)
            case "ping":
                self._say(self._newest, {**said, "type": "pong"})
            case other:
                self._fail(None, f"No message is of type {str(other)[:40]!r}: use paint, cancel or ping.")

    def _paint(self, said: dict[str, Any]) -> None:
        try:
            wish = Paint.model_validate(said)
        except ValidationError as error:
            id = said.get("id")
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            self._fail(id if isinstance(id, int) else None, f"{where}: {first['msg']}.")
            return
        if wish.id <= self._newest:
            self._fail(wish.id, f"The id must be greater than {self._newest}, the newest so far.")
            return
        most = int(number("live_steps"))
        self._newest, self._asked = wish.id, time.perf_counter()
        self._outbox.drop_before(wish.id)
        self._metrics.live_asked.inc()
        steps = "auto" if wish.steps == "auto" else min(wish.steps, most)
        options = Options(steps=steps, memory=wish.memory, guidance_scale=wish.guidance)
        self._say(wish.id, {"type": "accepted", "id": wish.id})
        try:
            self._studio.live(
                self._lane, wish.id, wish.prompt, options, seed=wish.seed, final=wish.final, emit=self._receive
            )
        except AllaPrimaError as error:
            self._studio.scheduler.stop_live(self._lane)
            self._metrics.live_ended.labels("error").inc()
            self._fail(wish.id, str(error), error)

    def _receive(self, event: LiveEvent) -> None:
        """News from the painting thread, on the loop."""
        if event.id < self._newest:
            # It was under way when the newer wish came; each id still gets its end.
            if isinstance(event, LivePicture):
                event = LiveStopped(event.id, "superseded", event.steps)
            elif isinstance(event, LiveFailed):
                event = LiveStopped(event.id, "superseded", 0)
        match event:
            case LiveStep():
                # A step of an older id can only be one that was due to a typist too fast for the painter, or one
                # that was under way: worth showing, as long as nothing newer has been shown.
                if event.id >= self._shown:
                    self._shown = event.id
                    if event.index == 0 and event.id == self._newest:
                        self._metrics.live_preview.observe(time.perf_counter() - self._asked)
                    height, width = event.preview.shape[:2]
                    header = HEADER.pack(event.id, event.index, event.count, width, height, PREVIEW)
                    said = {
                        "type": "step", "id": event.id, "index": event.index, "count": event.count,
                        "t": round(event.t, 4), "ms": round(event.ms, 1),
                    }  # fmt: skip
                    self._outbox.put(event.id, "step", json.dumps(said), header + event.preview.tobytes())
            case LivePicture():
                task = asyncio.create_task(self._picture(event))
                self._encoding.add(task)
                task.add_done_callback(self._encoding.discard)
            case LiveStopped():
                self._stopped(event)
            case LiveFailed():
                self._metrics.live_ended.labels("error").inc()
                if isinstance(event.error, UserError):
                    self._fail(event.id, str(event.error), event.error)
                else:
                    log.event("live picture failed", error=repr(event.error))
                    self._fail(event.id, "The picture could not be painted: a mistake of ours.")

    async def _picture(self, event: LivePicture) -> None:
        start = time.perf_counter()
        picture = event.picture
        webp = await self._studio.in_thread(lambda: encoding.live_webp(picture, final=event.final))
        encoded_ms = (time.perf_counter() - start) * 1000.0
        if event.id < self._newest:
            self._stopped(LiveStopped(event.id, "superseded", event.steps))
            return
        header = HEADER.pack(event.id, event.index, event.count, picture.width, picture.height, PICTURE)
        said = {
            "type": "picture", "id": event.id, "index": event.index, "count": event.count,
            "width": picture.width, "height": picture.height, "ms": round(event.ms + encoded_ms, 1),
        }  # fmt: skip
        timing = {key: picture.timing_ms[key] for key in ("text", "denoise", "decode")}
        timing |= {"wait": event.wait_ms, "encode": encoded_ms, "total": event.ms + encoded_ms}
        done = {
            "type": "done", "id": event.id, "recipe": picture.recipe,
            "timing_ms": {key: round(value, 2) for key, value in timing.items()},
            "steps": event.steps, "notes": event.notes,
        }  # fmt: skip
        self._shown = event.id
        self._outbox.put(event.id, "picture", json.dumps(said), header + webp)
        self._say(event.id, done)
        self._metrics.live_ended.labels("done").inc()
        self._metrics.live_picture.observe(time.perf_counter() - self._asked)

    def _stopped(self, event: LiveStopped) -> None:
        self._metrics.live_ended.labels(event.reason).inc()
        self._metrics.live_late.inc(event.late)
        said = {"type": "stopped", "id": event.id, "reason": event.reason, "steps": event.steps, "late": event.late}
        self._say(event.id, said)

    def _fail(self, id: int | None, message: str, error: Exception | None = None) -> None:
        said: dict[str, Any] = {"type": "error", "id": id, "message": message}
        if isinstance(error, PromptMistake):
            said |= {"kind": error.kind, "position": error.position, "suggestion": error.suggestion}
        self._say(id or 0, said)

    def _say(self, id: int, said: dict[str, Any]) -> None:
        self._outbox.put(id, str(said["type"]), json.dumps(said, ensure_ascii=False))

    def _hello(self) -> dict[str, Any]:
        studio = self._studio
        return {
            "type": "hello", "protocol": PROTOCOL, "version": allaprima.__version__,
            "model": {key: studio.model[key] for key in ("name", "sha256")},
            "preview": list(studio.preview_size), "picture": list(studio.picture_size),
            "steps": {"draft": DRAFT_STEPS, "final": studio.default_steps},
            "limits": {"steps": int(number("live_steps")), "prompt": LONGEST_PROMPT},
        }  # fmt: skip

    async def _send(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            while True:
                for message in await self._outbox.take():
                    if isinstance(message, bytes):
                        await self._socket.send_bytes(message)
                    else:
                        await self._socket.send_text(message)


@router.websocket("/api/live")
async def live(socket: WebSocket) -> None:
    """One typist."""
    state = socket.app.state
    await socket.accept()
    if state.metrics.connections >= int(number("connections")):
        await socket.close(4429, "Too many connections; try again later.")
        return
    state.metrics.connections += 1
    try:
        with contextlib.suppress(WebSocketDisconnect):
            await Connection(socket, state.studio, state.metrics).serve()
    finally:
        state.metrics.connections -= 1
