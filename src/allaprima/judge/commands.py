"""`allaprima judge`: measure how pictures follow their words, and show pictures that nobody picked.

Thin commands; the measuring is in quick.py and colours.py.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.judge.references import Drawings, Progress

app = typer.Typer(help="Measure how pictures follow their words.", no_args_is_help=True)

CORPUS = Path("data/corpus")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Bundle = Annotated[Path | None, typer.Option(help="Another model bundle's folder.", show_default=False)]
Steps = Annotated[int, typer.Option(min=1, max=100, help="Denoising steps of each picture.")]
Threads = Annotated[int, typer.Option(min=0, help="For one model call; 0 takes every core.")]


@app.command()
def quick(
    bundle: Bundle = None,
    prompts: Annotated[int, typer.Option(min=2, max=5000, help="How many single things to ask for.")] = 200,
    steps: Steps = 8,
    seeds: Annotated[int, typer.Option(min=2, max=256, help="Seeds for each scenery prompt.")] = 16,
    corpus: Annotated[Path, typer.Option(help="The drawings to compare with, where built.")] = CORPUS,
    threads: Threads = 0,
    out_page: Annotated[
        Path | None, typer.Option("--out-page", help="A folder for a page to look at.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Do pictures of single things look like them, and sceneries have their colours?

    Compares with real drawings in the features of a network that was used in no loss; every number comes with
    its floor, its ceiling and its interval over prompts.
    """
    from allaprima.engine.painter import Painter
    from allaprima.judge import colours, features
    from allaprima.judge import quick as judging
    from allaprima.judge.references import seen

    started = time.perf_counter()
    if out_page is not None:
        check_folder(out_page)
    painter = Painter(bundle, threads=threads)
    drawings, cache = drawings_of(corpus, painter)
    net = features.EfficientNetLite2(threads)
    with shown_progress() as progress:
        references = seen(drawings, net, net.name, cache, progress)
        verdict = judging.judge(
            painter,
            references,
            net,
            codec=judging.codec_of(painter.backend.run),
            prompts=prompts,
            steps=steps,
            progress=progress,
        )
        colour = colours.judge(painter, steps=steps, seeds=seeds, progress=progress)
    report: dict[str, Any] = {
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256},
        "features": net.name,
        **verdict.report,
        "colours": colour,
        "seconds": round(time.perf_counter() - started, 1),
    }
    if out_page is not None:
        from allaprima.judge.files import write_whole
        from allaprima.judge.page import page

        write_whole(out_page / "index.html", page(verdict).encode())
        write_whole(out_page / "report.json", json.dumps(report, indent=1).encode())
    if as_json:
        print(json.dumps(report))
    else:
        _show(report)


@app.command()
def grid(
    out: Annotated[Path, typer.Option("--out", "-o", help="A .png, .webp or .jpg file.")] = Path("samples.png"),
    count: Annotated[int, typer.Option(help="How many pictures.")] = 64,
    columns: Annotated[int, typer.Option(min=0, max=64, help="0 makes it as square as it gets.")] = 0,
    prompt: Annotated[list[str] | None, typer.Option(help="Instead of the fixed ones; may be given again.")] = None,
    bundle: Bundle = None,
    steps: Steps = 8,
    threads: Threads = 0,
) -> None:
    """Paint a grid of unpicked samples, seeds 0, 1, 2 and so on, and print its path."""
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import check_writable, format_of
    from allaprima.judge.files import write_whole
    from allaprima.judge.grid import MIXED, MOST, encoded, samples, sheet

    if not 1 <= count <= MOST:
        raise UserError(f"A grid holds 1 to {MOST} pictures, not {count}.")
    check_writable(out)
    painter = Painter(bundle, threads=threads)
    with shown_progress() as progress:
        tiles = samples(painter, count, prompts=prompt or MIXED, steps=steps, progress=progress)
    write_whole(out, encoded(sheet(tiles, columns), format_of(out)))
    print(out)


def drawings_of(corpus: Path, painter: Any) -> tuple[Drawings, Path | None]:
    """The corpus's drawings where it is built, with a place to keep their features, else the library's."""
    from allaprima.judge.references import of_corpus, of_library
    from allaprima.scene.corpus import Corpus

    if corpus.is_dir():
        return of_corpus(Corpus.open(corpus)), corpus.parent / "judge"
    if corpus != CORPUS:
        raise UserError(f"There is no corpus in {corpus}: build one with `allaprima corpus build`.")
    return of_library(painter.library), None


def check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make the folder {folder}: {error.strerror or error}.") from error


@contextmanager
def shown_progress() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        tasks: dict[str, Any] = {}

        def show(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=total)
            bar.update(tasks[doing], completed=done)

        yield show


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    known = report["references"]
    table = Table(
        title=f"Top-{report['top']} concept retrieval, {report['prompts']} prompts, {report['steps']} steps",
        caption=f"{known['concepts']} concepts, {known['drawings']} drawings of the {known['source']}; "
        f"chance {report['chance']:.2%}; 95 % intervals over prompts",
    )
    for head in ("pictures", "score", "shuffled prompts", "times"):
        table.add_column(head, justify="left" if head == "pictures" else "right")
    for name, row in report["retrieval"].items():
        table.add_row(
            name.replace("_", " "),
            _share(row["score"]),
            _share(row["floor"]),
            _times(row["times_floor"]),
        )
    console.print(table)
    colour = report["colours"]
    table = Table(title=f"Mean colours, {colour['pictures']} pictures")
    for head in ("scenery", "red", "green", "blue"):
        table.add_column(head, justify="left" if head == "scenery" else "right")
    for name, rgb in colour["mean_rgb"].items():
        table.add_row(name, *(f"{value:.0f}" for value in rgb))
    console.print(table)
    console.print(
        f"told apart by mean colour: {_share(colour['separation'])}; labels shuffled {_share(colour['floor'])}; "
        f"composed sceneries {_share(colour['ceiling'])}"
    )


def _share(measure: dict[str, float]) -> str:
    return f"{measure['value']:.1%} ({measure['low']:.1%} to {measure['high']:.1%})"


def _times(measure: dict[str, float | None]) -> str:
    value, low, high = ("∞" if each is None else f"{each:.1f}" for each in measure.values())
    return f"{value} ({low} to {high})"


# The others hang themselves under this app when they are imported.
from allaprima.judge import (  # noqa: E402
    given_commands,
    part_commands,
    precision_commands,
    score_commands,
    steps_commands,
    suite_commands,
    trial_commands,
    upscaler_commands,
)

__all__ = [
    "app",
    "given_commands",
    "part_commands",
    "precision_commands",
    "score_commands",
    "steps_commands",
    "suite_commands",
    "trial_commands",
    "upscaler_commands",
]
