"""The operations as commands: `allaprima vary fox.png`, and what they print: the paths of their pictures.

Thin: what an operation does and takes is the table's. A picture is a file, painted here or not.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import Picture

PictureFile = Annotated[Path, typer.Argument(help="A picture file.", show_default=False)]
Prompt = Annotated[str | None, typer.Option("--prompt", "-p", help="New words; else the picture's own.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="A .png, .webp or .jpg file; several are numbered.")]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same picture.")]
Steps = Annotated[int | None, typer.Option(help="1 to 100; else the picture's own.")]
Memory = Annotated[float | None, typer.Option(help="0 words alone, 1 with drawings recalled.")]
Guidance = Annotated[float | None, typer.Option(help="How closely to follow the words, 0 to 30.")]
Style = Annotated[str | None, typer.Option(help='Such as "pixel art", "3d", "line art".')]
Count = Annotated[int, typer.Option("--count", "-n", help="Pictures at once, 1 to 16.")]
BundleFolder = Annotated[Path | None, typer.Option("--bundle", help="Another model bundle's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


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
    _carry_out(
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
    _carry_out("reroll", [picture], out, bundle, as_json, count=count, **said)


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
    _carry_out("image-to-image", [picture], out, bundle, as_json, strength=strength, count=count, **said)


def upscale(
    picture: PictureFile,
    side: Annotated[int | None, typer.Option(help="Pixels of the longer side, up to 2048.")] = None,
    factor: Annotated[float | None, typer.Option(help="How many times as large; 2 if nothing is said.")] = None,
    out: Out = None,
    bundle: BundleFolder = None,
    as_json: AsJson = False,
) -> None:
    """Give a picture more pixels."""
    _carry_out("upscale", [picture], out, bundle, as_json, side=side, factor=factor)


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
    else:
        recipe = read_recipe(picture)
    sources = {digest(each.pixels): each.pixels for each in map(operations.open_picture, given or [])}
    painter = Painter(bundle)
    _give_out([operations.replay(painter, recipe, sources)], picture, "replay", out, as_json, painter, started)


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


def _carry_out(
    name: str, files: list[Path], out: Path | None, bundle: Path | None, as_json: bool, **given: Any
) -> None:
    """Carry out an operation on picture files and give out what it made."""
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import check_writable
    from allaprima.studio import operations

    started = time.perf_counter()
    pictures = [operations.open_picture(file) for file in files]
    if out is not None:
        check_writable(out)
    painter = Painter(bundle)
    made = operations.perform(painter, name, pictures, **given)
    _give_out(list(made), files[0], name, out, as_json, painter, started)


def _give_out(
    pictures: list[Picture], of: Path, name: str, out: Path | None, as_json: bool, painter: Painter, started: float
) -> None:
    target = out if out is not None else of.with_name(f"{of.stem}-{name}.png")
    several = len(pictures) > 1
    paths = [target.with_name(f"{target.stem}-{n}{target.suffix}") if several else target
             for n in range(1, len(pictures) + 1)]  # fmt: skip
    digests = [picture.save(path) for picture, path in zip(pictures, paths, strict=True)]
    if not as_json:
        for picture in pictures[:1]:
            for note in picture.recipe.get("notes", ()):
                print(f"allaprima: {note}", file=sys.stderr)
        for path in paths:
            print(path)
        return
    print(json.dumps({
        "pictures": [
            {
                "path": str(path), "seed": picture.seed, "width": picture.width, "height": picture.height,
                "sha256": sha, "recipe": picture.recipe,
            }
            for picture, path, sha in zip(pictures, paths, digests, strict=True)
        ],
        "operation": name,
        "timing_ms": {"total": round((time.perf_counter() - started) * 1000.0, 2)},
        "model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256},
    }, ensure_ascii=False))  # fmt: skip
