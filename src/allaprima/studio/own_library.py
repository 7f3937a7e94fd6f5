"""Your own library: a folder of drawings put into the painter's memory, without training.

Each style is a folder in the home folder's `library`, written aside and put into its place whole, so that a reader
never sees half of one. Drawings without a transparent ground lose a flat backdrop, if they have one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from allaprima.engine import own_drawings
from allaprima.engine.library import plain
from allaprima.engine.own_drawings import OwnSet as OwnSet
from allaprima.engine.request import clean_text as clean_text
from allaprima.errors import UserError
from allaprima.scene import vocabulary
from allaprima.studio.operations.background import cut_out

SUFFIXES = (".png", ".webp", ".svg")
SIDE = 128  # pixels of the longer side, what the painter's collage can show
LONGEST_NAME = 80
MOST = 5000  # drawings of one style
LARGEST_FILE = 20_000_000


@dataclass(frozen=True)
class Words:
    """What a file shows: its name, and keywords."""

    name: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Added:
    """What became of a folder: how many drawings the style has now, names added, files left out with the reason."""

    style: str
    total: int
    names: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def add(
    source: Path, *, style: str, licence: str = "", owner: str = "", words: Path | None = None, home: Path | None = None
) -> Added:
    """Add a folder's drawings (or one file's) to the style; a drawing of the same name is replaced. Raises UserError.

    `words`: a CSV of file, name, keywords; otherwise words.csv in the folder, or the file names.
    """
    if not source.exists():
        raise UserError(f"There is no {source}: give a folder of .png, .webp or .svg files.")
    paths = (
        [source] if source.is_file() else sorted(each for each in source.rglob("*") if each.suffix.lower() in SUFFIXES)
    )
    if not paths:
        raise UserError(f"{source} holds no .png, .webp or .svg file.")
    root = source.parent if source.is_file() else source
    table = _read_words(words if words is not None else root / "words.csv", required=words is not None)
    files = []
    skipped: list[tuple[str, str]] = []
    for path in paths:
        name = str(path.relative_to(root))
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise UserError("it is larger than 20 MB")
            files.append((name, path.read_bytes(), table.get(name) or table.get(path.name) or words_of(path.stem)))
        except (OSError, UserError) as error:
            skipped.append((name, str(error)))
    return add_files(files, style=style, licence=licence, owner=owner, home=home, skipped=skipped)


def add_files(
    files: Sequence[tuple[str, bytes, Words | None]],
    *,
    style: str,
    licence: str = "",
    owner: str = "",
    home: Path | None = None,
    skipped: Sequence[tuple[str, str]] = (),
) -> Added:
    """Add drawings that are at hand: (file name, bytes, what it shows or None for the file name's words)."""
    style = _checked_style(style)
    root = own_drawings.folder() if home is None else home / "library"
    before = _find(style, root)
    licence, owner = _kept(before, licence, "licence"), _kept(before, owner, "owner")
    drawings: dict[str, tuple[dict[str, Any], bytes]] = {}
    if before is not None:
        pixels = before.pixels()
        for row in before.rows:
            drawings[row["name"]] = (row, pixels[row["offset"] : row["offset"] + row["length"]])
    left_out, notes, names = list(skipped), [], []
    for file, data, said in files:
        try:
            shown = said or words_of(Path(file).stem)
            rgba, is_whole = drawn(data, file)
        except UserError as error:
            left_out.append((file, str(error)))
            continue
        if is_whole:
            notes.append(f"{file} has no transparent or flat ground, so it is remembered as a whole rectangle.")
        encoded = _webp(rgba)
        row = {
            "name": shown.name,
            "words": list(shown.keywords),
            "sha256": hashlib.sha256(encoded).hexdigest(),
            "file": file,
        }
        drawings[shown.name] = (row, encoded)
        names.append(shown.name)
    if not names:
        reasons = "; ".join(f"{file}: {reason}" for file, reason in left_out[:3])
        raise UserError(f"No drawing could be added ({reasons}).")
    if len(drawings) > MOST:
        raise UserError(
            f"The style {style} would have {len(drawings)} drawings; at most {MOST} are taken: use two styles."
        )
    _write(root, style, licence, owner, list(drawings.values()), before)
    if not licence:
        notes.append("No licence was given; recipes will say so. Add one with --licence.")
    return Added(style, len(drawings), tuple(names), tuple(left_out), tuple(notes))


def remove(style: str, name: str | None = None, *, home: Path | None = None) -> int:
    """Remove a style, or one drawing of it; how many drawings that were. Raises UserError when there is none."""
    root = own_drawings.folder() if home is None else home / "library"
    found = _found(style, root)
    if name is None:
        aside = found.folder.with_name(f".{found.folder.name}-removed-{os.getpid()}")
        os.replace(found.folder, aside)
        shutil.rmtree(aside, ignore_errors=True)
        return len(found.rows)
    pixels = found.pixels()
    kept = [(row, pixels[row["offset"] : row["offset"] + row["length"]]) for row in found.rows if row["name"] != name]
    if len(kept) == len(found.rows):
        raise UserError(f"{found.style} has no drawing called {name!r}: allaprima library show {found.style}.")
    if not kept:
        return remove(style, home=home)
    _write(root, found.style, found.licence, found.owner, kept, found)
    return 1


def show(style: str, *, home: Path | None = None) -> OwnSet:
    """One style. Raises UserError when there is none of that name."""
    return _found(style, own_drawings.folder() if home is None else home / "library")


def listed(*, home: Path | None = None) -> tuple[OwnSet, ...]:
    """All own styles."""
    return own_drawings.sets(None if home is None else home / "library")


def words_of(stem: str) -> Words:
    """What a file name says: "red-dragon_02" is a red dragon. Raises UserError when it says nothing."""
    text = re.sub(r"[-_.+]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem))
    text = re.sub(r"\s*(?:\(\d+\)|\b\d+)\s*$", "", text).strip().lower()
    if not text or text.isdigit():
        raise UserError("its name says nothing: rename it, or list it in words.csv")
    return Words(clean_text(text, "the name")[:LONGEST_NAME])


def drawn(data: bytes, file: str) -> tuple[Image.Image, bool]:
    """A drawing cut to what is visible, RGBA, and whether it is a whole rectangle. Raises UserError."""
    try:
        image = _svg(data) if file.lower().endswith(".svg") else _raster(data)
    except (OSError, SyntaxError, ValueError, RuntimeError, Image.DecompressionBombError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"it cannot be read as a picture ({error})") from error
    is_whole = False
    if image.getchannel("A").getextrema()[0] > 200:
        image.thumbnail((512, 512), Image.Resampling.LANCZOS)
        cut = cut_out(np.asarray(image.convert("RGB")))
        is_whole = not cut.fits
        image = image if is_whole else Image.fromarray(cut.pixels)
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    if box is None:
        raise UserError("nothing in it is visible")
    image = image.crop(box)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image, is_whole


def _raster(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > 64_000_000:
            raise UserError(f"it has {image.width} x {image.height} pixels: make it smaller")
        return image.convert("RGBA")


def _svg(data: bytes) -> Image.Image:
    try:
        import resvg_py
    except ModuleNotFoundError:
        raise UserError("SVG needs resvg-py, which is not installed: pip install 'allaprima[svg]'") from None
    try:
        text = data.decode("utf-8")
        png = resvg_py.svg_to_bytes(svg_string=text, width=256, skip_system_fonts=True)
    except BaseException as error:
        # A panic inside the renderer arrives as an exception of its own that is no Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise UserError(f"it cannot be drawn ({error})") from error
    return _raster(bytes(png))


def _webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True, quality=60, method=4)
    return out.getvalue()


def _read_words(path: Path, *, required: bool) -> Mapping[str, Words]:
    """The CSV: file, name, then keywords, in further columns or with semicolons between them."""
    if not path.is_file():
        if required:
            raise UserError(f"There is no {path}: give a CSV with the columns file, name, keywords.")
        return {}
    found: dict[str, Words] = {}
    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as a CSV: {error}.") from error
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() in ("file", "filename", "path")):
            continue
        if len(cells) < 2 or not cells[1]:
            raise UserError(f"Line {number} of {path} needs a file and a name, as in: dragon.png,red dragon,fire;wings")
        keywords = [word.strip().lower() for cell in cells[2:] for word in cell.split(";") if word.strip()]
        found[cells[0]] = Words(clean_text(cells[1], "the name").lower()[:LONGEST_NAME], tuple(dict.fromkeys(keywords)))
    return found


def _checked_style(style: str) -> str:
    name = " ".join(style.split())
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}", name):
        raise UserError(f"A style's name has up to 40 letters, digits, spaces and hyphens, not {style!r}.")
    taken = {plain(each) for known, words in vocabulary.STYLES.items() for each in (known, *words)}
    if plain(name) in taken:
        raise UserError(f"{name} is a style that the model knows already: choose another name.")
    return name


