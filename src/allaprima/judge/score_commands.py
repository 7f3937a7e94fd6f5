"""`allaprima judge score | history`: how far pictures follow the suite's words, and scores over time.

Thin commands; the measuring is in scoring.py and targets.py.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.errors import UserError
from allaprima.judge.commands import CORPUS, Bundle, Json, Threads, app, check_folder, shown_progress
from allaprima.judge.suite_commands import (
    BANK,
    HISTORY,
    Bank,
    Corpus_,
    Eyes,
    Guidance,
    History,
    Images,
    Split,
    Steps,
    Tags,
    open_held_out,
    open_judge,
    open_painter,
    surroundings,
)

CEILING = "styles and concepts by drawings"  # how it is looked at, where that changes

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.judge.held_out import HeldOut
    from allaprima.judge.looking import Judge
    from allaprima.judge.painting import Manner
    from allaprima.judge.references import Progress


@app.command()
def score(
    split: Split = "dev",
    prompts: Annotated[int, typer.Option(min=2, max=1000, help="Prompts of each tag.")] = 100,
    images: Images = 1,
    steps: Steps = 4,
    guidance: Guidance = None,
    tag: Tags = None,
    added: Annotated[
        bool | None,
        typer.Option(help="Drawings added after training as well; as a rule with the test split.", show_default=False),
    ] = None,
    bundle: Bundle = None,
    judge: Eyes = None,
    scenes: Annotated[int, typer.Option(min=2, max=2000, help="Held-out scenes of each tag, for the ceiling.")] = 100,
    corpus: Corpus_ = CORPUS,
    bank: Bank = BANK,
    threads: Threads = 0,
    out_page: Annotated[
        Path | None, typer.Option("--out-page", help="A folder for a page to look at.", show_default=False)
    ] = None,
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """How far a bundle's pictures follow the suite's words, tag by tag.

    Every number stands between its floor (shuffled prompts) and its ceiling (real held-out scenes through the
    autoencoder), with its 95 % interval over prompts, and as a share of the ceiling. Tags that the judge cannot tell
    in 95 of 100 real scenes are marked. What a release is to reach stands beside it.

    The test split is for one last run, `--split test --out-page DIR`: nothing may be decided by it.
    """
    from allaprima.judge import history as histories
    from allaprima.judge import scoring
    from allaprima.judge import suite as suites
    from allaprima.judge.painting import Manner
    from allaprima.judge.quick import codec_of

    started = time.perf_counter()
    if out_page is not None:
        check_folder(out_page)
    questions = suites.chosen(suites.read(), split, tags=tag or suites.TAGS, most=prompts)
    painter = open_painter(bundle, threads)
    manner = Manner(steps, guidance, images)
    with shown_progress() as progress:
        both = open_judge(painter, judge, corpus, threads, progress)
        held_out = open_held_out(corpus, bank, scenes)
        if held_out is not None and tag:
            held_out = held_out.about(tag)
        found = scoring.score(
            painter,
            both,
            questions,
            held_out=held_out,
            codec=codec_of(painter.backend.run),
            manner=manner,
            cache=None
            if held_out is None
            else corpus.parent / "judge" / f"ceiling-{_ceiling_of(painter, both, held_out)}.json",
            progress=progress,
        )
        report = surroundings(painter, manner, both) | {"split": split} | found.report
        if added or (added is None and split == "test" and not tag):
            row = _added(painter, both, manner, corpus, progress)
            report["added"], report["targets"] = row["added"], [*report["targets"], row["target"]]
    report["seconds"] = round(time.perf_counter() - started, 1)
    histories.append(history, "score", report)
    if out_page is not None:
        from allaprima.judge.files import write_whole
        from allaprima.judge.score_page import page

        write_whole(out_page / "index.html", page(found, report).encode())
        write_whole(out_page / "report.json", json.dumps(report, indent=1).encode())
    if as_json:
        print(json.dumps(report))
    else:
        _show_score(report)


@app.command("history")
def history_(
    history: Annotated[Path, typer.Argument(help="What `score` and the others wrote.")] = HISTORY,
    split: Split = "dev",
) -> None:
    """The scores of a split over time, with the library / from words alone, in per cent."""
    from rich.console import Console
    from rich.table import Table

    from allaprima.judge import history as histories
    from allaprima.judge.suite import TAGS

    rows = [row for row in histories.read(history, "score") if row.get("split") == split]
    if not rows:
        raise UserError(f"{history} holds no score of the {split} split: `allaprima judge score` adds one.")
    table = Table(title=f"Scores on the {split} split, with library / words alone")
    for head in ("at", "model", "steps", *(tag.replace("_", " ") for tag in TAGS)):
        table.add_column(head, justify="right" if head not in ("at", "model") else "left")
    for row in rows:
        cells = []
        for tag in TAGS:
            ways = row["tags"].get(tag, {}).get("ways")
            cells.append(" / ".join(f"{each['score']['value'] * 100:.0f}" for each in ways.values()) if ways else "")
        table.add_row(row["at"][:16], f"{row['model']['name']} {row['model']['sha256'][:6]}", str(row["steps"]), *cells)
    Console().print(table)


# ---- what they are made of ----------------------------------------------------------------------------------


def _added(painter: Painter, judge: Judge, manner: Manner, corpus: Path, progress: Progress) -> dict[str, Any]:
    """The report of drawings added after training, and its row among the targets. The painter then knows them."""
    import tempfile

    from allaprima.judge import added as adding
    from allaprima.judge import targets
    from allaprima.judge.quick import codec_of

    drawings = adding.fetched(corpus / "packages", 50, painter)
    with tempfile.TemporaryDirectory(prefix="allaprima-") as home:
        adding.remember(painter, drawings, Path(home))
        report, _ = adding.judge(
            painter, judge, drawings,
            codec=codec_of(painter.backend.run), manner=manner, progress=progress,
        )  # fmt: skip
    share = report["ways"]["with_library"]["share_of_ceiling"]
    way = {"share_of_ceiling": share, "target": targets.ADDED, "is_reached": targets.reached(share, targets.ADDED)}
    return {"added": report, "target": {"row": targets.SAID_ADDED, "tags": [], "ways": {"with_library": way}}}


def _ceiling_of(painter: Painter, judge: Judge, held_out: HeldOut) -> str:
    """A name for all that a ceiling depends on: the judge, the references, the scenes, the autoencoder."""
    import hashlib

    files = painter.bundle.info["files"]
    rows = judge.recogniser.drawings.rows
    told = [
        CEILING,
        held_out.name,
        *(str(files[name]) for name in ("encoder.onnx", "decoder.onnx")),
        *(row.sha256 for row in rows),
    ]
    return hashlib.sha256("\n".join(told).encode() + judge.eye.file.read_bytes()).hexdigest()[:16]


def _show_score(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from allaprima.judge.score_page import share

    table = Table(
        title=f"{report['model']['name']}, {report['split']} split: {report['questions']} prompts, "
        f"{report['images']} pictures each, {report['steps']} steps, {report['seconds']:.0f} s",
        caption="shares of the ceiling; floor: shuffled prompts; * the judge is not admitted for this tag",
    )
    for head in ("tag", "with library", "share", "floor", "words alone", "share", "floor", "ceiling"):
        table.add_column(head, justify="left" if head == "tag" else "right")
    for tag, row in report["tags"].items():
        cells = [tag.replace("_", " ") + ("" if row["admitted"] else " *")]
        for one in row["ways"].values():
            cells += [share(one["score"]), share(one.get("share_of_ceiling")), share(one["floor"])]
        table.add_row(*cells, share(row.get("ceiling")))
    console = Console(width=160)
    console.print(table)
    if report["targets"]:
        console.print(_targets(report))


def _targets(report: dict[str, Any]) -> Any:
    """The table of what a release is to reach."""
    from rich.table import Table

    from allaprima.judge.score_page import share, target

    table = Table(
        title=f"Shares of the ceiling against their targets, {report['split']} split",
        caption="* the judge is not admitted for this row",
    )
    for head in ("", "with library", "target", "words alone", "target"):
        table.add_column(head, justify="right" if head else "left")
    for row in report["targets"]:
        star = "" if all(report["tags"][tag]["admitted"] for tag in row["tags"]) else " *"
        cells = [row["row"] + star]
        for way in ("with_library", "words_alone"):
            one = row["ways"].get(way)
            cells += [share(one["share_of_ceiling"]), target(one)] if one else ["", ""]
        table.add_row(*cells)
    return table
