"""`allaprima judge lettering | regions`: words in pictures read by an OCR, and parts of pictures painted anew.

Thin commands; the measuring is in lettering.py and regions.py.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.judge.commands import (
    CORPUS,
    Bundle,
    Json,
    Steps,
    Threads,
    app,
    check_folder,
    drawings_of,
    shown_progress,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Sheet = Annotated[
    Path | None, typer.Option("--out-page", help="A folder for a sheet of the pictures.", show_default=False)
]
Drawings = Annotated[Path, typer.Option(help="The drawings, where built.")]


@app.command()
def lettering(
    bundle: Bundle = None,
    prompts: Annotated[int, typer.Option(min=2, max=2000, help="How many words to ask for.")] = 96,
    steps: Steps = 8,
    corpus: Drawings = CORPUS,
    threads: Threads = 0,
    out_page: Sheet = None,
    as_json: Json = False,
) -> None:
    """Can an OCR read the words of 3 to 8 letters that prompts quote?

    Exact matches, with and without regard to case, between the floor (shuffled words) and the ceilings (composed
    scenes, as they are and through the autoencoder), with 95 % intervals over prompts.
    """
    from allaprima.engine.painter import Painter
    from allaprima.judge import lettering as judging
    from allaprima.judge.quick import codec_of
    from allaprima.scene.corpus import Corpus

    started = time.perf_counter()
    if out_page is not None:
        check_folder(out_page)
    read = judging.ocr(threads)
    painter = Painter(bundle, threads=threads)
    with shown_progress() as progress:
        found, rows = judging.judge(
            painter,
            read,
            corpus=Corpus.open(corpus) if corpus.is_dir() else None,
            codec=codec_of(painter.backend.run),
            prompts=prompts,
            steps=steps,
            names=[drawing.name for drawing in painter.library.drawings],
            progress=progress,
        )
    report = _report(painter, found, started)
    if out_page is not None:
        tiles = [(f"{asked.text} -> {' '.join(lines)}", pixels) for asked, pixels, lines in rows]
        _write(out_page, "lettering", report, tiles)
    if as_json:
        typer.echo(json.dumps(report))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{report['model']['name']}: {prompts} quoted words, {steps} steps, {report['seconds']:.0f} s")
    for head in ("pictures", "exact", "any case", "floor", "letters"):
        table.add_column(head, justify="left" if head == "pictures" else "right")
    groups = {"painted": found["painted"], **found["by_way"]}
    groups |= {f"{name} words": each for name, each in found["by_word"].items()}
    groups |= {name.replace("_", " "): each for name, each in found.items() if name.startswith("ceiling")}
    for name, each in groups.items():
        if each is not None:
            keys = ("exact", "exact_any_case", "floor_exact_any_case", "letters")
            table.add_row(name, *(share(each[key]) for key in keys))
    Console().print(table)


@app.command()
def regions(
    bundle: Bundle = None,
    changes: Annotated[int, typer.Option(min=4, max=500, help="How many pictures to change.")] = 48,
    steps: Steps = 8,
    corpus: Drawings = CORPUS,
    threads: Threads = 0,
    out_page: Sheet = None,
    as_json: Json = False,
) -> None:
    """Does a changed part follow its words and join, and does the rest stay to the pixel?

    A network that was taught regions is judged shown what is known and not, and with the large colours of new parts
    left free; with 95 % intervals over pictures.
    """
    from allaprima.engine.painter import Painter
    from allaprima.judge import features
    from allaprima.judge import regions as judging
    from allaprima.judge.references import seen

    started = time.perf_counter()
    if out_page is not None:
        check_folder(out_page)
    painter = Painter(bundle, threads=threads)
    drawings, cache = drawings_of(corpus, painter)
    net = features.EfficientNetLite2(threads)
    with shown_progress() as progress:
        references = seen(drawings, net, net.name, cache, progress)
        found, rows = judging.judge(painter, references, net, count=changes, steps=steps, progress=progress)
    report = _report(painter, found, started)
    if out_page is not None:
        tiles = [
            tile for row in rows for tile in ((row.change.parent, row.parent), (row.change.text, row.child))
        ]
        _write(out_page, "regions", report, tiles)
    if as_json:
        typer.echo(json.dumps(report))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{report['model']['name']}: {changes} changes, {steps} steps, {report['seconds']:.0f} s",
                  caption="seam, frame: 1 cannot be told from its surroundings")  # fmt: skip
    for head in ("way", "outside identical", "seam", "frame", "inside, top-5", "shuffled", "before",
                 "zoom, pan: kept", "seam", "frame"):  # fmt: skip
        table.add_column(head, justify="left" if head == "way" else "right")
    for way in ("regions_fed", "known_cells_held_only", judging.HELD_FREE):
        if way in found:
            each, inside, pan = found[way], found[way]["inside_follows_words"], found[way]["continued"]
            table.add_row(way.replace("_", " "), share(each["outside_identical"]), ratio(each["seam"]),
                          ratio(each["frame"]), share(inside["score"]), share(inside["floor"]),
                          share(each["inside_before"]), share(pan["kept_identical"]), ratio(pan["seam"]),
                          ratio(pan["frame"]))  # fmt: skip
    console = Console()
    console.print(table)
    bounds = found["bounds"]
    console.print(f"seam of untouched pictures {ratio(bounds['seam_untouched'])}, of another picture pasted in "
                  f"{ratio(bounds['seam_pasted'])}; frame {ratio(bounds['frame_untouched'])} and "
                  f"{ratio(bounds['frame_pasted'])}")  # fmt: skip


def share(measure: dict[str, Any]) -> str:
    """A share with its interval, in per cent."""
    return f"{measure['value']:.1%} ({measure['low']:.1%} to {measure['high']:.1%})"


def ratio(measure: dict[str, Any]) -> str:
    """A ratio with its interval."""
    if measure["value"] is None:
        return "none"
    return f"{measure['value']:.2f} ({measure['low']:.2f} to {measure['high']:.2f})"


def _report(painter: Any, found: dict[str, Any], started: float) -> dict[str, Any]:
    model = {"name": painter.bundle.name, "sha256": painter.bundle.sha256}
    return {"model": model, **found, "seconds": round(time.perf_counter() - started, 1)}


def _write(folder: Path, name: str, report: dict[str, Any], tiles: Sequence[tuple[str, np.ndarray]]) -> None:
    """A sheet of the pictures with their captions, and the report."""
    from allaprima.judge.files import write_whole
    from allaprima.judge.grid import encoded, sheet

    write_whole(folder / f"{name}.webp", encoded(sheet(tiles, 8), "WEBP"))
    write_whole(folder / f"{name}.json", json.dumps(report, indent=1).encode())
