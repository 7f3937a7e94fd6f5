"""`allaprima train`: thin commands over the training functions; each is resumable by the same command.

The order from raw drawings to weights: `corpus build`, `train text`, `train bank --large`, `train autoencoder`,
`train bank`, `train denoiser`, `train denoiser --anneal`, `train upscaler`, `export`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from allaprima.train.shape_commands import prune, search

app = typer.Typer(no_args_is_help=True, help="Train the text student, the autoencoder, the denoiser and the upscaler.")

Minutes = Annotated[float | None, typer.Option(help="Wall-clock budget; without it, until stopped with Ctrl-C.")]
Threads = Annotated[int, typer.Option(help="Cores to use; 0 means all.")]
Seed = Annotated[int, typer.Option(help="Seed of initial weights and draws.")]
Corpus = Annotated[Path, typer.Option(help="Folder written by `allaprima corpus build`.")]


def _threads(count: int) -> None:
    import torch

    if count > 0:
        torch.set_num_threads(count)


def _report(result: dict[str, Any]) -> None:
    typer.echo(json.dumps(result))


@app.command()
def text(
    minutes: Annotated[float, typer.Option(help="Wall-clock minutes in all.")] = 15.0,
    size: Annotated[str, typer.Option(help="xs, s or m.")] = "s",
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/text"),
    packages: Annotated[Path, typer.Option(help="Where npm packages are unpacked.")] = Path("data/corpus/packages"),
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Distil all-MiniLM-L6-v2 into the text student."""
    from allaprima.train.text import train_text

    _threads(threads)
    _report(train_text(minutes=minutes, size=size, folder=folder, packages=packages, seed=seed))


