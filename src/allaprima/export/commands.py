"""`allaprima export`: a bundle from the trained runs; `allaprima export resume`: what going on training needs.

Thin: the work is in `export.bundle` and `export.resume`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Make a model bundle of trained weights.")

Runs = Annotated[Path, typer.Option(help="Folder of the runs text, autoencoder and denoiser.")]
Bundle = Annotated[Path, typer.Option(help="The bundle that gets it.")]
Bank = Annotated[Path, typer.Option(help="The scene bank: real inputs for parity.")]
Int8 = Annotated[bool, typer.Option(help="Try int8 arithmetic, and take it where it is faster and alike.")]
SHIPPED = Path("src/allaprima/models/first-light")


@app.callback(invoke_without_command=True)
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The bundle's folder, replaced as a whole.")] = SHIPPED,
    runs: Runs = Path("data/runs"),
    corpus: Annotated[Path, typer.Option(help="Folder written by `allaprima corpus build`.")] = Path("data/corpus"),
    bank: Bank = Path("data/bank"),
    tokenizer: Annotated[Path, typer.Option(help="The text student's tokenizer.")] = Path("data/text/tokenizer.json"),
    size: Annotated[float, typer.Option(help="Megabytes that the bundle may have in all.")] = 60.0,
    shift: Annotated[float, typer.Option(help="Bends the time grids towards the noise; 1 means equal steps.")] = 1.0,
    guidance: Annotated[float, typer.Option(help="The guidance scale that is used when none is asked for.")] = 3.0,
    int8: Int8 = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Make a bundle, check that it matches torch on real inputs, and refuse to write one that does not."""
    if context.invoked_subcommand is not None:
        return
    from allaprima.export.bundle import Choices, export_bundle

    choices = Choices(name=out.name, shift=shift, guidance_scale=guidance, largest=int(size * 1e6), int8=int8)
    report = export_bundle(
        out, runs=runs, corpus=corpus, bank=bank, tokenizer=tokenizer, choices=choices,
        say=lambda line: typer.echo(line, err=as_json),
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(report.as_json()))


@app.command()
def resume(
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("runs/first-light.npz"),
    runs: Runs = Path("data/runs"),
) -> None:
    """Write what going on training needs: the averaged weights of all networks in one file of at most 40 MB."""
    from allaprima.export.resume import pack

    record = pack(runs, out)
    typer.echo(f"{out}: {record['bytes'] / 1e6:.1f} MB, {record['denoiser']['scenes']} scenes seen")


@app.command()
def upscaler(
    bundle: Bundle = SHIPPED,
    run: Annotated[Path, typer.Option(help="The run of the upscaler.")] = Path("data/runs/upscaler"),
    pairs: Annotated[Path, typer.Option(help="Its pairs: real inputs for parity.")] = Path("data/upscaler"),
    int8: Int8 = True,
) -> None:
    """Put the trained upscaler into a bundle that is there, and leave everything else in it as it is."""
    from allaprima.export.upscaler import add_upscaler

    add_upscaler(bundle, run=run, pairs=pairs, int8=int8, say=typer.echo)


@app.command()
def painter(
    bundle: Bundle = SHIPPED,
    runs: Runs = Path("data/runs"),
    bank: Bank = Path("data/bank"),
    int8: Int8 = False,
) -> None:
    """Put a denoiser that was trained on, and its student, into a bundle that is there, and leave the rest as it is."""
    from allaprima.export.painter import add_painter

    add_painter(bundle, runs=runs, bank=bank, int8=int8, say=typer.echo)


@app.command()
def prior(
    bundle: Bundle = SHIPPED,
    run: Annotated[Path, typer.Option(help="The run of the prior.")] = Path("data/runs/prior"),
) -> None:
    """Put the trained prior into a bundle that is there, and leave everything else in it as it is."""
    from allaprima.export.prior import add_prior

    add_prior(bundle, run=run, say=typer.echo)


@app.command()
def decoder(
    bundle: Bundle = SHIPPED,
    run: Annotated[Path, typer.Option(help="The run of the autoencoder.")] = Path("data/runs/autoencoder"),
    bank: Bank = Path("data/bank"),
    int8: Int8 = True,
) -> None:
    """Put a decoder that was trained on into a bundle that is there, and leave everything else in it as it is."""
    from allaprima.export.decoder import add_decoder

    add_decoder(bundle, run=run, bank=bank, int8=int8, say=typer.echo)


@app.command()
def steps(
    bundle: Bundle = SHIPPED,
    run: Annotated[Path, typer.Option(help="Where `train steps` wrote it.")] = Path("data/runs/steps"),
) -> None:
    """Put the learned head that counts steps into a bundle that is there, and leave everything else as it is."""
    from allaprima.export.steps import add_steps

    add_steps(bundle, run=run, say=typer.echo)
