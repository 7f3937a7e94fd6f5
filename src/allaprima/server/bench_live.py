"""`allaprima bench live`: how soon a key shows on the screen, what it costs, and how many can type at once.

A real server in a process of its own, real WebSockets and a real browser, people of straw who type at a human pace.
Everything printed was measured in this one run: latencies at the client, steps and model calls and stalls by the
server's own counters. What happens in the browser is bench_browser's affair.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from allaprima.client import Done, Event, LiveClient, Picture, Preview, Stopped
from allaprima.errors import AllaPrimaError
from allaprima.server import bench_browser
from allaprima.server.metrics import LATE, TICK

KEY_S = 0.12  # between two keys of a quick typist: 100 words a minute
PAUSE_S = 0.3  # after which the page asks for the fine picture
TEXTS = (
    "a red fox in the snow",
    "two green apples on a table",
    "a small house under a starry sky",
    "a blue bird over the ocean at sunset",
    "three mushrooms in a dark forest",
    "a cat beside a tree, pixel art",
    "a yellow boat on a calm lake",
    "a happy dog on a green hill",
)


@dataclass
class Spread:
    """Some times, as their middle and their bad end, in ms."""

    ms: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """The time that `share` of them stay below; there must be some."""
        return sorted(self.ms)[min(int(share * len(self.ms)), len(self.ms) - 1)]

    def as_dict(self) -> dict[str, float | None]:
        """Nothing for what was never seen: JSON has no NaN."""
        if not self.ms:
            return {"p50": None, "p95": None, "n": 0}
        return {"p50": round(self.at(0.5), 1), "p95": round(self.at(0.95), 1), "n": len(self.ms)}


class Typist:
    """One person at one connection, and what they saw."""

    def __init__(self, live: LiveClient, draft: int, fine: int) -> None:
        self._live, self._draft, self._fine = live, draft, fine
        self.preview, self.draft, self.final = Spread(), Spread(), Spread()
        self.previews = self.pictures = self.keys = self.superfluous = 0
        self.unfinished = 0

    async def type(self, text: str, *, key_s: float = KEY_S, finish: bool = True) -> None:
        """Type a text key by key, wait as long as the page does, and look at the fine picture."""
        loop = asyncio.get_running_loop()
        asked: dict[int, float] = {}
        waiting: list[tuple[int, float]] = []  # keys that nothing as new has been shown for
        followers = []

        async def follow(id: int) -> Event | None:
            last = None
            async for event in self._live.events(id):
                last = event
                if isinstance(event, Preview):
                    self.previews += 1
                    for key, at in [each for each in waiting if each[0] <= id]:
                        self.preview.ms.append((event.at - at) * 1000.0)
                        waiting.remove((key, at))
                elif isinstance(event, Picture):
                    self.pictures += 1
                    (self.final if id == final else self.draft).ms.append((event.at - asked[id]) * 1000.0)
            return last

        final = 0
        start = loop.time()
        for turn, end in enumerate(range(1, len(text) + 1)):
            await asyncio.sleep(max(start + turn * key_s - loop.time(), 0.0))
            now = loop.time()
            id = await self._live.send(text[:end], steps=self._draft)
            asked[id] = now
            waiting.append((id, now))
            followers.append((id, asyncio.create_task(follow(id))))
        self.keys += len(text)
        last_key, last_at = id, now
        if finish:
            await asyncio.sleep(PAUSE_S)
            asked_at = loop.time()
            final = await self._live.send(text, steps=self._fine, final=True)
            asked[final] = asked_at
            followers.append((final, asyncio.create_task(follow(final))))
        ends = [(id, await asyncio.wait_for(task, 120)) for id, task in followers]
        if not isinstance(ends[-1][1], Done):
            self.unfinished += 1
        # What was still painted of older texts when the last key had been sent.
        self.superfluous = sum(
            end.late for id, end in ends if isinstance(end, Stopped) and id < last_key and end.at > last_at
        )


@contextmanager
def _server(bundle: Path | None, batch: int, threads: int) -> Iterator[str]:
    """A server of its own; yields its address."""
    command = [sys.executable, "-m", "allaprima.cli", "serve", "--port", "0", "--no-keep", "--threads", str(threads)]
    if bundle is not None:
        command += ["--bundle", str(bundle)]
    with tempfile.TemporaryDirectory(prefix="allaprima-bench-") as home:
        process = subprocess.Popen(
            [*command, "--home", home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "ALLAPRIMA_BATCH": str(batch), "ALLAPRIMA_LOG": "text"},
        )  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        errors = process.stderr
        reader = threading.Thread(target=lambda: errors.read(), daemon=True)
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            if found is None:
                raise AllaPrimaError(f"The server did not start: {process.stderr.read().strip()[-500:]}")
            # Nobody reads its log, which must not fill the pipe.
            reader.start()
            yield found[0]
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
            if reader.is_alive():
                reader.join(30)
            process.stderr.close()


class Control:
    """A thread that does nothing but sleep, and sees how late it wakes: what the machine itself is to blame for."""

    def __init__(self) -> None:
        self.worst, self.late = 0.0, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            start = time.perf_counter()
            time.sleep(TICK)
            late = time.perf_counter() - start - TICK
            self.worst = max(self.worst, late)
            self.late += late > LATE


def _counters(url: str) -> dict[str, float]:
    """The server's numbers that have no labels."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(allaprima_\w+) (\S+)$", text, re.MULTILINE)}


