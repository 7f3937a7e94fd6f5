"""Builds the corpus: packages in, drawings.jsonl and rgba.npy out; stopped anywhere, it goes on when run again.

Each source is rendered into one zip under parts/ (rows and lossless PNGs), written aside and renamed; a part is
made again only when what it was made from has changed. The corpus is joined from the parts. Knows nothing of
terminals: progress goes to a callback.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from allaprima.errors import CorpusError
from allaprima.scene.corpus import PIXELS, ROWS, Drawing
from allaprima.scene.fetching import fetch
from allaprima.scene.naming import Concept, EmojiNames
from allaprima.scene.rendering import RENDERING, SIDE, UndrawableError, iconify_svg, read_raster, render_svg
from allaprima.scene.selection import Choice, choose
from allaprima.scene.sources import EMOJI_NAMES, PERMITTED_LICENCES, SOURCES, Font, Source
from allaprima.scene.typefaces import collect

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, of how many)."""

_CHUNK = 16
_TEACH_NAMES = frozenset({"noto", "flat", "twemoji", "blob", "emojione", "gradient"})  # sets whose names are Unicode's


@dataclass(frozen=True)
class BuildReport:
    """What a build gave: drawings, concepts, how many were skipped, and one line per source that failed."""

    drawings: int
    concepts: int
    styles: int
    skipped: int
    failures: tuple[str, ...]


def build(
    folder: Path,
    sources: Sequence[Source] = SOURCES,
    processes: int = 1,
    progress: Progress = lambda *_: None,
    *,
    fonts: Sequence[Font] = (),
) -> BuildReport:
    """Fetch and render ``sources``, join every part there is, and put ``fonts`` beside it for lettering.

    A source or font that fails is named in the report.

    Raises CorpusError when nothing at all could be built, or the emoji names could not be fetched.
    """
    packages, parts = folder / "packages", folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    names: EmojiNames | None = None
    for source in sources:
        if source.licence not in PERMITTED_LICENCES:
            raise CorpusError(f"{source.package} is under {source.licence}, which is not permitted in the corpus")
        try:
            progress(f"fetching {source.style}", 0, 1)
            place = fetch(source, packages)
            names = names or emoji_names(packages)
            progress(f"fetching {source.style}", 1, 1)
            _render_source(source, choose(source, place, names), parts, processes, progress)
        except CorpusError as error:
            failures.append(str(error))
    if fonts:
        progress("fetching typefaces", 0, 1)
        failures += collect(folder, packages, fonts)
        progress("fetching typefaces", 1, 1)
    there = [(s, part) for s in dict.fromkeys((*SOURCES, *sources)) if (part := _part(parts, s)).exists()]
    if not there:
        raise CorpusError("no drawings could be built: " + "; ".join(failures or ["no sources were asked for"]))
    try:
        return _join(folder, there, tuple(dict.fromkeys(failures)), progress)
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"the corpus in {folder} could not be written ({error}); is there room on the disk? Run the "
                          "build again to go on") from error


def _part(parts: Path, source: Source) -> Path:
    return parts / f"{source.style.replace(' ', '-')}.zip"


def emoji_names(packages: Path) -> EmojiNames:
    """The names that every source's drawings are told by, from the packages that teach them."""
    teachers = [s for s in SOURCES if s.style in _TEACH_NAMES]
    return EmojiNames.read(fetch(EMOJI_NAMES, packages), [fetch(s, packages) for s in teachers])


def _render_one(choice: Choice) -> tuple[bytes, str] | str:
    """PNG bytes and the hash of the pixels, or the reason why there are none."""
    try:
        if isinstance(choice.data, bytes):
            rgba = read_raster(choice.data)
        elif choice.viewbox is not None:
            rgba = render_svg(iconify_svg(choice.data, *choice.viewbox))
        else:
            rgba = render_svg(choice.data)
    except UndrawableError as error:
        return str(error)
    buffer = io.BytesIO()
    Image.fromarray(rgba, "RGBA").save(buffer, "PNG", compress_level=2)
    return buffer.getvalue(), hashlib.sha256(rgba.tobytes()).hexdigest()


def _rendered(choices: list[Choice], processes: int) -> Iterator[tuple[bytes, str] | str]:
    if processes <= 1:
        yield from map(_render_one, choices)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_render_one, choices, chunksize=_CHUNK)


def _fingerprint(choices: list[Choice]) -> str:
    """Of everything a part depends on: what was chosen, its names, its vectors, and how it is rendered."""
    digest = hashlib.sha256(f"rendering {RENDERING}".encode())
    for choice in choices:
        data = choice.data if isinstance(choice.data, bytes) else choice.data.encode("utf-8", "replace")
        digest.update(repr((choice.icon, choice.concept, choice.viewbox)).encode() + hashlib.sha256(data).digest())
    return digest.hexdigest()


def _is_made(part: Path, fingerprint: str) -> bool:
    try:
        with zipfile.ZipFile(part) as archive:
            return archive.read("fingerprint").decode() == fingerprint
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


