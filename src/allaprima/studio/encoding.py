"""Pictures as bytes for whoever watches: fast WebP for the live page, tiny PNGs for previews, files to keep.

Every function here is for a worker thread: none takes long, and none is quick enough for an event loop.
"""

from __future__ import annotations

import base64
import io
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.picture import Picture, read_recipe
from allaprima.errors import UserError

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


def preview_urls(previews: NDArray[np.uint8]) -> list[str]:
    """Previews uint8 [n, h, w, 3], each as `preview_url`."""
    return [preview_url(each) for each in previews]


def file(picture: Picture, format: str = "png") -> bytes:
    """The file to keep, with its recipe: png, webp or jpeg."""
    return picture.encode(FORMATS[format][0])


def converted(data: bytes, format: str) -> bytes:
    """A kept PNG in another format, its recipe taken along."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return Picture(pixels, recipe_in(data)).encode(FORMATS[format][0])


def recipe_in(data: bytes) -> dict[str, Any]:
    """The recipe inside a picture's file. Raises UserError when there is none."""
    # A file's recipe is read by its path, so that there is one reader only.
    with tempfile.NamedTemporaryFile(prefix="allaprima-") as file_:
        file_.write(data)
        file_.flush()
        try:
            return read_recipe(file_.name)
        except UserError as error:
            raise UserError(str(error).replace(file_.name, "The picture")) from None
