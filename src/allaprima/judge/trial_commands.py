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
from allaprima.judge.commands import CORPUS, Bundle, Threads, app, check_folder, shown_progress
from allaprima.judge.suite_commands import (
    BANK,
    HISTORY,
    Bank,
    Corpus_,
    Eyes,
    Guidance,
    History,
    Images,
    Json,
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
    judge: Eyes = None,
    scenes: Annotated[int, typer.Option(min=2, max=2000, help="Real scenes of each kind to set the limit by.")] = 100,
    corpus: Corpus_ = CORPUS,
    bank: Bank = BANK,
    threads: Threads = 0,
    history: History = HISTORY,
    as_json: Json = False,
) -> None:
    """How often a picture shows a training drawing of another style than the one asked for.

    Counted are pictures whose nearest training drawing is in another style and nearer than 95 of 100 real drawings
    are to their nearest in another style. That limit, and how many true copies it finds, come from real scenes
    through the autoencoder.
    """
    from allaprima.judge import copying as copies
    from allaprima.judge import history as histories
    from allaprima.judge import scoring
    from allaprima.judge import suite as suites
    from allaprima.judge.painting import Manner, Wanted, paint_all
    from allaprima.judge.quick import MEMORIES, codec_of

    started = time.perf_counter()
    painter = open_painter(bundle, threads)
    manner = Manner(steps, guidance, images)
    with shown_progress() as progress:
        both = open_judge(painter, judge, corpus, threads, progress)
        held_out = open_held_out(corpus, bank, scenes)
        if held_out is None:
            raise UserError(
                f"The limit needs scenes, and there are none in {bank}: `allaprima train bank --shards 1` makes some."
            )
        shelf = copies.Shelf(both.recogniser.references, both.recogniser.features, both.eye)
        lone = [
            (scene, question)
            for scene in held_out.scenes
            for question in scene.questions
            if question.tag == "style" and question.include[0].concept in both.recogniser.number
        ]
        codec = codec_of(painter.backend.run)
        coded = [one for start in range(0, len(lone), 16)
                 for one in codec(np.stack([scene.picture for scene, _ in lone[start : start + 16]]))]  # fmt: skip
        of_real = [copies.Asked(question.include[0].concept, str(question.style)) for _, question in lone]
        limit, found = copies.usual(shelf, shelf.likeness(coded), of_real, [scene.shown[0] for scene, _ in lone])
        rates: dict[str, Any] = {}
        for kind, tag in (("seen_pairs", "style"), ("unseen_pairs", "unseen_pair")):
            questions = scoring.answerable(
                suites.chosen(suites.read(), split, tags=[tag], most=prompts), both.recogniser
            )
            wanted = [Wanted(each.prompt, each.seed) for each in questions]
            asked = [
                copies.Asked(each.include[0].concept, str(each.style)) for each in questions for _ in range(images)
            ]
            rates[kind] = {}
            for way, memory in MEMORIES.items():
                what = f"painting {kind.replace('_', ' ')}, {way.replace('_', ' ')}"
                several = paint_all(painter, wanted, memory, manner, what=what, progress=progress)
                likeness = shelf.likeness([each.pixels for one in several for each in one])
                rates[kind][way] = copies.rates(shelf, likeness, asked, limit, images)
    report = surroundings(painter, manner, both) | {
        "split": split, "limit": round(limit, 4), "real_scenes": len(lone), "true_copies_found": round(found, 4),
        "rates": rates,
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    histories.append(history, "copying", report)
    if as_json:
        print(json.dumps(report))
        return
    from rich.console import Console
    from rich.table import Table

    from allaprima.judge.score_page import share

    table = Table(
        title="Pictures nearer to a training drawing than real drawings usually are",
        caption=f"limit: cosine {limit:.2f}, from {len(lone)} real scenes; it finds {found:.0%} of true copies and "
        "takes 5 % of "
        "independent drawings for copies",
    )
    for head in (
        "asked for",
        "painted",
        "copied in another style",
        "near in the style asked for",
        "3x nearer than another concept",
    ):
        table.add_column(head, justify="left" if head in ("asked for", "painted") else "right")
    for kind, ways in rates.items():
        for way, row in ways.items():
            keys = ("copied_in_another_style", "near_in_the_style_asked_for", "three_times_nearer_than_another_concept")
            table.add_row(kind.replace("_", " "), way.replace("_", " "), *(share(row[key]) for key in keys))
    Console(width=140).print(table)


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
            painter, both.recogniser, both.eye, drawings, codec=codec, manner=manner, progress=progress
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
