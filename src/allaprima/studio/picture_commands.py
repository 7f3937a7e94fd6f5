"""Commands for what is done with a picture without painting: upscale, background, vector, describe, shorten, replay."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from allaprima.errors import UserError
from allaprima.studio.command_output import (
    AsJson,
    BundleFolder,
    Out,
    PictureFile,
    carry_out,
    find_picture,
    give_out,
    is_kept,
)


def upscale(
    picture: PictureFile,
    side: Annotated[int | None, typer.Option(help="Pixels of the longer side, up to 2048.")] = None,
    factor: Annotated[float | None, typer.Option(help="How many times as large; 2 if nothing is said.")] = None,
    method: Annotated[str | None, typer.Option(help="learned or lanczos; the model's best if nothing is said.")] = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Give a picture more pixels."""
    carry_out("upscale", [picture], out, bundle, as_json, side=side, factor=factor, method=method)


def background(
    picture: PictureFile,
    tolerance: Annotated[float | None, typer.Option(help="How unlike the backdrop may be, 1 to 120.")] = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Take a flat backdrop away, so that the picture is transparent there."""
    if out is not None and out.suffix.lower() in (".jpg", ".jpeg"):
        raise UserError(f"{out} cannot be transparent: write a .png or .webp.")
    carry_out("background", [picture], out, bundle, as_json, tolerance=tolerance)


def vector(
    picture: PictureFile,
    force: Annotated[bool, typer.Option("--force", help="Trace a shaded picture, too.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A .svg file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Trace a flat picture into an SVG."""
    from allaprima.files import write_whole
    from allaprima.studio import operations

    target = out if out is not None else picture.with_suffix(".svg")
    if target.suffix.lower() != ".svg":
        raise UserError(f"{target} should end in .svg.")
    svg = operations.vector(find_picture(str(picture)), force=force)
    write_whole(target, svg.encode("utf-8"))
    print(json.dumps({"path": str(target), "bytes": len(svg.encode("utf-8"))}) if as_json else target)


def describe(picture: PictureFile, bundle: BundleFolder = None, as_json: AsJson = False) -> None:
    """Print four prompts for a picture, by its colours and outlines."""
    from allaprima.engine.bundle import Bundle
    from allaprima.engine.library import Library
    from allaprima.studio import operations

    opened = find_picture(str(picture))
    said = operations.describe(Library.open(Bundle.open(bundle)), opened.pixels)
    if as_json:
        print(json.dumps(said.to_json(), ensure_ascii=False))
        return
    for number, prompt in enumerate(said.prompts, 1):
        print(f"{number}. {prompt}")
    for note in said.notes:
        typer.echo(f"allaprima: {note}", err=True)


def shorten(
    prompt: Annotated[list[str], typer.Argument(help="The prompt.", show_default=False)],
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Print how much each word of a prompt does, and shorter prompts."""
    from allaprima.engine.painter import Painter
    from allaprima.studio import operations

    said = operations.shorten(Painter(bundle), " ".join(prompt))
    if as_json:
        print(json.dumps(said.to_json(), ensure_ascii=False))
        return
    for each in said.words:
        print(f"{each.influence:4.2f} {'#' * round(each.influence * 20):20} {each.word}")
    for number, shorter in enumerate(said.prompts, 1):
        print(f"{number}. {shorter}")
    for note in said.notes:
        typer.echo(f"allaprima: {note}", err=True)


def replay(
    picture: Annotated[Path, typer.Argument(help="A picture with its recipe, or the recipe as a .json file.")],
    given: Annotated[list[Path] | None, typer.Option("--given", help="Pictures that it began with.")] = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Make a picture again from its recipe, with everything that it came from."""
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import read_recipe
    from allaprima.studio import operations
    from allaprima.studio.operations.pictures import digest

    started = time.perf_counter()
    if picture.suffix == ".json":
        try:
            recipe = json.loads(picture.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{picture} cannot be read as a recipe: {error}.") from error
        if not isinstance(recipe, dict):
            raise UserError(f"{picture} holds no recipe: it should be one JSON object.")
    elif is_kept(str(picture)):
        recipe = find_picture(str(picture)).recipe
    else:
        recipe = read_recipe(picture)
    sources = {digest(each.pixels): each.pixels for each in (find_picture(str(ref)) for ref in given or [])}
    painter = Painter(bundle)
    give_out([operations.replay(painter, recipe, sources)], picture, "replay", out, as_json, painter, started)
