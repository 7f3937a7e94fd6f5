"""The library of a bundle: every drawing of the corpus, small, with the phrases that find it and their vectors.

Drawings are cut to what is visible before they are made small, so that no pixel is spent on emptiness. Knows the
text encoder as a callable only.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from allaprima.errors import ExportError
from allaprima.scene.corpus import Corpus, Drawing

METHOD = 6  # WebP's: the slowest packs a fiftieth better, and a drawing is packed once
BUDGET = 22_000_000  # bytes of library.bin
SAMPLE = 240  # drawings tried to foretell the size
VISIBLE = 8  # alpha above which a pixel counts

Vectors = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Packing:
    """How drawings are made small: pixels along the longer edge, WebP's quality of colours and of transparency."""

    side: int
    quality: int
    alpha_quality: int

    def __str__(self) -> str:
        return f"{self.side}-{self.quality}-{self.alpha_quality}"


# Best first; the first that fits is taken. Of 300 drawings, shown 48 px large as in a collage and compared with their
# originals: 80 px at quality 75, 60 and 50 give 35.3, 34.4 and 33.8 dB in 20.4, 17.1 and 15.4 MB. A smaller side loses
# more for its bytes: 72 px at quality 75 gives 33.8 dB in 18.6 MB, 64 px 32.9 dB in 16.1 MB.
PACKINGS = tuple(Packing(*each) for each in ((96, 75, 60), (80, 75, 60), (80, 60, 30), (80, 50, 20), (72, 50, 20),
                                             (64, 50, 20), (48, 50, 20)))  # fmt: skip


@dataclass(frozen=True)
class Packed:
    """The drawings end to end, and where each begins and how long it is."""

    packing: Packing
    pixels: bytes
    places: tuple[tuple[int, int], ...]  # offset, length


def small(pixels: np.ndarray, packing: Packing) -> bytes:
    """A drawing uint8 [h, w, 4] as WebP, cut to what is visible."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    box = picture.getchannel("A").point(lambda alpha: 255 if alpha > VISIBLE else 0).getbbox()
    picture = picture.crop(box) if box else picture
    scale = packing.side / max(picture.size)
    # Premultiplied while it is made small: otherwise the colour of what is transparent bleeds into the edge.
    premultiplied = picture.convert("RGBa")
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    made = premultiplied.resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    out = io.BytesIO()
    made.save(out, "WEBP", quality=packing.quality, alpha_quality=packing.alpha_quality, method=METHOD)
    return out.getvalue()


def choose_packing(corpus: Corpus, *, budget: int = BUDGET, packings: Sequence[Packing] = PACKINGS) -> Packing:
    """The best packing at which all drawings are expected to fit. Raises ExportError when none is."""
    picks = np.linspace(0, len(corpus) - 1, min(SAMPLE, len(corpus))).astype(int)
    expected = 0.0
    for packing in packings:
        expected = float(np.mean([len(small(corpus.image(int(i)), packing)) for i in picks])) * len(corpus)
        if expected <= budget * 0.99:
            return packing
    raise ExportError(f"{len(corpus)} drawings take about {expected / 1e6:.1f} MB at {packings[-1].side} px, more than "
                      f"the {budget / 1e6:.1f} MB that library.bin may have")  # fmt: skip


def pack(corpus: Corpus, packing: Packing, *, cache: Path | None = None) -> Packed:
    """Every drawing of the corpus in its order; what was packed into `cache` before is taken from there."""
    store = cache / f"library-{packing}-{METHOD}.bin" if cache is not None else None
    known, old = _cached(store)
    parts = []
    for index, drawing in enumerate(corpus.drawings):
        offset, length = known.get(drawing.sha256, (0, 0)) if drawing.sha256 else (0, 0)
        parts.append(old[offset : offset + length] if length else small(corpus.image(index), packing))
    lengths, pixels = [len(part) for part in parts], b"".join(parts)
    offsets = [0, *np.cumsum(lengths).tolist()[:-1]]
    packed = Packed(packing, pixels, tuple(zip(offsets, lengths, strict=True)))
    if store is not None and any(drawing.sha256 not in known for drawing in corpus.drawings):
        _keep(store, corpus, packed)
    return packed


def _cached(store: Path | None) -> tuple[dict[str, tuple[int, int]], bytes]:
    """Where each drawing, by its hash, lies in the cache, and the cache's bytes; nothing where there is none."""
    if store is None or not store.exists():
        return {}, b""
    try:
        places = json.loads(store.with_suffix(".json").read_text(encoding="utf-8"))
        pixels = store.read_bytes()
    except (OSError, ValueError):
        return {}, b""
    # The two files are replaced one after the other; a kill between them must not mix them up.
    if places.get("sha256") != hashlib.sha256(pixels).hexdigest():
        return {}, b""
    return {key: (int(offset), int(length)) for key, (offset, length) in places["drawings"].items()}, pixels


