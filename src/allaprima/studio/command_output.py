"""What every operation's command does alike: open the pictures, carry it out, write the files, print the paths.

A picture is a file, painted here or not. Knows nothing of single operations.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import Picture

PictureFile = Annotated[Path, typer.Argument(help="A picture file.", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="A .png, .webp or .jpg file; several are numbered.")]
BundleFolder = Annotated[Path | None, typer.Option("--bundle", help="Another model bundle's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def carry_out(name: str, files: list[Path], out: Path | None, bundle: Path | None, as_json: bool, **given: Any) -> None:
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
    give_out(list(made), files[0], name, out, as_json, painter, started)


def give_out(
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