def _kept(before: OwnSet | None, value: str, what: str) -> str:
    value = " ".join(value.split())
    return value or (str(getattr(before, what)) if before is not None else "")


def _find(style: str, root: Path) -> OwnSet | None:
    wanted = plain(style)
    return next((each for each in own_drawings.sets(root) if plain(each.style) == wanted), None)


def _found(style: str, root: Path) -> OwnSet:
    found = _find(style, root)
    if found is None:
        there = ", ".join(each.style for each in own_drawings.sets(root)) or "none"
        raise UserError(f"There is no own style called {style!r}; there are: {there}.")
    return found


def _write(
    root: Path,
    style: str,
    licence: str,
    owner: str,
    drawings: Sequence[tuple[dict[str, Any], bytes]],
    before: OwnSet | None,
) -> None:
    """Write the set aside and put it where the old one was."""
    target = before.folder if before is not None else root / re.sub(r"[^a-z0-9]+", "-", style.lower()).strip("-")
    try:
        root.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".adding-", dir=root))
        rows, offset = [], 0
        with open(aside / "drawings.bin", "wb") as file:
            for row, data in drawings:
                rows.append({**row, "offset": offset, "length": len(data)})
                offset += file.write(data)
        table = {"format": own_drawings.FORMAT, "style": style, "licence": licence, "owner": owner, "drawings": rows}
        (aside / "set.json").write_text(json.dumps(table, ensure_ascii=False, indent=1), "utf-8")
        os.chmod(aside, 0o755)
        old = root / f".{target.name}-old-{os.getpid()}"
        if target.exists():
            os.replace(target, old)
        os.replace(aside, target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UserError(f"Cannot write into {root}: {error.strerror or error}.") from error
