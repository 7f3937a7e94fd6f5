"""Words in a scene: which, where, in what letters, on what; drawn onto the picture and into its collage.

A minority of scenes has them. Their own random stream decides, so every other scene stays what it was. Everything
is drawn at one reference size and scaled, so a seed shows the same lettering at any size. Knows nothing of captions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from allaprima import typeface
from allaprima.scene import colours, layout
from allaprima.scene.layout import Box
from allaprima.scene.lettering_words import choose_words
from allaprima.scene.plot import choose
from allaprima.scene.truth import Lettering, Truth
from allaprima.scene.typefaces import Typeface
from allaprima.scene.vocabulary import COLOUR_RGB

SHARE = 0.08  # of all scenes
STREAM = 6  # of a scene's random numbers, the one that is lettering's own
PLACES = {"alone": 0.36, "object": 0.4, "scenery": 0.24}
CARRIERS: dict[str, dict[str | None, float]] = {
    "alone": {None: 0.55, "sign": 0.17, "wooden sign": 0.08, "banner": 0.1, "plate": 0.1},
    "scenery": {None: 0.3, "sign": 0.3, "wooden sign": 0.25, "banner": 0.15},
    "above": {None: 0.55, "sign": 0.08, "banner": 0.17, "bubble": 0.2},
    "below": {None: 0.5, "sign": 0.1, "plate": 0.2, "banner": 0.2},
}
PADDING = {None: 0.1, "sign": 0.28, "wooden sign": 0.28, "banner": 0.55, "plate": 0.32, "bubble": 0.36}
BUSY_CARRIED = 0.7  # of words on a patterned backdrop that get something to stand on
OWN_NAME_SHARE = 0.5  # of words beside a thing: from the thing's own name
OWN_REFERENCE_SHARE = 0.75
NEUTRAL = (28, 28, 32)
REFERENCE = 512  # pixels everything is drawn at before it is scaled
_COLLAGE = 128
_LIGHT, _DARK = (250, 250, 246), (26, 26, 34)


def has_words(seed: int) -> bool:
    """Whether the scene of this seed has words, where the corpus has typefaces."""
    return bool(np.random.default_rng([seed, STREAM]).random() < SHARE)


def letter(truth: Truth, faces: Sequence[Typeface], names: Sequence[str], rng: np.random.Generator) -> Truth:
    """The truth with words in it, in one scene of `1 / SHARE`; what does not go with them is taken out."""
    if not faces or rng.random() >= SHARE:
        return truth
    kind = choose(PLACES, rng)
    if kind == "object" and not truth.objects:
        kind = "scenery"
    place = kind if kind != "object" else ("above" if rng.random() < 0.6 else "below")
    mine = kind == "object" and rng.random() < OWN_NAME_SHARE
    lines, word_kind = choose_words([truth.objects[0].name] if mine else names, rng, source="name" if mine else None)
    able = [face for face in faces if face.serves("".join(lines))]
    face = able[int(rng.integers(len(able)))]
    carrier = choose(CARRIERS[place], rng)
    backdrop = rng.random()
    busy = rng.random()
    if kind == "alone":
        plain = "plain" if backdrop < 0.85 else "pattern"
        truth = replace(truth, objects=(), counts=(), relation=None, style=None, scenery=plain, time_of_day="day",
                        weather=None)  # fmt: skip
    elif kind == "object":
        # A size would not stay true beside words that take their share of the room.
        only = replace(truth.objects[0], size=None)
        truth = replace(truth, objects=(only,), counts=(1,), relation=None, style=only.style)
    else:
        truth = replace(truth, objects=(), counts=(), relation=None, style=None)
    if carrier is None and truth.scenery in {"pattern", "room", "city", "forest"} and busy < BUSY_CARRIED:
        carrier = "plate" if truth.scenery == "pattern" else "sign"
    return replace(truth, lettering=Lettering(lines, word_kind, face.name, place, carrier))


def arrange(truth: Truth, faces: Sequence[Typeface], backdrop: np.ndarray, rng: np.random.Generator) -> Truth:
    """Boxes and colours for the words, room made beside them. backdrop: uint8 [size, size, 3]."""
    words = truth.lettering
    if words is None:
        return truth
    mask = typeface.set_words(words.lines, path_of(faces, words.font))
    padding = PADDING[words.carrier]
    box = layout.lettering(mask.width / mask.height, len(words.lines), words.place, rng, padding=padding)
    if truth.objects:
        only = truth.objects[0]
        truth = replace(
            truth, objects=(replace(only, box=layout.make_room(only.box, box, words.place, padding=padding)),)
        )
    size = len(backdrop)
    x0, y0, x1, y1 = (int(np.clip(edge * size, 0, size - 1)) for edge in box)
    behind = backdrop[y0 : y1 + 1, x0 : x1 + 1].reshape(-1, 3).mean(axis=0)
    order = rng.permutation(len(colours.NAMES))
    board_order = rng.permutation(len(colours.NAMES))
    chance = rng.random(2)
    carrier_colour = None
    if words.carrier is not None:
        carrier_colour = _board_colour(words.carrier, behind, board_order, float(chance[0]))
        behind = np.array(COLOUR_RGB[carrier_colour])
    colour = _readable(behind, order)
    outlined = words.carrier is None and (truth.scenery != "plain" or bool(chance[1] < 0.25))
    return replace(
        truth,
        lettering=replace(words, box=box, colour=colour, carrier_colour=carrier_colour, outlined=outlined),
    )


def path_of(faces: Sequence[Typeface], name: str) -> Path:
    """The font file of this name, or the one that comes with the package."""
    return next((face.path for face in faces if face.name == name), typeface.PATH)


def _readable(behind: np.ndarray, order: np.ndarray) -> str:
    """The first colour in this order that can be read on what is behind."""
    for place in order:
        name = colours.NAMES[place]
        tone = COLOUR_RGB[name]
        apart = abs(colours.lightness(tone) - colours.lightness(behind))
        if apart > 0.36 and np.abs(np.subtract(tone, behind)).sum() > 220:
            return name
    return "white" if colours.lightness(behind) < 0.5 else "black"


def _board_colour(carrier: str, behind: np.ndarray, order: np.ndarray, chance: float) -> str:
    if carrier == "wooden sign":
        return "brown" if chance < 0.75 else "beige"
    if carrier == "bubble":
        return "white" if chance < 0.85 else "yellow"
    if chance < 0.25:
        return "white"
    for place in order:
        name = colours.NAMES[place]
        if np.abs(np.subtract(COLOUR_RGB[name], behind)).sum() > 160:
            return name
    return "white"


# --- drawing --------------------------------------------------------------------------------------


def draw(picture: Image.Image, truth: Truth, faces: Sequence[Typeface], rng: np.random.Generator) -> None:
    """Paints the words, and what they are written on, onto the RGB picture."""
    words = truth.lettering
    if words is None:
        return
    sheet = Image.new("RGBA", (REFERENCE, REFERENCE), (0, 0, 0, 0))
    posts, shade = rng.random(), rng.random()
    if words.carrier is not None and words.carrier_colour is not None:
        _carrier(sheet, words, _standing(truth), posts)
    ink = COLOUR_RGB[words.colour]
    mask = placed(words.lines, words.box, REFERENCE, path_of(faces, words.font))
    if words.outlined:
        edge = _LIGHT if colours.lightness(ink) < 0.5 else _DARK
        around = mask.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(1.2))
        sheet.alpha_composite(_inked(edge, around))
    elif words.carrier is None and shade < 0.3:
        soft = ImageChops.offset(mask, 5, 6).filter(ImageFilter.GaussianBlur(3)).point(lambda value: value // 3)
        sheet.alpha_composite(_inked((20, 20, 30), soft))
    sheet.alpha_composite(_inked(ink, mask))
    small = _shrunk(sheet, picture.width)
    picture.paste(small, (0, 0), small)


def into_collage(collage: np.ndarray, truth: Truth, faces: Sequence[Typeface], rng: np.random.Generator) -> np.ndarray:
    """The collage (uint8 [128, 128, 4]) with the same words in the same place, in their own letters or in others.

    Others: any typeface, most often the one that comes with the package, in a dark neutral ink.
    """
    words = truth.lettering
    if words is None:
        return collage
    own, usual = rng.random() < OWN_REFERENCE_SHARE, rng.random() < 0.6
    able = [face for face in faces if face.serves("".join(words.lines))]
    other = able[int(rng.integers(len(able)))].path
    # Their own letters are where the target's are; others fit nowhere exactly.
    scale, dx, dy = (1.0, 0.0, 0.0) if own else (rng.uniform(0.95, 1.05), *rng.uniform(-0.012, 0.012, 2))
    ink = COLOUR_RGB[words.colour]
    if not own or abs(colours.lightness(ink) - 0.5) < 0.14:
        ink = NEUTRAL  # what is as light as the grey under a collage could not be read there
    path = path_of(faces, words.font) if own else typeface.PATH if usual else other
    x, y = (words.box[0] + words.box[2]) / 2 + dx, (words.box[1] + words.box[3]) / 2 + dy
    half_width, half_height = (words.box[2] - words.box[0]) / 2 * scale, (words.box[3] - words.box[1]) / 2 * scale
    box = (x - half_width, y - half_height, x + half_width, y + half_height)
    sheet = Image.fromarray(collage)
    sheet.alpha_composite(_inked(ink, placed(words.lines, box, _COLLAGE, path, stretch=1.3)))
    return np.asarray(sheet)


def placed(lines: tuple[str, ...], box: Box, size: int, path: Path, *, stretch: float = 1.0) -> Image.Image:
    """The words in their box on an empty sheet: mode L, [size, size].

    stretch: how far letters of another width may be pulled or pressed to fill the box; beyond it they are centred.
    """
    ink = typeface.set_words(lines, path)
    width, height = (box[2] - box[0]) * size, (box[3] - box[1]) * size
    wrong = (width / height) / (ink.width / ink.height)  # above 1: the box is wider than these letters
    allowed = float(np.clip(wrong, 1 / stretch, stretch))
    if wrong > allowed:
        width = height * (ink.width / ink.height) * allowed
    else:
        height = width / ((ink.width / ink.height) * allowed)
    left, top = (box[0] + box[2]) / 2 * size - width / 2, (box[1] + box[3]) / 2 * size - height / 2
    fitted = ink.resize((max(round(width), 1), max(round(height), 1)), Image.Resampling.BOX, reducing_gap=None)
    sheet = Image.new("L", (size, size))
    sheet.paste(fitted, (round(left), round(top)))
    return sheet


def _inked(ink: tuple[int, int, int], mask: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", mask.size, (*ink, 0))
    layer.putalpha(mask)
    return layer


def _shrunk(sheet: Image.Image, size: int) -> Image.Image:
    """The RGBA sheet at another size, its edges clean: colours are weighted by their alpha."""
    return sheet.convert("RGBa").resize((size, size), Image.Resampling.BOX).convert("RGBA")


def _standing(truth: Truth) -> bool:
    free = truth.lettering is not None and truth.lettering.place in {"scenery", "alone"}
    return free and truth.scenery not in {"sky", "space", "pattern"}


def _carrier(sheet: Image.Image, words: Lettering, standing: bool, chance: float) -> None:
    """A sign, plate, banner or bubble behind the letters' box, with an edge of its own shade."""
    pen = ImageDraw.Draw(sheet)
    tone = COLOUR_RGB[words.carrier_colour or "white"]
    edge = tuple(int(part * 0.55) for part in tone)
    x0, y0, x1, y1 = (edge_ * REFERENCE for edge_ in words.box)
    pad = min(PADDING[words.carrier], 0.36) / len(words.lines) ** 0.5 * (y1 - y0) * 0.8
    board = [max(x0 - pad * 1.1, 3), max(y0 - pad, 3), min(x1 + pad * 1.1, REFERENCE - 4), min(y1 + pad, REFERENCE - 4)]
    height, middle = board[3] - board[1], (board[0] + board[2]) / 2
    line = max(round(height * 0.035), 4)
    round_plate = words.carrier == "plate" and chance < 0.6
    _shadow(sheet, board, height * (0.5 if round_plate else 0.42 if words.carrier == "bubble" else 0.1))
    if words.carrier in {"sign", "wooden sign"}:
        if standing and (words.place == "scenery" or chance < 0.4):
            _posts(pen, board, words.carrier == "wooden sign", chance)
        pen.rounded_rectangle(board, height * (0.06 if words.carrier == "wooden sign" else 0.14), tone, edge, line)
        if words.carrier == "wooden sign":
            grain = tuple(int(part * 0.86) for part in tone)
            for share in (0.34, 0.67):
                y = board[1] + height * share
                pen.line((board[0] + line, y, board[2] - line, y), grain, max(line // 2, 2))
        else:
            inner = [board[0] + 2 * line, board[1] + 2 * line, board[2] - 2 * line, board[3] - 2 * line]
            if chance < 0.5:
                pen.rounded_rectangle(inner, height * 0.1, None, edge, max(line // 2, 2))
    elif words.carrier == "plate":
        pen.rounded_rectangle(board, height * 0.5 if round_plate else height * 0.1, tone, edge, line)
    elif words.carrier == "banner":
        tail, drop = height / len(words.lines) * 0.4, height / len(words.lines) * 0.2
        for side, out in ((board[0], -1), (board[2], 1)):
            far, notch = side + out * tail, side + out * tail * 0.5
            near = side - out * tail * 0.5
            pen.polygon([(near, board[1] + drop), (far, board[1] + drop), (notch, (board[1] + board[3]) / 2 + drop),
                         (far, board[3] + drop), (near, board[3] + drop)], edge)  # fmt: skip
        pen.rectangle(board, tone, edge, line)
    else:
        tip = (middle - height * 0.1, min(board[3] + height * 0.34, REFERENCE - 4))
        pen.polygon([(middle - height * 0.16, board[3] - line), tip, (middle + height * 0.2, board[3] - line)], edge)
        pen.rounded_rectangle(board, height * 0.42, tone, edge, line)
        pen.polygon([(middle - height * 0.16 + line * 1.5, board[3] - line), (tip[0] + line * 0.5, tip[1] - line * 2.2),
                     (middle + height * 0.2 - line * 1.5, board[3] - line)], tone)  # fmt: skip


def _posts(pen: ImageDraw.ImageDraw, board: list[float], wooden: bool, chance: float) -> None:
    wood, thick = ((104, 66, 40) if wooden else (120, 122, 130)), (board[3] - board[1]) * 0.1 + 6
    bottom = min(board[3] + REFERENCE * 0.36, REFERENCE)
    middle, span = (board[0] + board[2]) / 2, (board[2] - board[0]) * 0.36
    for x in (middle,) if chance < 0.25 else (middle - span, middle + span):
        pen.rectangle((x - thick / 2, board[3] - 6, x + thick / 2, bottom), wood)


def _shadow(sheet: Image.Image, board: list[float], radius: float) -> None:
    """A soft shadow under a board: it lifts it off the backdrop."""
    mask = Image.new("L", sheet.size)
    ImageDraw.Draw(mask).rounded_rectangle([board[0] + 4, board[1] + 8, board[2] + 4, board[3] + 9], radius, fill=80)
    sheet.alpha_composite(_inked((16, 18, 30), mask.filter(ImageFilter.GaussianBlur(5))))
