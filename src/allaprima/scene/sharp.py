"""The corpus at another size: the same drawings by the same indices, rendered anew from their vectors.

A drawing is taken only when, made smaller, it shows what the corpus holds; rasters and whatever is not found again
come as the corpus has them. Fetches nothing that is not there. Knows nothing of scenes.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from allaprima.scene.building import emoji_names
from allaprima.scene.corpus import PIXELS, Corpus
from allaprima.scene.fetching import folder_of
from allaprima.scene.naming import EmojiNames
from allaprima.scene.rendering import SIDE, UndrawableError, iconify_svg, render_svg
from allaprima.scene.selection import Choice, choose
from allaprima.scene.sources import SOURCES

LARGE = 512
ALIKE = 4.0  # mean difference, 0..255, that two renderings of one drawing stay below


class SharpCorpus(Corpus):
    """A corpus whose `image` is uint8 [side, side, 4] where a drawing's vectors are at hand, else [256, 256, 4]."""

    def __init__(self, folder: Path, *, side: int = LARGE) -> None:
        """`folder`: a built corpus with its packages. Raises CorpusError when there is none."""
        plain = Corpus.open(folder)
        super().__init__(plain.drawings, np.load(folder / PIXELS, mmap_mode="r", allow_pickle=False))
        self.side = side
        self._packages = folder / "packages"
        self._choices: dict[str, dict[str, list[Choice]]] = {}
        self._remembered = lru_cache(maxsize=512)(self._rendered)

    def image(self, index: int) -> np.ndarray:
        """The pixels of a drawing, straight alpha, as large as they can be had."""
        return self._remembered(index)

    def is_sharp(self, index: int) -> bool:
        """Whether the drawing was found again and is larger than in the corpus."""
        return bool(self.image(index).shape[0] == self.side)

    def _rendered(self, index: int) -> np.ndarray:
        drawing, small = self.drawings[index], super().image(index)
        for choice in self._of_style(drawing.style).get(drawing.concept, ()):
            try:
                large = _render(choice, self.side)
            except UndrawableError:
                continue
            if large is not None and _difference(large, small) < ALIKE:
                return large
        return small

    def _of_style(self, style: str) -> dict[str, list[Choice]]:
        """What a style's package offers, by concept; nothing when the package is not at hand."""
        if style not in self._choices:
            offered: dict[str, list[Choice]] = defaultdict(list)
            source = next((each for each in SOURCES if each.style == style), None)
            place = folder_of(source, self._packages) if source else None
            if source is not None and place is not None and place.is_dir():
                for choice in choose(source, place, self._names):
                    offered[choice.concept.key].append(choice)
            self._choices[style] = dict(offered)
        return self._choices[style]

    @cached_property
    def _names(self) -> EmojiNames:
        return emoji_names(self._packages)


def _render(choice: Choice, side: int) -> np.ndarray | None:
    if isinstance(choice.data, bytes):
        return None  # a raster has no more pixels than the corpus took from it
    svg = choice.data if choice.viewbox is None else iconify_svg(choice.data, *choice.viewbox)
    return render_svg(svg, side)


def _difference(large: np.ndarray, small: np.ndarray) -> float:
    """Mean absolute difference over grey, at the corpus's size."""
    sides = (SIDE, SIDE)
    shown = [Image.fromarray(each).resize(sides, Image.Resampling.BOX) for each in (large, np.ascontiguousarray(small))]
    grounds = [Image.new("RGBA", sides, (128, 128, 128, 255)) for _ in shown]
    pair = [Image.alpha_composite(ground, each) for ground, each in zip(grounds, shown, strict=True)]
    a, b = (np.asarray(each.convert("RGB"), np.float32) for each in pair)
    return float(np.abs(a - b).mean())
