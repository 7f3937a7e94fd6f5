"""`allaprima scenes`: compose scenes and look at them.

A thin command; the work is in compositor.py and scene_sheet.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from allaprima.errors import UserError
from allaprima.scene.compositor import compose
from allaprima.scene.corpus import Corpus
from allaprima.scene.scene_sheet import scene_sheet

app = typer.Typer(help="Composed scenes, as the painter learns from them.")

_IMAGE_TYPES = (".png", ".webp", ".jpg", ".jpeg")


@app.callback(invoke_without_command=True)
def scenes(
    sheet: Annotated[
        Path, typer.Option(help="Write a sheet of scenes with captions here (PNG, WebP or JPEG).")
    ],
    count: Annotated[int, typer.Option(min=1, max=400, help="How many scenes.")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="The first scene's seed; the others follow.")] = 0,
    size: Annotated[int, typer.Option(min=32, max=512, help="Size of a scene in pixels.")] = 128,
    columns: Annotated[int, typer.Option(min=1, max=20)] = 6,
    corpus: Annotated[Path, typer.Option(help="The corpus.")] = Path("data/corpus"),
) -> None:
    """Compose scenes from consecutive seeds and write a sheet: pictures, both captions, the memory's
    collage.
    """
    if sheet.suffix.lower() not in _IMAGE_TYPES:
        raise UserError(f"a sheet ends in one of {', '.join(_IMAGE_TYPES)}, not {sheet.name!r}")
    if not sheet.resolve().parent.is_dir():
        raise UserError(f"the folder {sheet.resolve().parent} is not there; make it first")
    drawings = Corpus.open(corpus)
    numbers = track(range(seed, seed + count), "composing", console=Console(stderr=True), transient=True)
    composed = [compose(drawings, number, size) for number in numbers]
    aside = sheet.with_name(f".{sheet.stem}.part{sheet.suffix}")
    scene_sheet(composed, columns).save(aside)
    os.replace(aside, sheet)
    typer.echo(str(sheet))
