"""Which of a package's drawings enter the corpus, and under which concept.

Reads the unpacked packages; renders nothing and fetches nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from allaprima.errors import CorpusError
from allaprima.scene.chosen import chosen
from allaprima.scene.naming import Concept, EmojiNames, is_skin_tone, worth_drawing
from allaprima.scene.sources import Source

_CLIPART = "usr/share/openclipart/svg"
_LICENCE = re.compile(r"<(?:cc:)?license[^>]*rdf:resource\s*=\s*\"([^\"]*)\"")
_HEAVIEST_SVG = 400_000  # bytes: a limit on time that gives the same corpus on a slow machine


@dataclass(frozen=True)
class Choice:
    """A drawing that is to be rendered: SVG text (an icon body where ``viewbox`` is set) or an encoded raster."""

    icon: str
    concept: Concept
    data: str | bytes
    viewbox: tuple[float, float, float, float] | None = None


def choose(source: Source, place: Path, names: EmojiNames) -> list[Choice]:
    """Every drawing of a source worth rendering, in a fixed order. Raises CorpusError on a damaged package."""
    try:
        if source.layout == "webp":
            return _emoji_rasters(place, names)
        if source.layout == "iconify":
            return _iconify(source, place, names)
        if source.layout == "svg-tree":
            return _clipart(place, names)
    except (OSError, ValueError, KeyError) as error:
        raise CorpusError(f"{source.package} in {place} cannot be read ({error}); delete that folder and run the "
                          "build again") from error
    raise CorpusError(f"{source.package}: nothing knows how to read the layout {source.layout!r}")


def _iconify(source: Source, place: Path, names: EmojiNames) -> list[Choice]:
    table = json.loads((place / "icons.json").read_text("utf-8"))
    choices = []
    for icon, drawn in sorted(table["icons"].items()):
        concept = None if drawn.get("hidden") else _concept(source, icon, names)
        if concept is None:
            continue
        box = tuple(float(drawn.get(k, table.get(k, d))) for k, d in
                    (("left", 0), ("top", 0), ("width", 16), ("height", 16)))
        choices.append(Choice(icon, concept, drawn["body"], box))
    return choices


def _concept(source: Source, icon: str, names: EmojiNames) -> Concept | None:
    if source.naming == "icon":
        shown = chosen(source.style).get(icon)
        return names.of_words(shown) if shown else None
    concept = None if is_skin_tone(icon) else names.find(icon, source.style)
    return concept if concept is not None and worth_drawing(concept) else None


def _emoji_rasters(place: Path, names: EmojiNames) -> list[Choice]:
    choices = []
    for path in sorted((place / "assets").glob("*.webp")):
        concept = names.at(path.stem)
        if concept is not None and worth_drawing(concept):
            choices.append(Choice(path.stem, concept, path.read_bytes()))
    return choices


def _clipart(place: Path, names: EmojiNames) -> list[Choice]:
    """Drawings whose own metadata dedicates them to the public domain; what says otherwise is not offered."""
    choices = []
    for path, shown in sorted(chosen("clipart").items()):
        svg = (place / _CLIPART / path).read_text("utf-8", errors="replace")
        licence = _LICENCE.search(svg)
        if len(svg) <= _HEAVIEST_SVG and licence and "publicdomain" in licence.group(1).lower():
            choices.append(Choice(path, names.of_words(shown), svg))
    return choices
