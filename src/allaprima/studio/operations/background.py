"""Transparent background: what is joined to the border and coloured like it is taken away.

This fits pictures on a flat or smoothly shaded backdrop, and refuses the others: there is no network that knows the
thing from the scenery behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import derived, joining
from allaprima.studio.operations.pictures import Pixels
from allaprima.studio.painting import Painted, Unit

Mask = NDArray[np.bool_]
TOLERANCE = 26.0  # largest difference of a channel, 0..255, that still counts as the backdrop
FLAT = 0.75  # of the border that has to be backdrop
_BAND = 4  # pixels of the border that are looked at


@dataclass(frozen=True)
class Cut:
    """A picture cut out: RGBA pixels, the share that was taken away, and how much of the border was backdrop."""

    pixels: Pixels
    taken: float
    flatness: float

    @property
    def fits(self) -> bool:
        """Whether there was a backdrop, and something in front of it."""
        return self.flatness >= FLAT and 0.02 < self.taken < 0.995


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """`tolerance`: how different from the backdrop a pixel may be and still belong to it, 1 to 120."""
    return {"tolerance": float(given.get("tolerance") or TOLERANCE)}


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """One unit: the picture as RGBA. Raises UserError where there is no flat backdrop."""
    pixels = parents[0].pixels
    if pixels.shape[2] == 4:
        raise UserError("The picture is transparent already.")
    cut = cut_out(pixels, arguments["tolerance"])
    if not cut.fits:
        raise UserError(
            f"The backdrop cannot be told from the rest: {cut.flatness:.0%} of the border is alike, and "
            f"{cut.taken:.0%} of the picture would go. It takes a flat or smoothly shaded one: paint the thing "
            "on a plain background, or try another --tolerance."
        )
    notes = [f"The backdrop was found by its colour ({cut.taken:.0%} of the picture), not by knowing the thing."]
    yield Painted(0, (derived.reworked(cut.pixels, "background", arguments, parents, notes),))


def cut_out(pixels: Pixels, tolerance: float = TOLERANCE) -> Cut:
    """Take the backdrop from a picture uint8 [h, w, 3]; whether that made sense, `fits` tells."""
    height, width = pixels.shape[:2]
    ring = np.ones((height, width), np.bool_)
    ring[_BAND:-_BAND, _BAND:-_BAND] = False
    colour = pixels.astype(np.float32)
    wash = _wash(colour, ring)
    distance = np.abs(colour - wash).max(axis=2)
    like = distance <= tolerance
    flatness = float(like[ring].mean())
    reached = _joined_to_border(like)
    # Half covered pixels lie at the edge of the thing: between both colours, so partly transparent.
    edge = _wider(reached) & ~reached
    alpha = np.where(reached, 0.0, np.where(edge, np.clip(distance / (3.0 * tolerance), 0.15, 1.0), 1.0))
    unmixed = wash + (colour - wash) / np.maximum(alpha, 0.15)[..., None]
    shown = np.where(edge[..., None], np.clip(unmixed, 0.0, 255.0), colour)
    rgba = np.concatenate([shown, alpha[..., None] * 255.0], axis=2)
    return Cut(np.rint(rgba).astype(np.uint8), float(reached.mean()), flatness)


def _wash(colour: NDArray[np.float32], ring: Mask) -> NDArray[np.float32]:
    """What the backdrop looks like everywhere, by its colour at the border; outliers there are not backdrop."""
    median = np.median(colour[ring], axis=0)
    strangeness = np.abs(colour - median).max(axis=2)
    limit = max(float(np.quantile(strangeness[ring], 0.7)), 8.0) * 1.5
    known = ring & (strangeness <= limit)
    # Averaged over cells, so that the wash cannot follow a busy border.
    weight = _cells(known.astype(np.float32))
    mean = np.stack([_cells(np.where(known, colour[..., c], 0.0)) / np.maximum(weight, 1e-6) for c in range(3)], axis=2)
    coarse = joining.spread(mean.astype(np.float32), weight > 1e-3)
    size = (colour.shape[1], colour.shape[0])
    return np.stack([np.asarray(Image.fromarray(coarse[..., c]).resize(size, Image.Resampling.BILINEAR))
                     for c in range(3)], axis=2)  # fmt: skip


def _cells(values: NDArray[Any]) -> NDArray[np.float32]:
    image = Image.fromarray(np.asarray(values, np.float32))
    return np.asarray(image.resize((16, 16), Image.Resampling.BOX))


def _joined_to_border(like: Mask) -> Mask:
    """The pixels of `like` that are joined to the picture's border through others, by whole runs at a time."""
    reached = like.copy()
    reached[1:-1, 1:-1] = False
    while True:
        before = int(reached.sum())
        reached = _along_rows(like, reached)
        reached = _along_rows(like.T, reached.T).T
        if int(reached.sum()) == before:
            return np.ascontiguousarray(reached)


def _along_rows(like: Mask, reached: Mask) -> Mask:
    """Every run of `like` within a row that has a reached pixel is reached as a whole."""
    starts = np.ones(like.shape, np.bool_)
    starts[:, 1:] = like[:, 1:] != like[:, :-1]
    runs = np.cumsum(starts.ravel()) - 1
    hit = np.bincount(runs, weights=reached.ravel()) > 0
    return np.asarray(hit[runs].reshape(like.shape) & like)


def _wider(mask: Mask) -> Mask:
    image = Image.fromarray(np.where(mask, 255, 0).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.MaxFilter(3))) > 0
