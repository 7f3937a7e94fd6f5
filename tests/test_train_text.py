"""The text student learns for real, at a tiny size, from a teacher that is a random projection of words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tokenizers import Tokenizer  # noqa: E402

from allaprima.errors import CorpusError, TrainingError  # noqa: E402
from allaprima.train import text, text_data, text_lessons  # noqa: E402
from allaprima.train.teacher import Lesson, build_tokenizer  # noqa: E402
from allaprima.train.text_exam import Exam  # noqa: E402

pytestmark = pytest.mark.train

WORDS = [
    "a",
    "red",
    "blue",
    "green",
    "small",
    "big",
    "fox",
    "cat",
    "boat",
    "tree",
    "house",
    "star",
    "under",
    "over",
    "near",
    "the",
    "sea",
    "sky",
    "hill",
    "snow",
]
TINY = text.TextConfig(vocabulary=len(WORDS) + 5, embedding=16, width=32, depth=1, heads=2, hidden=2)


def fake_teacher(ids: np.ndarray) -> Lesson:
    table = np.random.default_rng(5).normal(size=(TINY.vocabulary, 384)).astype(np.float32)
    states = table[ids]
    mask = (ids != 0)[..., None]
    pooled = (states * mask).sum(1)
    return Lesson(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), states)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("words") / "vocab.txt"
    path.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]) + "\n")
    return build_tokenizer(path)


@pytest.fixture(scope="module")
def lessons(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> text_lessons.Lessons:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, rng.integers(1, 8))) for _ in range(300)]
    sentences = [text_data.Sentence(line, line) for line in texts] + [text_data.Sentence("a rde fox", "a red fox")]
    return text_lessons.teach(sentences, tmp_path_factory.mktemp("lessons"), tokenizer, fake_teacher, with_states=200)


def train(folder: Path, lessons: text_lessons.Lessons, tokenizer: Tokenizer, **more: Any) -> dict[str, Any]:
    options = {"steps": 30, "batch": 32, "config": TINY, "peak": 5e-3, "say": lambda line: None}
    return text.train_text(folder=folder, lessons=lessons, tokenizer=tokenizer, **{**options, **more})


def test_loss_falls_on_a_fixed_batch(tmp_path: Path, lessons: text_lessons.Lessons, tokenizer: Tokenizer) -> None:
    fixed = lessons.batch(np.arange(64))
    train(tmp_path, lessons, tokenizer, halt_at=0)
    before = text.measure(text.load_text_encoder(tmp_path / "checkpoint.pt"), fixed).total.item()
    train(tmp_path, lessons, tokenizer, steps=60)
    after = text.measure(text.load_text_encoder(tmp_path / "checkpoint.pt"), fixed).total.item()
    assert after < 0.8 * before


def test_resumed_run_equals_one_never_stopped(
    tmp_path: Path, lessons: text_lessons.Lessons, tokenizer: Tokenizer
) -> None:
    train(tmp_path / "whole", lessons, tokenizer)
    train(tmp_path / "parts", lessons, tokenizer, halt_at=13)
    train(tmp_path / "parts", lessons, tokenizer)
    whole, parts = (text.load(tmp_path / name / "checkpoint.pt") for name in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 30
    for name, value in whole["network"].items():
        torch.testing.assert_close(parts["network"][name], value, rtol=0, atol=0)


def test_padding_changes_nothing(tokenizer: Tokenizer) -> None:
    network = text.TextEncoder(TINY).eval()
    ids = torch.from_numpy(text_lessons.encode(tokenizer, ["a red fox under the sky", "sea"]))
    with torch.inference_mode():
        states, vector = network(ids)
        short, same = network(ids[1:, :3])
    assert states.shape == (2, 32, 32) and vector.shape == (2, 384)
    assert not states[1, 3:].any()
    torch.testing.assert_close(vector.norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(short[0], states[1, :3], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(same[0], vector[1], rtol=1e-4, atol=1e-5)


def test_teaching_resumes_and_keeps_states_of_whole_words_only(tmp_path: Path, tokenizer: Tokenizer) -> None:
    sentences = [text_data.Sentence("a red fox", "a red fox"), text_data.Sentence("bule sea", "blue sea")]
    first = text_lessons.teach(sentences, tmp_path, tokenizer, fake_teacher)

    def silent(ids: np.ndarray) -> Lesson:
        raise AssertionError("asked again about answered sentences")

    again = text_lessons.teach(sentences, tmp_path, tokenizer, silent)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    batch = again.batch(np.array([1, 0]))
    # Five tokens of the second row, none of the misspelt first; its vector is that of the right spelling.
    assert batch.where.tolist() == [5, 6, 7, 8, 9]
    right = fake_teacher(text_lessons.encode(tokenizer, ["blue sea"])).vectors[0]
    np.testing.assert_allclose(batch.vectors[0], right, atol=1e-3)


def test_teaching_other_sentences_begins_anew(tmp_path: Path, tokenizer: Tokenizer) -> None:
    text_lessons.teach([text_data.Sentence("sea", "sea")], tmp_path, tokenizer, fake_teacher)
    lessons = text_lessons.teach([text_data.Sentence("sky", "sky")] * 3, tmp_path, tokenizer, fake_teacher)
    assert len(lessons.ids) == 3


def test_a_damaged_checkpoint_and_an_unknown_size_are_named(
    tmp_path: Path, lessons: text_lessons.Lessons, tokenizer: Tokenizer
) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="checkpoint"):
        train(tmp_path, lessons, tokenizer)
    with pytest.raises(TrainingError, match="xs, s, m"):
        train(tmp_path, lessons, tokenizer, size="huge")


def test_each_step_sees_other_sentences_and_an_epoch_sees_all() -> None:
    order = text_lessons.Order(np.arange(64) % 7, 16, seed=3)
    seen = np.concatenate([order.rows(step) for step in range(4)])
    assert sorted(seen) == list(range(64))
    np.testing.assert_array_equal(order.rows(2), text_lessons.Order(np.arange(64) % 7, 16, seed=3).rows(2))


def test_exam_counts_any_carrier_as_right() -> None:
    synonyms = (text_data.Synonym("puppy", ("dog",)), text_data.Synonym("kitty", ("car",)))
    exam = Exam(("dog", "cat", "car"), synonyms)
    places = {"dog": 0, "puppy": 0, "cat": 1, "kitty": 1, "car": 2}
    marks = exam.sit(lambda texts: np.eye(3, dtype=np.float32)[[places[word] for word in texts]])
    assert marks == {"top1": 0.5, "top5": 1.0}


def test_held_out_keywords_share_no_word_with_their_labels() -> None:
    emoji = (
        text_data.Emoji("dog face", ("dog", "puppy", "pet")),
        text_data.Emoji("cat", ("kitty", "pet")),
        text_data.Emoji("hamster", ("pet", "cat")),
        text_data.Emoji("rabbit", ("pet",)),
    )
    assert {synonym.keyword for synonym in text_data.hold_out(emoji)} == {"puppy", "kitty"}


def test_a_package_that_cannot_be_fetched_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CorpusError, match="emojibase-data.*npm"):
        text_data.read_emoji(tmp_path)


def test_marks_of_the_same_exam_are_remembered(tmp_path: Path) -> None:
    exam = Exam(("dog", "cat"), (text_data.Synonym("puppy", ("dog",)),))
    asked = []

    def embed(texts: list[str]) -> np.ndarray:
        asked.append(texts)
        return np.eye(2, dtype=np.float32)[: len(texts)]

    first = exam.remembered(tmp_path / "exam.json", embed)
    assert exam.remembered(tmp_path / "exam.json", embed) == first == {"top1": 1.0, "top5": 1.0}
    assert len(asked) == 2
    Exam(("cat", "dog"), exam.synonyms).remembered(tmp_path / "exam.json", embed)
    assert len(asked) == 4
