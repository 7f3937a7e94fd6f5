"""`allaprima imagine` and `allaprima doctor`: what they take, and what they print.

Thin on purpose: painting is the painter's, checking the request's. Heavy imports happen inside the commands,
so that a wrong word is told at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.engine.options import Options
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import Picture
    from allaprima.engine.request import Request
    from allaprima.engine.watching import Watcher
    from allaprima.engine.wish import Wish

    # Who paints one wish; the studio looks at the pictures that it names, the engine alone does not.
    Paint = Callable[[Painter, Wish, Request, Watcher], Sequence[Picture]]


# A prompt's own parameters need no quotes: what the command line does not know is left to the prompt's reader.
IMAGINE_SETTINGS = {"ignore_unknown_options": True}


def imagine(
    prompt: Annotated[list[str], typer.Argument(help="What to paint.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A .png, .webp or .jpg file.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same picture.")] = None,
    steps: Annotated[
        str | None, typer.Option(help="1 (a draft) to 100, or auto: as many as the words need.", metavar="COUNT")
    ] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow the words, 0 to 30.")] = None,
    memory: Annotated[float | None, typer.Option(help="0 words alone, 1 with drawings recalled.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="Pictures at once, 1 to 16.")] = 1,
    width: Annotated[int | None, typer.Option(help="Pixels, 64 to 2048.")] = None,
    height: Annotated[int | None, typer.Option(help="Pixels, 64 to 2048.")] = None,
    style: Annotated[str | None, typer.Option(help='Such as "pixel art", "3d", "line art".')] = None,
    no: Annotated[str, typer.Option("--no", help="What should not be there.")] = "",
    solver: Annotated[str, typer.Option(help="euler or multistep.")] = "euler",
    bundle: Annotated[Path | None, typer.Option(help="Another model bundle's folder.")] = None,
    threads: Annotated[int, typer.Option(help="For one model call; 0 takes every core.")] = 0,
    watch: Annotated[bool | None, typer.Option("--watch/--no-watch", help="Show the picture forming.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Paint a picture from words, and print the path of its file."""
    said = flags(seed, steps, guidance, memory, count, width, height, style, no, solver)
    carry_out(" ".join(prompt), said, painted, out=out, bundle=bundle, threads=threads, watch=watch, as_json=as_json)


def flags(
    seed: int | None,
    steps: str | None,
    guidance: float | None,
    memory: float | None,
    count: int,
    width: int | None,
    height: int | None,
    style: str | None,
    no: str,
    solver: str,
) -> Options:
    """What the command line said, as the painter's options. Raises UserError for steps that are no number."""
    if steps is not None and steps != "auto" and not steps.lstrip("-").isdecimal():
        raise UserError(f"--steps takes a number from 1 to 100, or auto, not {steps!r}.")
    number = steps if steps in (None, "auto") else int(steps)
    return {
        "seed": seed, "steps": number, "guidance_scale": guidance, "memory": memory, "count": count,
        "width": width, "height": height, "style": style, "negative": no, "solver": solver,
    }  # fmt: skip


def carry_out(
    prompt: str,
    said: Options,
    paint: Paint,
    *,
    out: Path | None,
    bundle: Path | None,
    threads: int,
    watch: bool | None,
    as_json: bool,
    notes: Callable[[Wish], Sequence[str]] = lambda wish: wish.notes,
) -> None:
    """Paint all that a prompt makes by `paint`, write the files, and print their paths or one object.

    `notes`: what is told of a wish before it is painted.
    """
    from allaprima.engine.picture import check_writable
    from allaprima.engine.request import Request
    from allaprima.engine.wish import read_wishes

    started = time.perf_counter()
    if threads < 0:
        raise UserError(f"threads must be 0 or more, not {threads}.")
    wishes = read_wishes(prompt, said)
    # Everything that can be wrong with the words or the place is told before the model is opened.
    requests = [Request.checked(wish.parts, **wish.options) for wish in wishes]
    paths = _paths(out, requests)
    for path in paths:
        check_writable(path)
    for note in dict.fromkeys(note for wish in wishes for note in notes(wish)):
        print(f"allaprima: {note}", file=sys.stderr)

    from allaprima.engine.painter import Painter
    from allaprima.engine.watching import Watcher

    pictures: list[Picture] = []
    shown = watch if watch is not None else sys.stdout.isatty() and not as_json
    with Watcher(shown) as watcher:
        watcher.say("opening the model")
        painter = Painter(bundle, threads=threads)
        for wish, request in zip(wishes, requests, strict=True):
            watcher.say("reading the words")
            done = paint(painter, wish, request, watcher)
            watcher.finish(request.prompt, done)
            pictures += done
    digests = [picture.save(path) for picture, path in zip(pictures, paths, strict=True)]
    if as_json:
        elapsed = (time.perf_counter() - started) * 1000.0
        print(json.dumps(_report(pictures, paths, digests, elapsed), ensure_ascii=False))
    else:
        for path in paths:
            print(path)


def painted(painter: Painter, wish: Wish, request: Request, watcher: Watcher) -> Sequence[Picture]:
    """The pictures of a wish's words, each step shown."""
    options = wish.options.copy()
    options["seed"] = request.seed
    for step in painter.steps(wish.parts, **options):
        watcher.show(step)
        if step.index + 1 >= wish.stop_after:
            break
    return painter.finish(step)


def _paths(out: Path | None, requests: Sequence[Request]) -> list[Path]:
    """One path for each picture; several of one --out share its stem and are numbered from 1."""
    from allaprima.engine import settings
    from allaprima.engine.request import SEEDS, slug

    total = sum(request.count for request in requests)
    if out is not None:
        names = [out.name] if total == 1 else [f"{out.stem}-{n}{out.suffix}" for n in range(1, total + 1)]
        return [out.parent / name for name in names]
    folder = Path(settings.text("out"))
    return [
        folder / f"{slug(request.prompt)}-{(request.seed + index) % SEEDS}.png"
        for request in requests
        for index in range(request.count)
    ]


def _report(pictures: Sequence[Picture], paths: list[Path], digests: list[str], total_ms: float) -> dict[str, Any]:
    """The one JSON object: `timing_ms` covers the whole command, loading included."""
    first = pictures[0]
    # The pictures of a batch share one dictionary of times.
    batches = list({id(picture.timing_ms): picture.timing_ms for picture in pictures}.values())
    timing = {key: round(sum(each[key] for each in batches), 2) for key in ("text", "denoise", "decode")}
    timing = {"load": round(first.timing_ms["load"], 2), **timing}
    return {
        "pictures": [
            {
                "path": str(path),
                "seed": picture.seed,
                "width": picture.width,
                "height": picture.height,
                "sha256": digest,
                "recipe": picture.recipe,
            }
            for picture, path, digest in zip(pictures, paths, digests, strict=True)
        ],
        "timing_ms": {**timing, "total": round(total_ms, 2)},
        "model": {key: first.recipe["model"][key] for key in ("name", "sha256")},
        "steps": first.recipe["steps"],
    }


def doctor(
    bundle: Annotated[Path | None, typer.Option(help="Another model bundle's folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what this machine has, which settings hold, and what is broken; exit code 1 if anything is."""
    from allaprima.engine.checkup import examine

    report = examine(bundle)
    print(json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_text())
    if report.problems:
        raise typer.Exit(1)