async def _one(url: str, rounds: int) -> dict[str, Any]:
    """A single typist: latency and cost of each key."""
    loop = asyncio.get_running_loop()
    async with LiveClient(url) as live:
        hello = await live.hello()
        typist = Typist(live, hello["steps"]["draft"], hello["steps"]["final"])
        await typist.type(TEXTS[0], finish=True)  # to warm up
        typist = Typist(live, hello["steps"]["draft"], hello["steps"]["final"])
        before = await loop.run_in_executor(None, _counters, url)
        for turn in range(rounds):
            await typist.type(TEXTS[turn % len(TEXTS)])
        after = await loop.run_in_executor(None, _counters, url)
        fine = rounds * hello["steps"]["final"]
        calls = after["allaprima_live_batches"] - before["allaprima_live_batches"]
        superfluous = []
        for text in TEXTS[:4]:  # twenty characters, as quickly as fingers could: 40 a second
            quick = Typist(live, hello["steps"]["draft"], hello["steps"]["final"])
            await quick.type(text[:20], key_s=0.025, finish=False)
            superfluous.append(quick.superfluous)
        trips = [await live.ping() * 1000.0 for _ in range(20)]
    return {
        "keys": typist.keys,
        "first_preview_ms": typist.preview.as_dict(),
        "draft_picture_ms": typist.draft.as_dict(),
        "final_picture_ms": typist.final.as_dict(),
        "model_calls_per_key": round((calls - fine) / typist.keys, 2),
        "superfluous_steps_after_20_quick_keys": {"worst": max(superfluous), "each": superfluous},
        "round_trip_ms": round(statistics.median(trips), 2),
    }


def _in_browser(url: str, rounds: int) -> dict[str, Any]:
    """The same typist at the page in Chromium, or in one line why that was not measured."""
    texts = [TEXTS[turn % len(TEXTS)] for turn in range(rounds)]
    try:
        seen = bench_browser.type_at(url, [TEXTS[0], *texts], KEY_S)
    except bench_browser.BrowserAway as away:
        return {"not_measured": str(away)}
    return {
        "chromium": seen["browser"],
        "keys": seen["keys"],
        "first_preview_ms": Spread(seen["preview_ms"]).as_dict(),
        "final_picture_ms": Spread(seen["final_ms"]).as_dict(),
        "rest_before_final_ms": Spread(seen["rest_ms"]).as_dict(),
        "keys_not_shown": seen["keys"] - len(seen["preview_ms"]),
        "texts_not_painted": seen["unfinished"],
    }


