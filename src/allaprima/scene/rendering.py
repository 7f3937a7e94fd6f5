"""One drawing in, one square RGBA picture out: centred, with a small margin, its proportions kept.

Knows vectors and rasters; knows nothing of packages, names or where a drawing came from.
"""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image

from allaprima.errors import CorpusError

SIDE = 256
"""Width and height of a stored drawing, in pixels."""

MARGIN = 0.04
"""Share of the side left empty around the drawing."""

RENDERING = 1
"""Raised whenever the same drawing would come out with other pixels."""

_VISIBLE = 12  # alpha below this is a shadow's or an antialiased edge's last breath, and does not widen the frame
_OVERSIZE = 1.1
_LARGEST = 8  # times the side: a speck is not worth more
_DPI = 90.0  # what a millimetre or point meant to the programs that drew most clip art
_LEAST_INK = 0.004  # of the square: less than this is an empty render, not a drawing


class UndrawableError(CorpusError):
    """A single drawing is broken, empty or too slow; the build notes it and goes on."""


def iconify_svg(body: str, left: float, top: float, width: float, height: float) -> str:
    """A whole SVG around an icon body; what is painted in the current colour becomes black."""
    body = body.replace("currentColor", "#000")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{left} {top} {width} {height}">{_still(body)}</svg>')


def _still(body: str) -> str:
    """Animations are dropped; what they would have faded in (rain, snow) is shown, at its place before it moved."""
    if "<animate" not in body:
        return body
    return re.sub(r"<(animate\w*|set)\b[^>]*?(/>|>.*?</\1>)", "", body, flags=re.DOTALL).replace('opacity="0"', "")


def render_svg(svg: str, side: int = SIDE) -> np.ndarray:
    """SVG text to uint8 [side, side, 4], straight alpha. Raises UndrawableError when it cannot be drawn.

    Most drawings fill nearly all of their own frame, and filters cost by area, so it is first drawn little larger
    than it is kept; one that turns out small in its frame is drawn again, larger, and is as sharp as the rest.
    """
    picture = _drawn(svg, round(_OVERSIZE * side))
    extent = _extent(picture)
    enlarged = side * (1 - 2 * MARGIN) / max(extent[2] - extent[0], extent[3] - extent[1])
    if enlarged > 1:
        picture = _drawn(svg, min(round(_OVERSIZE * side * enlarged) + 1, _LARGEST * side))
    return frame(picture, side)


def _drawn(svg: str, width: int) -> Image.Image:
    import resvg_py

    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, width=width, dpi=_DPI, skip_system_fonts=True)
        return Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    except (ValueError, RuntimeError, OSError) as error:
        raise UndrawableError(f"not drawable: {error}") from error
    except BaseException as error:
        # A panic inside the renderer arrives as an exception of its own that is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise UndrawableError(f"not drawable: the renderer gave up ({error})") from error


def _extent(picture: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is visible. Raises UndrawableError when nothing is."""
    alpha = np.asarray(picture)[..., 3] > _VISIBLE
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not len(rows):
        raise UndrawableError("nothing visible")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def read_raster(data: bytes, side: int = SIDE) -> np.ndarray:
    """An encoded picture (PNG, WebP) to uint8 [side, side, 4]. Raises UndrawableError when it is damaged."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGBA")
    except (OSError, ValueError) as error:
        raise UndrawableError(f"not a picture: {error}") from error
    return frame(picture, side)


def frame(picture: Image.Image, side: int = SIDE) -> np.ndarray:
    """Cut to what is visible, scale to the square less its margin, centre. uint8 [side, side, 4].

    Raises UndrawableError when nothing, or next to nothing, is visible.
    """
    box = _extent(picture)
    width, height = box[2] - box[0], box[3] - box[1]
    room = side * (1 - 2 * MARGIN)
    scale = room / max(width, height)
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    # Pillow resizes RGBA with alpha premultiplied, so that no hidden colour bleeds into the edges.
    drawn = picture.resize(fitted, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC, box=box)
    canvas = np.zeros((side, side, 4), np.uint8)
    left, top = (side - fitted[0]) // 2, (side - fitted[1]) // 2
    canvas[top : top + fitted[1], left : left + fitted[0]] = np.asarray(drawn)
    canvas[canvas[..., 3] == 0] = 0
    if float((canvas[..., 3] > 127).mean()) < _LEAST_INK:
        raise UndrawableError("next to nothing visible")
    return canvas
