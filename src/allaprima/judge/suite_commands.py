"""`allaprima judge suite | train | styles | admit`: the prompt suite and the structured judge; what others open.

Thin commands; they hang under `allaprima judge` beside `quick` and `grid`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.errors import UserError
from allaprima.judge.commands import CORPUS, Bundle, Json, Threads, app, drawings_of, shown_progress

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.judge.copying import Shelf
    from allaprima.judge.held_out import HeldOut
    from allaprima.judge.looking import Judge
    from allaprima.judge.painting import Manner
    from allaprima.judge.references import Progress

HISTORY = Path("data/judge/history.jsonl")
Corpus_ = Annotated[Path, typer.Option(help="The drawings to compare with and to compose of, where built.")]
BANK = Path("data/bank")
Bank = Annotated[
    Path, typer.Option(help="Scenes written by `allaprima train bank`; the first shard is nobody's lesson.")
]
Steps = Annotated[int, typer.Option(min=1, max=100, help="Denoising steps of each picture.")]
Guidance = Annotated[
    float | None, typer.Option(min=0.0, max=30.0, help="Guidance scale instead of the bundle's.", show_default=False)
]
Images = Annotated[int, typer.Option(min=1, max=16, help="Pictures of each prompt.")]
Split = Annotated[str, typer.Option(help="dev to decide by; test only to report with.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only this tag; may be given again.", show_default=False)]
Eyes = Annotated[Path | None, typer.Option("--judge", help="Another judge.npz.", show_default=False)]
History = Annotated[Path, typer.Option(help="Each report is added to this file's end.")]


@app.command()
def suite(
    split: Split = "dev",
    tag: Tags = None,
    prompts: Annotated[int, typer.Option(min=0, help="The first of each tag; 0 is all.")] = 0,
    make: Annotated[bool, typer.Option("--make", help="Make both splits anew of the corpus.")] = False,
    corpus: Corpus_ = CORPUS,
) -> None:
    """Print the prompt suite, one JSON object a line: tag, prompt, seed, and what must be there.

    The package brings it. `--make` prints what the corpus gives instead, both splits: the same corpus gives the same
    lines.
    """
    from allaprima.judge import suite as suites

    if make:
        from allaprima.judge.suite_making import make as made
        from allaprima.scene.corpus import Corpus

        print(suites.written(made(Corpus.open(corpus))), end="")
        return
    print(suites.written(suites.chosen(suites.read(), split, tags=tag or suites.TAGS, most=prompts)), end="")


@app.command()
def train(
    minutes: Annotated[float, typer.Option(min=0.01, help="Wall-clock minutes of this call.")] = 40.0,
    bank: Bank = BANK,
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/judge"),
    bundle: Bundle = None,
    batch: Annotated[int, typer.Option(min=2, max=1024, help="Scenes a step.")] = 128,
    seed: Annotated[int, typer.Option(help="Seed of initial weights and draws.")] = 0,
    start: Annotated[
        Path | None, typer.Option(help="A judge.npz that a new run begins from.", show_default=False)
    ] = None,
    threads: Threads = 0,
) -> None:
    """Train the structured judge on composed scenes; the same command goes on where it stopped.

    Writes judge.npz into the run's folder. `judge admit` then measures it on scenes it has not seen.
    """
    import torch

    from allaprima.judge import training

    if threads:
        torch.set_num_threads(threads)
    decode = _decoder(bundle, threads)
    told = training.train(bank, folder, minutes=minutes, batch=batch, seed=seed, decode=decode, start=start)
    print(json.dumps(told))


@app.command()
def styles(
    cuts: Annotated[int, typer.Option(min=16, help="Cut-outs of lessons to learn from.")] = 8000,
    judge: Annotated[Path, typer.Option("--judge", help="The judge to give the head to.")] = Path(
        "data/runs/judge/judge.npz"
    ),
    bank: Bank = BANK,
    bundle: Bundle = None,
    threads: Threads = 0,
) -> None:
    """Teach the judge to tell styles by texture: one regression on early features of an ImageNet network, in a
    minute.
    """
    import torch

    from allaprima.judge import eye, textures
    from allaprima.judge.features import EarlyFeatures
    from allaprima.judge.lessons import Lessons

    if threads:
        torch.set_num_threads(threads)
    eye.Eye(judge)  # told at once when there is none
    with shown_progress() as progress:
        head = textures.learned(
            Lessons(bank, decode=_decoder(bundle, threads)),
            EarlyFeatures(threads),
            cuts,
            progress=lambda done, total: progress("looking at cut-outs", done, total),
        )
    eye.with_head(judge, head)
    print(judge)


@app.command()
def admit(
    judge: Annotated[Path, typer.Option("--judge", help="The judge to measure.")] = Path("data/runs/judge/judge.npz"),
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the judge with its admission here too.", show_default=False)
    ] = None,
    scenes: Annotated[int, typer.Option(min=2, max=2000, help="Held-out scenes of each tag.")] = 100,
    tag: Tags = None,
    bundle: Bundle = None,
    corpus: Corpus_ = CORPUS,
    bank: Bank = BANK,
    threads: Threads = 0,
    as_json: Json = False,
) -> None:
    """Measure the judge on real scenes that nobody learned from; 95 % right admit it for a tag.

    The numbers are written into its file, as composed and through the bundle's autoencoder. With `--tag` those of
    other tags stay as they are.
    """
    from allaprima.judge import eye, scoring
    from allaprima.judge.files import write_whole
    from allaprima.judge.quick import codec_of

    painter = open_painter(bundle, threads)
    with shown_progress() as progress:
        both = open_judge(painter, judge, corpus, threads, progress)
        held_out = open_held_out(corpus, bank, scenes)
        if held_out is None:
            raise UserError(
                f"Admission needs scenes, and there are none in {bank}: `allaprima train bank --shards 1` makes some."
            )
        if tag:
            held_out = held_out.about(tag)
        measured = scoring.admission(both, held_out, codec_of(painter.backend.run), progress)
        admission = {**both.eye.admission, **measured} if tag else measured
    eye.admit(judge, admission)
    if out is not None:
        write_whole(out, judge.read_bytes())
    if as_json:
        print(json.dumps(admission))
        return
    from rich.console import Console
    from rich.table import Table

    from allaprima.judge.score_page import share

    table = Table(title="Real held-out scenes told right", caption="admitted from 95 % as composed")
    for head in ("tag", "scenes", "as composed", "through autoencoder", "shuffled", "judge"):
        table.add_column(head, justify="left" if head in ("tag", "judge") else "right")
    for name, row in admission.items():
        verdict = "admitted" if row["admitted"] else "not admitted"
        numbers = (share(row["real"]), share(row.get("coded")), share(row["floor"]))
        table.add_row(name.replace("_", " "), str(row["scenes"]), *numbers, verdict)
    Console().print(table)


# ---- what several commands open ------------------------------------------------------------------------------


def _decoder(bundle: Path | None, threads: int) -> Any:
    """The bundle's decoder: latents float32 [n, c, h, w] to pictures uint8 [n, h, w, 3]."""
    from allaprima.engine.painter import Painter
    from allaprima.engine.preview import to_bytes

    backend = Painter(bundle, "onnxruntime", threads=threads or 1).backend

    def decode(latents: Any) -> Any:
        return to_bytes(backend.run("decoder", {"latent": latents})["picture"]).transpose(0, 2, 3, 1)

    return decode