@app.command()
def autoencoder(
    minutes: Minutes = None,
    size: Annotated[str, typer.Option(help="xs, s or m.")] = "m",
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/autoencoder"),
    corpus: Corpus = Path("data/corpus"),
    scenes: Annotated[Path, typer.Option(help="256 px scenes, from `train bank --large`.")] = Path(
        "data/bank/scenes256.npy"
    ),
    anneal_minutes: Annotated[float, typer.Option(help="The rate falls to zero over the last minutes.")] = 4.0,
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many more steps at the latest.")] = None,
    equivariance: Annotated[bool, typer.Option(help="The regulariser of EQ-VAE, or none.")] = True,
    decoder_only: Annotated[
        bool, typer.Option(help="Freeze the encoder, so that latents stay as they are; kept only if better.")
    ] = False,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Train the autoencoder on crops of scenes and drawings, or its decoder alone on whole scenes.

    `--decoder-only` goes on from the run's checkpoint and keeps its state in decoder.pt. The checkpoint's decoder is
    replaced when the rate has come down and the new one is nearer to held-out scenes and no less sharp; with
    `--anneal-minutes 0` the rate stays up, for a turn that others follow.
    """
    from allaprima.train.autoencoder_training import train_autoencoder
    from allaprima.train.decoder_training import train_decoder

    _threads(threads)
    if decoder_only:
        _report(train_decoder(corpus=corpus, scenes=scenes, folder=folder, minutes=minutes,
                              anneal_minutes=anneal_minutes, seed=seed))  # fmt: skip
        return
    _report(train_autoencoder(corpus=corpus, scenes=scenes, folder=folder, size=size, minutes=minutes, steps=steps,
                              anneal_minutes=anneal_minutes, equivariance=equivariance, seed=seed))  # fmt: skip


@app.command()
def bank(
    shards: Annotated[int, typer.Option(help="How many shards of 1,024 scenes there shall be.")] = 64,
    first: Annotated[int, typer.Option(help="The first shard; several processes can share the work.")] = 0,
    folder: Annotated[Path, typer.Option(help="The bank.")] = Path("data/bank"),
    corpus: Corpus = Path("data/corpus"),
    runs: Annotated[Path, typer.Option(help="Runs of text student and autoencoder.")] = Path("data/runs"),
    tokenizer: Annotated[Path, typer.Option(help="The student's tokenizer.")] = Path("data/text/tokenizer.json"),
    large: Annotated[int, typer.Option(help="Instead: this many 256 px scenes for the autoencoder.")] = 0,
    compose_only: Annotated[bool, typer.Option(help="Compose, and leave encoding to a later call.")] = False,
    sketch: Annotated[bool, typer.Option(help="Instead: add the prior's sketches to shards that are there.")] = False,
    threads: Threads = 0,
) -> None:
    """Compose scenes and write their latents, hints and text states, shard by shard; run again to go on."""
    from allaprima.train.bank import compose_large, compose_shard, encode_shard, shard_folder

    if large:
        compose_large(corpus, folder / "scenes256.npy", count=large)
        return
    _threads(threads)
    if sketch:
        _sketch(folder, runs, tokenizer, first, shards)
        return
    encoders: tuple[Any, Any] | None = None
    for index in range(first, shards):
        made = compose_shard(corpus, folder, index)
        shard = shard_folder(folder, index)
        if compose_only or (shard / "lengths.npy").exists():
            typer.echo(f"{shard}: {'composed' if made else 'there'}")
            continue
        from allaprima.train.autoencoder_training import load_autoencoder
        from allaprima.train.captions_encoding import CaptionEncoder
        from allaprima.train.run import mixed_precision

        fast = mixed_precision()
        if encoders is None:
            text_encoder = CaptionEncoder.open(runs / "text" / "checkpoint.pt", tokenizer, fast=fast)
            encoders = load_autoencoder(runs / "autoencoder"), text_encoder
        encode_shard(shard, *encoders, fast=fast)
        typer.echo(f"{shard}: composed and encoded")


def _sketch(folder: Path, runs: Path, tokenizer: Path, first: int, end: int) -> None:
    from allaprima.train.autoencoder_training import load_autoencoder
    from allaprima.train.bank import shard_folder
    from allaprima.train.bank import shards as shards_of
    from allaprima.train.captions_encoding import CaptionEncoder
    from allaprima.train.prior_training import load_prior
    from allaprima.train.run import mixed_precision
    from allaprima.train.sketching import FILE, sketch_shard

    prior, autoencoder = load_prior(runs / "prior")[0], load_autoencoder(runs / "autoencoder")
    encoder = CaptionEncoder.open(runs / "text" / "checkpoint.pt", tokenizer, fast=False)
    known: dict[tuple[str, str], Any] = {}
    asked = {shard_folder(folder, number) for number in range(first, end)}
    for shard in filter(asked.__contains__, shards_of(folder, encoded=True)):
        if (shard / FILE).exists():
            typer.echo(f"{shard}: sketched before")
            continue
        made = sketch_shard(shard, prior, autoencoder, encoder.vectors, fast=mixed_precision(), known=known)
        typer.echo(f"{shard}: {made} scenes sketched")


@app.command()
def denoiser(
    minutes: Minutes = None,
    size: Annotated[str, typer.Option(help="xs, s or m.")] = "s",
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/denoiser"),
    bank: Annotated[Path, typer.Option(help="The scene bank.")] = Path("data/bank"),
    autoencoder: Annotated[Path, typer.Option(help="Its run, for the sample sheets.")] = Path("data/runs/autoencoder"),
    anneal: Annotated[bool, typer.Option(help="Fork a cool-down from the checkpoint: the rate falls to zero.")] = False,
    batch: Annotated[int, typer.Option(help="Scenes a step.")] = 128,
    lr: Annotated[float, typer.Option(help="Learning rate at the plateau.")] = 1e-3,
    optimiser: Annotated[str, typer.Option(help="muon or adamw.")] = "muon",
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Train the denoiser on the scene bank, with its memory from the first step."""
    from allaprima.train.denoiser_training import train_denoiser

    _threads(threads)
    _report(train_denoiser(bank=bank, folder=folder, autoencoder=autoencoder, size=size, minutes=minutes,
                           anneal=anneal, batch=batch, lr=lr, optimiser=optimiser, seed=seed))  # fmt: skip


@app.command()
def upscaler(
    minutes: Minutes = None,
    size: Annotated[str, typer.Option(help="xs, s or m.")] = "s",
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/upscaler"),
    pairs: Annotated[Path, typer.Option(help="Pairs of pictures, made if missing.")] = Path("data/upscaler"),
    shards: Annotated[int, typer.Option(help="How many shards of 32 scenes there shall be; two are held out.")] = 16,
    corpus: Corpus = Path("data/corpus"),
    autoencoder: Annotated[Path, typer.Option(help="Its run.")] = Path("data/runs/autoencoder"),
    decoded: Annotated[float, typer.Option(min=0, max=1, help="Share of inputs that went through the decoder.")] = 0.0,
    pairs_only: Annotated[bool, typer.Option(help="Make the pairs, and leave training to a later call.")] = False,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Make pairs of the vector drawings, and train the upscaler on them."""
    from allaprima.scene.sharp import SharpCorpus
    from allaprima.train.autoencoder_training import load_autoencoder
    from allaprima.train.upscaler_pairs import make_pairs, missing
    from allaprima.train.upscaler_training import train_upscaler

    _threads(threads)
    if missing(pairs, shards):
        make_pairs(pairs, SharpCorpus(corpus), load_autoencoder(autoencoder), shards=shards, say=typer.echo)
    if not pairs_only:
        _report(train_upscaler(pairs=pairs, folder=folder, size=size, minutes=minutes, decoded=decoded, seed=seed))


@app.command()
def student(
    minutes: Annotated[float, typer.Option(help="Wall-clock minutes; the rate falls to zero over them.")],
    teacher: Annotated[Path, typer.Option(help="The denoiser's run.")] = Path("data/runs/denoiser"),
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/student"),
    bank: Annotated[Path, typer.Option(help="The scene bank.")] = Path("data/bank"),
    autoencoder: Annotated[Path, typer.Option(help="Its run, for the sample sheets.")] = Path("data/runs/autoencoder"),
    guidance: Annotated[float, typer.Option(help="The guidance scale that is folded in.")] = 7.0,
    shift: Annotated[float, typer.Option(help="Bends the grid of 4 towards the noise; 1 means equal steps.")] = 1.0,
    batch: Annotated[int, typer.Option(help="Lessons a step.")] = 64,
    lr: Annotated[float, typer.Option(help="Learning rate at the beginning.")] = 5e-4,
    adversarial: Annotated[float, typer.Option(help="Minutes more, against a discriminator; kept if better.")] = 0.0,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Distil the denoiser into a student that paints in 4, 2 and 1 steps, guidance folded in."""
    from allaprima.train.distillation import train_student

    _threads(threads)
    _report(train_student(teacher=teacher, folder=folder, bank=bank, autoencoder=autoencoder, minutes=minutes,
                          guidance=guidance, shift=shift, batch=batch, lr=lr, adversarial=adversarial,
                          seed=seed))  # fmt: skip


@app.command()
def gan(
    minutes: Annotated[float, typer.Option(help="Wall-clock minutes more.")],
    size: Annotated[str, typer.Option(help="xs, s or m.")] = "s",
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/gan"),
    bank: Annotated[Path, typer.Option(help="The scene bank.")] = Path("data/bank"),
    autoencoder: Annotated[Path, typer.Option(help="Its run, for the sample sheets.")] = Path("data/runs/autoencoder"),
    batch: Annotated[int, typer.Option(help="Scenes a round.")] = 64,
    lr: Annotated[float, typer.Option(help="Learning rate of both.")] = 3e-4,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Train a generator against a discriminator from nothing: the earlier way, as a baseline."""
    from allaprima.train.gan import train_gan

    _threads(threads)
    _report(train_gan(bank=bank, folder=folder, autoencoder=autoencoder, size=size, minutes=minutes, batch=batch,
                      lr=lr, seed=seed))  # fmt: skip


app.command()(prune)
app.command()(search)


@app.command()
def grid(
    minutes: Annotated[float, typer.Option(help="Wall-clock minutes, about.")] = 8.0,
    teacher: Annotated[Path, typer.Option(help="The denoiser's run.")] = Path("data/runs/denoiser"),
    folder: Annotated[Path, typer.Option(help="Where grids.json is written.")] = Path("data/runs/grid"),
    bank: Annotated[Path, typer.Option(help="The scene bank.")] = Path("data/bank"),
    guidance: Annotated[float, typer.Option(help="The guidance scale that the steps are taken with.")] = 4.0,
    scenes: Annotated[int, typer.Option(min=2, help="Scenes to learn on, and as many to compare on.")] = 12,
    crowd: Annotated[int, typer.Option(min=0, help="Scenes that fresh noise is judged on; 0 leaves it out.")] = 48,
    threads: Threads = 0,
) -> None:
    """Learn the times of 2, 4, 8 and 16 steps and their fresh noise; compare with grids spaced by hand."""
    from allaprima.train.grid_learning import learn_grids

    _threads(threads)
    learned = learn_grids(teacher=teacher, folder=folder, bank=bank, minutes=minutes, guidance=guidance,
                          scenes=scenes, crowd=crowd, say=lambda line: typer.echo(line, err=True))  # fmt: skip
    _report(learned.as_json())


@app.command()
def steps(
    bundle: Annotated[Path | None, typer.Option(help="Another model bundle's folder.", show_default=False)] = None,
    folder: Annotated[Path, typer.Option(help="Where steps.json is written.")] = Path("data/runs/steps"),
    bank: Annotated[Path, typer.Option(help="The scene bank, for its captions.")] = Path("data/bank"),
    count: Annotated[int, typer.Option("--captions", min=10, help="How many to paint; a fifth is held out.")] = 500,
    many: Annotated[int, typer.Option(min=9, max=100, help="Steps that count as enough.")] = 32,
    minutes: Annotated[float | None, typer.Option(help="Stop painting after these, with what there is.")] = None,
    threads: Threads = 0,
) -> None:
    """Learn how many steps a prompt needs, from the bundle's own pictures; `export steps` puts it into the bundle."""
    from allaprima.train.steps_head import learn_steps

    report = learn_steps(bundle=bundle, folder=folder, bank=bank, count=count, many=many, minutes=minutes,
                         threads=threads, say=lambda line: typer.echo(line, err=True))  # fmt: skip
    _report(report)


@app.command()
def prior(
    minutes: Annotated[float, typer.Option(help="Wall-clock minutes in all.")] = 20.0,
    size: Annotated[str, typer.Option(help="xs, s or m.")] = "m",
    folder: Annotated[Path, typer.Option(help="Where the run lives.")] = Path("data/runs/prior"),
    corpus: Corpus = Path("data/corpus"),
    runs: Annotated[Path, typer.Option(help="Runs of text student and autoencoder.")] = Path("data/runs"),
    tokenizer: Annotated[Path, typer.Option(help="The student's tokenizer.")] = Path("data/text/tokenizer.json"),
    steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many more steps at the latest.")] = None,
    batch: Annotated[int, typer.Option(help="Drawings a step.")] = 1024,
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 1e-3,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Train the prior: from what a thing is called and a style to a sketch of it, for painting from words alone."""
    from allaprima.train.prior_training import train_prior

    _threads(threads)
    _report(train_prior(minutes=minutes, steps=steps, corpus=corpus, folder=folder, runs=runs, tokenizer=tokenizer,
                        size=size, batch=batch, lr=lr, seed=seed))  # fmt: skip


@app.command()
def unpack(
    file: Annotated[Path, typer.Argument(help="Written by `allaprima export resume`.")] = Path("runs/first-light.npz"),
    runs: Annotated[Path, typer.Option(help="Where the runs live.")] = Path("data/runs"),
) -> None:
    """Start from kept weights instead of from nothing; a run that has a checkpoint already is left alone."""
    from allaprima.train.resume import unpack as unpack_runs

    for name, written in unpack_runs(file, runs).items():
        typer.echo(f"{runs / name}: {'written' if written else 'has a checkpoint already, left alone'}")
