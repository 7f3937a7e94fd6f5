"""The teacher's answers on disk: computed once in resumable chunks, read back as batches.

A folder holds ``sentences.tsv`` (text, meaning), ``ids.npy`` uint16 [n, 32] of the texts, ``vectors.npy``
float16 [n, 384] of the meanings, and for the first ``k`` sentences the token states: ``states.npy`` float16
[sum of lengths, 384] with ``starts.npy`` int64 [k + 1]. ``progress.json`` says how far it is. This file knows
neither network.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from allaprima.errors import TrainingError
from allaprima.train.teacher import TOKENS, WIDTH, Teaching
from allaprima.train.text_data import Sentence

CHUNK = 4096
_TOKENS_AT_ONCE = 4096


@dataclass(frozen=True)
class Batch:
    """``ids`` int64 [n, L] and ``vectors`` float32 [n, 384].

    ``states`` float32 [m, 384] are of the tokens whose states are known, at flat places ``where`` of ids.
    """

    ids: np.ndarray
    vectors: np.ndarray
    states: np.ndarray
    where: np.ndarray


def encode(tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """Padded ids, int64 [n, 32]."""
    if not texts:
        return np.zeros((0, TOKENS), dtype=np.int64)
    return np.array([encoding.ids for encoding in tokenizer.encode_batch(texts)], dtype=np.int64)


def batched(
    vectors: Callable[[np.ndarray], np.ndarray], tokenizer: Tokenizer, size: int = 256
) -> Callable[[list[str]], np.ndarray]:
    """From a function of ids to one of texts, ``size`` of them at a time."""

    def embed(texts: list[str]) -> np.ndarray:
        pieces = (texts[i : i + size] for i in range(0, len(texts), size))
        return np.concatenate([vectors(trim(encode(tokenizer, piece))) for piece in pieces])

    return embed


def trim(ids: np.ndarray) -> np.ndarray:
    """The same ids without columns that are padding in every row."""
    return ids[:, : max(1, int((ids != 0).sum(1).max()))]


@dataclass(frozen=True)
class Lessons:
    """``len(ids)`` sentences with the teacher's answers; ``starts`` covers those with token states."""

    ids: np.ndarray
    vectors: np.ndarray
    states: np.ndarray
    starts: np.ndarray
    fingerprint: str

    @classmethod
    def open(cls, folder: Path) -> Lessons:
        """What has been computed in ``folder`` so far; TrainingError when that is nothing."""
        try:
            progress = json.loads((folder / "progress.json").read_text())
            ids, vectors, states, starts = (
                np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("ids", "vectors", "states", "starts")
            )
        except (OSError, ValueError) as error:
            message = f"no teacher's answers in {folder}: run the text training once ({error})"
            raise TrainingError(message) from error
        done = progress["done"]
        return cls(ids[:done], vectors[:done], states, starts[: done + 1], progress["fingerprint"])

    def batch(self, rows: np.ndarray) -> Batch:
        """The sentences ``rows`` (int64 [n]), cut to their longest."""
        ids = trim(self.ids[rows].astype(np.int64))
        lengths = (ids != 0).sum(1)
        spans, where = [], []
        for place, row in enumerate(rows):
            if row + 1 < len(self.starts):
                begin, end = int(self.starts[row]), int(self.starts[row + 1])
                # A misspelt text has other tokens than its meaning: no states were kept for it.
                if end - begin == lengths[place]:
                    spans.append(self.states[begin:end])
                    where.append(place * ids.shape[1] + np.arange(end - begin))
        return Batch(
            ids,
            self.vectors[rows].astype(np.float32),
            np.concatenate(spans).astype(np.float32) if spans else np.zeros((0, WIDTH), np.float32),
            np.concatenate(where) if where else np.zeros(0, np.int64),
        )


