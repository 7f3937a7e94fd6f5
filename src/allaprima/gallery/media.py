"""What kind of file some bytes are: media type, suffix and size in pixels, from the first bytes alone.

Never decodes a picture, so a decompression bomb costs nothing here. Knows nothing of recipes or of the gallery.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from allaprima.errors import UserError

_RASTER = {
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
    "JPEG": ("image/jpeg", ".jpg"),
    "GIF": ("image/gif", ".gif"),
}


@dataclass(frozen=True)
class Media:
    """Width and height are in pixels, and 0 where the file does not say (SVG, MP4)."""

    type: str
    suffix: str
    width: int = 0
    height: int = 0


def recognise(data: bytes) -> Media:
    """What these bytes are. Raises UserError when they are nothing the gallery keeps."""
    if data[4:8] == b"ftyp":
        return Media("video/mp4", ".mp4")
    if b"<svg" in data[:1000]:
        return Media("image/svg+xml", ".svg")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_RASTER)) as image:
                type_, suffix = _RASTER[image.format or ""]
                return Media(type_, suffix, *image.size)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(
            f"These {len(data)} bytes are no picture that can be kept: PNG, WebP, JPEG, GIF, SVG or MP4 is expected."
        ) from error
