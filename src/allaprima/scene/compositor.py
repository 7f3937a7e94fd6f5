"""One seed, one scene: a backdrop, drawings in their boxes, captions, a reference collage, and the exact
truth.

Everything is decided in fractions of the picture before a pixel is touched, so a seed shows the same scene
at any size. It knows nothing of latents, training or who reads the captions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from allaprima.scene import captions, colours, layout, lettering, lettering_captions
from allaprima.scene.layout import Box
from allaprima.scene.plot import plot
from allaprima.scene.scenery import paint
from allaprima.scene.stock import Stock, is_held_out
from allaprima.scene.truth import SceneObject, Truth

if TYPE_CHECKING:
    from allaprima.scene.corpus import Corpus

__all__ = ["Scene", "SceneObject", "Truth", "compose", "is_held_out"]

COLLAGE_SIZE = 128

RECOLOUR_SHARE = 0.28  # of drawings with one vivid colour; a fifth of them come out as told after measuring
COLOUR_SAID_SHARE = 0.3
FLIP_SHARE = 0.5
SHADOW_SHARE = 0.5
OWN_REFERENCE_SHARE = 0.8
REFERENCE_SCALES = (0.93, 1.07)  # of the target's size, where it is another drawing than the target's
REFERENCE_SHIFT = 0.02  # of the picture
NEAR = 100  # sum of RGB differences that the eye passes over
LOST_SHARE = 0.45  # of a drawing near its backdrop: more, and it gets a glow behind it
# Things with writing or a turning direction that a mirror would make wrong.
_WRITTEN = """
abc letter letters word words text sign number numbers clock watch calendar newspaper note music musical
keyboard question exclamation atm receipt banknote bill dollar euro pound yen dice flag stop page book
postbox mailbox taxi hotel bank ambulance engine police school hospital store station office map globe abacus
label ticket tickets e-mail envelope score keycap calculator radio slot newspaper placard scroll card memo
"""
NO_FLIP_WORDS = frozenset(_WRITTEN.split())


@dataclass(frozen=True)
class Scene:
    """A composed scene.

    picture: uint8 [size, size, 3]. collage: uint8 [128, 128, 4], the reference drawings near their boxes,
    empty for pure scenery. caption says everything that varies, short_caption what matters most.
    """

    seed: int
    picture: np.ndarray
    collage: np.ndarray
    caption: str
    short_caption: str
    truth: Truth


def compose(corpus: Corpus, seed: int, size: int = 128) -> Scene:
    """The scene of this seed, `size` pixels square. The same corpus, seed and size give the same bytes."""
    stock = _stock_of(corpus)
    # Independent streams: what one part draws never shifts another.
    story, place, brush, craft, memory, voice = (np.random.default_rng([seed, part]) for part in range(6))
    script = np.random.default_rng([seed, lettering.STREAM])
    faces = corpus.typefaces
    truth = lettering.letter(plot(stock, story), faces, stock.names, script)
    backdrop = paint(
        truth.scenery,
        time_of_day=truth.time_of_day,
        weather=truth.weather,
        look=truth.look,
        size=size,
        rng=brush,
    )
    picture = Image.fromarray(backdrop.picture)
    if truth.scenery in {"plain", "pattern"}:
        truth = replace(truth, backdrop_colour=colours.background(backdrop.picture[::4, ::4]))
    truth, flips = _arrange(stock, truth, float(backdrop.ground), backdrop.picture, place, craft)
    truth = lettering.arrange(truth, faces, backdrop.picture, script)
    shadows = layout.stands(truth.scenery) and truth.look != "flat" and craft.random() < SHADOW_SHARE
    _paste(picture, corpus, truth, flips, shadows)
    lettering.draw(picture, truth, faces, script)
    collage = lettering.into_collage(_collage(stock, truth, flips, memory), truth, faces, script)
    dense, short = (captions if truth.lettering is None else lettering_captions).write(truth, voice)
    return Scene(seed, np.asarray(picture), collage, dense, short, truth)


# --- arranging ---


def _arrange(
    stock: Stock,
    truth: Truth,
    ground: float,
    backdrop: np.ndarray,
    place: np.random.Generator,
    craft: np.random.Generator,
) -> tuple[Truth, list[bool]]:
    """Boxes fitted to the drawings, colours decided and measured, mirrors thrown."""
    if not truth.objects:
        return truth, []
    first = _firsts(truth.counts)
    count = truth.counts[0] if len(truth.counts) == 1 else list(truth.counts)
    planned = layout.plan(
        count,
        truth.relation,
        place,
        truth.scenery,
        sizes=[truth.objects[i].size for i in first],
        ground=ground,
    )
    looks = [_appearance(stock.corpus, truth.objects[i], backdrop, planned[i], craft) for i in first]
    groups = [g for g, n in enumerate(truth.counts) for _ in range(n)]
    aspects = [looks[g][0] for g in groups]
    boxes = layout.settle(planned, aspects, relation=truth.relation, scenery=truth.scenery)
    objects, flips = [], []
    sides = craft.random(len(first)) < FLIP_SHARE
    for obj, box, group in zip(truth.objects, boxes, groups, strict=True):
        _, colour, source = looks[group]
        objects.append(replace(obj, box=box, colour=colour, recoloured_from=source))
        flips.append(bool(sides[group]) and not _has_writing(obj.name))
    chance = craft.random(len(first)) < COLOUR_SAID_SHARE
    plain_faces = [stock.corpus.drawings[truth.objects[i].drawing].group == "face" for i in first]
    said = tuple(look[2] is not None or (bool(chance[g]) and not plain_faces[g]) for g, look in enumerate(looks))
    return replace(truth, objects=tuple(objects), colour_said=said), flips


def _appearance(
    corpus: Corpus, obj: SceneObject, backdrop: np.ndarray, box: Box, rng: np.random.Generator
) -> tuple[float, str | None, str | None]:
    """Aspect, colour, and what the colour was before when it is to be turned ("any" for a silhouette)."""
    small = corpus.image(obj.drawing)[2::5, 2::5]
    left, top, right, bottom = _bounds(corpus, obj.drawing)
    aspect = (right - left) / (bottom - top)
    tries, target = rng.random(), colours.VIVID[int(rng.integers(len(colours.VIVID)))]
    if obj.style == "silhouette":
        return aspect, _contrasting(backdrop, box, rng), "any"
    found = colours.dominant(small)
    if corpus.drawings[obj.drawing].group == "people":
        # Skin and hair are most of a person: their colour is nothing to say or to change.
        return aspect, None, None
    if tries < RECOLOUR_SHARE and found in colours.VIVID and found != target:
        turned = colours.recolour(Image.fromarray(small), found, target)
        # Say the new colour only if an eye would: the turned drawing is measured again.
        if colours.dominant(np.asarray(turned)) == target:
            return aspect, target, found
    return aspect, found, None


def _contrasting(backdrop: np.ndarray, box: Box, rng: np.random.Generator) -> str:
    """A colour for a silhouette that stands out from what is behind it."""
    size = len(backdrop)
    x0, y0, x1, y1 = (int(edge * size) for edge in box)
    behind = backdrop[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)].reshape(-1, 3).mean(axis=0)
    # The first fitting one in a thrown order: another picture size can hardly change the answer.
    for place in rng.permutation(len(colours.NAMES)):
        name = colours.NAMES[place]
        tone = colours.COLOUR_RGB[name]
        if (
            name not in {"beige", "grey"}
            and abs(colours.lightness(tone) - colours.lightness(behind)) > 0.28
            and np.abs(np.subtract(tone, behind)).sum() > 200
        ):
            return name
    return "white" if colours.lightness(behind) < 0.5 else "black"


# --- drawing --------------------------------------------------------------------------------------


def _paste(picture: Image.Image, corpus: Corpus, truth: Truth, flips: list[bool], shadows: bool) -> None:
    """The drawings onto the picture, group by group: same things share their glow."""
    size = picture.width
    for start, count in zip(_firsts(truth.counts), truth.counts, strict=True):
        placed: list[tuple[Image.Image, int, int]] = []
        for obj, flip in zip(truth.objects[start : start + count], flips[start : start + count], strict=True):
            width, height = _pixels(obj.box, size)
            cut = _dress(_cut(corpus, obj.drawing, width, height, flip), obj)
            left = round((obj.box[0] + obj.box[2]) / 2 * size - width / 2)
            placed.append((cut, left, round(obj.box[3] * size) - height))
        glowing = any(_lost(picture, *one) for one in placed)
        for cut, left, top in placed:
            if shadows:
                _cast_shadow(picture, left, top, cut.width, cut.height)
            if glowing:
                _light_behind(picture, cut, left, top)
            picture.paste(cut, (left, top), cut)


def _bounds(corpus: Corpus, index: int) -> tuple[int, int, int, int]:
    """The drawing's content in its square, in pixels of the corpus's image."""
    alpha = corpus.image(index)[..., 3]
    rows, columns = np.flatnonzero(alpha.max(axis=1) > 8), np.flatnonzero(alpha.max(axis=0) > 8)
    if not len(rows):
        return 0, 0, alpha.shape[1], alpha.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _cut(corpus: Corpus, index: int, width: int, height: int, flip: bool) -> Image.Image:
    """The drawing's content as RGBA of this many pixels."""
    image = Image.fromarray(np.ascontiguousarray(corpus.image(index)))
    cut = image.resize((width, height), Image.Resampling.BILINEAR, box=_bounds(corpus, index), reducing_gap=2.0)
    return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else cut


