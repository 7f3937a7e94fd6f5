"""The named colours of a thing by its pixels: what its box holds more of than what surrounds it.

Beside the network's guess, which knows shapes but has seen few of some colours. Knows nothing of networks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allaprima.scene import colours

AROUND = 0.05  # of the picture: the width of the frame that stands for the ground
GROUND = 0.5  # of its share of a colour is taken off
LEAST = 0.03  # a share below this says nothing

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def tints(picture: Pixels, box: Box) -> NDArray[np.float32]:
    """Log share of each of `colours.NAMES` in the box of a picture uint8 [h, w, 3], its middle weighing most: [13]."""
    height, width = picture.shape[:2]
    sides = (width, height, width, height)
    x0, y0, x1, y1 = (round(edge * side) for edge, side in zip(box, sides, strict=True))
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    inner = picture[y0:y1, x0:x1]
    if inner.size == 0:
        return np.full(len(colours.NAMES), np.log(LEAST), np.float32)
    rows, columns = np.mgrid[0 : inner.shape[0], 0 : inner.shape[1]]
    away = ((rows + 0.5) / inner.shape[0] * 2 - 1) ** 2 + ((columns + 0.5) / inner.shape[1] * 2 - 1) ** 2
    within = colours.shares(inner, np.clip(1.15 - away, 0.0, 1.0))
    frame = max(round(AROUND * width), 1)
    left, top = max(x0 - frame, 0), max(y0 - frame, 0)
    outer = picture[top : y1 + frame, left : x1 + frame]
    ground = np.ones(outer.shape[:2])
    ground[y0 - top : y1 - top, x0 - left : x1 - left] = 0.0
    own = np.clip(within - GROUND * colours.shares(outer, ground), 0.0, None)
    return np.asarray(np.log(own + LEAST), np.float32)
