"""Pictures that strangers send: opened only when they are what they say, and small enough once unpacked.

A few kilobytes can unpack to gigabytes, and formats that can run code are none of ours: so the size is read from the
header first, and only PNG, WebP and JPEG are opened at all. Blocks while it works. Knows nothing of HTTP.
"""

from __future__ import annotations

import base64
import binascii
import io
import warnings

from PIL import Image, UnidentifiedImageError

from allaprima.errors import UserError

FORMATS = ("PNG", "WEBP", "JPEG")
LARGEST_PIXELS = 25_000_000
LARGEST_BYTES = 20_000_000


def opened(data: bytes, what: str = "The picture") -> Image.Image:
    """A picture, loaded, upright, RGB or RGBA. Raises UserError."""
    if len(data) > LARGEST_BYTES:
        raise UserError(f"{what} has {len(data):,} bytes; at most {LARGEST_BYTES:,} are taken.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a bomb that is not quite large enough to refuse
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > LARGEST_PIXELS:
                raise UserError(f"{what} is {width}x{height}; at most {LARGEST_PIXELS / 1e6:g} megapixels are taken.")
            if getattr(image, "n_frames", 1) > 1:
                image.seek(0)
            image.load()
            from PIL import ImageOps

            upright = ImageOps.exif_transpose(image) or image
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UserError:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, Warning) as error:
        raise UserError(f"{what} cannot be read: it must be a PNG, WebP or JPEG of ordinary size.") from error
    except Exception as error:  # damaged files make Pillow raise nearly anything
        raise UserError(f"{what} is damaged: {type(error).__name__}.") from error


def from_base64(text: str, what: str = "The picture") -> bytes:
    """The bytes of base64, with or without `data:image/...;base64,` before it. Raises UserError."""
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise UserError(f"{what} is a data URL that is not base64.")
    if len(text) > LARGEST_BYTES * 4 // 3 + 4:
        raise UserError(f"{what} is too large: at most {LARGEST_BYTES:,} bytes are taken.")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(f"{what} is no valid base64.") from error