async def _many(url: str, people: int, seconds: float) -> dict[str, Any]:
    """Several typists at once for a while: what each of them gets."""
    loop = asyncio.get_running_loop()
    before = await loop.run_in_executor(None, _counters, url)
    start = loop.time()

    async def sit_down(n: int) -> Typist:
        async with LiveClient(url) as live:
            hello = await live.hello()
            typist = Typist(live, hello["steps"]["draft"], hello["steps"]["final"])
            turn = n
            while loop.time() - start < seconds:
                await typist.type(f"{TEXTS[turn % len(TEXTS)]} {n}")
                turn += 1
            return typist

    typists = await asyncio.gather(*(sit_down(n) for n in range(people)))
    elapsed = loop.time() - start
    after = await loop.run_in_executor(None, _counters, url)
    previews = [typist.previews for typist in typists]
    first = Spread([ms for typist in typists for ms in typist.preview.ms])
    final = Spread([ms for typist in typists for ms in typist.final.ms])
    steps = after["allaprima_live_steps"] - before["allaprima_live_steps"]
    calls = after["allaprima_live_batches"] - before["allaprima_live_batches"]
    return {
        "typists": people,
        "seconds": round(elapsed, 1),
        "previews_per_s": round(sum(previews) / elapsed, 1),
        "pictures_per_s": round(sum(typist.pictures for typist in typists) / elapsed, 2),
        "steps_per_s": round(steps / elapsed, 1),
        "steps_per_model_call": round(steps / max(calls, 1.0), 2),
        "first_preview_ms": first.as_dict(),
        "final_picture_ms": final.as_dict(),
        "fairness_jain": round(jain(previews), 3),
        "previews_least_and_most": [min(previews), max(previews)],
        "last_prompts_not_painted": sum(typist.unfinished for typist in typists),
        "memory_mb": [round(each["allaprima_memory_bytes"] / 1e6, 1) for each in (before, after)],
    }


def jain(shares: Sequence[float]) -> float:
    """Jain's index of fairness: 1 when all have the same, 1/n when one has everything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def live(
    bundle: Annotated[Path | None, typer.Option(help="Another model bundle's folder.")] = None,
    url: Annotated[str | None, typer.Option(help="A running server instead of one of its own.")] = None,
    rounds: Annotated[int, typer.Option(help="Texts that the single typist types.")] = 8,
    seconds: Annotated[float, typer.Option(help="How long each group of typists types.")] = 20.0,
    typists: Annotated[str, typer.Option(help="Sizes of the groups, with commas.")] = "1,4,16",
    batch: Annotated[int, typer.Option(help="Live pictures in one model call; 0 measures what pays.")] = 0,
    threads: Annotated[int, typer.Option(help="For one model call; 0 takes every core.")] = 0,
    browser: Annotated[bool, typer.Option(help="Type into the page in Chromium, too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the live painter through its WebSocket and in Chromium: latency, cost of a key, stalls, many typists."""
    groups = [int(each) for each in typists.split(",") if each.strip()]
    if url is not None:
        report = _measure(url.rstrip("/"), rounds, groups, seconds, browser)
    else:
        with _server(bundle, batch, threads) as own:
            report = _measure(own, rounds, groups, seconds, browser)
    print(json.dumps(report) if as_json else as_text(report))


def _measure(url: str, rounds: int, groups: Sequence[int], seconds: float, browser: bool) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/api/status", timeout=60) as answer:
        status = json.loads(answer.read())
    load = os.getloadavg()[0]
    with Control() as control:
        one = asyncio.run(_one(url, rounds))
        page = _in_browser(url, rounds) if browser else {"not_measured": "not asked for"}
        many = [asyncio.run(_many(url, people, seconds)) for people in groups]
    report: dict[str, Any] = {
        "model": status["model"]["name"], "batch": status["batch"], "batch_ms": status["batch_ms"],
        "cores": os.cpu_count(), "load_before": round(load, 1), "started": time.strftime("%Y-%m-%d %H:%M"),
        "one": one, "browser": page, "many": many,
    }  # fmt: skip
    counters = _counters(url)
    report["loop_stall_ms"] = {
        "worst": round(counters["allaprima_loop_worst_stall_seconds"] * 1000.0, 1),
        "late_over_50ms": int(counters["allaprima_loop_late_total"]),
        "control_worst": round(control.worst * 1000.0, 1),
        "control_late_over_50ms": control.late,
    }
    return report


