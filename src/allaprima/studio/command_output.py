"""What every operation's command does alike: open the pictures, carry it out, write the files, print the paths.

A picture is a file, painted here or not, or an id in the gallery. Knows nothing of single operations.
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
    from allaprima.gallery.gallery import Gallery

PictureFile = Annotated[Path, typer.Argument(help="A picture file, or the id of a kept one.", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="A .png, .webp or .jpg file; several are numbered.")]
BundleFolder = Annotated[Path | None, typer.Option("--bundle", help="Another model bundle's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def is_kept(ref: str) -> bool:
    """Whether a reference means a picture of the gallery: it looks like an id, and no file is called so."""
    from allaprima.engine.wish import GALLERY_ID

    return GALLERY_ID.fullmatch(ref) is not None and not Path(ref).exists()


def find_picture(ref: str) -> Picture:
    """A picture by its file or by its id in the gallery. Raises UserError."""
    from allaprima.studio import operations

    if not is_kept(ref):
        if ref.startswith(("http://", "https://")):
            raise UserError(f"{ref} is not fetched: nothing here reaches for the network. Save it and give its path.")
        return operations.open_picture(ref)
    gallery = open_gallery(f"The picture {ref}")
    try:
        return operations.from_bytes(gallery.data(ref), name=ref, recipe=gallery.get(ref).recipe)
    finally:
        gallery.close()


def open_gallery(what: str) -> Gallery:
    """The gallery of the settings. Raises UserError, which begins with `what` is wanted of it, when there is none."""
    try:
        from allaprima.gallery.gallery import Gallery
    except ModuleNotFoundError as error:
        raise UserError(
            f"The gallery needs {error.name}, which is not installed: pip install 'allaprima[serve]'."
        ) from None
    from allaprima.studio.configuration import home, text

    url = text("gallery") or str(home() / "gallery.db")
    if "://" not in url and not Path(url).is_file():
        raise UserError(f"{what} cannot be found: there is no gallery at {url}.")
    return Gallery.open(url, text("store") or str(home() / "pictures"))


def carry_out(
    name: str,
    of: list[Path] | list[Picture],
    out: Path | None,
    bundle: Path | None,
    as_json: bool,
    sheet: Path | None = None,
    **given: Any,
) -> None:
    """Carry out an operation on pictures, or on files, and give out what it made."""
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import Picture, check_writable
    from allaprima.engine.request import slug
    from allaprima.studio import operations
    from allaprima.studio.operations.grid import sheet as sheet_of

    started = time.perf_counter()
    files = [each for each in of if isinstance(each, Path)]
    pictures = [find_picture(str(each)) if isinstance(each, Path) else each for each in of]
    if out is not None:
        check_writable(out)
    painter = Painter(bundle)
    made = operations.perform(painter, name, pictures, **given)
    beside = files[0] if files else Path(f"{slug(str(made[0].recipe['prompt']))}.png")
    give_out(list(made), beside, name, out, as_json, painter, started)
    if sheet is not None:
        Picture(sheet_of(made), {**made[0].recipe, "notes": ["A sheet of several pictures."]}).save(sheet)


def give_out(
    pictures: list[Picture], of: Path, name: str, out: Path | None, as_json: bool, painter: Painter, started: float
) -> None:
    target = out if out is not None else of.with_name(of.name if name == "imagine" else f"{of.stem}-{name}.png")
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
