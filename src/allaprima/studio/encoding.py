"""Pictures as bytes for whoever watches: fast WebP for the live page, tiny PNGs for previews, files to keep.

Every function here is for a worker thread: none takes long, and none is quick enough for an event loop.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.picture import Picture

FORMATS = {"png": ("PNG", "image/png"), "webp": ("WEBP", "image/webp"), "jpeg": ("JPEG", "image/jpeg")}


def live_webp(picture: Picture, *, final: bool) -> bytes:
    """A WebP without recipe: quickly while somebody types, finer once they pause."""
    out = io.BytesIO()
    picture.image.save(out, "WEBP", quality=92 if final else 80, method=2 if final else 0)
    return out.getvalue()


def preview_url(pixels: NDArray[np.uint8]) -> str:
    """A preview uint8 [h, w, 3] as a data URL of a PNG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def file(picture: Picture, format: str = "png") -> bytes:
    """The file to keep, with its recipe: png, webp or jpeg."""
    return picture.encode(FORMATS[format][0])
