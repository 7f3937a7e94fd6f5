"""The prior: sketches of things from what they are called, for pictures that no drawing of the library may inform.

A small network in the bundle says what a thing looks like in a style, and the collage takes the sketch as it takes a
drawing (the two stages of unCLIP, arXiv:2204.06125). Knows nothing of where sketches are put, nor of the library.

    ((things, sketches),) = imagined(reading, None, prior, encode, [rng])
    collage.compose(things, sketches, relation, scenery, rng)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.library import Drawing, Match
from allaprima.engine.reading import NounPhrase, Reading, singular
from allaprima.engine.recall import MOST_KINDS, PLAIN_STYLES, Recalled, within

if TYPE_CHECKING:
    from allaprima.engine.backends import Backend
    from allaprima.engine.bundle import Bundle

GRAPH = "prior"
SOURCE = "the prior"  # where a sketch comes from, in the place of a drawing's package
GREY = 128.0  # what lies behind a sketch
LEAST_COVER = 0.25  # of a pixel, below which its own colour cannot be told from the grey
VISIBLE = 0.35  # cover from which a pixel counts when a sketch is cut to what it shows
SURE = 0.95  # sureness from which a sketch is of what the prior was taught, and not made up
VAGUE = 0.94  # sureness below which a thing is left to the words
AS_SURE = 0.005  # styles that are so near to the surest are drawn by lot

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Encode = Callable[[Sequence[str]], Array]  # texts -> unit vectors [n, d]


@dataclass(frozen=True)
class Sketch:
    """What the prior says of one thing in one style. latent: [16, 8, 8]; odds: [32, 32], logarithms of the odds that a
    place is part of the thing; sureness: how much of it stays when the meaning is jittered, up to 1."""

    latent: Array
    odds: Array
    sureness: float


@dataclass(frozen=True)
class Prior:
    """The bundle's prior, opened when it is first asked."""

    styles: tuple[str, ...]
    backend: Backend

    @classmethod
    def of(cls, bundle: Bundle, backend: Backend) -> Prior | None:
        """None for a bundle without one."""
        told = bundle.info.get(GRAPH)
        if not isinstance(told, Mapping) or f"{GRAPH}.onnx" not in bundle.info["files"]:
            return None
        return cls(tuple(str(style) for style in told["styles"]), backend)

    def sketches(self, vectors: Array, styles: Sequence[str]) -> dict[str, list[Sketch]]:
        """For each style a sketch of each of the n things whose meanings are `vectors` [n, 384]."""
        n = len(vectors)
        asked = np.zeros((n * len(styles), len(self.styles)), np.float32)
        for place, style in enumerate(styles):
            asked[place * n : (place + 1) * n, self.styles.index(style)] = 1.0
        said = self.backend.run(GRAPH, {"vector": np.tile(vectors, (len(styles), 1)), "style": asked})
        rows = zip(said["sketch"], said["cover"][:, 0], said["sureness"].tolist(), strict=True)
        made = [Sketch(*row) for row in rows]
        return {style: made[place * n : (place + 1) * n] for place, style in enumerate(styles)}

    def pixels(self, sketches: Sequence[Sketch]) -> list[Pixels]:
        """The sketches as drawings: uint8 RGBA [h, w, 4], at most 128 px, straight alpha, cut to what is visible."""
        shown = self.backend.run("decoder", {"latent": np.stack([each.latent for each in sketches])})["picture"]
        return [cutout(picture, each.odds) for picture, each in zip(shown, sketches, strict=True)]


