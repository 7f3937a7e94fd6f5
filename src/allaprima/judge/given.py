"""Pictures given to a prompt: is the character there in a new scene, is the object, does another thing take the style?

Characters and objects are drawings of a set that no corpus holds, and each is to be told from a hundred others of the
same set; styles are told of things that the given picture does not show. Everything is asked the way anybody would,
`--cref`, `--oref` and `--sref` in the prompt. Knows the painter through the studio's operations alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allaprima.errors import UserError
from allaprima.judge.added import SOURCE, Never
from allaprima.judge.aligning import Sheet, Stencil, best
from allaprima.judge.copying import Shelf, through
from allaprima.judge.intervals import of_mean, of_share
from allaprima.judge.prompts import with_article
from allaprima.judge.quick import Codec
from allaprima.judge.references import ASIDE, Progress
from allaprima.judge.suite import Question

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter

DISTRACTORS = 100
FIRST_SEED = 9_000_000
SCENES = ("in the snow", "in a green field", "in the desert", "in a forest", "on a beach", "in front of mountains",
          "in a city at night", "under a starry night sky")  # fmt: skip
ROLES = {"character": "--cref", "object": "--oref"}

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """What was asked with a given picture, that picture, and what was painted."""

    prompt: str
    given: Pixels
    painted: Pixels
    is_right: bool


def distractors(packages: Path, guests: Sequence[Never], count: int = DISTRACTORS) -> list[Pixels]:
    """Other drawings of the guests' set, uint8 RGBA: the same ones each time. Raises UserError when it is damaged."""
    from allaprima.scene.fetching import fetch
    from allaprima.scene.rendering import iconify_svg, render_svg

    place = fetch(SOURCE, packages)
    try:
        table = json.loads((place / "icons.json").read_bytes())
        side = float(table.get("width", 16)), float(table.get("height", 16))
        bodies = [str(table["icons"][name]["body"]) for name in sorted(table["icons"])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{place} is damaged ({error}): remove that folder and try again.") from error
    known = {each.rgba.tobytes() for each in guests}
    found: list[Pixels] = []
    for row in np.random.default_rng(0).permutation(len(bodies)):
        rgba = render_svg(iconify_svg(bodies[row], 0.0, 0.0, *side))
        if rgba.tobytes() not in known:
            found.append(rgba)
        if len(found) == count:
            return found
    raise UserError(f"{place} holds only {len(found)} other drawings, and {count} are needed.")


def characters(
    painter: Painter, guests: Sequence[Never], others: Sequence[Pixels],
    *, role: str, codec: Codec, steps: int, images: int, progress: Progress | None = None,
) -> tuple[dict[str, Any], list[Tile]]:  # fmt: skip
    """How often a guest is found first, and among the first five, of itself and the others, in a scene of its own.

    Floor: the other guests' pictures in its place. Ceiling: the guest itself, pasted into a painted scenery where the
    collage put it, through the autoencoder.
    """

    def ranks(pictures: Sequence[Pixels]) -> NDArray[np.intp]:
        """How many of the others each picture shows better than each guest: [pictures, guests]."""
        sheets = [Sheet.of(each) for each in pictures]
        scores = np.zeros((len(pictures), len(guests) + len(others)), np.float32)
        # A drawing's transforms are large and a picture's are small, so the drawings go by one by one.
        for place, rgba in enumerate([*(each.rgba for each in guests), *others]):
            stencil = Stencil.of(rgba)
            scores[:, place] = [best(sheet, stencil).likeness for sheet in sheets]
            if progress:
                progress(f"looking for {role}s", place + 1, scores.shape[1])
        return np.asarray((scores[:, None, len(guests) :] > scores[:, : len(guests), None]).sum(2))

    prompts = [f"{with_article(each.name)} {SCENES[place % len(SCENES)]}" for place, each in enumerate(guests)]
    painted: list[list[Pixels]] = []
    ideal: list[Pixels] = []
    for place, (each, prompt) in enumerate(zip(guests, prompts, strict=True)):
        seed = FIRST_SEED + 100_000 * list(ROLES).index(role) + 16 * place
        pictures = asked(painter, f"{prompt} {ROLES[role]} guest.png", each.rgba, seed, steps, images)
        painted.append([picture.pixels for picture in pictures])
        box = pictures[0].recipe["references"][0]["boxes"][0]
        ground = painter.paint(f"a view {SCENES[place % len(SCENES)]}", seed=seed, steps=steps, memory=0.0)
        ideal.append(pasted(each.rgba, ground.pixels, box))
        if progress:
            progress(f"painting {role}s", place + 1, len(guests))
    flat = [one for several in painted for one in several]
    ranked = ranks([*flat, *through(codec, ideal)])
    found = ranked[: len(flat)].reshape(len(guests), images, len(guests))
    ceiling = np.diag(ranked[len(flat) :])
    own = np.stack([found[place, :, place] for place in range(len(guests))])
    report: dict[str, Any] = {"pictures": len(guests) * images, "distractors": len(others)}
    for name, most in (("first", 1), ("first_five", 5)):
        right = (own < most).mean(1)
        rest = ((found < most).sum(2) - (own < most)).mean(1) / max(len(guests) - 1, 1)
        report[name] = {
            "score": of_mean(right), "floor": of_mean(rest), "ceiling": of_mean(ceiling < most),
            "share_of_ceiling": of_share(right, (ceiling < most).astype(np.float64)),
        }  # fmt: skip
    tiles = [
        Tile(prompt, ASIDE.show(each.rgba), painted[place][0], bool(own[place, 0] < 1))
        for place, (each, prompt) in enumerate(zip(guests, prompts, strict=True))
    ]
    return report, tiles


def styles(
    painter: Painter, shelf: Shelf, questions: Sequence[Question], drawing: Callable[[str, str], Pixels | None],
    *, by_name: bool, codec: Codec, steps: int, images: int, progress: Progress | None = None,
) -> tuple[dict[str, Any], list[Tile]]:  # fmt: skip
    """How often a thing is painted in the style of a given picture of another thing, or of the style's name.

    `drawing(concept, style)`: one uint8 RGBA, or None where there is none. Floor: the other questions' styles; ceiling:
    real drawings of the thing in the style, through the autoencoder; `without`: the same words with no reference.
    """
    lot = []
    for question in questions:
        thing, style = question.include[0], str(question.style)
        given = next((one for each in questions if each.include[0].concept != thing.concept and each.style == style
                      and (one := drawing(each.include[0].concept, style)) is not None), None)  # fmt: skip
        real = drawing(thing.concept, style)
        if given is not None and real is not None:
            lot.append((question, style, given, real))
    if len(lot) < 2:
        raise UserError("Too few styles have drawings of two things to ask for: raise --prompts.")
    painted: list[list[Pixels]] = []
    without: list[list[Pixels]] = []
    for place, (question, style, given, _) in enumerate(lot):
        words = f"{with_article(question.include[0].name)} on a plain background"
        reference = f"--sref @{style.replace(' ', '-')}" if by_name else "--sref style.png"
        seed = FIRST_SEED + 500_000 + 16 * place
        for kept, prompt in ((painted, f"{words} {reference}"), (without, words)):
            kept.append([each.pixels for each in asked(painter, prompt, ASIDE.show(given), seed, steps, images)])
        if progress:
            progress(f"painting styles{' by name' if by_name else ''}", place + 1, len(lot))
    wanted = np.asarray([style for _, style, _, _ in lot])

    def told(pictures: Sequence[Sequence[Pixels]]) -> NDArray[np.str_]:
        return np.asarray(
            [[str(shelf.style(one, question.include[0].concept)) for one in several]
             for several, (question, _, _, _) in zip(pictures, lot, strict=True)]
        )  # fmt: skip

    seen = told(painted)
    right = (seen == wanted[:, None]).mean(1)
    rest = np.asarray([(seen[place] == np.delete(wanted, place)[:, None]).mean() for place in range(len(lot))])
    real_seen = told([[one] for one in through(codec, [ASIDE.show(real) for _, _, _, real in lot])])
    ceiling = (real_seen[:, 0] == wanted).astype(np.float64)
    report = {
        "pictures": len(lot) * images, "score": of_mean(right), "floor": of_mean(rest), "ceiling": of_mean(ceiling),
        "share_of_ceiling": of_share(right, ceiling),
        "without": of_mean((told(without) == wanted[:, None]).mean(1)),
    }  # fmt: skip
    tiles = [
        Tile(f"{each.include[0].name}, {style}", ASIDE.show(given), painted[place][0], bool(seen[place, 0] == style))
        for place, (each, style, given, _) in enumerate(lot)
    ]
    return report, tiles


def asked(painter: Painter, prompt: str, given: Pixels, seed: int, steps: int, images: int) -> Sequence[Any]:
    """The pictures of a prompt whose references all mean the picture `given`, uint8 RGB or RGBA."""
    from allaprima.engine.picture import Picture
    from allaprima.studio import operations
    from allaprima.studio.operations import grid

    parents, roles = grid.collect(prompt, lambda _: Picture(given, {"given": "a reference to be judged by"}))
    return operations.perform(
        painter, "imagine", parents, prompt=prompt, roles=roles, seed=seed, count=images, steps=steps
    )


def pasted(drawing: Pixels, ground: Pixels, box: Sequence[float]) -> Pixels:
    """A drawing in a box (0..1) of a picture."""
    from PIL import Image

    side = len(ground)
    image = Image.fromarray(drawing)
    visible = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    image = image.crop(visible) if visible else image
    x0, y0, x1, y1 = (round(edge * side) for edge in box)
    size = max(x1 - x0, 2), max(y1 - y0, 2)
    image = image.convert("RGBa").resize(size, Image.Resampling.BICUBIC).convert("RGBA")
    whole = Image.fromarray(ground)
    whole.paste(image, (x0, y0), image)
    return np.asarray(whole)


def tiled(tiles: Mapping[str, Sequence[Tile]], most: int = 40) -> list[tuple[str, Pixels]]:
    """Given and painted pictures in turns with their captions, for a sheet."""
    from PIL import Image

    def small(pixels: Pixels) -> Pixels:
        return np.asarray(Image.fromarray(pixels).resize((256, 256), Image.Resampling.BICUBIC))

    return [
        one
        for kind, lot in tiles.items()
        for each in lot[:most]
        for one in ((f"{kind}: {each.prompt}", small(each.given)),
                    ("found" if each.is_right else "not found", small(each.painted)))
    ]  # fmt: skip