def _dress(cut: Image.Image, obj: SceneObject) -> Image.Image:
    if obj.recoloured_from is None or obj.colour is None:
        return cut
    if obj.recoloured_from == "any":
        return colours.paint_over(cut, colours.COLOUR_RGB[obj.colour])
    return colours.recolour(cut, obj.recoloured_from, obj.colour)


def _pixels(box: Box, size: int) -> tuple[int, int]:
    return max(round((box[2] - box[0]) * size), 1), max(round((box[3] - box[1]) * size), 1)


def _lost(picture: Image.Image, cut: Image.Image, left: int, top: int) -> bool:
    """Whether most of a drawing has the colours of what is behind it."""
    behind = np.asarray(picture.crop((left, top, left + cut.width, top + cut.height))).astype(np.int16)
    drawn = np.asarray(cut)
    solid = drawn[..., 3] > 128
    if not solid.any():
        return False
    away = np.abs(drawn[..., :3][solid] - behind[solid]).sum(axis=-1)
    return float((away < NEAR).mean()) > LOST_SHARE


def _light_behind(picture: Image.Image, cut: Image.Image, left: int, top: int) -> None:
    """A soft glow around a drawing that would be lost: light on dark, dark on light."""
    reach = max(round(picture.width * 0.035), 2)
    mask = Image.new("L", (cut.width + 4 * reach, cut.height + 4 * reach), 0)
    mask.paste(cut.getchannel("A"), (2 * reach, 2 * reach))
    mask = mask.filter(ImageFilter.BoxBlur(reach * 0.7)).filter(ImageFilter.BoxBlur(reach * 0.5))
    x, y = left - 2 * reach, top - 2 * reach
    behind = picture.crop((left, top, left + cut.width, top + cut.height)).resize((1, 1), Image.Resampling.BOX)
    glow = (250, 246, 232) if colours.lightness(behind.getpixel((0, 0))) < 0.62 else (44, 46, 66)
    most = 205 if glow[0] > 128 else 130
    mask = mask.point(lambda value: min(value * 2, most))
    picture.paste(glow, (x, y, x + mask.width, y + mask.height), mask)


