"""The collage: recalled drawings pasted where the layout puts them, and the hint the denoiser gets of it.

The layout is the one the training scenes were composed with. Knows nothing of prompts, and of the model only
the encoder it is handed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.library import Drawing
from allaprima.engine.recall import Recalled
from allaprima.engine.recolouring import recoloured
from allaprima.engine.shapes import Cells, laid
from allaprima.scene import layout

Array = NDArray[np.float32]
Box = tuple[float, float, float, float]

SIDE = 128  # pixels of a square collage, what the encoder takes
CELL = 8  # pixels of a collage for each row and column of a latent
SQUARE: Cells = (SIDE // CELL, SIDE // CELL)
GREY = 128  # what lies behind the collage, the encoder's idea of nothing


class Images(Protocol):
    """Whoever has the pictures of drawings: a library, or one with guests in it."""

    def image(self, drawing: Drawing) -> NDArray[np.uint8]: ...


@dataclass(frozen=True)
class Letters:
    """Words in a collage, with their box in fractions of the picture; the box may reach out of it."""

    text: str
    lines: tuple[str, ...]
    colour: str | None  # None: a dark ink, since nobody asked for any
    place: str  # "alone", "scenery", or "above"/"below" the things
    box: Box


@dataclass(frozen=True)
class Collage:
    """Drawings in their places: RGBA uint8 [8 rows, 8 columns, 4], boxes (x0, y0, x1, y1) in 0..1, letters."""

    rgba: NDArray[np.uint8]
    things: tuple[Recalled, ...]
    boxes: tuple[tuple[Box, ...], ...]  # for each thing, one box per time it is counted
    letters: Letters | None = None


def compose(
    things: Sequence[Recalled],
    library: Images,
    relation: str | None,
    scenery: str | None,
    rng: np.random.Generator,
    shape: Cells = SQUARE,
) -> Collage:
    """Plan boxes for things that have their drawing, and paste them; there must be at least one thing.

    `shape`: rows and columns of the latent that the collage is for.
    """
    counts = [thing.count for thing in things]
    sizes = [thing.size for thing in things]
    planned = layout.plan(counts, relation, rng, scenery, sizes=sizes)
    owners = [index for index, count in enumerate(counts) for _ in range(count)]
    pictures = []
    for thing in things:
        if thing.drawing is None:
            raise ValueError(f"{thing.text!r} was given no drawing")
        pictures.append(library.image(thing.drawing))
    aspects = [pictures[owner].shape[1] / pictures[owner].shape[0] for owner in owners]
    boxes = layout.settle(planned, aspects, relation=relation, scenery=scenery)
    boxes = laid(boxes, shape, standing=layout.stands(scenery))
    grouped = tuple(
        tuple(box for box, owner in zip(boxes, owners, strict=True) if owner == index) for index in range(len(things))
    )
    return paste(things, grouped, library, shape)


def paste(
    things: Sequence[Recalled], boxes: Sequence[Sequence[Box]], library: Images, shape: Cells = SQUARE
) -> Collage:
    """Things that have their drawing, in the colours asked for, at these boxes; what reaches out is cut."""
    canvas = Image.new("RGBA", (shape[1] * CELL, shape[0] * CELL), (0, 0, 0, 0))
    placed = []
    for thing, each in zip(things, boxes, strict=True):
        if thing.drawing is not None:
            pixels = recoloured(library.image(thing.drawing), thing.colour)
            placed += [(box, pixels) for box in each]
    # What stands lower is nearer and is pasted later.
    for box, pixels in sorted(placed, key=lambda each: each[0][3]):
        _paste(canvas, pixels, box)
    return Collage(np.asarray(canvas), tuple(things), tuple(tuple(each) for each in boxes))


def hint(rgba: NDArray[np.uint8], encode: Callable[[Array], Array]) -> Array:
    """The hint [n, 17, h, w] of n collages [n, 8 h, 8 w, 4]: latents over grey, and the cover of each cell.

    `encode` takes RGB in -1..1 [n, 3, 8 h, 8 w] to latents [n, 16, h, w].
    """
    colour = rgba[..., :3].astype(np.float32)
    alpha = rgba[..., 3:].astype(np.float32) / 255.0
    over_grey = colour * alpha + GREY * (1.0 - alpha)
    latent = encode(np.ascontiguousarray((over_grey / 127.5 - 1.0).transpose(0, 3, 1, 2), np.float32))
    n, _, rows, columns = latent.shape
    cells = alpha[..., 0].reshape(n, rows, alpha.shape[1] // rows, columns, alpha.shape[2] // columns)
    covered = cells.mean(axis=(2, 4), dtype=np.float32)
    return np.concatenate([latent, covered[:, None]], axis=1, dtype=np.float32)


def _paste(canvas: Image.Image, pixels: NDArray[np.uint8], box: Box) -> None:
    across, down = canvas.size
    x0, y0 = round(box[0] * across), round(box[1] * down)
    width = max(round((box[2] - box[0]) * across), 2)
    height = max(round((box[3] - box[1]) * down), 2)
    drawing = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    layer = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    layer.paste(drawing, (x0, y0))
    canvas.alpha_composite(layer)