class Order:
    """Which sentences each step sees: fixed by seed and step, batches of like length, all once an epoch."""

    def __init__(self, lengths: np.ndarray, batch: int, seed: int) -> None:
        if len(lengths) < batch:
            raise TrainingError(f"{len(lengths)} sentences are fewer than one batch of {batch}")
        self.lengths, self.batch, self.seed = lengths, batch, seed
        self.per_epoch = len(lengths) // batch
        self._epoch, self._plan = -1, np.zeros((0, batch), np.int64)

    def rows(self, step: int) -> np.ndarray:
        """The sentences of a step, int64 [batch]."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rng = np.random.default_rng((self.seed, epoch))
            order = rng.permutation(len(self.lengths))[: self.per_epoch * self.batch]
            # Sorting within sixteen batches saves most of the padding and still mixes well.
            span = 16 * self.batch
            pools = [order[i : i + span] for i in range(0, len(order), span)]
            order = np.concatenate([pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools])
            self._epoch, self._plan = epoch, rng.permutation(order.reshape(-1, self.batch), axis=0)
        return self._plan[place]


def read_sentences(folder: Path) -> list[Sentence]:
    """The sentences a folder was begun with; none when it was not."""
    path = folder / "sentences.tsv"
    if not (folder / "progress.json").is_file() or not path.is_file():
        return []
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [Sentence(text, meaning) for text, meaning in rows]


def _write(path: Path, data: bytes) -> None:
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_bytes(data)
    os.replace(aside, path)


def _by_length(ids: np.ndarray) -> Iterator[np.ndarray]:
    """Row numbers in groups of like length, each of about ``_TOKENS_AT_ONCE`` tokens."""
    lengths = (ids != 0).sum(1)
    order = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and lengths[order[end]] * (end + 1 - begin) <= _TOKENS_AT_ONCE:
            end += 1
        yield order[begin:end]
        begin = end


def teach(
    sentences: list[Sentence],
    folder: Path,
    tokenizer: Tokenizer,
    teacher: Teaching,
    *,
    with_states: int = 96_000,
    tell: Callable[[int, int], None] | None = None,
) -> Lessons:
    """Ask ``teacher`` about every sentence not answered yet and give back all answers.

    ``tell(done, count)`` is called after each chunk. A folder of other sentences is begun anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{sentence.text}\t{sentence.meaning}\n" for sentence in sentences).encode()
    fingerprint = hashlib.sha256(lines).hexdigest()[:16]
    count, kept = len(sentences), min(with_states, len(sentences))
    progress_path = folder / "progress.json"
    progress = json.loads(progress_path.read_text()) if progress_path.is_file() else {}
    if progress.get("fingerprint") != fingerprint:
        progress_path.unlink(missing_ok=True)
        _write(folder / "sentences.tsv", lines)
        ids = encode(tokenizer, [sentence.text for sentence in sentences])
        np.save(folder / "ids.npy", ids.astype(np.uint16))
        same = np.array([sentence.text == sentence.meaning for sentence in sentences[:kept]], dtype=bool)
        starts = np.concatenate([[0], np.cumsum((ids[:kept] != 0).sum(1) * same)]).astype(np.int64)
        np.save(folder / "starts.npy", starts)
        for name, rows in (("vectors", count), ("states", int(starts[-1]))):
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float16, (rows, WIDTH)).flush()
        progress = {"fingerprint": fingerprint, "done": 0, "count": count}
        _write(progress_path, json.dumps(progress).encode())
    vectors = np.load(folder / "vectors.npy", mmap_mode="r+")
    states = np.load(folder / "states.npy", mmap_mode="r+")
    starts = np.load(folder / "starts.npy")
    for begin in range(progress["done"], count, CHUNK):
        chunk = sentences[begin : begin + CHUNK]
        ids = encode(tokenizer, [sentence.meaning for sentence in chunk])
        for rows in _by_length(ids):
            lesson = teacher(trim(ids[rows]))
            vectors[begin + rows] = lesson.vectors
            for place, row in enumerate(begin + rows):
                if row < kept and starts[row + 1] > starts[row]:
                    first, last = int(starts[row]), int(starts[row + 1])
                    states[first:last] = lesson.states[place, : last - first]
        vectors.flush()
        states.flush()
        progress["done"] = begin + len(chunk)
        _write(progress_path, json.dumps(progress).encode())
        if tell is not None:
            tell(progress["done"], count)
    return Lessons.open(folder)
