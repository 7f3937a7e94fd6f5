"""Real scenes that nobody learned from, each with the questions it answers: what admits the judge, and the painters'
ceiling.

They are the bank's first shard, which no training draws from, and pairs of concept and style that training never
composes, composed here under another name. Knows the compositor; knows nothing of networks or painters.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.suite import POSITIONS, TAGS, Include, Question, question
from allaprima.judge.suite_making import COLOURS, STYLES
from allaprima.scene.compositor import compose
from allaprima.scene.corpus import Corpus, Drawing
from allaprima.scene.plot import TIMELESS, plot
from allaprima.scene.stock import Stock, is_held_out

FIRST_SEED = 40_000_000  # of the composed pairs
SIDE = 128
FORMAT = 2

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """A picture uint8 [128, 128, 3], the questions it answers, the drawings (sha256) that it shows, its caption."""

    picture: Pixels
    questions: tuple[Question, ...]
    shown: tuple[str, ...]
    caption: str


@dataclass(frozen=True)
class HeldOut:
    """Scenes, and a name that changes when any of them does."""

    scenes: tuple[Scene, ...]
    name: str

    def about(self, tags: Sequence[str]) -> HeldOut:
        """The scenes that answer a question of these tags, with those questions alone."""
        kept = []
        for scene in self.scenes:
            asked = tuple(each for each in scene.questions if each.tag in tags)
            if asked:
                kept.append(replace(scene, questions=asked))
        return HeldOut(tuple(kept), " ".join([self.name, *sorted(tags)]))


def questions_of(truth: Mapping[str, Any], seed: int) -> tuple[Question, ...]:
    """Everything that the suite could ask and a scene of this truth (as the bank tells it) would answer."""
    found: list[Question] = []

    def ask(tag: str, *include: Include, **rest: str) -> None:
        found.append(Question(tag, "held out", f"{tag} {seed}", seed, include, **rest))

    counts, relation = tuple(truth["counts"]), truth["relation"]
    things = [Include(each["concept"], each["name"], colour=each["colour"]) for each in truth["objects"]]
    if not things:
        if truth["scenery"] not in ("plain", "pattern"):
            ask("scenery", scenery=truth["scenery"])
        if truth["scenery"] not in TIMELESS and truth["scenery"] != "room":
            ask("time_of_day", scenery=truth["scenery"], time=truth["time_of_day"])
    elif counts == (1,):
        ask("single_object", things[0])
        if things[0].colour in COLOURS:
            ask("colours", things[0])
        if truth["style"] in STYLES:
            ask("style", things[0], style=truth["style"])
    elif counts == (1, 1):
        ask("two_objects", *things)
        if relation in POSITIONS:
            ask("position", replace(things[0], position=(relation, 1)), things[1])
        first, second = (each.colour for each in things)
        if first in COLOURS and second in COLOURS and first != second:
            ask("colour_binding", *things)
    elif len(counts) == 1:
        ask("counting", replace(things[0], count=counts[0], colour=None))
    return tuple(found)


def of_bank(bank: Path, corpus: Corpus, *, of_tag: int) -> tuple[Scene, ...]:
    """From the bank's first shard the scenes that give each tag `of_tag`, as far as it has them."""
    shards = sorted(bank.glob("shard-*"))
    if not shards:
        return ()
    pictures = np.load(shards[0] / "pictures.npy", mmap_mode="r", allow_pickle=False)
    missing = Counter({tag: of_tag for tag in TAGS if tag != "unseen_pair"})
    kept = []
    for place, line in enumerate((shards[0] / "scenes.jsonl").read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        asked = tuple(each for each in questions_of(row["truth"], int(row["seed"])) if missing[each.tag] > 0)
        if asked:
            missing.subtract(each.tag for each in asked)
            shown = tuple(corpus.drawings[each["drawing"]].sha256 for each in row["truth"]["objects"])
            kept.append(Scene(np.array(pictures[place]), asked, shown, str(row["caption"])))
    return tuple(kept)


def captioned(bank: Path, count: int) -> list[tuple[Pixels, str]]:
    """The first `count` scenes of the bank's first shard with their captions, as far as it has them."""
    shards = sorted(bank.glob("shard-*"))
    if not shards:
        return []
    pictures = np.load(shards[0] / "pictures.npy", mmap_mode="r", allow_pickle=False)
    lines = (shards[0] / "scenes.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    return [(np.array(pictures[place]), str(json.loads(line)["caption"])) for place, line in enumerate(lines)]


def pairs(corpus: Corpus, count: int) -> tuple[Scene, ...]:
    """Lone things of held-out (concept, style) pairs on plain grounds: what a painter of unseen pairs should have
    painted.
    """
    several = {
        concept
        for concept, found in corpus.by_concept.items()
        if len({corpus.drawings[row].style for row in found}) >= 3
    }
    rows = [
        row
        for row, drawing in enumerate(corpus.drawings)
        if drawing.style in STYLES and drawing.concept in several and is_held_out(drawing.concept, drawing.style)
    ]
    if not rows:
        return ()
    view = Corpus([_renamed(corpus.drawings[row], place) for place, row in enumerate(rows)], _Rows(corpus, rows))  # type: ignore[arg-type]
    stock, made = Stock(view), []
    seen: set[int] = set()
    for seed in range(FIRST_SEED, FIRST_SEED + count * 30):
        # The plot costs nothing beside the picture, so it says first whether the picture is needed.
        story = plot(stock, np.random.default_rng([seed, 0]))
        if story.counts != (1,) or story.scenery != "plain" or story.objects[0].drawing in seen:
            continue
        scene = compose(view, seed, SIDE)
        if scene.truth.counts != (1,):
            continue
        place = scene.truth.objects[0].drawing
        seen.add(place)
        drawing = corpus.drawings[rows[place]]
        include = (Include(drawing.concept, drawing.name),)
        asked = Question("unseen_pair", "held out", f"unseen_pair {seed}", seed, include, drawing.style, "plain")
        made.append(Scene(scene.picture, (asked,), (drawing.sha256,), scene.caption))
        if len(made) == count:
            break
    return tuple(made)


class _Rows:
    """Some drawings' pixels as the compositor reads them: [256, 256, 4] by place."""

    def __init__(self, corpus: Corpus, rows: Sequence[int]) -> None:
        self._corpus, self._rows = corpus, rows

    def __getitem__(self, place: int) -> Pixels:
        return self._corpus.image(self._rows[place])


def _renamed(drawing: Drawing, place: int) -> Drawing:
    """The drawing under a concept's name that is not held out, so that the compositor takes it."""
    concept = drawing.concept
    while is_held_out(concept, drawing.style):
        concept += "~"
    return replace(drawing, index=place, concept=concept)


# ---- kept on disk ------------------------------------------------------------------------------------------


def kept(corpus: Corpus, bank: Path, folder: Path, *, of_tag: int = 100) -> HeldOut | None:
    """The held-out scenes of this corpus and bank, made once and kept in `folder`. None where there is no bank."""
    text = "\n".join([str(FORMAT), str(of_tag), *(drawing.sha256 for drawing in corpus.drawings)])
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    place = folder / f"held-out-{name}"
    try:
        lines = [json.loads(line) for line in (place / "scenes.jsonl").read_text(encoding="utf-8").splitlines()]
        pictures = np.load(place / "pictures.npy", allow_pickle=False)
        if len(lines) == len(pictures):
            scenes = tuple(
                Scene(picture, tuple(map(question, line["questions"])), tuple(line["shown"]), line["caption"])
                for picture, line in zip(pictures, lines, strict=True)
            )
            return HeldOut(scenes, name)
    except (OSError, ValueError, KeyError):
        pass  # not there yet, or cut short: made anew
    of_shard = of_bank(bank, corpus, of_tag=of_tag)
    if not of_shard:
        return None
    made = HeldOut((*of_shard, *pairs(corpus, of_tag)), name)
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".held-out-", dir=folder))
    np.save(aside / "pictures.npy", np.stack([each.picture for each in made.scenes]))
    rows = [
        json.dumps(
            {"questions": [one.row() for one in each.questions], "shown": each.shown, "caption": each.caption},
            ensure_ascii=False,
        )
        for each in made.scenes
    ]
    (aside / "scenes.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with contextlib.suppress(OSError):  # somebody else was quicker, or a damaged one is in the way
        os.replace(aside, place)
    return made
