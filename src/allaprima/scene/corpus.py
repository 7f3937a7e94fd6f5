"""The built corpus, read: drawings with names, concepts, styles and licences, and their pixels.

Knows neither packages nor renderers; a folder with drawings.jsonl and rgba.npy is all it needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from allaprima.errors import CorpusError
from allaprima.scene.typefaces import Typeface, typefaces

ROWS, PIXELS = "drawings.jsonl", "rgba.npy"


@dataclass(frozen=True)
class Drawing:
    """One drawing. ``concept`` is shared by every style that shows the same thing; ``licence`` is SPDX."""

    index: int
    name: str
    concept: str
    keywords: tuple[str, ...]
    style: str
    licence: str
    source: str
    version: str
    sha256: str
    group: str

    def row(self) -> str:
        """The drawing as one line of drawings.jsonl."""
        return json.dumps(asdict(self), ensure_ascii=False)


class Corpus:
    """Drawings by index, concept and style. Pixels are memory-mapped: opening costs next to nothing."""

    def __init__(
        self, drawings: Iterable[Drawing], pixels: np.ndarray, typefaces: Iterable[Typeface] = ()
    ) -> None:
        self.drawings: tuple[Drawing, ...] = tuple(drawings)
        self.typefaces: tuple[Typeface, ...] = tuple(typefaces)
        self._pixels = pixels

    @classmethod
    def open(cls, folder: str | Path = "data/corpus") -> Corpus:
        """Read a built corpus. Raises CorpusError when there is none, or when its two files disagree."""
        place = Path(folder)
        if not (place / ROWS).exists() or not (place / PIXELS).exists():
            raise CorpusError(f"no corpus in {place}; build it with `allaprima corpus build`")
        try:
            with open(place / ROWS, encoding="utf-8") as lines:
                rows = [json.loads(line) for line in lines if line.strip()]
            drawings = [Drawing(**{**row, "keywords": tuple(row["keywords"])}) for row in rows]
            pixels = np.load(place / PIXELS, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CorpusError(f"the corpus in {place} is damaged ({error}); build it again with "
                              "`allaprima corpus build`") from error
        if pixels.ndim != 4 or pixels.shape[0] != len(drawings) or pixels.shape[3] != 4 or pixels.dtype != np.uint8:
            raise CorpusError(f"the corpus in {place} is damaged: {ROWS} has {len(drawings)} drawings, {PIXELS} has "
                              f"{pixels.dtype} {list(pixels.shape)}; build it again with `allaprima corpus build`")
        return cls(drawings, pixels, typefaces(place))

    def __len__(self) -> int:
        return len(self.drawings)

    def image(self, index: int) -> np.ndarray:
        """The pixels of a drawing: uint8 [256, 256, 4], straight alpha, zero where nothing is drawn."""
        return np.asarray(self._pixels[index])

    @cached_property
    def by_concept(self) -> dict[str, tuple[int, ...]]:
        """Concept to the indices of its drawings, every style together."""
        return self._grouped("concept")

    @cached_property
    def by_style(self) -> dict[str, tuple[int, ...]]:
        """Style to the indices of its drawings."""
        return self._grouped("style")

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles present, in the order of their first drawing."""
        return tuple(self.by_style)

    def _grouped(self, field: str) -> dict[str, tuple[int, ...]]:
        groups: dict[str, list[int]] = {}
        for drawing in self.drawings:
            groups.setdefault(getattr(drawing, field), []).append(drawing.index)
        return {key: tuple(indices) for key, indices in groups.items()}
