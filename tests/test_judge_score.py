"""A score from end to end: a real small painter, real small networks, scenes as the bank keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from allaprima.errors import TrainingError, UserError
from allaprima.judge import held_out, scoring
from allaprima.judge.held_out import HeldOut, Scene
from allaprima.judge.looking import Judge
from allaprima.judge.painting import Manner, Wanted, paint_all
from allaprima.judge.quick import codec_of
from allaprima.judge.recognising import Recogniser
from allaprima.judge.references import Drawings, References
from allaprima.judge.score_page import page
from allaprima.judge.suite import Include, Question

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.judge.eye import Eye


def colours_of(pictures: np.ndarray) -> np.ndarray:
    """Features [n, 12]: the mean colours of the quarters."""
    side = pictures.shape[1] // 2
    quarters = [pictures[:, y : y + side, x : x + side].mean((1, 2)) for y in (0, side) for x in (0, side)]
    return np.concatenate(quarters, 1).astype(np.float32)


class Row:
    def __init__(self, concept: str, style: str) -> None:
        self.name, self.concept, self.style, self.sha256 = concept, concept, style, f"{concept} {style}"


def recogniser() -> Recogniser:
    """Twelve concepts in three styles, each a colour of its own."""
    rng = np.random.default_rng(0)
    names = ["fox", "dog", "cat", "house", "tree", "bird", *(f"other-{place}" for place in range(6))]
    rows = tuple(Row(name, style) for name in names for style in ("flat", "3d", "line"))
    own = np.repeat(rng.uniform(0, 255, (len(names), 12)), 3, 0)
    features = (own + rng.normal(0, 8, own.shape)).astype(np.float32)[None]
    drawings = Drawings("tests", rows, lambda row: np.zeros((8, 8, 4), np.uint8))
    return Recogniser(References(drawings, features - features.mean(1), features[0].mean(0)), colours_of)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of sixteen scenes of the sample corpus, with latents of noise."""
    from allaprima.scene.compositor import compose
    from allaprima.scene.sample_corpus import sample_corpus

    folder = tmp_path_factory.mktemp("bank")
    corpus = sample_corpus(folder / "corpus")
    for shard in range(2):
        place = folder / f"shard-{shard:04d}"
        place.mkdir()
        scenes = [compose(corpus, seed=16 * shard + turn, size=128) for turn in range(16)]
        np.save(place / "pictures.npy", np.stack([each.picture for each in scenes]))
        np.save(place / "latents.npy", np.zeros((16, 16, 16, 16), np.float16))
        lines = [json.dumps({"seed": s.seed, "caption": s.caption, "truth": asdict(s.truth)}) for s in scenes]
        (place / "scenes.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def trained(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judge of few weights that has looked at a few scenes."""
    pytest.importorskip("torch", reason="needs allaprima[judge]")
    from allaprima.judge.training import train

    folder = tmp_path_factory.mktemp("judge")
    small = {"fine": 8, "coarse": 8, "cell": 8, "near": 8, "far": 8, "coarse_blocks": 1}
    shown: list[int] = []

    def decode(latents: np.ndarray) -> np.ndarray:
        shown.append(len(latents))
        return np.full((len(latents), 256, 256, 3), 128, np.uint8)

    done = train(bank, folder, minutes=1, steps=3, batch=4, decode=decode, config=small)
    assert done["steps"] == 3 and all(np.isfinite(each) for each in done["losses"].values())
    assert sum(shown) >= 48, "the painter's decoder is among the lessons"
    again = train(bank, folder, minutes=1, steps=1, batch=4, config=small)
    assert again["steps"] == 4, "the same command goes on"
    return folder / "judge.npz"


@pytest.fixture(scope="module")
def eye(trained: Path) -> Eye:
    from allaprima.judge.eye import Eye

    return Eye(trained)


def test_the_first_shard_is_nobodys_lesson(bank: Path) -> None:
    from allaprima.judge.lessons import Lessons

    lesson = Lessons(bank)
    assert lesson.count == 16
    kept = np.load(bank / "shard-0000" / "pictures.npy")
    other = np.load(bank / "shard-0001" / "pictures.npy").astype(int)
    drawn = lesson.draw(40, np.random.default_rng(0))
    assert drawn.pictures.shape == (40, 128, 128, 3) and drawn.cuts.shape[1:] == (64, 64, 3)
    assert len(drawn.style) == len(drawn.colour) == len(drawn.cuts) > 0
    for picture in drawn.pictures[:8].astype(int):
        ways = (picture, picture[:, ::-1])
        of_other = min(np.abs(each - way).mean() for each in other for way in ways)
        of_kept = min(np.abs(each - way).mean() for each in kept.astype(int) for way in ways)
        assert of_other < 12 < of_kept
    with pytest.raises(TrainingError, match="train bank"):
        Lessons(bank / "corpus")


def test_an_eye_sees_the_same_alone_and_among_others(eye: Eye, bank: Path) -> None:
    pictures = np.load(bank / "shard-0000" / "pictures.npy")
    together, alone = eye.look(list(pictures)), eye.look([pictures[3]])[0]
    assert together[3].scenery == alone.scenery and together[3].count == alone.count
    assert all(sight.things for sight in together)
    assert together[3].things[0].box == pytest.approx(alone.things[0].box, abs=1e-4)
    large = pictures[3].repeat(2, 0).repeat(2, 1)
    assert eye.look([large])[0].things[0].box == pytest.approx(alone.things[0].box, abs=1e-4)


def test_a_judge_keeps_what_it_was_admitted_for_and_tells_when_it_is_broken(trained: Path, tmp_path: Path) -> None:
    from allaprima.judge.eye import Eye, admit

    copy = tmp_path / "judge.npz"
    copy.write_bytes(trained.read_bytes())
    admit(copy, {"scenery": {"admitted": True}})
    assert Eye(copy).admission["scenery"]["admitted"] and Eye(copy).record["steps"] >= 1
    copy.write_bytes(trained.read_bytes()[:500])
    with pytest.raises(UserError, match="damaged"):
        Eye(copy)
    with pytest.raises(UserError, match="judge train"):
        Eye(tmp_path / "none.npz")


def test_many_prompts_together_give_the_pictures_of_each_alone(painter: Painter) -> None:
    wanted = [
        Wanted("a fox", 5),
        Wanted("two dogs", 9),
        Wanted("a cat in the snow", 30),
        Wanted("a tree", 2),
        Wanted("a bird", 1),
    ]
    together = paint_all(painter, wanted, 1.0, Manner(2, None, 2))
    assert [len(several) for several in together] == [2] * 5
    for each, several in zip(wanted, together, strict=True):
        for turn, painting in enumerate(several):
            alone = painter.paint(each.prompt, seed=each.seed + turn, steps=2, memory=1.0)
            assert np.abs(painting.pixels.astype(int) - alone.pixels).max() <= 2
    assert together[0][0].references and not paint_all(painter, wanted[:1], 0.0, Manner(1, None, 1))[0][0].references


def questions() -> list[Question]:
    things = [Include(name, name) for name in ("fox", "dog", "cat", "house")]
    made = [
        Question("single_object", "dev", f"a {each.name}", 100 + 16 * place, (each,))
        for place, each in enumerate(things)
    ]
    made += [Question("counting", "dev", f"two {each.name}s", 300 + 16 * p, (Include(each.concept, each.name, 2),))
             for p, each in enumerate(things)]  # fmt: skip
    made += [
        Question("scenery", "dev", f"a {name}", 500 + 16 * p, scenery=name)
        for p, name in enumerate(("ocean", "field", "snow"))
    ]
    return [*made, Question("single_object", "dev", "a zebra", 900, (Include("zebra", "zebra"),))]


def scenes(bank: Path) -> HeldOut:
    pictures = np.load(bank / "shard-0000" / "pictures.npy")
    lines = [json.loads(line) for line in (bank / "shard-0000" / "scenes.jsonl").read_text().splitlines()]
    kept = []
    for picture, line in zip(pictures, lines, strict=True):
        asked = held_out.questions_of(line["truth"], line["seed"])
        kept.append(Scene(picture, asked, ("fox flat",), line["caption"]))
    return HeldOut(tuple(kept), "tests")


def test_a_score_stands_between_its_floor_and_its_ceiling(painter: Painter, eye: Eye, bank: Path) -> None:
    judge = Judge(eye, recogniser())
    asked = questions()

    def scored(split: Sequence[Question]) -> scoring.Score:
        codec = codec_of(painter.backend.run)
        return scoring.score(painter, judge, split, held_out=scenes(bank), codec=codec, manner=Manner(1, None, 2))

    found = scored(asked)
    report = found.report
    assert (report["questions"], report["left_out"]) == (11, 1)
    assert set(report["tags"]) == {"single_object", "counting", "scenery"}
    for tag, row in report["tags"].items():
        assert set(row["ways"]) == {"with_library", "words_alone"}
        for way in row["ways"].values():
            assert way["score"]["low"] <= way["score"]["value"] <= way["score"]["high"]
            assert 0.0 <= way["floor"]["value"] <= 1.0
        if "real" in row:
            assert row["admitted"] == (row["real"]["value"] >= 0.95), tag
    assert json.dumps(report, allow_nan=False) == json.dumps(scored(asked).report)
    around: dict[str, Any] = {"model": {"name": "tiny"}, "split": "dev", "steps": 1, "images": 2}
    text = page(found, report | around)
    assert "a fox" in text and "http" not in text and text.count("data:image/webp") == 22
    admission = scoring.admission(judge, scenes(bank), None)
    assert all(row["admitted"] == (row["real"]["value"] >= 0.95) and row["scenes"] > 0 for row in admission.values())


def test_a_ceiling_is_looked_at_once(painter: Painter, eye: Eye, bank: Path, tmp_path: Path) -> None:
    judge, cache = Judge(eye, recogniser()), tmp_path / "ceiling.json"
    asked = [each for each in questions() if each.tag == "scenery"]
    looks: list[int] = []
    codec = codec_of(painter.backend.run)

    def counted(pictures: np.ndarray) -> np.ndarray:
        looks.append(len(pictures))
        return codec(pictures)

    first, again = (
        scoring.score(
            painter, judge, asked, held_out=scenes(bank), codec=counted, manner=Manner(1, None, 1), cache=cache
        ).report
        for _ in range(2)
    )
    assert first == again and sum(looks) == 16


def test_a_picture_is_not_recognised_by_the_drawings_that_informed_it(eye: Eye) -> None:
    judge = Judge(eye, recogniser())
    picture = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    free, barred = (
        judge.witness([picture], [True], [without])
        for without in ((), tuple(f"fox {s}" for s in ("flat", "3d", "line")))
    )
    place = judge.recogniser.number["fox"]
    assert free[0].strictly.scores[0, place] > -1.0 and barred[0].strictly.scores[0, place] == -1.0
    assert np.allclose(free[0].scores, barred[0].scores), "but for its strict scores all is the same"
    assert np.allclose(np.delete(free[0].scores[0], place), np.delete(barred[0].strictly.scores[0], place))


def test_held_out_scenes_are_made_once_and_read_again(bank: Path, tmp_path: Path) -> None:
    from allaprima.scene.corpus import Corpus

    corpus = Corpus.open(bank / "corpus")
    first = held_out.kept(corpus, bank, tmp_path, of_tag=3)
    again = held_out.kept(corpus, bank, tmp_path, of_tag=3)
    assert first is not None and again is not None and len(first.scenes) == len(again.scenes) > 3
    for one, other in zip(first.scenes, again.scenes, strict=True):
        assert (one.questions, one.shown, one.caption) == (other.questions, other.shown, other.caption)
        assert np.array_equal(one.picture, other.picture)
    counting = first.about(["counting"])
    assert {each.tag for scene in counting.scenes for each in scene.questions} == {"counting"}
    assert 0 < len(counting.scenes) < len(first.scenes) and counting.name != first.name
    assert held_out.kept(corpus, tmp_path / "no bank", tmp_path, of_tag=4) is None
    assert len(held_out.captioned(bank, 5)) == 5
