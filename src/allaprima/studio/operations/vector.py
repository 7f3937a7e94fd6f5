"""Vector: a flat picture traced into an SVG by vtracer (`pip install 'allaprima[vector]'`).

Tracing a shaded picture gives thousands of patches; how flat a picture is gets measured, and a picture that is not is
refused unless that is wanted. The SVG carries the recipe.
"""

from __future__ import annotations

import html
import io
import json
from typing import Any

import numpy as np
from PIL import Image

from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio.operations import derived
from allaprima.studio.operations.pictures import Pixels, opaque

COLOURS = 24  # that a flat picture makes do with
FLAT = 9.0  # mean error of those colours, 0..255, up to which a picture counts as flat


def flatness_error(pixels: Pixels) -> float:
    """How badly a few colours serve for a picture: the mean error of a channel, 0..255."""
    image = Image.fromarray(opaque(pixels))
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return float(np.abs(np.asarray(image, np.float32) - np.asarray(few)).mean())


def vector(picture: Picture, *, force: bool = False) -> str:
    """The picture as an SVG. Raises UserError when it is not flat (unless forced) or vtracer is not installed."""
    try:
        import vtracer  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise UserError("Tracing needs vtracer, which is not installed: pip install 'allaprima[vector]'.") from None
    error = flatness_error(picture.pixels)
    if error > FLAT and not force:
        raise UserError(
            f"The picture is too shaded to trace (its {COLOURS} best colours are off by {error:.1f} levels; "
            f"{FLAT:g} is flat): paint it in a flat style such as --style flat, or use --force."
        )
    out = io.BytesIO()
    Image.fromarray(picture.pixels).save(out, "PNG")
    svg = str(
        vtracer.convert_raw_image_to_svg(
            out.getvalue(), img_format="png", colormode="color", hierarchical="stacked", mode="spline",
            filter_speckle=4, color_precision=6, layer_difference=12, corner_threshold=60, path_precision=2,
        )
    )  # fmt: skip
    notes = ["Traced by vtracer from pixels; it was not painted as shapes."]
    if error > FLAT:
        notes.append("The picture is shaded, so the tracing has many small patches.")
    traced = derived.reworked(picture.pixels, "vector", {"force": force}, [picture], notes)
    return _with_recipe(svg, traced.recipe)


def _with_recipe(svg: str, recipe: Any) -> str:
    text = html.escape(json.dumps(recipe, ensure_ascii=False), quote=False)
    head, tag, rest = svg.partition("<svg")
    opening, bracket, body = rest.partition(">")
    return f'{head}{tag}{opening}{bracket}\n<metadata id="allaprima">{text}</metadata>{body}'
