"""`allaprima corpus`: build the drawings, look at them.

Thin commands; the work is in building.py and contact_sheet.py.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from allaprima.errors import UserError
from allaprima.scene.building import build as build_corpus
from allaprima.scene.contact_sheet import contact_sheet
from allaprima.scene.corpus import Corpus
from allaprima.scene.sources import FONTS, SOURCES, Source

app = typer.Typer(help="The drawings everything is learned from: build them, look at them.", no_args_is_help=True)

_FOLDER = Path("data/corpus")
_IMAGE_TYPES = (".png", ".webp", ".jpg", ".jpeg")


@app.command()
def build(
    folder: Annotated[Path, typer.Option(help="Where the corpus goes.")] = _FOLDER,
    style: Annotated[list[str] | None, typer.Option(help="Only this style; may be given more than once.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many drawings to render at once.")] = 1,
) -> None:
    """Fetch the pinned packages, render every drawing once, record name, licence and source of each.

    Stopped or cut off, it goes on where it was when run again.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        tasks: dict[str, int] = {}

        def show_progress(doing: str, done: int, total: int) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=total)
            bar.update(tasks[doing], completed=done, total=total)

        report = build_corpus(folder, _chosen(style), processes, show_progress, fonts=FONTS)
    print_summary(Corpus.open(folder), Console())
    if report.skipped:
        console.print(f"{report.skipped} drawings were left out; why is in {folder / 'skipped.jsonl'}")
    for failure in report.failures:
        console.print(f"[yellow]left out:[/] {failure}", highlight=False)
    if report.failures:
        raise typer.Exit(1)


def _chosen(styles: list[str] | None) -> tuple[Source, ...]:
    if not styles:
        return SOURCES
    known = [s.style for s in SOURCES]
    for style in styles:
        if style not in known:
            raise UserError(f"there is no style {style!r}; the styles are {', '.join(known)}")
    return tuple(s for s in SOURCES if s.style in styles)


@app.command()
def show(
    style: Annotated[str | None, typer.Option(help="Only this style.")] = None,
    find: Annotated[str | None, typer.Option(help="Only drawings whose name or keywords hold this word.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a contact sheet here (PNG, WebP or JPEG).")] = None,
    count: Annotated[int, typer.Option(min=1, max=2000, help="How many drawings, spread evenly.")] = 80,
    columns: Annotated[int, typer.Option(min=1, max=40)] = 10,
    cell: Annotated[int, typer.Option(min=32, max=256, help="Size of a drawing on the sheet, in pixels.")] = 96,
    folder: Annotated[Path, typer.Option(help="The corpus.")] = _FOLDER,
) -> None:
    """What the corpus holds, style by style; with --out, a contact sheet to look at."""
    corpus = Corpus.open(folder)
    if style is not None and style not in corpus.styles:
        raise UserError(f"the corpus has no style {style!r}; it has {', '.join(corpus.styles)}")
    if out is None:
        print_summary(corpus, Console())
        return
    if out.suffix.lower() not in _IMAGE_TYPES:
        raise UserError(f"a contact sheet ends in one of {', '.join(_IMAGE_TYPES)}, not {out.name!r}")
    if not out.resolve().parent.is_dir():
        raise UserError(f"the folder {out.resolve().parent} is not there; make it first")
    chosen = corpus.by_style[style] if style else tuple(range(len(corpus)))
    if find:
        chosen = tuple(i for i in chosen if _mentions(corpus, i, find.lower()))
        if not chosen:
            raise UserError(f"no drawing mentions {find!r}" + (f" in the style {style!r}" if style else ""))
    shown = [chosen[k * len(chosen) // min(count, len(chosen))] for k in range(min(count, len(chosen)))]
    title = f"{style or 'all styles'}: {len(shown)} of {len(chosen)} drawings" + (f' of "{find}"' if find else "")
    aside = out.with_name(f".{out.stem}.part{out.suffix}")
    contact_sheet(corpus, shown, title, columns, cell).save(aside)
    os.replace(aside, out)
    typer.echo(str(out))


def _mentions(corpus: Corpus, index: int, word: str) -> bool:
    drawing = corpus.drawings[index]
    return word in drawing.name.lower() or word in drawing.keywords


def print_summary(corpus: Corpus, console: Console) -> None:
    """A table of styles with counts, concepts, licence and package, and how well the styles are linked."""
    table = Table("style", "drawings", "concepts", "licence", "package", box=None, header_style="bold")
    for style, indices in corpus.by_style.items():
        drawings = [corpus.drawings[i] for i in indices]
        licences = ", ".join(sorted({d.licence for d in drawings}))
        packages = ", ".join(sorted({f"{d.source} {d.version}" for d in drawings}))
        table.add_row(style, str(len(indices)), str(len({d.concept for d in drawings})), licences, packages)
    console.print(table)
    shared = Counter(len({corpus.drawings[i].style for i in indices}) for indices in corpus.by_concept.values())
    linked = sum(n for styles, n in shared.items() if styles > 1)
    console.print(f"{len(corpus)} drawings of {len(corpus.by_concept)} concepts in {len(corpus.styles)} styles; "
                  f"{linked} concepts in two styles or more")
