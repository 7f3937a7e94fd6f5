"""The operations that paint, as commands: `allaprima vary fox.png`. What an operation does and takes is the table's."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from allaprima.errors import UserError
from allaprima.studio.command_output import AsJson, BundleFolder, Out, PictureFile, carry_out, find_picture

Prompt = Annotated[str | None, typer.Option("--prompt", "-p", help="New words; else the picture's own.")]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same picture.")]
Steps = Annotated[int | None, typer.Option(help="1 to 100; else the picture's own.")]
Memory = Annotated[float | None, typer.Option(help="0 words alone, 1 with drawings recalled.")]
Guidance = Annotated[float | None, typer.Option(help="How closely to follow the words, 0 to 30.")]
Style = Annotated[str | None, typer.Option(help='Such as "pixel art", "3d", "line art".')]
Count = Annotated[int, typer.Option("--count", "-n", help="Pictures at once, 1 to 16.")]
Hold = Annotated[
    float | None, typer.Option(help="How far the large colours beside a new part go on in it: 1 all, 0 not at all.")
]


# As with imagine, a prompt's own parameters need no quotes.
GRID_SETTINGS = {"ignore_unknown_options": True}


def grid(
    prompt: Annotated[list[str], typer.Argument(help="What to paint; may name picture files.", show_default=False)],
    count: Count = 4,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    sheet: Annotated[Path | None, typer.Option(help="Also one picture of them all.")] = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint a grid of four, and look at the pictures that the prompt names."""
    from allaprima.engine.picture import check_writable
    from allaprima.studio.operations import grid as grids

    if sheet is not None:
        check_writable(sheet)
    text = " ".join(prompt)
    pictures, roles = grids.collect(text, find_picture)
    said = _words(text, seed, steps, guidance, memory, style)
    carry_out("imagine", pictures, out, bundle, as_json, sheet=sheet, roles=roles, count=count, **said)


def vary(
    picture: PictureFile,
    strong: Annotated[bool, typer.Option("--strong/--subtle", help="How far from it.")] = False,
    noise: Annotated[float | None, typer.Option(help="The strength as a number, 0.02 to 1.")] = None,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint variations of a picture; with --prompt, a remix."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out(
        "vary", [picture], out, bundle, as_json,
        strength="strong" if strong else "subtle", noise=noise, count=count, **said,
    )  # fmt: skip


def reroll(
    picture: PictureFile,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint a picture's words again, with other seeds."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out("reroll", [picture], out, bundle, as_json, count=count, **said)


def image_to_image(
    picture: PictureFile,
    prompt: Prompt = None,
    strength: Annotated[float, typer.Option(help="0 the picture, 1 the words.")] = 0.7,
    count: Count = 1,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint with a picture as the beginning and words as the goal."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out("image-to-image", [picture], out, bundle, as_json, strength=strength, count=count, **said)


def region(
    picture: PictureFile,
    mask: Annotated[
        str, typer.Option(help="A picture that is white where to paint, or x0,y0,x1,y1 in 0..1; several with /.")
    ],
    hold: Hold = None,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint a part of a picture anew; all the rest stays as it is."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out("region", [picture], out, bundle, as_json, mask=_mask(mask), hold=hold, count=count, **said)


def zoom(
    picture: PictureFile,
    factor: Annotated[float, typer.Option(help="How far out: 1.5, 2, or any number up to 4.")] = 2.0,
    grow: Annotated[bool, typer.Option("--grow", help="Keep the pixels; the picture becomes larger.")] = False,
    width: Annotated[int | None, typer.Option(help="Of the new picture.")] = None,
    height: Annotated[int | None, typer.Option(help="Of the new picture.")] = None,
    hold: Hold = None,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Zoom out: paint more of the world on all sides."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out(
        "zoom", [picture], out, bundle, as_json,
        factor=factor, grow=grow, width=width, height=height, hold=hold, count=count, **said,
    )  # fmt: skip


def pan(
    picture: PictureFile,
    direction: Annotated[str, typer.Argument(help="left, right, up or down.", show_default=False)],
    amount: Annotated[float, typer.Option(help="Of the picture's side, up to 1.")] = 0.5,
    hold: Hold = None,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint more of the world on one side."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out(
        "pan", [picture], out, bundle, as_json, direction=direction, amount=amount, hold=hold, count=count, **said
    )


def square(
    picture: PictureFile,
    hold: Hold = None,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Paint as much around a picture as makes it square."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    carry_out("square", [picture], out, bundle, as_json, hold=hold, count=count, **said)


def blend(
    pictures: Annotated[list[Path], typer.Argument(help="Two to five picture files.", show_default=False)],
    weights: Annotated[str | None, typer.Option(help="One for each picture, as 2,1.")] = None,
    shape: Annotated[str, typer.Option(help="square, portrait or landscape.")] = "square",
    noise: Annotated[float | None, typer.Option(help="How much is left to the painter, 0.02 to 1.")] = None,
    count: Count = 4,
    prompt: Prompt = None,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    memory: Memory = None,
    style: Style = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Make one picture of two to five."""
    said = _words(prompt, seed, steps, guidance, memory, style)
    shares = None if weights is None else _numbers(weights, "--weights")
    carry_out("blend", pictures, out, bundle, as_json, weights=shares, shape=shape, noise=noise, count=count, **said)


def _mask(text: str) -> str | list[list[float]]:
    """A mask as it is given on the command line: a file, or boxes."""
    if "," in text and set(text) <= set("0123456789.,/ "):
        return [_numbers(box, "--mask") for box in text.split("/")]
    try:
        return base64.b64encode(Path(text).read_bytes()).decode("ascii")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"Cannot read the mask {text}: {reason}. Give a picture, or x0,y0,x1,y1.") from error


def _numbers(text: str, name: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        raise UserError(f"{name} takes numbers with commas between them, not {text!r}.") from None


def _words(
    prompt: str | None,
    seed: int | None,
    steps: int | None,
    guidance: float | None,
    memory: float | None,
    style: str | None,
) -> dict[str, Any]:
    return {
        "prompt": prompt, "seed": seed, "steps": steps, "guidance": guidance, "memory": memory, "style": style,
    }  # fmt: skip
