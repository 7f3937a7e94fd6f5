"""Where things go: boxes for the objects of a scene, one distribution for the compositor and the engine.

Coordinates are fractions of the picture, x to the right, y down; a box is (x0, y0, x1, y1) inside [0, 1].
`plan` gives roomy square boxes from what a prompt says (how many, which relation, which scenery, which
sizes); `settle` then fits drawings of known aspect into them and stands them on the ground or on each
other. It knows nothing of drawings, pixels or words beyond the names in the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Box = tuple[float, float, float, float]

# Sceneries where things hover instead of standing on a ground.
FLOATING = frozenset({"sky", "space", "underwater", "plain", "pattern"})

# Where feet stand when nobody has painted the scenery yet, as a fraction of the height.
USUAL_GROUND = 0.86
GROUNDS: dict[str, float] = {"island": 0.75, "river": 0.8, "forest": 0.9, "city": 0.9, "waterfall": 0.9}

SINGLE_SIDE = (0.45, 0.85)
SIZED_SIDE: dict[str, tuple[float, float]] = {
    "small": (0.3, 0.43),
    "medium": (0.46, 0.62),
    "large": (0.68, 0.88),
}
SMALL_BELOW, LARGE_ABOVE = 0.44, 0.65
MARGIN = 0.02
# Beside others: a small thing is smaller than its neighbours, and the neighbours of a large thing are.
SMALLER = 0.64


def stands(scenery: str | None) -> bool:
    """Whether things in this scenery stand on a ground."""
    return scenery is not None and scenery not in FLOATING


def size_word(box: Box) -> str:
    """The size word of a lone object filling this box."""
    side = max(box[2] - box[0], box[3] - box[1])
    return "small" if side < SMALL_BELOW else "large" if side > LARGE_ABOVE else "medium"


def plan(
    count: int | Sequence[int],
    relation: str | None,
    rng: np.random.Generator,
    scenery: str | None = None,
    *,
    sizes: Sequence[str | None] | None = None,
    ground: float | None = None,
) -> tuple[Box, ...]:
    """Square boxes for a scene, in the order of its objects.

    count: how many of one object, or how many of each of several objects ([2, 1]: two cats and a dog).
    relation: one of vocabulary.RELATIONS, between the first object and the second; None for no particular
    one. sizes: a size word or None for each object. ground: y of the feet; where missing, the scenery's
    usual one.
    """
    groups = [count] if isinstance(count, int) else list(count)
    if not groups or min(groups) < 1:
        raise ValueError(f"a layout needs at least one object, got {count!r}")
    words = list(sizes) if sizes is not None else [None] * len(groups)
    total = sum(groups)
    feet = None
    if stands(scenery):
        feet = float(
            np.clip(
                (GROUNDS.get(scenery or "", USUAL_GROUND) if ground is None else ground)
                + rng.uniform(0.0, 0.06),
                0.55,
                0.97,
            )
        )
    if total == 1:
        return (_single(rng, words[0], feet),)
    scales = [SMALLER if word == "small" or (word != "large" and "large" in words) else 1.0 for word in words]
    if len(groups) > 1 and relation in {"above", "below", "on top of"}:
        return _stacked(groups, scales, relation, rng, feet)
    if len(groups) == 1 or (relation is None and total > 2):
        return _many(groups, scales, rng, feet)
    return _beside(groups, scales, relation, rng, feet)


def settle(
    boxes: Sequence[Box], aspects: Sequence[float], *, relation: str | None = None, scenery: str | None = None
) -> tuple[Box, ...]:
    """The largest boxes of the given aspects (width / height) inside the planned ones.

    Standing things keep their feet where the plan put them, floating ones their centre; with "on top of"
    the first thing comes to rest on the second.
    """
    standing = stands(scenery)
    fitted = [_fit(box, aspect, 1.0 if standing else 0.5) for box, aspect in zip(boxes, aspects, strict=True)]
    if relation == "on top of" and len(fitted) == 2:
        upper, lower = fitted
        height = upper[3] - upper[1]
        bottom = max(lower[1] + 0.015, height + MARGIN)
        fitted[0] = (upper[0], bottom - height, upper[2], bottom)
    return tuple(fitted)


def _single(rng: np.random.Generator, size: str | None, feet: float | None) -> Box:
    side = rng.uniform(*(SIZED_SIDE[size] if size else SINGLE_SIDE))
    sway = 0.5 * max(0.9 - side, 0.0)
    x = 0.5 + float(np.clip(rng.normal(0.0, 0.07), -sway, sway))
    y = 0.5 + float(np.clip(rng.normal(0.0, 0.05), -sway, sway))
    return _square(x, y if feet is None else feet - side / 2, side)


def _beside(
    groups: Sequence[int],
    scales: Sequence[float],
    relation: str | None,
    rng: np.random.Generator,
    feet: float | None,
) -> tuple[Box, ...]:
    """Everything in one row; "right of" turns the row around, "next to" leaves the order to chance."""
    order = [g for g, n in enumerate(groups) for _ in range(n)]
    turned = relation == "right of" or (relation not in {"left of", "right of"} and rng.random() < 0.5)
    placed = order[::-1] if turned else order
    row = _row([scales[g] for g in placed], rng, feet, y=0.5 + rng.normal(0.0, 0.04))
    return tuple(row[::-1] if turned else row)


def _stacked(
    groups: Sequence[int],
    scales: Sequence[float],
    relation: str,
    rng: np.random.Generator,
    feet: float | None,
) -> tuple[Box, ...]:
    """The first group over the rest ("above", "on top of") or under it ("below")."""
    first = [scales[0]] * groups[0]
    rest = [scales[g] for g, n in enumerate(groups) if g for _ in range(n)]
    upper, lower = (rest, first) if relation == "below" else (first, rest)
    floor = max(feet, 0.93) if feet is not None else 0.95 + rng.uniform(-0.04, 0.02)
    room = (floor - 0.03) / 2
    drift = rng.normal(0.0, 0.05)
    bottom = _row(lower, rng, floor, y=0.0, tallest=room * rng.uniform(0.86, 0.98), middle=0.5 + drift)
    top_edge = min(box[1] for box in bottom)
    slip = 0.0 if relation == "on top of" else rng.normal(0.0, 0.05)
    resting = top_edge - (0.0 if relation == "on top of" else rng.uniform(0.01, 0.04))
    top = _row(
        upper,
        rng,
        resting,
        y=0.0,
        tallest=room * rng.uniform(0.8, 0.94),
        middle=0.5 + drift + slip,
        level=True,
    )
    return tuple(bottom + top if relation == "below" else top + bottom)


def _many(
    groups: Sequence[int], scales: Sequence[float], rng: np.random.Generator, feet: float | None
) -> tuple[Box, ...]:
    """A row, or two ranks (triangle, two by two) which leave each thing more room."""
    order = [scales[g] for g, n in enumerate(groups) for _ in range(n)]
    total = len(order)
    if total == 2 or total > 4 or rng.random() < (0.4 if feet is not None and total < 4 else 0.2):
        return tuple(_row(order, rng, feet, y=0.5 + rng.normal(0.0, 0.05)))
    split = total // 2 if total != 3 or rng.random() < 0.5 else 2
    floor = 0.95 if feet is None else max(feet, 0.93)
    room = (floor - 0.03) / 2 * rng.uniform(0.86, 0.98)
    back = _row(order[:split], rng, floor - room - 0.02, y=0.0, tallest=room, level=True)
    front = _row(order[split:], rng, floor, y=0.0, tallest=room, level=True)
    return tuple(back + front)


def _row(
    scales: Sequence[float],
    rng: np.random.Generator,
    feet: float | None,
    *,
    y: float,
    tallest: float = 0.5,
    middle: float = 0.5,
    level: bool = False,
) -> list[Box]:
    """Boxes from left to right, standing on `feet` or centred on `y`, with gaps that keep them clear of
    each other.
    """
    n = len(scales)
    cell = 0.96 / n
    widest = min(cell * rng.uniform(0.84, 0.97), tallest)
    # A short row gathers around its middle instead of spreading to the edges.
    step = cell if n > 1 and rng.random() < 0.5 else min(cell, widest * 1.08)
    reach = step * (n - 1) / 2 + widest / 2
    centre = float(np.clip(middle, min(reach + MARGIN, 0.5), max(1.0 - reach - MARGIN, 0.5)))
    boxes = []
    for place, scale in enumerate(scales):
        side = widest * scale * rng.uniform(0.92, 1.0)
        slack = max(step - side, 0.0) / 2
        x = centre + (place - (n - 1) / 2) * step + rng.uniform(-0.5, 0.5) * slack
        bob = 0.0 if level else rng.uniform(-0.02, 0.02)
        boxes.append(_square(x, y + 2 * bob if feet is None else feet + bob - side / 2, side))
    return boxes


def _square(x: float, y: float, side: float) -> Box:
    """A square box around (x, y), moved inside the picture."""
    side = min(side, 1.0 - 2 * MARGIN)
    half = side / 2
    x = float(np.clip(x, half + MARGIN, 1.0 - half - MARGIN))
    y = float(np.clip(y, half + MARGIN, 1.0 - half - MARGIN))
    return (x - half, y - half, x + half, y + half)


def _fit(box: Box, aspect: float, gravity: float) -> Box:
    """The largest box of this aspect inside `box`, pulled down by gravity (0.5 centred, 1 at the bottom)."""
    width, height = box[2] - box[0], box[3] - box[1]
    w, h = (width, width / aspect) if aspect >= width / height else (height * aspect, height)
    x = (box[0] + box[2] - w) / 2
    y = box[1] + (height - h) * gravity
    return (x, y, x + w, y + h)


# --- lettering ------------------------------------------------------------------------------------

LETTER_WIDTH = (0.78, 0.96)  # of the picture, before the height is limited
LETTER_HEIGHT: dict[str, tuple[float, float]] = {
    "alone": (0.3, 0.55),
    "scenery": (0.22, 0.38),
    "above": (0.2, 0.3),
    "below": (0.19, 0.29),
}
CLEAR = 0.03  # between lettering (or what it is written on) and a thing


def lettering(
    aspect: float, lines: int, place: str, rng: np.random.Generator, *, padding: float = 0.0, least: float = 0.0
) -> Box:
    """The box for words of this aspect (width / height, all lines together), as large as the place allows.

    place: "alone", "scenery", or "above"/"below" a thing. padding: what a sign needs around the letters, as a
    fraction of the box's height. least: how much of the range of sizes is passed over at its small end, 0 to 1.
    """
    low, high = LETTER_HEIGHT[place]
    low += least * (high - low)
    narrow, wide = LETTER_WIDTH
    narrow += least * (wide - narrow)
    tallest = rng.uniform(low, high) * (1.0 if lines == 1 else 1.5)
    # With its padding on both sides the width still has to fit the picture.
    width = min(rng.uniform(narrow, wide), (1.0 - 0.04) / (1.0 + 2.0 * padding / aspect))
    height = min(width / aspect, tallest)
    width = height * aspect
    room = padding * height + 0.03
    drift, sway = rng.normal(0.0, 0.04), rng.normal(0.0, 0.05)
    if place == "above":
        y = room + height / 2 + abs(drift) * 0.5
    elif place == "below":
        y = 1.0 - room - height / 2 - abs(drift) * 0.5
    else:
        y = (0.5 if place == "alone" else 0.42) + drift * (1.0 if place == "alone" else 2.0)
    x = 0.5 + sway
    x = float(np.clip(x, min(width / 2 + room, 0.5), max(1 - width / 2 - room, 0.5)))
    y = float(np.clip(y, min(height / 2 + room, 0.5), max(1 - height / 2 - room, 0.5)))
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def make_room(box: Box, letters: Box, place: str, *, padding: float = 0.0) -> Box:
    """A thing's box moved and shrunk so that lettering above or below it (`place`) stays clear of it."""
    pad = padding * (letters[3] - letters[1]) + CLEAR
    top, bottom = (letters[3] + pad, 1.0 - MARGIN) if place == "above" else (MARGIN, letters[1] - pad)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, (bottom - top) / height)
    height, width = height * scale, width * scale
    feet = float(np.clip(box[3], top + height, bottom))
    middle = (box[0] + box[2]) / 2
    return (middle - width / 2, feet - height, middle + width / 2, feet)