def _keep(store: Path, corpus: Corpus, packed: Packed) -> None:
    store.parent.mkdir(parents=True, exist_ok=True)
    places = {drawing.sha256: place for drawing, place in zip(corpus.drawings, packed.places, strict=True)}
    table = json.dumps({"sha256": hashlib.sha256(packed.pixels).hexdigest(), "drawings": places})
    for path, raw in ((store, packed.pixels), (store.with_suffix(".json"), table.encode())):
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(raw)
        os.replace(aside, path)


def phrases_of(drawings: Sequence[Drawing]) -> tuple[list[str], list[list[int]]]:
    """Every phrase once, names before keywords; and for each drawing its phrases' indices, its name first."""
    index: dict[str, int] = {}
    for drawing in drawings:
        index.setdefault(plain(drawing.name), len(index))
    for drawing in drawings:
        for word in drawing.keywords:
            if plain(word):
                index.setdefault(plain(word), len(index))
    own = []
    for drawing in drawings:
        words = [plain(drawing.name), *(plain(word) for word in drawing.keywords if plain(word))]
        own.append([index[word] for word in dict.fromkeys(words)])
    return list(index), own


def plain(words: str) -> str:
    """Lower case, single spaces."""
    return " ".join(words.casefold().split())


def bytewise(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors [n, d] as int8, each scaled to its own largest entry: only their directions are kept."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
    return np.rint(vectors / largest * 127.0).astype(np.int8)


def write_library(folder: Path, corpus: Corpus, packed: Packed, vectors: Vectors) -> dict[str, Any]:
    """Writes library.json, library.bin and library_vectors.npy into `folder`; returns what a report says of them."""
    phrases, own = phrases_of(corpus.drawings)
    meanings = np.asarray(vectors(phrases), np.float32)
    (folder / "library.json").write_bytes(_table(corpus.drawings, packed.places, phrases, own))
    (folder / "library.bin").write_bytes(packed.pixels)
    np.save(folder / "library_vectors.npy", bytewise(meanings))
    return {"drawings": len(corpus), "concepts": len(corpus.by_concept), "phrases": len(phrases),
            "side": packed.packing.side, "quality": packed.packing.quality, "bytes": len(packed.pixels)}  # fmt: skip


def table_bytes(drawings: Sequence[Drawing]) -> int:
    """Bytes that library.json and library_vectors.npy will have, at the most."""
    phrases, own = phrases_of(drawings)
    return len(_table(drawings, [(99_999_999, 99_999)] * len(drawings), phrases, own)) + 384 * len(phrases) + 256


def _table(
    drawings: Sequence[Drawing], places: Sequence[tuple[int, int]], phrases: list[str], own: list[list[int]]
) -> bytes:
    rows = [row_of(*each) for each in zip(drawings, places, own, strict=True)]
    table = {"drawings": rows, "phrases": phrases}
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def row_of(drawing: Drawing, place: tuple[int, int], phrases: Sequence[int]) -> dict[str, Any]:
    """A drawing as library.json tells it. Its keywords are its phrases behind the first, which is its name."""
    return {
        "name": drawing.name, "concept": drawing.concept, "style": drawing.style,
        "licence": drawing.licence, "source": drawing.source, "version": drawing.version, "sha256": drawing.sha256,
        "offset": place[0], "length": place[1], "phrases": list(phrases),
    }  # fmt: skip
