"""The search's outcome as a small SVG: proxy loss against milliseconds, the front as a line, the shipped shape marked.

Knows the points only. An SVG is written by hand: a plotting library would be one more dependency for one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from allaprima.train.search import SHIPPED, Point, pareto

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 20, 52
MARGIN = 0.08  # of the values' span, on each side
TICKS = 5


def scale(values: Sequence[float], low: float, high: float) -> Callable[[float], float]:
    """The straight line that puts the values between two edges, with a margin."""
    least, most = min(values), max(values)
    span = (most - least) or 1.0
    least, most = least - MARGIN * span, most + MARGIN * span
    return lambda value: low + (value - least) / (most - least) * (high - low)


def drawn(tried: Sequence[Point]) -> str:
    """The picture of at least one point, as an SVG's text."""
    x = scale([p.ms for p in tried], LEFT, WIDTH - RIGHT)
    y = scale([p.loss for p in tried], HEIGHT - BOTTOM, TOP)
    front = pareto(tried)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    lines += _axis([p.ms for p in tried], "{:.1f}", lambda at, text: (
        f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eee"/>'
        f'<text x="{x(at):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{text}</text>'))  # fmt: skip
    lines += _axis([p.loss for p in tried], "{:.3f}", lambda at, text: (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(at):.1f}" y2="{y(at):.1f}" stroke="#eee"/>'
        f'<text x="{LEFT - 8}" y="{y(at) + 4:.1f}" text-anchor="end">{text}</text>'))  # fmt: skip
    lines += [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 14}" text-anchor="middle">milliseconds a call by the '
        "table, one thread, full width</text>",
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" text-anchor="middle">'
        "validation loss of the proxy</text>",
        '<polyline fill="none" stroke="#2a6fbb" stroke-width="1.5" points="'
        + " ".join(f"{x(p.ms):.1f},{y(p.loss):.1f}" for p in front) + '"/>',
    ]  # fmt: skip
    for p in tried:
        if p.again is not None:  # a whisker to the other seed's loss, as far as the picture goes
            end = min(max(y(p.again), TOP), HEIGHT - BOTTOM)
            lines.append(f'<line x1="{x(p.ms):.1f}" x2="{x(p.ms):.1f}" y1="{y(p.loss):.1f}" y2="{end:.1f}" '
                         'stroke="#999"/>')  # fmt: skip
        colour = "#c0392b" if p.is_shipped else "#2a6fbb" if p in front else "#aaa"
        lines.append(f'<circle cx="{x(p.ms):.1f}" cy="{y(p.loss):.1f}" r="{6 if p.is_shipped else 4}" '
                     f'fill="{colour}"><title>{p}</title></circle>')  # fmt: skip
        if p.is_shipped:
            lines.append(f'<text x="{x(p.ms) - 10:.1f}" y="{y(p.loss) - 10:.1f}" text-anchor="end" fill="{colour}">'
                         f"shipped '{SHIPPED}'</text>")  # fmt: skip
    return "\n".join([*lines, "</svg>"]) + "\n"


def _axis(values: Sequence[float], form: str, line: Callable[[float, str], str]) -> list[str]:
    least, most = min(values), max(values)
    return [line(at, form.format(at)) for at in (least + (most - least) * i / (TICKS - 1) for i in range(TICKS))]
