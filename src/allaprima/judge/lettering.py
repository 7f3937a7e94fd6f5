"""Lettering judged: words are asked for in quotes, and an OCR reads what was painted.

Half of the words were never lettered in training (`scene.lettering_words`). The floor is how often a picture is read as
another prompt's word; the ceilings are composed scenes read by the same OCR, as they are and through the autoencoder.
Knows the painter by its `paint` alone and the OCR as a function from a picture to the lines in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.errors import UserError
from allaprima.judge.intervals import Measure, of_mean
from allaprima.judge.quick import Codec, Painter
from allaprima.scene.lettering_words import COMMON, is_held_out

if TYPE_CHECKING:
    from allaprima.judge.references import Progress
    from allaprima.scene.corpus import Corpus

Pixels = NDArray[np.uint8]
Ocr = Callable[[Pixels], Sequence[str]]  # RGB [h, w, 3] -> the lines that were read

LENGTHS = (3, 8)  # letters of a word
READ_AT = 512  # pixels: the OCR's detector wants letters of some size
FIRST_SCENE = 60_000_000  # seeds of the ceiling's scenes; training's begin at 0
SEED = 31

# Ways to ask. {q} is the quoted word, {thing} a plain thing with its article.
TEMPLATES: dict[str, tuple[str, ...]] = {
    "alone": (
        "the word {q} in red letters on a plain background",
        "{q} in big black letters on a white background",
        "{q} written in blue",
    ),
    "sign": ("a sign that says {q}", "a wooden sign that says {q}", "a green sign with the word {q} in white letters"),
    "with a thing": ("{thing} with the word {q} above it", "{thing} with {q} below it", "the word {q} above {thing}"),
    "scenery": ("a sign that says {q} on a beach", "the word {q} over snowy mountains at night"),
}
THINGS = ("a red fox", "a cat", "an owl", "a red apple", "a house", "a rocket", "a dog", "a birthday cake")


@dataclass(frozen=True)
class Asked:
    """A prompt with the word it quotes, the way it asks, and whether training ever lettered the word."""

    text: str
    word: str
    way: str
    seen: bool
    seed: int


def ocr(threads: int = 0) -> Ocr:
    """RapidOCR as a reader. Raises UserError when it is not installed."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        raise UserError(
            "Reading letters needs rapidocr-onnxruntime, which is not installed: pip install 'allaprima[judge]'."
        ) from None
    engine = RapidOCR(intra_op_num_threads=threads) if threads else RapidOCR()

    def read(picture: Pixels) -> Sequence[str]:
        large = Image.fromarray(picture).resize((READ_AT, READ_AT), Image.Resampling.BICUBIC)
        found, _ = engine(np.ascontiguousarray(np.asarray(large)[..., ::-1]))
        return [str(line[1]) for line in found or ()]

    return read


