"""The live WebSocket against a real server: docs/live-protocol.md, sentence by sentence."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("websockets", reason="needs allaprima[serve]")

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from allaprima.client import Done, LiveClient, Picture, Preview, Refused, Stopped
from allaprima.errors import AllaPrimaError
from holding import PATIENCE_S
from server_running import running

FOX = "a red fox in the snow"


@pytest.fixture(scope="module")
def server(painter, tmp_path_factory):
    with running(painter, tmp_path_factory.mktemp("live"), keep=False) as server:
        yield server


def test_a_picture_comes_step_by_step(server, painter) -> None:
    async def paint():
        async with LiveClient(server.url) as live:
            hello = await live.hello()
            assert hello["protocol"] == 1
            assert hello["model"]["sha256"] == painter.bundle.sha256
            assert hello["preview"] == [16, 16] and hello["picture"] == [256, 256]
            return [event async for event in live.paint(FOX, steps=4, seed=7, final=True)]

    events = asyncio.run(paint())
    assert [type(e) for e in events] == [Preview] * 4 + [Picture, Done]
    assert [(e.index, e.count, e.width, e.height, len(e.rgb)) for e in events[:4]] == [
        (index, 4, 16, 16, 3 * 16 * 16) for index in range(4)
    ]
    picture = Image.open(io.BytesIO(events[4].webp))
    assert picture.format == "WEBP" and picture.size == (256, 256) == (events[4].width, events[4].height)
    done = events[5]
    assert done.steps == 4 and done.recipe["seed"] == 7 and done.recipe["prompt"] == FOX
    assert set(done.timing_ms) == {"wait", "text", "denoise", "decode", "encode", "total"}
    # The recipe repeats the picture, but for WebP's loss.
    again = painter.replay(done.recipe).image
    difference = [abs(a - b) for a, b in zip(picture.convert("RGB").tobytes(), again.tobytes(), strict=True)]
    assert sum(difference) / len(difference) < 6


def test_typing_paints_the_last_words_and_every_id_ends_once(server, hold) -> None:
    held = hold(1)

    async def type_quickly():
        async with LiveClient(server.url) as live:
            ids = [await live.send(FOX[:end], steps=2) for end in range(1, len(FOX) + 1)]
            await live.ping()  # the server has heard every key before its painter has done anything
            held.release()
            return [[event async for event in live.events(id)] for id in ids]

    before = server.app.state.studio.scheduler.tally.live_steps
    stories = asyncio.run(type_quickly())
    assert [type(story[-1]) for story in stories[:-1]].count(Done) == 0
    assert all(isinstance(story[-1], Stopped) and story[-1].reason == "superseded" for story in stories[:-1])
    assert isinstance(stories[-1][-1], Done)
    # The step that was under way when the other keys came, and the last one's two.
    assert server.app.state.studio.scheduler.tally.live_steps - before <= 3


def test_frames_never_go_back(server) -> None:
    async def listen():
        frames, ended = [], Counter()
        async with connect(server.url.replace("http", "ws") + "/api/live", proxy=None) as socket:
            for id in range(1, 31):
                await socket.send(json.dumps({"type": "paint", "id": id, "prompt": f"fox {id}", "steps": 3}))
                await asyncio.sleep(0.02)
            while not ended[30]:
                message = await socket.recv()
                if isinstance(message, bytes):
                    frames.append(int.from_bytes(message[:4], "little"))
                else:
                    said = json.loads(message)
                    if said["type"] in ("done", "stopped", "error"):
                        ended[said["id"]] += 1
        return frames, ended

    frames, ended = asyncio.run(listen())
    assert frames == sorted(frames) and frames[-1] == 30
    assert ended == {id: 1 for id in range(1, 31)}


def test_what_cannot_be_painted_is_told_with_its_place(server) -> None:
    async def talk():
        async with LiveClient(server.url) as live:
            mistake = [event async for event in live.paint("a fox --ar banana")]
            empty = [event async for event in live.paint("   ")]
            steps = [event async for event in live.paint(FOX, steps=0)]
            good = [event async for event in live.paint(FOX, steps=1)]
            return mistake, empty, steps, good

    mistake, empty, steps, good = asyncio.run(talk())
    assert isinstance(mistake[0], Refused) and mistake[0].position == len("a fox --ar ")
    assert isinstance(empty[0], Refused) and "empty" in empty[0].message
    assert isinstance(steps[0], Refused) and "steps" in steps[0].message
    assert isinstance(good[-1], Done)


def test_parameters_in_the_prompt_count(server) -> None:
    async def paint():
        async with LiveClient(server.url) as live:
            return [event async for event in live.paint("a fox --ar 2:1 --seed 5", steps=1, seed=9)]

    *_, picture, done = asyncio.run(paint())
    assert (picture.width, picture.height) == (512, 256)
    assert done.recipe["seed"] == 5


def test_cancel_and_ping(server, hold) -> None:
    held = hold(2)

    async def talk():
        async with LiveClient(server.url) as live:
            assert await live.ping() > 0
            id = await live.send(FOX, steps=16)
            await live.cancel()
            await live.ping()
            held.release()
            return [event async for event in live.events(id)]

    assert asyncio.run(talk())[-1].reason == "cancelled"
    assert held.calls <= 2


@pytest.mark.parametrize("said", ["not json", "[]", '"paint"', "[" * 50_000])
def test_what_is_no_message_closes_with_1003(server, said) -> None:
    async def talk():
        async with connect(server.url.replace("http", "ws") + "/api/live", proxy=None) as socket:
            await socket.send(said)
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await socket.recv()
            return closed.value.rcvd.code

    assert asyncio.run(talk()) == 1003


def test_a_message_too_long_closes_with_1009(server) -> None:
    async def talk():
        async with connect(server.url.replace("http", "ws") + "/api/live", proxy=None) as socket:
            await socket.send(json.dumps({"type": "paint", "id": 1, "prompt": "x" * 70_000}))
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await socket.recv()
            return closed.value.rcvd.code

    assert asyncio.run(talk()) == 1009


def test_ids_must_rise_and_unknown_types_are_told(server) -> None:
    async def talk():
        errors = []
        async with connect(server.url.replace("http", "ws") + "/api/live", proxy=None) as socket:
            for said in (
                {"type": "paint", "id": 5, "prompt": FOX, "steps": 1, "unknown": 1},
                {"type": "paint", "id": 5, "prompt": FOX},
                {"type": "paint", "id": "five", "prompt": FOX},
                {"type": "sing"},
            ):
                await socket.send(json.dumps(said))
            done = False
            while len(errors) < 3 or not done:
                message = await socket.recv()
                said = json.loads(message) if isinstance(message, str) else {"type": ""}
                done |= said["type"] == "done"
                if said["type"] == "error":
                    errors.append(said)
        return errors

    errors = asyncio.run(talk())
    assert "greater than 5" in errors[0]["message"]
    assert errors[1]["id"] is None and "id" in errors[1]["message"]
    assert "sing" in errors[2]["message"]


def test_closing_the_connection_stops_its_picture(server, hold) -> None:
    scheduler, held = server.app.state.studio.scheduler, hold(3)

    async def leave():
        async with LiveClient(server.url) as live:
            id = await live.send(FOX, steps=16)
            async for event in live.events(id):
                if isinstance(event, Preview):
                    break

    async def gone():
        while server.app.state.metrics.connections or scheduler._lanes:
            await asyncio.sleep(0.02)

    before = scheduler.tally.live_pictures
    asyncio.run(leave())
    asyncio.run(asyncio.wait_for(gone(), PATIENCE_S))
    held.release()
    # Whoever comes next is painted, so what was left has been dealt with by then.
    asyncio.run(_painted(server))
    assert held.calls <= 3 + 1 and scheduler.tally.live_pictures == before + 1


async def _painted(server):
    async with LiveClient(server.url) as live:
        return [event async for event in live.paint("a dog", steps=1)]


def test_many_typists_all_end_painted(server) -> None:
    async def typist(n: int) -> tuple[int, type]:
        async with LiveClient(server.url) as live:
            text = f"{FOX} and {n} birds"
            for end in range(5, len(text), 4):
                await live.send(text[:end], steps=2)
                await asyncio.sleep(0.01)
            last = [event async for event in live.paint(text, steps=2)]
            return sum(isinstance(event, Preview) for event in last), type(last[-1])

    async def all_of_them():
        return await asyncio.gather(*(typist(n) for n in range(8)))

    assert asyncio.run(all_of_them()) == [(2, Done)] * 8


def test_nobody_there_is_told_in_one_sentence() -> None:
    async def knock():
        async with LiveClient("http://127.0.0.1:9"):
            pass

    with pytest.raises(AllaPrimaError, match="allaprima serve"):
        asyncio.run(knock())
