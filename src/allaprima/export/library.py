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

SIDES = (96, 80, 64, 48)  # pixels along the longer edge, the best that fits is taken
QUALITY, ALPHA_QUALITY, METHOD = 75, 60, 4
BUDGET = 20_000_000  # bytes of library.bin
SAMPLE = 240  # drawings tried to foretell the size
VISIBLE = 8  # alpha above which a pixel counts

Vectors = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Packed:
    """The drawings end to end, and where each begins and how long it is."""

    side: int
    pixels: bytes
    places: tuple[tuple[int, int], ...]  # offset, length


def small(pixels: np.ndarray, side: int) -> bytes:
    """A drawing uint8 [h, w, 4] as WebP, cut to what is visible, its longer edge `side` pixels."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    box = picture.getchannel("A").point(lambda alpha: 255 if alpha > VISIBLE else 0).getbbox()
    picture = picture.crop(box) if box else picture
    scale = side / max(picture.size)
    # Premultiplied while it is made small: otherwise the colour of what is transparent bleeds into the edge.
    premultiplied = picture.convert("RGBa")
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    made = premultiplied.resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    out = io.BytesIO()
    made.save(out, "WEBP", quality=QUALITY, alpha_quality=ALPHA_QUALITY, method=METHOD)
    return out.getvalue()


def choose_side(corpus: Corpus, *, budget: int = BUDGET, sides: Sequence[int] = SIDES) -> int:
    """The largest side at which all drawings are expected to fit. Raises ExportError when none is."""
    picks = np.linspace(0, len(corpus) - 1, min(SAMPLE, len(corpus))).astype(int)
    expected = 0.0
    for side in sides:
        expected = float(np.mean([len(small(corpus.image(int(i)), side)) for i in picks])) * len(corpus)
        if expected <= budget * 0.98:
            return side
    raise ExportError(f"{len(corpus)} drawings take about {expected / 1e6:.1f} MB at {sides[-1]} px, more than the "
                      f"{budget / 1e6:.1f} MB that library.bin may have")  # fmt: skip


def pack(corpus: Corpus, side: int, *, cache: Path | None = None) -> Packed:
    """Every drawing of the corpus in its order, taken from `cache` when the same were packed there before."""
    settings = f"{side} {QUALITY} {ALPHA_QUALITY} {METHOD}"
    key = hashlib.sha256(" ".join([settings, *(drawing.sha256 for drawing in corpus.drawings)]).encode()).hexdigest()
    kept = cache / f"library-{key[:16]}.bin" if cache is not None else None
    if kept is not None and kept.exists():
        lengths = json.loads(kept.with_suffix(".json").read_text(encoding="utf-8"))
        pixels = kept.read_bytes()
    else:
        parts = [small(corpus.image(index), side) for index in range(len(corpus))]
        lengths, pixels = [len(part) for part in parts], b"".join(parts)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.with_suffix(".json").write_text(json.dumps(lengths), encoding="utf-8")
            aside = kept.with_suffix(".part")
            aside.write_bytes(pixels)
            os.replace(aside, kept)
    offsets = [0, *np.cumsum(lengths).tolist()[:-1]]
    return Packed(side, pixels, tuple(zip(offsets, lengths, strict=True)))


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
    rows = [row_of(drawing, place, indices)
            for drawing, place, indices in zip(corpus.drawings, packed.places, own, strict=True)]  # fmt: skip
    table = {"drawings": rows, "phrases": phrases}
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    (folder / "library.json").write_text(text + "\n", encoding="utf-8")
    (folder / "library.bin").write_bytes(packed.pixels)
    np.save(folder / "library_vectors.npy", bytewise(meanings))
    return {"drawings": len(rows), "concepts": len(corpus.by_concept), "phrases": len(phrases), "side": packed.side,
            "bytes": len(packed.pixels)}  # fmt: skip


def row_of(drawing: Drawing, place: tuple[int, int], phrases: Sequence[int]) -> dict[str, Any]:
    """A drawing as library.json tells it."""
    return {
        "name": drawing.name, "concept": drawing.concept, "words": list(drawing.keywords), "style": drawing.style,
        "licence": drawing.licence, "source": drawing.source, "version": drawing.version, "sha256": drawing.sha256,
        "offset": place[0], "length": place[1], "phrases": list(phrases),
    }  # fmt: skip