def words(names: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Words of 3 to 8 letters that training letters, and those it never does: common ones and words of `names`."""
    pool = [*COMMON, *(part for name in names for part in name.lower().replace("-", " ").split())]
    low, high = LENGTHS
    fit = [each for each in dict.fromkeys(pool) if each.isascii() and each.isalpha() and low <= len(each) <= high]
    return [each for each in fit if not is_held_out(each)], [each for each in fit if is_held_out(each)]


def questions(count: int, names: Sequence[str] = ()) -> tuple[Asked, ...]:
    """`count` prompts, the same every time: ways of asking in turn, words seen and unseen by halves, three casings."""
    rng = np.random.default_rng(SEED)
    seen, unseen = words(names)
    ways, made = list(TEMPLATES), []
    for place in range(count):
        is_seen = place % 2 == 0
        pool = seen if is_seen else unseen
        word = pool[int(rng.integers(len(pool)))]
        word = (word.upper(), word.upper(), word, word.capitalize())[int(rng.integers(4))]
        way = ways[place // 2 % len(ways)]
        template = TEMPLATES[way][int(rng.integers(len(TEMPLATES[way])))]
        thing = THINGS[int(rng.integers(len(THINGS)))]
        text = template.format(q=f'"{word}"', thing=thing)
        made.append(Asked(text, word, way, is_seen, int(rng.integers(2**31))))
    return tuple(made)


def plain(line: str) -> str:
    """Letters and digits alone."""
    return "".join(each for each in line if each.isalnum())


def is_read(lines: Sequence[str], word: str, *, any_case: bool = False) -> bool:
    """Whether one of the lines, or all of them together, is the word; spaces and marks do not count."""
    found = {plain(each) for each in (*lines, "".join(lines))}
    if any_case:
        return word.casefold() in {each.casefold() for each in found}
    return word in found


def nearness(lines: Sequence[str], word: str) -> float:
    """1 less the edits between the word and the line nearest to it, as a share of the longer one; case aside."""
    wanted = word.casefold()
    found = [plain(each).casefold() for each in (*lines, "".join(lines))]
    return max((1.0 - _edits(each, wanted) / max(len(each), len(wanted)) for each in found if each), default=0.0)


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def measured(lines: Sequence[Sequence[str]], wanted: Sequence[str]) -> dict[str, Measure]:
    """Exact matches with and without case, their floors under shuffled words, and the letters' nearness."""
    measures: dict[str, Measure] = {}
    for name, any_case in (("exact", False), ("exact_any_case", True)):
        own = np.asarray([is_read(each, word, any_case=any_case) for each, word in zip(lines, wanted, strict=True)])
        floor = []
        for place, each in enumerate(lines):
            key = str.casefold if any_case else str
            others = [word for word in wanted if key(word) != key(wanted[place])]
            floor.append(float(np.mean([is_read(each, word, any_case=any_case) for word in others] or [0.0])))
        measures[name], measures[f"floor_{name}"] = of_mean(own), of_mean(np.asarray(floor))
    near = [nearness(each, word) for each, word in zip(lines, wanted, strict=True)]
    measures["letters"] = of_mean(np.asarray(near))
    return measures


def judge(
    painter: Painter,
    read: Ocr,
    *,
    corpus: Corpus | None = None,
    codec: Codec | None = None,
    prompts: int = 96,
    steps: int = 8,
    names: Sequence[str] = (),
    progress: Progress | None = None,
) -> tuple[dict[str, Any], tuple[tuple[Asked, Pixels, tuple[str, ...]], ...]]:
    """The report, and each prompt with its picture and what was read. Without corpus and codec the ceilings are
    missing."""
    asked = questions(prompts, names)
    rows = []
    for place, each in enumerate(asked):
        pixels = np.asarray(painter.paint(each.text, seed=each.seed, steps=steps).pixels, np.uint8)
        rows.append((each, pixels, tuple(read(pixels))))
        if progress:
            progress("painting and reading", place + 1, len(asked))
    report: dict[str, Any] = {"prompts": len(asked), "steps": steps, "painted": _of(rows)}
    report["by_way"] = {way: _of([row for row in rows if row[0].way == way]) for way in TEMPLATES}
    report["by_word"] = {
        name: _of([row for row in rows if row[0].seen is seen]) for name, seen in (("seen", True), ("unseen", False))
    }
    if corpus is not None:
        report |= ceilings(corpus, read, codec, prompts, progress)
    return report, tuple(rows)


def _of(rows: Sequence[tuple[Asked, Pixels, tuple[str, ...]]]) -> dict[str, Measure] | None:
    return measured([row[2] for row in rows], [row[0].word for row in rows]) if rows else None


def ceilings(
    corpus: Corpus, read: Ocr, codec: Codec | None, count: int, progress: Progress | None = None
) -> dict[str, Any]:
    """Composed scenes with one word of 3 to 8 letters, read as they are and through the autoencoder."""
    from allaprima.scene.compositor import compose
    from allaprima.scene.lettering import has_words

    if not corpus.typefaces:
        raise UserError("The corpus has no typefaces, so no scene has words: allaprima corpus build fetches them.")
    low, high = LENGTHS
    pictures: list[Pixels] = []
    wanted: list[str] = []
    seed = FIRST_SCENE
    while len(pictures) < count:
        if has_words(seed):
            truth = (scene := compose(corpus, seed, 256)).truth.lettering
            if truth and truth.kind == "word" and len(truth.lines) == 1 and low <= len(truth.text) <= high:
                pictures.append(scene.picture)
                wanted.append(truth.text)
                if progress:
                    progress("composing scenes", len(pictures), count)
        seed += 1
    found: dict[str, Mapping[str, Measure]] = {"ceiling_composed": measured([read(each) for each in pictures], wanted)}
    if codec is not None:
        coded = [each for start in range(0, count, 8) for each in codec(np.stack(pictures[start : start + 8]))]
        found["ceiling_through_autoencoder"] = measured([read(each) for each in coded], wanted)
    return dict(found)