def cutout(picture: Array, odds: Array) -> Pixels:
    """RGB [3, h, w] in [-1, 1] over grey, and its odds [32, 32] -> uint8 RGBA, cut to what is visible."""
    made, alpha = _cleared(picture, odds)
    rows, columns = np.flatnonzero(alpha.max(axis=1) > VISIBLE), np.flatnonzero(alpha.max(axis=0) > VISIBLE)
    if not len(rows) or not len(columns):
        return made
    return np.ascontiguousarray(made[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def uncut(picture: Array, odds: Array) -> Pixels:
    """The same, the whole square [h, w, 4]."""
    return _cleared(picture, odds)[0]


def _cleared(picture: Array, odds: Array) -> tuple[Pixels, Array]:
    """RGBA with straight alpha, and that alpha in 0..1."""
    _, height, width = picture.shape
    # Odds are enlarged and not shares of a pixel: the cut stays as sharp as the network means it.
    fine = Image.fromarray(np.clip(odds, -9.0, 9.0).astype(np.float32)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    alpha = 1.0 / (1.0 + np.exp(-np.asarray(fine)))
    shown = (picture.transpose(1, 2, 0) + 1.0) * 127.5
    colour = GREY + (shown - GREY) / np.maximum(alpha, LEAST_COVER)[..., None]
    rgba = np.concatenate([colour, alpha[..., None] * 255.0], axis=2)
    return np.rint(np.clip(rgba, 0.0, 255.0)).astype(np.uint8), alpha


class Sketched:
    """The pictures of sketches, as a library has those of its drawings."""

    def __init__(self, pictures: Sequence[Pixels]) -> None:
        self._pictures = tuple(pictures)

    def image(self, drawing: Drawing) -> Pixels:
        return self._pictures[drawing.number]


def imagined(
    reading: Reading, style: str | None, prior: Prior, encode: Encode, rngs: Sequence[np.random.Generator]
) -> list[tuple[tuple[Recalled, ...], Sketched]]:
    """The things that the prompt's noun phrases name, at most `MOST_KINDS`, and the prior's sketches of them; for each
    picture its own, by its `rng`.

    One plain style is drawn by lot among those that the prior is surest of. Where `style` is asked for, a thing is
    sketched in it if the prior was taught that; if not, in the plain style, and the denoiser, which is told the style,
    paints it over, as it does with the library's drawings. Things that it is sure of in neither are left to the words.
    """
    phrases = reading.phrases[:MOST_KINDS]
    if not phrases:
        return [((), Sketched(()))] * len(rngs)
    names = [_names(phrase) for phrase in phrases]
    plain = tuple(each for each in PLAIN_STYLES if each in prior.styles)
    asked = style if style in prior.styles else None
    styles = plain if asked is None or asked in plain else (asked, *plain)
    table = prior.sketches(encode([name for each in names for name in each]), styles)
    best = {each: _named(sketches, names) for each, sketches in table.items()}
    sure = np.asarray([np.mean([sketch.sureness for _, sketch in best[each]]) for each in plain])
    near = np.flatnonzero(sure >= sure.max() - AS_SURE)
    lots = [plain[int(near[int(rng.integers(len(near)))])] for rng in rngs]
    return [_taken(phrases, best, asked, common, prior) for common in lots]


def _taken(
    phrases: Sequence[NounPhrase], best: Mapping[str, Sequence[tuple[str, Sketch]]], asked: str | None, common: str,
    prior: Prior,
) -> tuple[tuple[Recalled, ...], Sketched]:  # fmt: skip
    """Each phrase's sketch in the style asked for, or else in the `common` one, if the prior is sure of it."""
    things: list[Recalled] = []
    taken: list[Sketch] = []
    for place, phrase in enumerate(phrases):
        own = common if asked is None or best[asked][place][1].sureness < SURE else asked
        name, sketch = best[own][place]
        if sketch.sureness >= VAGUE:
            drawing = _entry(len(taken), name, own)
            match = Match(drawing.concept, round(sketch.sureness, 4), name)
            things.append(Recalled(phrase.text, match, phrase.start, phrase.count, phrase.colour, phrase.size, drawing))
            taken.append(sketch)
    return within(things), Sketched(prior.pixels(taken) if taken else ())


def is_sketch(thing: Recalled) -> bool:
    """Whether the prior drew it."""
    return thing.drawing is not None and thing.drawing.source == SOURCE


def _entry(number: int, name: str, style: str) -> Drawing:
    """A sketch's entry where drawings have theirs."""
    return Drawing(number, name, f"sketch:{name}", (), style, "", SOURCE, "", "", 0, 0, (0,))


def _names(phrase: NounPhrase) -> list[str]:
    """What a phrase may be called: its words, and with the adjectives before them ("hot dog")."""
    words = [*phrase.words[:-1], singular(phrase.words[-1])]
    called = [" ".join(words)]
    return [*called, " ".join([*phrase.manner, *words])] if phrase.manner else called


def _named(sketches: Sequence[Sketch], names: Sequence[Sequence[str]]) -> list[tuple[str, Sketch]]:
    """Of each thing's names the fullest that the prior was taught, or else its plain one, with its sketch."""
    found, place = [], 0
    for each in names:
        own = sketches[place : place + len(each)]
        best = len(each) - 1 if own[-1].sureness >= SURE else 0
        found.append((each[best], own[best]))
        place += len(each)
    return found
