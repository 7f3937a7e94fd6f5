"""What is true of a composed scene, as numbers that a network can be taught and asked for.

A scene is laid on a 16 x 16 grid: where the middle of each thing lies, how large it is, its colour and style; and for
the whole picture its scenery, hour and look. Plain numpy; knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.scene import vocabulary
from allaprima.scene.plot import TIMELESS

GRID = 16
CUT_SIDE = 64  # pixels of a cut-out
MOST = 6  # things in one scene; the compositor shows at most four
COLOURS = tuple(vocabulary.COLOUR_RGB)
STYLES = tuple(vocabulary.STYLES)
SCENERIES = tuple(vocabulary.SCENERIES)
TIMES = tuple(vocabulary.TIMES)
LOOKS = tuple(vocabulary.LOOKS)
SPREAD = 0.12  # of the thing's shorter side: a guess so far off the middle is nearly right
UNKNOWN = -1


@dataclass(frozen=True)
class Things:
    """The things of n scenes, padded to MOST with rows whose `cell` is UNKNOWN.

    cell: int64 [n, MOST], row * GRID + column of the middle. box: float32 [n, MOST, 4], the middle's offset within
    the cell (x, y, 0..1) and width and height (0..1). colour, style: int64 [n, MOST], UNKNOWN where there is none to
    tell.
    """

    heat: NDArray[np.float32]  # [n, GRID, GRID], 1 at the middles
    cell: NDArray[np.int64]
    box: NDArray[np.float32]
    colour: NDArray[np.int64]
    style: NDArray[np.int64]

    def edges(self, scene: int, place: int) -> tuple[float, float, float, float]:
        """The box (x0, y0, x1, y1 in 0..1) of one thing that is there."""
        row, column = divmod(int(self.cell[scene, place]), GRID)
        dx, dy, width, height = map(float, self.box[scene, place])
        x, y = (column + dx) / GRID, (row + dy) / GRID
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2


@dataclass(frozen=True)
class Surroundings:
    """Scenery, hour (UNKNOWN where there is none to see) and look of n scenes: int64 [n] each."""

    scenery: NDArray[np.int64]
    time: NDArray[np.int64]
    look: NDArray[np.int64]


def things(truths: Sequence[Mapping[str, Any]], mirrored: NDArray[np.bool_]) -> Things:
    """The things of scenes as the bank tells them; `mirrored` [n] says which pictures were turned left to right."""
    n = len(truths)
    heat = np.zeros((n, GRID, GRID), np.float32)
    cell = np.full((n, MOST), UNKNOWN, np.int64)
    box = np.zeros((n, MOST, 4), np.float32)
    colour, style = (np.full((n, MOST), UNKNOWN, np.int64) for _ in range(2))
    rows, columns = np.mgrid[0:GRID, 0:GRID]
    for i, truth in enumerate(truths):
        for j, thing in enumerate(truth["objects"][:MOST]):
            x0, y0, x1, y1 = thing["box"]
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            x = 1.0 - x if mirrored[i] else x
            column, row = (min(max(int(each * GRID), 0), GRID - 1) for each in (x, y))
            sigma = max(SPREAD * GRID * min(x1 - x0, y1 - y0), 0.5)
            away = ((columns - column) ** 2 + (rows - row) ** 2) / (2 * sigma * sigma)
            heat[i] = np.maximum(heat[i], np.exp(-away))
            cell[i, j] = row * GRID + column
            box[i, j] = x * GRID - column, y * GRID - row, x1 - x0, y1 - y0
            colour[i, j] = COLOURS.index(thing["colour"]) if thing["colour"] in COLOURS else UNKNOWN
            style[i, j] = STYLES.index(thing["style"]) if thing["style"] in STYLES else UNKNOWN
    return Things(heat, cell, box, colour, style)


def surroundings(truths: Sequence[Mapping[str, Any]]) -> Surroundings:
    """Scenery, hour and look of scenes as the bank tells them."""
    timed = [truth["scenery"] not in TIMELESS for truth in truths]
    return Surroundings(
        np.asarray([SCENERIES.index(truth["scenery"]) for truth in truths], np.int64),
        np.asarray(
            [TIMES.index(truth["time_of_day"]) if has else UNKNOWN for truth, has in zip(truths, timed, strict=True)],
            np.int64,
        ),
        np.asarray([LOOKS.index(truth["look"]) for truth in truths], np.int64),
    )
