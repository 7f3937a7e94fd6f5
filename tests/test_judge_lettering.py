"""The lettering judge's laws: a painter that letters is read, one that does not listen scores at the floor."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PIL import Image

from allaprima import typeface
from allaprima.judge import lettering as judging
from allaprima.judge.lettering import Asked, is_read, judge, nearness, questions, words
from allaprima.scene.lettering_words import is_held_out
from allaprima.scene.typefaces import Typeface
from tiny_drawings import tiny_corpus


@dataclass(frozen=True)
class Painted:
    pixels: np.ndarray
    recipe: dict[str, Any] = field(default_factory=dict)


def written(word: str) -> np.ndarray:
    """A picture that carries its word in its first row, for an OCR that knows where to look."""
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[0, : len(word), 0] = np.frombuffer(word.encode(), np.uint8)
    return pixels


def spy(picture: np.ndarray) -> tuple[str, ...]:
    found = bytes(int(value) for value in picture[0, :, 0] if value).decode("latin-1")
    return (found,) if found else ()


class Painter:
    """Letters what is quoted, or always the same word."""

    def __init__(self, always: str = "") -> None:
        self.always = always

    def paint(self, prompt: str, *, seed: int, steps: int) -> Painted:
        return Painted(written(self.always or prompt.split('"')[1]))


def test_a_painter_that_letters_is_read_and_one_that_does_not_listen_is_at_the_floor() -> None:
    report, rows = judge(Painter(), spy, prompts=24, steps=1)
    assert len(rows) == report["prompts"] == 24
    assert report["painted"]["exact"]["value"] == report["painted"]["letters"]["value"] == 1.0
    assert report["painted"]["floor_exact"]["value"] == 0.0
    assert all(report["by_way"][way]["exact"]["value"] == 1.0 for way in judging.TEMPLATES)
    deaf = judge(Painter("garden"), spy, prompts=24, steps=1)[0]["painted"]
    assert deaf["exact_any_case"]["value"] <= 1 / 24 and deaf["letters"]["value"] < 0.5


def test_half_of_the_words_were_never_lettered_in_training() -> None:
    asked = questions(40)
    assert asked == questions(40) and len({each.word.lower() for each in asked}) > 25
    assert [each.seen for each in asked[:4]] == [True, False, True, False]
    assert {each.way for each in asked} == set(judging.TEMPLATES)
    for each in asked:
        assert f'"{each.word}"' in each.text and 3 <= len(each.word) <= 8
        assert is_held_out(each.word) is not each.seen
    seen, unseen = words(["red apple", "extraordinarily"])
    assert "apple" in (*seen, *unseen) and len(unseen) >= 15 and "extraordinarily" not in (*seen, *unseen)


def test_what_counts_as_read() -> None:
    assert is_read(["STOP"], "STOP") and is_read([" S-TOP. "], "STOP") and is_read(["x", "STOP"], "STOP")
    assert is_read(["ST", "OP"], "STOP") and not is_read(["STOPS"], "STOP") and not is_read([], "STOP")
    assert not is_read(["stop"], "STOP") and is_read(["stop"], "STOP", any_case=True)
    assert nearness([], "fox") == 0 and nearness(["FOX"], "fox") == 1
    assert nearness(["box"], "fox") == pytest.approx(2 / 3)


def test_the_ceiling_is_composed_scenes_with_one_word_of_that_length() -> None:
    face = Typeface("fredoka", typeface.PATH, "any", "OFL-1.1", "tests", "1", "tests", "")
    seen: list[np.ndarray] = []

    def read(picture: np.ndarray) -> tuple[str, ...]:
        seen.append(picture)
        return ()

    found = judging.ceilings(tiny_corpus((face,)), read, lambda pictures: pictures // 2, 3)
    assert set(found) == {"ceiling_composed", "ceiling_through_autoencoder"}
    assert len(seen) == 6 and all(each.shape == (256, 256, 3) for each in seen)
    assert np.array_equal(seen[3], seen[0] // 2)
    assert found["ceiling_composed"]["exact"]["value"] == 0.0


@pytest.mark.slow
def test_the_ocr_reads_a_plain_word() -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    mask = typeface.set_words(("Garden",)).resize((200, 60))
    picture = Image.new("RGB", (256, 256), (230, 235, 240))
    picture.paste((30, 40, 60), (28, 90), mask)
    lines = judging.ocr(1)(np.asarray(picture))
    assert is_read(lines, "Garden") and not is_read(judging.ocr(1)(np.full((256, 256, 3), 90, np.uint8)), "Garden")


def test_a_row_keeps_what_was_asked() -> None:
    _, rows = judge(Painter(), spy, prompts=2, steps=1)
    assert isinstance(rows[0][0], Asked) and rows[0][2] == (rows[0][0].word,)
    assert json.dumps(judge(Painter(), spy, prompts=2, steps=1)[0])