def _cast_shadow(picture: Image.Image, left: int, top: int, width: int, height: int) -> None:
    """A soft dark ellipse under the feet."""
    across, deep = max(round(width * 0.86), 2), max(round(min(width, height) * 0.13), 2)
    soft = max(deep // 3, 1)
    mask = Image.new("L", (across + 4 * soft, deep + 4 * soft), 0)
    grid_x = (np.arange(across) - (across - 1) / 2) / (across / 2)
    grid_y = (np.arange(deep) - (deep - 1) / 2) / (deep / 2)
    disc = np.clip(1.15 - (grid_x[None] ** 2 + grid_y[:, None] ** 2), 0, 1) * 105
    mask.paste(Image.fromarray(disc.astype(np.uint8)), (2 * soft, 2 * soft))
    mask = mask.filter(ImageFilter.BoxBlur(soft / 2))
    x = left + width // 2 - mask.width // 2
    y = top + height - mask.height // 2 - deep // 6
    picture.paste((18, 20, 32), (x, y, x + mask.width, y + mask.height), mask)


def _collage(stock: Stock, truth: Truth, flips: list[bool], rng: np.random.Generator) -> np.ndarray:
    """The drawings that memory would offer for this scene, where they will be: uint8 [128, 128, 4].

    They look the way their targets look. Were a mirror, a place or a colour thrown anew, the best guess at the target
    from noise would be the mean of all that it can be: a blob, or a blurred outline. Only a drawing in another style is
    moved and resized a little, since it fits its target nowhere exactly.
    """
    sheet = Image.new("RGBA", (COLLAGE_SIZE, COLLAGE_SIZE), (0, 0, 0, 0))
    for number, start in enumerate(_firsts(truth.counts)):
        index = truth.objects[start].drawing
        shown = index if rng.random() < OWN_REFERENCE_SHARE else stock.reference(rng, index)
        for obj in truth.objects[start : start + truth.counts[number]]:
            box = obj.box if shown == index else _near(stock.corpus, shown, obj.box, truth.scenery, rng)
            width, height = _pixels(box, COLLAGE_SIZE)
            cut = _cut(stock.corpus, shown, width, height, flips[start])
            if shown == index:
                cut = _dress(cut, obj)
            x = round((box[0] + box[2]) / 2 * COLLAGE_SIZE - width / 2)
            y = round(box[3] * COLLAGE_SIZE) - height
            layer = Image.new("RGBA", sheet.size, (0, 0, 0, 0))
            layer.paste(cut, (x, y))
            sheet = Image.alpha_composite(sheet, layer)
    return np.asarray(sheet)


def _near(corpus: Corpus, index: int, target: Box, scenery: str, rng: np.random.Generator) -> Box:
    """A box for another drawing than the target's, about where that is."""
    left, top, right, bottom = _bounds(corpus, index)
    scale, dx, dy = rng.uniform(*REFERENCE_SCALES), *rng.uniform(-REFERENCE_SHIFT, REFERENCE_SHIFT, 2)
    around = _around(target, scale, dx, dy, layout.stands(scenery))
    return layout.settle([around], [(right - left) / (bottom - top)], scenery=scenery)[0]


def _around(box: Box, scale: float, dx: float, dy: float, standing: bool) -> Box:
    """A square around the box's longer side, scaled and moved: the reference may have another aspect."""
    side = max(box[2] - box[0], box[3] - box[1]) * scale
    x = (box[0] + box[2]) / 2 + dx
    bottom = (box[3] if standing else (box[1] + box[3] + side) / 2) + dy
    return (x - side / 2, bottom - side, x + side / 2, bottom)


def _has_writing(name: str) -> bool:
    return bool(set(name.lower().replace("-", " ").split()) & NO_FLIP_WORDS)


def _firsts(counts: tuple[int, ...]) -> list[int]:
    """Where each group of same objects begins."""
    return [sum(counts[:group]) for group in range(len(counts))]


_LAST: list[Stock] = []


def _stock_of(corpus: Corpus) -> Stock:
    """The corpus's weights, worked out once; they depend on the corpus alone, so keeping them changes no
    scene.
    """
    if not _LAST or _LAST[0].corpus is not corpus:
        _LAST[:] = [Stock(corpus)]
    return _LAST[0]
