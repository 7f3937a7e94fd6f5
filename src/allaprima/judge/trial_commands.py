"""`allaprima judge fidelity | copying | added | blind`: what the suite does not ask.

Thin commands; they hang under `allaprima judge` beside `score`.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
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
    open_held_out,
    open_judge,
    open_painter,
    surroundings,
)


@app.command()
def fidelity(
    pictures: Annotated[int, typer.Option(min=8, max=5000, help="Captions of held-out scenes to paint.")] = 200,
    steps: Steps = 4,
    guidance: Guidance = None,
    bundle: Bundle = None,
    corpus: Corpus_ = CORPUS,
    bank: Bank = BANK,
    threads: Threads = 0,
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """How like held-out composed scenes painted ones are as a crowd: KID and MMD, in thousandths, smaller is liker.

    Paints the captions of half the scenes and compares with the other half. Beside it stand what those scenes
    themselves give (ceiling), what they give through the autoencoder, and what noise gives (floor).
    """
    from allaprima.judge import fidelity as crowds
    from allaprima.judge import history as histories
    from allaprima.judge.features import EfficientNetLite2
    from allaprima.judge.held_out import captioned
    from allaprima.judge.painting import Manner, Wanted, paint_all
    from allaprima.judge.quick import MEMORIES, codec_of

    started = time.perf_counter()
    scenes = captioned(bank, 2 * pictures)
    if len(scenes) < 16:
        raise UserError(f"There are no held-out scenes in {bank}: `allaprima train bank --shards 1` makes some.")
    half = len(scenes) // 2
    painter, net = open_painter(bundle, threads), EfficientNetLite2(threads)
    manner = Manner(steps, guidance, 1)
    wanted = [Wanted(caption, 8_000_000 + place) for place, (_, caption) in enumerate(scenes[:half])]
    real = [picture for picture, _ in scenes[:half]]
    codec = codec_of(painter.backend.run)
    with shown_progress() as progress:
        crowd = {"held_out_scenes": net(np.stack(real))}
        coded = [each for start in range(0, half, 16) for each in codec(np.stack(real[start : start + 16]))]
        crowd["through_autoencoder"] = net(np.stack(coded))
        for way, memory in MEMORIES.items():
            several = paint_all(
                painter, wanted, memory, manner, what=f"painting {way.replace('_', ' ')}", progress=progress
            )
            crowd[way] = net(np.stack([each.pixels for (each,) in several]))
        noise = np.random.default_rng(0).integers(0, 256, (half, 128, 128, 3), dtype=np.uint8)
        crowd["noise"] = net(noise)
        reference = net(np.stack([picture for picture, _ in scenes[half:]]))
    report: dict[str, Any] = {
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256},
        "steps": steps, "guidance": painter.bundle.guidance_scale if guidance is None else guidance,
        "features": net.name, "pictures": half, "crowds": crowds.report(reference, crowd),
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    histories.append(history, "fidelity", report)
    if as_json:
        print(json.dumps(report))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{half} pictures of held-out captions against {len(reference)} other held-out scenes, x 1000")
    for head in ("pictures", "KID", "MMD"):
        table.add_column(head, justify="left" if head == "pictures" else "right")
    for name, row in report["crowds"].items():
        table.add_row(name.replace("_", " "), *(_spread(row[key]) for key in ("kid", "mmd")))
    Console().print(table)


@app.command()
def copying(
    split: Split = "dev",
    prompts: Annotated[int, typer.Option(min=2, max=1000, help="Prompts of seen and of unseen pairs each.")] = 40,
    images: Images = 2,
    steps: Steps = 4,
    guidance: Guidance = None,
    bundle: Bundle = None,
    scenes: Annotated[int, typer.Option(min=4, max=2000, help="Real scenes of each kind to set the limit by.")] = 100,
    corpus: Corpus_ = CORPUS,
    bank: Bank = BANK,
    threads: Threads = 0,
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """How often a picture shows a training drawing of another style than the one asked for.

    Each picture is laid over the training drawings of its concept, moved, scaled and mirrored. Counted are those that
    stand out more than 95 of 100 real pictures of other drawings do. That limit, how many copies planted on purpose
    it finds, and its false alarms come from real scenes through the autoencoder.
    """
    from allaprima.judge import copying as copies
    from allaprima.judge import history as histories
    from allaprima.judge import suite as suites
    from allaprima.judge.painting import Manner, Wanted, paint_all
    from allaprima.judge.quick import MEMORIES, codec_of
    from allaprima.scene.corpus import Corpus

    started = time.perf_counter()
    painter = open_painter(bundle, threads)
    manner = Manner(steps, guidance, images)
    held_out = open_held_out(corpus, bank, scenes)
    if held_out is None:
        raise UserError(
            f"The limit needs the corpus and scenes, and {corpus} or {bank} is not there: `allaprima corpus build` and "
            "`allaprima train bank --shards 1` make them."
        )
    drawn = Corpus.open(corpus)
    shelf = copies.Shelf(drawn.drawings, drawn.image)
    with shown_progress() as progress:
        codec = codec_of(painter.backend.run)
        real = copies.known(held_out.scenes, shelf, codec)
        if len(real) < 4:
            raise UserError(f"Only {len(real)} of the held-out scenes show one drawing alone: raise --scenes.")
        planted = copies.plants(real, held_out.scenes, shelf, codec)
        limit = copies.limit(shelf, real, planted, lambda done, total: progress("setting the limit", done, total))
        rates: dict[str, Any] = {}
        for kind, tag in (("seen_pairs", "style"), ("unseen_pairs", "unseen_pair")):
            questions = [each for each in suites.chosen(suites.read(), split, tags=[tag], most=prompts)
                         if shelf.drawings(each.include[0].concept)]  # fmt: skip
            wanted = [Wanted(each.prompt, each.seed) for each in questions]
            asked = [
                copies.Asked(each.include[0].concept, str(each.style)) for each in questions for _ in range(images)
            ]
            rates[kind] = {}
            for way, memory in MEMORIES.items():
                what = f"painting {kind.replace('_', ' ')}, {way.replace('_', ' ')}"
                several = paint_all(painter, wanted, memory, manner, what=what, progress=progress)
                pictures = [each.pixels for one in several for each in one]
                rates[kind][way] = copies.rates(shelf, pictures, asked, limit.value, images)
    report = {
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256}, "split": split, "steps": steps,
        "images": images, "limit": round(limit.value, 4), "looked_at": limit.pictures,
        "true_copies_found": limit.found, "false_alarms": limit.false_alarms, "rates": rates,
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    histories.append(history, "copying", report)
    if as_json:
        print(json.dumps(report))
        return
    from rich.console import Console
    from rich.table import Table

    from allaprima.judge.score_page import share

    table = Table(title="Pictures that show a training drawing of another style than the one asked for")
    for head in ("asked for", "painted", "copied"):
        table.add_column(head, justify="right" if head == "copied" else "left")
    for kind, ways in rates.items():
        for way, row in ways.items():
            table.add_row(kind.replace("_", " "), way.replace("_", " "), share(row["copied_in_another_style"]))
    console = Console(width=120)
    console.print(table)
    console.print(f"limit {limit.value:.2f}; false alarms among real pictures of other drawings "
                  f"{share(dict(limit.false_alarms))}; of true copies it finds:")  # fmt: skip
    for name, measure in limit.found.items():
        console.print(f"  {name.replace('_', ' ')}: {share(dict(measure))}")


@app.command()
def added(
    count: Annotated[int, typer.Option(min=2, max=80, help="How many never-seen drawings.")] = 50,
    images: Images = 2,
    steps: Steps = 4,
    guidance: Guidance = None,
    bundle: Bundle = None,
    judge: Eyes = None,
    corpus: Corpus_ = CORPUS,
    packages: Annotated[Path, typer.Option(help="Where the set of drawings is fetched to.")] = Path(
        "data/corpus/packages"
    ),
    threads: Threads = 0,
    out_page: Annotated[
        Path | None, typer.Option("--out-page", help="A folder for a page to look at.", show_default=False)
    ] = None,
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """Put drawings that nobody trained on into a library and ask for them by name: are they found among the nearest
    five?

    The drawings come from a set outside the corpus, fetched with npm. The floor is the other drawings' names, the
    ceiling the drawings themselves through the autoencoder; without the library nothing can know them.
    """
    from allaprima.judge import added as adding
    from allaprima.judge import history as histories
    from allaprima.judge.painting import Manner
    from allaprima.judge.quick import codec_of

    started = time.perf_counter()
    if out_page is not None:
        check_folder(out_page)
    painter = open_painter(bundle, threads)
    manner = Manner(steps, guidance, images)
    drawings = adding.fetched(packages, count, painter)
    with shown_progress() as progress, tempfile.TemporaryDirectory(prefix="allaprima-") as home:
        both = open_judge(painter, judge, corpus, threads, progress)
        adding.remember(painter, drawings, Path(home))
        codec = codec_of(painter.backend.run)
        found, shown = adding.judge(
            painter, both, drawings, codec=codec, manner=manner, progress=progress
        )
    report = surroundings(painter, manner, both) | found | {"seconds": round(time.perf_counter() - started, 1)}
    histories.append(history, "added", report)
    if out_page is not None:
        from allaprima.judge.files import write_whole

        write_whole(out_page / "index.html", adding.page(drawings, shown, report).encode())
    if as_json:
        print(json.dumps(report))
        return
    from allaprima.judge.score_page import share

    print(
        f"{report['drawings']} drawings added from {report['source']}, top {report['top']}; "
        f"ceiling {share(report['ceiling'])}"
    )
    for way, row in report["ways"].items():
        print(f"  {way.replace('_', ' ')}: {share(row['score'])}, {share(row['share_of_ceiling'])} of the ceiling, "
              f"floor {share(row['floor'])}")  # fmt: skip


@app.command()
def blind(
    first: Annotated[Path | None, typer.Argument(metavar="[A]", help="A bundle's folder.", show_default=False)] = None,
    second: Annotated[
        Path | None, typer.Argument(metavar="[B]", help="Another's, or the same.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write.")] = Path("blind.html"),
    prompts: Annotated[int, typer.Option(min=1, max=300, help="How many pairs.")] = 30,
    steps: Steps = 4,
    steps_b: Annotated[int, typer.Option("--steps-b", min=0, max=100, help="Steps of B; 0: the same.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the order.")] = 0,
    threads: Threads = 0,
    score: Annotated[
        Path | None, typer.Option("--score", help="Choices that the page saved.", show_default=False)
    ] = None,
) -> None:
    """Write a page where eyes choose between two bundles' pictures without knowing whose they are; or score the
    choices.

    `judge blind A B` paints mixed prompts of the dev split with the same seeds. The page keeps the choices and saves
    them as a file; `judge blind --score choices.json` tells the share of A with its interval.
    """
    from allaprima.judge import blind as sheets

    if score is not None:
        found = sheets.score(score)
        share = found["share_of_a"]
        print(f"{found['a']} against {found['b']}: {share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%}) "
              f"for the first, {found['chosen']} of {found['pairs']} pairs, {found['same']} of them even")  # fmt: skip
        return
    if first is None or second is None:
        raise UserError(
            "Give two bundles' folders, `judge blind A B`, or choices to score, `judge blind --score choices.json`."
        )
    from allaprima.judge import suite as suites
    from allaprima.judge.files import write_whole
    from allaprima.judge.painting import Manner, Wanted, paint_all

    questions = suites.chosen(suites.read(), "dev", most=-(-prompts // len(suites.TAGS)))[:prompts]
    wanted = [Wanted(each.prompt, each.seed) for each in questions]
    painted, names = [], []
    with shown_progress() as progress:
        for letter, folder, count in (("A", first, steps), ("B", second, steps_b or steps)):
            painter = open_painter(folder, threads)
            names.append(f"{painter.bundle.name} ({painter.bundle.sha256[:8]}, {count} steps)")
            painted.append(
                paint_all(painter, wanted, 1.0, Manner(count, None, 1), what=f"painting {letter}", progress=progress)
            )
    pairs = [sheets.Pair(each.prompt, a.pixels, b.pixels) for each, (a,), (b,) in zip(questions, *painted, strict=True)]
    write_whole(out, sheets.sheet(pairs, (names[0], names[1]), seed=seed).encode())
    print(out)


def _spread(measure: dict[str, float | None]) -> str:
    value, low, high = measure.values()
    return f"{value:.2f} ({low:.2f} to {high:.2f})"
