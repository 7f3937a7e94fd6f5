"""A recalled drawing in the colour that the prompt asks for, before it enters the collage.

The network trusts the colours it is shown more than the words beside them: shown a red bird and told yellow, it paints
a red one. So the collage shows a yellow bird. Only the drawing's main hue is turned; eyes, outlines and shading stay.
Knows nothing of prompts or places.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.scene import colours

Pixels = NDArray[np.uint8]

SOURCES = (*colours.VIVID, "brown", "beige")  # colours with a hue that can be turned
LEAST = 0.2  # of a drawing; a hue that covers less is a detail
ENOUGH = 0.5  # of a drawing already in the colour asked for


def recoloured(rgba: Pixels, colour: str | None) -> Pixels:
    """The drawing uint8 [h, w, 4] with its main hue turned to `colour`, a name of vocabulary.COLOURS or None.

    It comes back as it is when nothing is asked, when it is of that colour already, when it has no main hue (a
    black outline, a white ghost), or when turning brings no more of the colour than there was.
    """
    if colour is None:
        return rgba
    before = _shares(rgba)
    wanted = colours.NAMES.index(colour)
    source = max(SOURCES, key=lambda name: before[colours.NAMES.index(name)])
    if source == colour or before[wanted] >= ENOUGH or before[colours.NAMES.index(source)] < LEAST:
        return rgba
    turned = np.asarray(colours.recolour(Image.fromarray(rgba), source, colour))
    return turned if _shares(turned)[wanted] > before[wanted] else rgba


def _shares(rgba: Pixels) -> NDArray[np.float64]:
    return colours.shares(rgba[..., :3], rgba[..., 3] > 128)
