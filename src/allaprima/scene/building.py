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
from allaprima.scene.sources import EMOJI_NAMES, PERMITTED_LICENCES, SOURCES, Source

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, of how many)."""

_CHUNK = 16


@dataclass(frozen=True)
class BuildReport:
    """What a build gave: drawings, concepts, how many were skipped, and one line per source that failed."""

    drawings: int
    concepts: int
    styles: int
    skipped: int
    failures: tuple[str, ...]


def build(
    folder: Path, sources: Sequence[Source] = SOURCES, processes: int = 1, progress: Progress = lambda *_: None
) -> BuildReport:
    """Fetch and render ``sources``, then join every part there is. A source that fails is named in the report.

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
            names = names or _emoji_names(packages)
            progress(f"fetching {source.style}", 1, 1)
            _render_source(source, choose(source, place, names), parts, processes, progress)
        except CorpusError as error:
            failures.append(str(error))
    there = _in_order(folder, parts, sources)
    if not there:
        raise CorpusError("no drawings could be built: " + "; ".join(failures or ["no sources were asked for"]))
    try:
        return _join(folder, there, tuple(dict.fromkeys(failures)), progress)
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"the corpus in {folder} could not be written ({error}); is there room on the disk? Run the "
                          "build again to go on") from error


def _in_order(folder: Path, parts: Path, sources: Sequence[Source]) -> list[tuple[Source, Path]]:
    """Every part there is: what the corpus already holds keeps its place, new styles go to the end.

    An index, once given, stays: scene banks and trained libraries point at drawings by it.
    """
    held: list[str] = []
    if (folder / ROWS).exists():
        with open(folder / ROWS, encoding="utf-8") as lines:
            held = list(dict.fromkeys(json.loads(line)["style"] for line in lines))
    there = [s for s in dict.fromkeys((*SOURCES, *sources)) if _part(parts, s).exists()]
    there.sort(key=lambda s: held.index(s.style) if s.style in held else len(held))
    return [(s, _part(parts, s)) for s in there]


def _part(parts: Path, source: Source) -> Path:
    return parts / f"{source.style.replace(' ', '-')}.zip"


def _emoji_names(packages: Path) -> EmojiNames:
    wanted = [s for s in SOURCES if s.layout == "iconify" and s.naming == "emoji"]
    return EmojiNames.read(fetch(EMOJI_NAMES, packages), [fetch(s, packages) for s in wanted[:6]])


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


def _join(
    folder: Path, parts: list[tuple[Source, Path]], failures: tuple[str, ...], progress: Progress
) -> BuildReport:
    kept: list[tuple[Path, int, dict]] = []
    skipped: list[dict] = []
    seen: dict[str, str] = {}
    for source, part in parts:
        with zipfile.ZipFile(part) as archive:
            skipped += json.loads(archive.read("skipped.json"))
            for number, row in enumerate(json.loads(archive.read("rows.json"))):
                if row["sha256"] in seen:
                    skipped.append({"source": source.package, "name": row["name"],
                                    "reason": f"same pixels as {seen[row['sha256']]}"})
                    continue
                seen[row["sha256"]] = f"{row['name']} ({row['style']})"
                kept.append((part, number, row))
    pixels_aside, rows_aside = folder / "rgba.part", folder / "drawings.part"
    pixels = np.lib.format.open_memmap(pixels_aside, "w+", np.uint8, (len(kept), SIDE, SIDE, 4))
    drawings = []
    current: tuple[Path, zipfile.ZipFile] | None = None
    for index, (part, number, row) in enumerate(kept):
        if current is None or current[0] != part:
            if current:
                current[1].close()
            current = part, zipfile.ZipFile(part)
        pixels[index] = np.asarray(Image.open(io.BytesIO(current[1].read(f"{number}.png"))).convert("RGBA"))
        drawings.append(Drawing(index=index, **{**row, "keywords": tuple(row["keywords"])}))
        if index % 64 == 0 or index + 1 == len(kept):
            progress("joining", index + 1, len(kept))
    if current:
        current[1].close()
    pixels.flush()
    del pixels
    rows_aside.write_text("".join(d.row() + "\n" for d in drawings), encoding="utf-8")
    skipped_aside = folder / "skipped.part"
    skipped_aside.write_text("".join(json.dumps(s, ensure_ascii=False) + "\n" for s in skipped), encoding="utf-8")
    os.replace(pixels_aside, folder / PIXELS)
    os.replace(rows_aside, folder / ROWS)
    os.replace(skipped_aside, folder / "skipped.jsonl")
    counts = Counter(d.concept for d in drawings)
    return BuildReport(len(drawings), len(counts), len({d.style for d in drawings}), len(skipped), failures)
