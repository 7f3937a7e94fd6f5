"""A painted picture with its recipe, and its way into a file and back.

PNG carries the recipe in a text chunk, WebP and JPEG in their EXIF user comment. Files appear whole or not at
all. Knows nothing of how a picture is painted.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from allaprima.errors import UserError

FORMATS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
TEXT_KEY = "allaprima"
_EXIF_IFD, _USER_COMMENT, _SOFTWARE = 0x8769, 0x9286, 0x0131
_UNICODE = b"UNICODE\0"


@dataclass(frozen=True)
class Picture:
    """Pixels uint8 RGB [height, width, 3], the recipe that made them, and how long each part took."""

    pixels: NDArray[np.uint8]
    recipe: Mapping[str, Any]
    timing_ms: Mapping[str, float] = field(default_factory=dict, compare=False)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def seed(self) -> int:
        return int(self.recipe["seed"])

    @property
    def image(self) -> Image.Image:
        """As a Pillow image."""
        return Image.fromarray(self.pixels)

    def encode(self, format: str = "PNG") -> bytes:
        """The picture as a file's bytes: PNG, WEBP or JPEG. The same picture gives the same bytes."""
        text = json.dumps(self.recipe, ensure_ascii=False)
        out = io.BytesIO()
        if format == "PNG":
            info = PngInfo()
            info.add_itxt(TEXT_KEY, text)
            info.add_text("Software", _software(self.recipe))
            self.image.save(out, "PNG", pnginfo=info)
        elif format in ("WEBP", "JPEG"):
            exif = Image.Exif()
            exif[_SOFTWARE] = _software(self.recipe)
            exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + text.encode("utf-16-be")
            # 4:4:4, since drawings have hard edges in saturated colours.
            extra: dict[str, Any] = {"subsampling": 0} if format == "JPEG" else {"method": 4}
            self.image.save(out, format, quality=92, exif=exif, **extra)
        else:
            raise UserError(f"No picture format is called {format!r}: use PNG, WEBP or JPEG.")
        return out.getvalue()

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the file whole or not at all, its format by its suffix; returns the file's sha256."""
        target = Path(path)
        data = self.encode(format_of(target))
        try:
            handle, aside = tempfile.mkstemp(prefix=".allaprima-", dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.chmod(aside, 0o666 & ~_umask())
                os.replace(aside, target)
            except BaseException:
                Path(aside).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise UserError(_unwritable(target, error)) from error
        return hashlib.sha256(data).hexdigest()


def format_of(path: str | os.PathLike[str]) -> str:
    """The format a path's suffix asks for; raises UserError for one we do not write."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        had = f"the suffix {suffix}" if suffix else "no suffix"
        raise UserError(f"{os.fspath(path)} has {had}: a picture's name ends in {', '.join(FORMATS)}.")
    return FORMATS[suffix]


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise UserError, before any work is done, when a picture could not be written there."""
    target = Path(path)
    format_of(target)
    try:
        if target.is_dir():
            raise UserError(f"{target} is a folder: name a file in it, such as {target / 'picture.png'}.")
        if not target.parent.is_dir():
            raise UserError(f"The folder {target.parent} does not exist: make it first, or write elsewhere.")
        with contextlib.suppress(FileNotFoundError):
            os.lstat(target)  # raises for a name that no file can have
        handle, aside = tempfile.mkstemp(prefix=".allaprima-", dir=target.parent)
        os.close(handle)
        os.unlink(aside)
    except ValueError as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{os.fspath(path)!r} is no file name: {error}.") from error
    except OSError as error:
        raise UserError(_unwritable(target, error)) from error


def read_recipe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The recipe inside a picture file; raises UserError when there is none."""
    try:
        with Image.open(path) as image:
            image.load()
            raw = image.info.get(TEXT_KEY) or getattr(image, "text", {}).get(TEXT_KEY)
            if raw is None:
                comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
                if isinstance(comment, bytes) and comment.startswith(_UNICODE):
                    raw = comment[len(_UNICODE) :].decode("utf-16-be")
    except (OSError, SyntaxError, UnicodeDecodeError, UnidentifiedImageError) as error:
        raise UserError(f"{os.fspath(path)} cannot be read as a picture: {error}.") from error
    try:
        recipe = json.loads(raw) if raw is not None else None
    except ValueError:
        recipe = None
    if not isinstance(recipe, dict):
        raise UserError(f"{os.fspath(path)} carries no recipe: it was not painted here, or its text was stripped.")
    return recipe


def _software(recipe: Mapping[str, Any]) -> str:
    return f"Alla Prima {recipe.get('version', '')}".strip()


def _unwritable(path: Path, error: OSError) -> str:
    return f"Cannot write {path}: {error.strerror or error}. Choose another place with --out."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