def _render_source(
    source: Source, choices: list[Choice], parts: Path, processes: int, progress: Progress
) -> None:
    part, fingerprint = _part(parts, source), _fingerprint(choices)
    if _is_made(part, fingerprint):
        return
    aside = part.with_suffix(".part")
    rows, skipped = [], []
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
        for number, (choice, result) in enumerate(zip(choices, _rendered(choices, processes), strict=True)):
            if isinstance(result, str):
                skipped.append({"source": source.package, "name": choice.icon, "reason": result})
            else:
                archive.writestr(f"{len(rows)}.png", result[0])
                rows.append(_row(source, choice.concept, result[1]))
            progress(f"drawing {source.style}", number + 1, len(choices))
        archive.writestr("rows.json", json.dumps(rows))
        archive.writestr("skipped.json", json.dumps(skipped))
        archive.writestr("fingerprint", fingerprint)
    os.replace(aside, part)


def _row(source: Source, concept: Concept, sha256: str) -> dict:
    return {"name": concept.name, "concept": concept.key, "keywords": list(concept.keywords), "style": source.style,
            "licence": source.licence, "source": source.package, "version": source.version, "sha256": sha256,
            "group": concept.group}


@dataclass(frozen=True)
class _Rendered:
    """A row of a part, and where its pixels lie."""

    part: Path
    number: int
    row: dict


def _join(
    folder: Path, parts: list[tuple[Source, Path]], failures: tuple[str, ...], progress: Progress
) -> BuildReport:
    kept, skipped = _without_duplicates(parts)
    kept = _as_held(folder, kept)
    pixels_aside, rows_aside, skipped_aside = (folder / f"{n}.part" for n in ("rgba", "drawings", "skipped"))
    drawings = []
    with ExitStack() as stack:
        archives = {part: stack.enter_context(zipfile.ZipFile(part)) for _, part in parts}
        pixels = stack.enter_context(open(pixels_aside, "wb"))
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(kept), SIDE, SIDE, 4)}
        np.lib.format.write_array_header_1_0(pixels, header)
        for index, rendered in enumerate(kept):
            png = archives[rendered.part].read(f"{rendered.number}.png")
            pixels.write(np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).tobytes())
            row = {**rendered.row, "keywords": tuple(rendered.row["keywords"])}
            drawings.append(Drawing(index=index, **row))
            if index % 64 == 0 or index + 1 == len(kept):
                progress("joining", index + 1, len(kept))
    rows_aside.write_text("".join(d.row() + "\n" for d in drawings), encoding="utf-8")
    skipped_aside.write_text("".join(json.dumps(s, ensure_ascii=False) + "\n" for s in skipped), encoding="utf-8")
    os.replace(pixels_aside, folder / PIXELS)
    os.replace(rows_aside, folder / ROWS)
    os.replace(skipped_aside, folder / "skipped.jsonl")
    concepts, styles = {d.concept for d in drawings}, {d.style for d in drawings}
    return BuildReport(len(drawings), len(concepts), len(styles), len(skipped), failures)


def _without_duplicates(parts: list[tuple[Source, Path]]) -> tuple[list[_Rendered], list[dict]]:
    """Every part's rows, and what is left out with the reason: broken, or drawn before in the same style."""
    kept: list[_Rendered] = []
    skipped: list[dict] = []
    for source, part in parts:
        seen: dict[str, str] = {}
        with zipfile.ZipFile(part) as archive:
            skipped += json.loads(archive.read("skipped.json"))
            rows = json.loads(archive.read("rows.json"))
        for number, row in enumerate(rows):
            if row["sha256"] in seen:
                reason = f"same pixels as {seen[row['sha256']]} in {source.style}"
                skipped.append({"source": source.package, "name": row["name"], "reason": reason})
            else:
                seen[row["sha256"]] = row["name"]
                kept.append(_Rendered(part, number, row))
    return kept, skipped


def _as_held(folder: Path, rendered: list[_Rendered]) -> list[_Rendered]:
    """In the order of the corpus that is there already, what is new after it.

    An index, once given, stays: scene banks and libraries of drawings point at them. A drawing is known again by
    its style, its concept, and how many of that style and concept came before it.
    """
    if not (folder / ROWS).exists():
        return rendered
    with open(folder / ROWS, encoding="utf-8") as lines:
        held = {key: place for place, key in enumerate(_keys([json.loads(line) for line in lines]))}
    keys = _keys([r.row for r in rendered])
    return [r for _, r in sorted(zip(keys, rendered, strict=True), key=lambda kr: held.get(kr[0], len(held)))]


def _keys(rows: list[dict]) -> list[tuple[str, str, int]]:
    so_far: Counter[tuple[str, str]] = Counter()
    keys = []
    for row in rows:
        kind = row["style"], row["concept"]
        keys.append((*kind, so_far[kind]))
        so_far[kind] += 1
    return keys
