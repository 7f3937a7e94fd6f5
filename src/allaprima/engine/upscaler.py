"""More pixels than the model paints: by the bundle's upscaler, doubled until it is enough and fitted by Lanczos.

A bundle without an upscaler still enlarges, by Lanczos alone. Large pictures go through the network in tiles with
overlapping borders, so that memory stays bounded and no seam shows. Knows nothing of recipes and prompts, nor of how
the network was made.

    more = Enlarger.of(bundle, backend)
    more.fitted(pixels, (1024, 1024))            # uint8 [256, 256, 3] -> uint8 [1024, 1024, 3]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.engine.backends import Backend
    from allaprima.engine.bundle import Bundle

GRAPH = "upscaler"
LEARNED, LANCZOS = "learned", "lanczos"
TILE = 512  # most pixels a side that the network sees at once
LEAST = 1.25  # times the size: below, to double and to shrink again costs more than it shows
OVERLAP = 32  # pixels on each side of a tile that are thrown away: more than the network looks around

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
Size = tuple[int, int]  # width, height


@dataclass(frozen=True)
class Enlarger:
    """What makes pictures larger. `sha256` names the network; None of both: Lanczos alone."""

    double: Callable[[Array], Array] | None = None  # float [1, 3, h, w] in [-1, 1], even sides -> [1, 3, 2 h, 2 w]
    sha256: str | None = None

    @classmethod
    def of(cls, bundle: Bundle, backend: Backend) -> Enlarger:
        """The bundle's upscaler, opened when it is first needed; Lanczos when it has none."""
        sha256 = bundle.info["files"].get(f"{GRAPH}.onnx")
        if sha256 is None:
            return cls()

        def double(picture: Array) -> Array:
            return np.asarray(backend.run(GRAPH, {"picture": picture})["enlarged"], np.float32)

        return cls(double, str(sha256))

    @property
    def name(self) -> str:
        """What is taken when nobody asks for another way; recipes say it, and it names the network."""
        return LANCZOS if self.sha256 is None else f"{LEARNED}:{self.sha256[:16]}"

    def named(self, asked: str | None) -> str:
        """The full name of the way asked for: `learned`, one network of that name, `lanczos`, or None for the best.

        Raises UserError when it is not to be had here.
        """
        if asked is None:
            return self.name
        kind, _, network = asked.partition(":")
        if kind == LANCZOS and not network:
            return LANCZOS
        if kind != LEARNED:
            raise UserError(f"No way of enlarging is called {asked!r}: use {LEARNED} or {LANCZOS}.")
        if self.double is None:
            raise UserError(f"This bundle has no upscaler: open one that has, or enlarge by {LANCZOS}.")
        if network and self.name != asked:
            raise UserError(
                f"The picture was enlarged by another upscaler ({network}) than the bundle's ({self.name[8:]}): open "
                "the bundle that it was made with."
            )
        return self.name

    def taken(self, before: Size, after: Size, asked: str | None = None) -> str:
        """The name of the way from one size to another: few more pixels, or fewer, are always made by Lanczos."""
        named = self.named(asked)
        return named if max(after[0] / before[0], after[1] / before[1]) > LEAST else LANCZOS

    def fitted(self, pixels: Pixels, size: Size, asked: str | None = None) -> Pixels:
        """A picture uint8 [h, w, 3 or 4] at (width, height), cut from the middle if its shape is another."""
        before = (pixels.shape[1], pixels.shape[0])
        if before == size:
            return pixels
        if self.taken(before, size, asked) != LANCZOS:
            scale = max(size[0] / before[0], size[1] / before[1])
            while scale > 1.0:
                pixels, scale = self.doubled(pixels), scale / 2.0
        if (pixels.shape[1], pixels.shape[0]) == size:
            return pixels
        return np.asarray(ImageOps.fit(Image.fromarray(pixels), size, Image.Resampling.LANCZOS))

    def doubled(self, pixels: Pixels) -> Pixels:
        """A picture uint8 [h, w, 3 or 4] at twice the size, by the network. Where it is not opaque, by Lanczos."""
        assert self.double is not None
        colour = self._by_tiles(np.ascontiguousarray(pixels[..., :3]))
        if pixels.shape[2] == 3:
            return colour
        # Pillow weighs colours by their alpha; what lies under transparent pixels must not shine through the edges.
        size = (2 * pixels.shape[1], 2 * pixels.shape[0])
        smooth = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
        solid = smooth[..., 3:] == 255
        return np.concatenate([np.where(solid, colour, smooth[..., :3]), smooth[..., 3:]], axis=2)

    def _by_tiles(self, pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        made = np.empty((2 * height, 2 * width, 3), np.uint8)
        for top, bottom, above, below in spans(height):
            for left, right, before, after in spans(width):
                tile = self._run(pixels[above:below, before:after])
                inner = tile[2 * (top - above) : 2 * (bottom - above), 2 * (left - before) : 2 * (right - before)]
                made[2 * top : 2 * bottom, 2 * left : 2 * right] = inner
        return made

    def _run(self, tile: Pixels) -> Pixels:
        """The network on one tile, its sides made even by repeating the last row and column."""
        assert self.double is not None
        height, width = tile.shape[:2]
        even = np.pad(tile, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        picture = np.ascontiguousarray(even.transpose(2, 0, 1)[None], np.float32) / np.float32(127.5) - np.float32(1)
        found = self.double(picture)[0, :, : 2 * height, : 2 * width]
        levels = np.clip((found + np.float32(1)) * np.float32(127.5), 0, 255)
        return np.asarray(np.rint(levels).astype(np.uint8).transpose(1, 2, 0))


def spans(side: int) -> list[tuple[int, int, int, int]]:
    """How a side of so many pixels is cut into tiles: (first, end) of what is kept, (first, end) of what is seen.

    What is kept covers the side once; what is seen begins at even pixels and is at most `TILE` long.
    """
    if side <= TILE:
        return [(0, side, 0, side)]
    step = TILE - 2 * OVERLAP
    kept = [(first, min(first + step, side)) for first in range(0, side, step)]
    return [(first, end, max(first - OVERLAP, 0), min(end + OVERLAP, side)) for first, end in kept]
