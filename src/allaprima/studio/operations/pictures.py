"""Pictures that operations begin with: painted here, with their recipe, or given by somebody, without one.

A picture is known by its identity, the digest of its pixels and of its recipe, so that a lineage can be followed
whatever the files are called. Knows nothing of models.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from allaprima.engine.picture import Picture, read_recipe
from allaprima.engine.recipe import FORMAT
from allaprima.errors import UserError

Pixels = NDArray[np.uint8]

LARGEST = 2048  # pixels of a side; larger pictures are made smaller
MOST_PIXELS = 64_000_000  # of a file before that; more is refused unread


def open_picture(path: str | os.PathLike[str]) -> Picture:
    """A picture file with its recipe, or with one that says it was given. Raises UserError."""
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"Cannot read the picture {os.fspath(path)}: {reason}. Give the path of a picture.") from error
    return from_bytes(data, name=Path(path).name)


def from_bytes(data: bytes, *, name: str = "", recipe: Mapping[str, Any] | None = None) -> Picture:
    """A picture of a file's bytes: RGB, or RGBA where anything is transparent. Raises UserError.

    `recipe`: what is known of it from elsewhere; without it the one in the file is taken, if there is one.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UserError(f"The picture {name} has {image.width} x {image.height} pixels: make it smaller.")
            upright = ImageOps.exif_transpose(image)
            has_alpha = "A" in upright.getbands() or "transparency" in upright.info
            whole = upright.convert("RGBA" if has_alpha else "RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{name or 'This'} is not a picture that can be read: PNG, WebP, JPEG or GIF is.") from error
    if max(whole.size) > LARGEST:
        whole.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    if has_alpha and whole.getchannel("A").getextrema()[0] == 255:
        whole = whole.convert("RGB")
    pixels = np.asarray(whole)
    if recipe is None:
        recipe = _own_recipe(data, pixels) or given_recipe(pixels, name)
    return Picture(pixels, recipe)


def given_recipe(pixels: Pixels, name: str = "") -> dict[str, Any]:
    """What is known of a picture that somebody gave: that it was given, and by what pixels it is known."""
    height, width = pixels.shape[:2]
    given = {"name": name, "sha256": digest(pixels)}
    return {"format": FORMAT, "prompt": "", "seed": 0, "size": [width, height], "references": [], "given": given}


def is_given(recipe: Mapping[str, Any]) -> bool:
    """Whether the picture of this recipe was given, and not painted here."""
    return "given" in recipe


def identity(picture: Picture) -> str:
    """What a picture is known by among its kin: two that look alike but were made otherwise are not the same.

    The recipe names its parents by their identities, so nothing can be its own forebear.
    """
    recipe = {key: value for key, value in picture.recipe.items() if key != "ancestry"}
    text = json.dumps(recipe, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{digest(picture.pixels)} {text}".encode()).hexdigest()


def digest(pixels: Pixels) -> str:
    """The sha256 of a picture's shape and pixels."""
    shape = "x".join(map(str, pixels.shape))
    return hashlib.sha256(shape.encode() + b"\0" + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def opaque(pixels: Pixels, ground: int = 255) -> Pixels:
    """The picture as RGB, over white where it is transparent."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255.0
    return np.asarray(np.rint(pixels[..., :3] * alpha + ground * (1.0 - alpha)), np.uint8)


def _own_recipe(data: bytes, pixels: Pixels) -> dict[str, Any] | None:
    try:
        recipe = read_recipe(io.BytesIO(data))  # type: ignore[arg-type]  # Pillow opens streams as well as paths
    except (UserError, TypeError):
        return None
    # Whoever edits a picture elsewhere may leave the recipe in the file; it is no longer true then.
    return recipe if recipe.get("size") == [pixels.shape[1], pixels.shape[0]] else None
