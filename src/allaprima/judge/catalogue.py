"""Which of thousands of drawings a thing in a picture is.

Every drawing is kept in one small size, and the picture is cut into windows around where the thing seems to be; one
matrix product compares everything with everything, the way aligning.py compares one drawing with one picture. Given
the right place it names the concept of a known drawing nearly always, and its style. Knows nothing of prompts,
painters or networks.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.judge.aligning import LIGHTNESS, LUMA, MUCH, directions, spread
from allaprima.judge.references import Drawings, digest
from allaprima.train.run import mixed_precision

if TYPE_CHECKING:
    import torch

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
Box = tuple[float, float, float, float]

SIDE, LONGER = 32, 24  # pixels: of a window, and of a drawing in it
# Of a box that was guessed: what sizes to try, and moves of a share of its longer side; then the same from the best.
FIRST = ((0.85, 1.0, 1.18), (-0.08, 0.0, 0.08))
SECOND = ((0.94, 1.0, 1.06), (-0.04, 0.0, 0.04))
SMALLEST = 0.06  # of the picture: no thing is taken to be smaller
FORMAT = "catalogue 1"


@dataclass(frozen=True)
class Windows:
    """Square parts of a picture: boxes of the drawing that would fill each, [n, 3] as middle x, y and longer side in
    0..1, and their planes.
    """

    places: Array
    edges: torch.Tensor  # [2 n, 2 SIDE SIDE], `_rounded`; the second half mirrored
    energy: torch.Tensor  # [2 n, SIDE SIDE]
    light: torch.Tensor
    light_squared: torch.Tensor


class Catalogue:
    """Drawings as rows that windows are compared with."""

    def __init__(self, drawings: Drawings, rows: NDArray[np.float16]) -> None:
        """`rows`: of `laid`, [drawings, 5 * SIDE * SIDE + 3]."""
        import torch

        self.drawings = drawings
        self.rows_of_hash: dict[str, list[int]] = {}
        for place, row in enumerate(drawings.rows):
            self.rows_of_hash.setdefault(row.sha256, []).append(place)
        cells = SIDE * SIDE
        planes = _rounded(rows[:, : 5 * cells].astype(np.float32))
        self._planes = [planes[:, a * cells : b * cells].contiguous() for a, b in ((0, 2), (2, 3), (3, 4), (4, 5))]
        self._numbers = torch.from_numpy(rows[:, 5 * cells :].astype(np.float32)).T.contiguous()

    @classmethod
    def of(
        cls, drawings: Drawings, cache: Path | None = None, told: Callable[[int, int], None] | None = None
    ) -> Catalogue:
        """Of drawings; kept in the folder `cache` if given."""
        place = None if cache is None else cache / f"catalogue-{digest(drawings, FORMAT)}.npy"
        if place is not None:
            try:
                kept = np.load(place, allow_pickle=False)
                if kept.shape == (len(drawings.rows), 5 * SIDE * SIDE + 3):
                    return cls(drawings, kept)
            except (OSError, ValueError):
                pass  # not there yet, or cut short: made anew
        rows = []
        for row in range(len(drawings.rows)):
            rows.append(laid(drawings.image(row)))
            if told and (row % 100 == 99 or row + 1 == len(drawings.rows)):
                told(row + 1, len(drawings.rows))
        made = np.stack(rows)
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, aside = tempfile.mkstemp(prefix=".catalogue-", dir=place.parent)
            with os.fdopen(handle, "wb") as file:
                np.save(file, made)
            os.replace(aside, place)
        return cls(drawings, made)

    def look(self, picture: Pixels, box: Box) -> Array:
        """How well a picture uint8 [h, w, 3] shows each drawing in a box (0..1) that may be off by a little in place
        and size, about -1 to 1: [rows].
        """
        start = np.asarray(
            [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, max(box[2] - box[0], box[3] - box[1], SMALLEST)], np.float32
        )
        first = _around(start, *FIRST)
        seen = self._likeness(_cut(picture, first))
        nearer = self._likeness(_cut(picture, _around(first[int(seen.max(1).argmax())], *SECOND)))
        return np.asarray(np.maximum(seen.max(0), nearer.max(0)), np.float32)

    def concepts(self, likeness: Array) -> Array:
        """The best likeness with any drawing of each concept: [concepts], of [rows]."""
        best = np.full(len(self.drawings.concepts), -1.0, np.float32)
        np.maximum.at(best, self.drawings.concept_of, likeness)
        return best

    def _likeness(self, windows: Windows) -> Array:
        """How well each window shows each drawing, the better way round: [n, rows]."""
        import torch

        edges, around, inside, light = self._planes
        energy, area, deviation = self._numbers
        with torch.inference_mode():

            def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
                return (a @ b.T).float()

            there = product(windows.energy, around).clamp(min=1e-3)
            along = product(windows.edges, edges) / (there * energy).sqrt()
            mean = product(windows.light, inside) / area
            variance = product(windows.light_squared, inside) / area - mean * mean
            within = product(windows.light, light) / area
            within = within / (variance.clamp(min=1e-4).sqrt() * deviation.clamp(min=0.02))
            weight = LIGHTNESS * (deviation / MUCH).clamp(max=1.0)
            both = (along + weight * within) / (1.0 + weight)
            n = len(windows.places)
            return np.asarray(torch.maximum(both[:n], both[n:]).numpy(), np.float32)


def laid(drawing: Pixels) -> NDArray[np.float16]:
    """A drawing uint8 RGBA [h, w, 4] as a row: [5 * SIDE * SIDE + 3]."""
    image = Image.fromarray(drawing)
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    shown = (image.crop(box) if box else image).convert("RGBa")
    scale = LONGER / max(shown.size)
    size = max(round(shown.width * scale), 2), max(round(shown.height * scale), 2)
    whole = Image.new("RGBa", (SIDE, SIDE))
    whole.paste(shown.resize(size, Image.Resampling.BOX), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    rgba = np.asarray(whole, np.float32) / 255.0
    alpha = rgba[..., 3]
    field = directions(rgba)
    inside = (alpha > 0.9).astype(np.float32)
    area = float(inside.sum()) + 1e-3
    light = (rgba[..., :3] @ LUMA) * inside
    light = (light - float(light.sum()) / area) * inside
    numbers = [float((field**2).sum()), area, float(np.sqrt((light**2).sum() / area))]
    planes = np.stack([*field, spread(alpha), inside, light])
    return np.concatenate([planes.ravel(), np.asarray(numbers, np.float32)]).astype(np.float16)


def _around(place: Array, factors: Sequence[float], moves: Sequence[float]) -> Array:
    """A place and others near it: [n, 3]."""
    x, y, size = (float(each) for each in place)
    return np.asarray(
        [
            (x + across * size, y + down * size, size * factor)
            for factor in factors
            for down in moves
            for across in moves
        ],
        np.float32,
    )


def _cut(picture: Pixels, places: Array) -> Windows:
    """Windows of a picture at places [n, 3]."""

    height, width = picture.shape[:2]
    room = max(height, width)
    # What is beyond the edge is taken to go on.
    image = Image.fromarray(np.pad(picture, ((room, room), (room, room), (0, 0)), mode="edge"))
    lot = []
    for x, y, size in places:
        half = float(size) * room * SIDE / LONGER / 2
        left, top = float(x) * width + room - half, float(y) * height + room - half
        box = (max(left, 0.0), max(top, 0.0), left + 2 * half, top + 2 * half)
        lot.append(np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX, box=box)))
    rgb = np.stack(lot).astype(np.float32) / 255.0
    field = directions(rgb)  # [n, 2, SIDE, SIDE]
    light = rgb @ LUMA
    light -= light.mean((1, 2), keepdims=True)  # from its own mean, so that halved precision is no loss
    turned = field[..., ::-1] * np.asarray([1.0, -1.0], np.float32)[:, None, None]
    fields, lights = np.concatenate([field, turned]), np.concatenate([light, light[..., ::-1]])

    def flat(planes: Array) -> torch.Tensor:
        return _rounded(np.ascontiguousarray(planes.reshape(len(planes), -1)))

    return Windows(places, flat(fields), flat((fields * fields).sum(1)), flat(lights), flat(lights * lights))


def _rounded(planes: Array) -> torch.Tensor:
    """What products are taken of: numbers rounded to bfloat16, so that machines agree; as float32 on those that cannot
    multiply it, which is three times as fast there."""
    import torch

    rounded = torch.from_numpy(planes).to(torch.bfloat16)
    return rounded if mixed_precision() else rounded.float()
