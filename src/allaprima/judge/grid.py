"""A grid of unpicked pictures: prompts in a fixed order, seeds 0, 1, 2, ..., each with its words beneath.

Knows nothing of scores; what it shows is what came out.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from allaprima.errors import UserError
from allaprima.judge.prompts import MIXED
from allaprima.judge.quick import Painter, Pixels
from allaprima.judge.references import Progress

MOST = 256
TILE, GAP, LINE = 160, 8, 13  # pixels
LINES = 2
GROUND, INK = (250, 249, 246), (70, 66, 60)


def samples(
    painter: Painter,
    count: int = 64,
    *,
    prompts: Sequence[str] = MIXED,
    steps: int = 8,
    progress: Progress | None = None,
) -> list[tuple[str, Pixels]]:
    """`count` prompts of the list, over again with new seeds when it ends, and what was painted."""
    if not 1 <= count <= MOST:
        raise UserError(f"A grid holds 1 to {MOST} pictures, not {count}.")
    painted = []
    for seed in range(count):
        prompt = prompts[seed % len(prompts)]
        painted.append((prompt, painter.paint(prompt, seed=seed, steps=steps).pixels))
        if progress:
            progress("painting samples", seed + 1, count)
    return painted


def sheet(tiles: Sequence[tuple[str, Pixels]], columns: int = 0) -> Image.Image:
    """The pictures in a grid as square as it gets, or of so many columns."""
    across = columns or math.ceil(math.sqrt(len(tiles)))
    down = math.ceil(len(tiles) / across)
    step_x, step_y = TILE + GAP, TILE + LINES * LINE + GAP
    page = Image.new("RGB", (across * step_x + GAP, down * step_y + GAP), GROUND)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(10.5)
    for place, (caption, pixels) in enumerate(tiles):
        x, y = GAP + place % across * step_x, GAP + place // across * step_y
        page.paste(Image.fromarray(pixels).resize((TILE, TILE), Image.Resampling.LANCZOS), (x, y))
        lines = textwrap.wrap(caption, 30)[:LINES]
        draw.multiline_text((x, y + TILE + 2), "\n".join(lines), INK, font, spacing=1)
    return page


def encoded(page: Image.Image, format: str) -> bytes:
    """The sheet as a file's bytes: PNG, WEBP or JPEG."""
    out = io.BytesIO()
    page.save(out, format, **({"optimize": True} if format == "PNG" else {"quality": 90}))
    return out.getvalue()