def _spread(row: dict[str, Any]) -> str:
    if not row["n"]:
        return "none was seen"
    return f"p50 {row['p50']:7.1f}  p95 {row['p95']:7.1f}  (n {row['n']})"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _browser_lines(page: dict[str, Any]) -> list[str]:
    if "not_measured" in page:
        return [f"in the browser: not measured. {page['not_measured']}"]
    lines = [
        f"one typist at the page in Chromium {page['chromium']}, {page['keys']} keys at {1 / KEY_S:.0f} a second",
        f"  key to first preview ms   {_spread(page['first_preview_ms'])}",
        f"  last key to final ms      {_spread(page['final_picture_ms'])}",
        f"  of which the page rests   {_spread(page['rest_before_final_ms'])}",
    ]
    if page["keys_not_shown"] or page["texts_not_painted"]:
        lines.append(f"  NOT SHOWN: {page['keys_not_shown']} keys, {page['texts_not_painted']} texts")
    return lines


def as_text(report: dict[str, Any]) -> str:
    """The report for a reader."""
    one = report["one"]
    sizes = ", ".join(f"{size}: {ms:.1f} ms" for size, ms in report["batch_ms"].items()) or "not measured"
    lines = [
        f"model {report['model']}, {report['cores']} cores, load {report['load_before']} before",
        f"steps in one model call: up to {report['batch']} ({sizes})",
        "",
        f"one typist, {one['keys']} keys at {1 / KEY_S:.0f} a second",
        f"  key to first preview ms   {_spread(one['first_preview_ms'])}",
        f"  key to draft picture ms   {_spread(one['draft_picture_ms'])}",
        f"  pause to fine picture ms  {_spread(one['final_picture_ms'])}",
        f"  model calls per key       {one['model_calls_per_key']}",
        f"  superfluous steps after 20 quick keys: worst {one['superfluous_steps_after_20_quick_keys']['worst']}",
        f"  WebSocket round trip ms   {one['round_trip_ms']}",
        "",
        *_browser_lines(report["browser"]),
        "",
        "typists  previews/s  steps/s  steps/call  preview p50/p95 ms  fine p50/p95 ms  Jain  least..most  MB",
    ]
    for row in report["many"]:
        first, final = row["first_preview_ms"], row["final_picture_ms"]
        lines.append(
            f"{row['typists']:7d}  {row['previews_per_s']:10.1f}  {row['steps_per_s']:7.1f}  "
            f"{row['steps_per_model_call']:10.2f}  {_ms(first['p50']):>8s}/{_ms(first['p95']):<9s}  "
            f"{_ms(final['p50']):>7s}/{_ms(final['p95']):<7s}  {row['fairness_jain']:4.2f}  "
            f"{row['previews_least_and_most'][0]:5d}..{row['previews_least_and_most'][1]:<4d}  "
            f"{row['memory_mb'][0]:.0f} -> {row['memory_mb'][1]:.0f}"
            + (f"  NOT PAINTED: {row['last_prompts_not_painted']}" if row["last_prompts_not_painted"] else "")
        )
    stall = report["loop_stall_ms"]
    lines += [
        "",
        f"event loop: worst stall {stall['worst']} ms, {stall['late_over_50ms']} times over 50 ms; "
        f"an idle thread beside it: {stall['control_worst']} ms, {stall['control_late_over_50ms']} times",
    ]
    return "\n".join(lines)
