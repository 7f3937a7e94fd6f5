"""`allaprima judge references | stages`: do pictures given to a prompt come back in what is painted, and where do
things get lost on the way?

Thin commands; the measuring is in given.py and stages.py.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from allaprima.judge.commands import CORPUS, Bundle, Json, Threads, app, check_folder, shown_progress
from allaprima.judge.part_commands import Sheet
from allaprima.judge.suite_commands import (
    HISTORY,
    Corpus_,
    Eyes,
    History,
    Images,
    Split,
    Steps,
    open_judge,
    open_painter,
    open_shelf,
)


@app.command()
def references(
    split: Split = "dev",
    count: Annotated[int, typer.Option(min=2, max=80, help="How many never-seen drawings to give.")] = 48,
    prompts: Annotated[int, typer.Option(min=2, max=100, help="How many styles of things to ask for.")] = 48,
    images: Images = 1,
    steps: Steps = 4,
    bundle: Bundle = None,
    corpus: Corpus_ = CORPUS,
    packages: Annotated[Path, typer.Option(help="Where the set of drawings is fetched to.")] = Path(
        "data/corpus/packages"
    ),
    threads: Threads = 0,
    out_page: Sheet = None,
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """Does --cref, --oref keep a given drawing in a new scene, and --sref its style on another thing?

    Characters and objects are drawings that nobody trained on, to be told from 100 others of their set; styles are
    told by the thing's drawings, of a given picture and of a style's name. With floor (the other questions), ceiling
    (the drawings themselves, through the autoencoder) and 95 % intervals over prompts.
    """
    from allaprima.judge import added as adding
    from allaprima.judge import given
    from allaprima.judge import history as histories
    from allaprima.judge import suite as suites
    from allaprima.judge.quick import codec_of

    started = time.perf_counter()
    if out_page is not None:
        check_folder(out_page)
    painter = open_painter(bundle, threads)
    guests = adding.fetched(packages, count, painter)
    others = given.distractors(packages, guests)
    codec = codec_of(painter.backend.run)
    shelf = open_shelf(corpus, painter)

    def drawing(concept: str, style: str) -> np.ndarray | None:
        place = next((row for row in shelf.drawings(concept) if shelf.rows[row].style == style), None)
        return None if place is None else shelf.image(place)

    found: dict[str, Any] = {}
    tiles: dict[str, list[given.Tile]] = {}
    with shown_progress() as progress:
        for role, flag in given.ROLES.items():
            found[flag], tiles[flag] = given.characters(
                painter, guests, others, role=role, codec=codec, steps=steps, images=images, progress=progress
            )
        questions = suites.chosen(suites.read(), split, tags=["style"], most=prompts)
        for name, by_name in (("--sref picture", False), ("--sref @name", True)):
            found[name], tiles[name] = given.styles(
                painter, shelf, questions, drawing,
                by_name=by_name, codec=codec, steps=steps, images=images, progress=progress,
            )  # fmt: skip
    report = {
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256}, "split": split, "steps": steps,
        "images": images, "references": found, "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    histories.append(history, "references", report)
    if out_page is not None:
        from allaprima.judge.files import write_whole
        from allaprima.judge.grid import encoded, sheet

        write_whole(out_page / "references.webp", encoded(sheet(given.tiled(tiles), 8), "WEBP"))
        write_whole(out_page / "references.json", json.dumps(report, indent=1).encode())
    if as_json:
        print(json.dumps(report))
        return
    _show(report, len(others))


@app.command()
def stages(
    split: Split = "dev",
    prompts: Annotated[int, typer.Option(min=2, max=1000, help="How many single things to ask for.")] = 100,
    steps: Steps = 4,
    bundle: Bundle = None,
    judge: Eyes = None,
    corpus: Corpus_ = CORPUS,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Where single things get lost: in recall, in the layout, in the painting, or in the judge's guess of their place.

    Each question's drawing is looked at alone, in its place through the autoencoder, and painted; its place known
    and guessed; recognised by other drawings than its own (strict) and by all (knowing).
    """
    from allaprima.judge import scoring
    from allaprima.judge import stages as following
    from allaprima.judge import suite as suites
    from allaprima.judge.quick import codec_of
    from allaprima.judge.score_page import share

    started = time.perf_counter()
    painter = open_painter(bundle, threads)
    codec = codec_of(painter.backend.run)
    with shown_progress() as progress:
        both = open_judge(painter, judge, corpus, threads, progress)
        questions = scoring.answerable(
            suites.chosen(suites.read(), split, tags=["single_object"], most=prompts), both.recogniser
        )
        lot = following.followed(painter, both.recogniser, questions, codec=codec, steps=steps, progress=progress)
    report = {
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256}, "split": split, "steps": steps,
        **following.report(lot, both.recogniser, both.eye), "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    if as_json:
        print(json.dumps(report))
        return
    print(f"{report['model']['name']}: {report['questions']} single things, recalled {share(report['recalled'])}")
    for way, said in (("strict", "recognised by other drawings than its own"), ("knowing", "recognised by all")):
        row = report[way]
        print(f"{said}:")
        for name in row:
            if name not in ("lost_in", "painted_by_size"):
                print(f"  {name}: {share(row[name])}")
        print("  lost in: " + ", ".join(f"{name} {value:.0%}" for name, value in row["lost_in"].items()))
        print("  painted, by size: "
              + ", ".join(f"{name} {share(value)}" for name, value in row["painted_by_size"].items()))  # fmt: skip


def _show(report: dict[str, Any], others: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from allaprima.judge.score_page import share

    table = Table(
        title=f"{report['model']['name']}: given pictures, {report['steps']} steps, {report['seconds']:.0f} s",
        caption=f"--cref, --oref: found first (or among the first five) of itself and {others} others",
    )
    for head in ("given by", "score", "floor", "ceiling", "share", "without"):
        table.add_column(head, justify="left" if head == "given by" else "right")
    for name, row in report["references"].items():
        lots = {name: row} if "score" in row else {f"{name}, first": row["first"], f"{name}, top 5": row["first_five"]}
        for said, each in lots.items():
            keys = ("score", "floor", "ceiling", "share_of_ceiling", "without")
            table.add_row(said, *(share(each.get(key)) for key in keys))
    Console(width=140).print(table)