def open_painter(bundle: Path | None, threads: int) -> Painter:
    """A painter with the bundle open; the user's own drawings stay out, so that numbers are the bundle's."""
    from allaprima.engine.library import Library
    from allaprima.engine.painter import Painter

    painter = Painter(bundle, threads=threads)
    painter.library = Library.open(painter.bundle)
    return painter


def open_judge(painter: Painter, file: Path | None, corpus: Path, threads: int, progress: Progress) -> Judge:
    """The structured judge, the recogniser and the drawings, ready."""
    import torch

    from allaprima.judge import eye, features
    from allaprima.judge.catalogue import Catalogue
    from allaprima.judge.looking import Judge
    from allaprima.judge.recognising import Recogniser
    from allaprima.judge.references import every, seen

    if threads:
        torch.set_num_threads(threads)
    eyes = eye.Eye(file or eye.SHIPPED)
    drawings, cache = drawings_of(corpus, painter)
    net = features.EfficientNetLite2(threads)
    recogniser = Recogniser(seen(drawings, net, net.name, cache, progress), net)
    shelf = open_shelf(corpus, painter)
    catalogue = Catalogue.of(
        every(drawings, shelf.rows, shelf.image), cache, lambda done, total: progress("laying drawings", done, total)
    )
    return Judge(eyes, recogniser, shelf, catalogue)


def open_shelf(corpus: Path, painter: Painter) -> Shelf:
    """All drawings that tell styles: the corpus's where it is built, else the library's."""
    from allaprima.judge.copying import Shelf
    from allaprima.scene.corpus import Corpus

    if corpus.is_dir():
        drawn = Corpus.open(corpus)
        return Shelf(drawn.drawings, drawn.image, held_out_too=True)
    library = painter.library
    return Shelf(library.drawings, lambda place: library.image(library.drawings[place]), held_out_too=True)


def open_held_out(corpus: Path, bank: Path, of_tag: int) -> HeldOut | None:
    """The held-out scenes where corpus and bank are built."""
    if not corpus.is_dir() or not bank.is_dir():
        return None
    from allaprima.judge.held_out import kept
    from allaprima.scene.corpus import Corpus

    return kept(Corpus.open(corpus), bank, corpus.parent / "judge", of_tag=of_tag)


def surroundings(painter: Painter, manner: Manner, judge: Judge) -> dict[str, Any]:
    """What a report's numbers depend on beside the prompts."""
    import hashlib

    from allaprima.judge.features import EfficientNetLite2

    drawings = judge.recogniser.drawings
    return {
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256},
        "backend": painter.backend.name,
        "steps": manner.steps,
        "guidance": painter.bundle.guidance_scale if manner.guidance is None else manner.guidance,
        "images": manner.images,
        "judge": hashlib.sha256(judge.eye.file.read_bytes()).hexdigest(),
        "features": EfficientNetLite2.name,
        "references": {"source": drawings.source, "drawings": len(drawings.rows), "concepts": len(drawings.concepts)},
    }
