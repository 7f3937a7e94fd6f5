"""How well a text encoder finds concepts by meaning: held-out synonyms against every label.

Knows vectors and words only, so the student and its teacher sit the same exam.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from allaprima.train.text_data import Emoji, Synonym

Embedding = Callable[[list[str]], np.ndarray]
"""Texts -> float32 [n, 384] of unit norm."""


@dataclass(frozen=True)
class Exam:
    """Every concept's label, and keywords with the labels that are right for them."""

    labels: tuple[str, ...]
    synonyms: tuple[Synonym, ...]

    @classmethod
    def of(cls, emoji: tuple[Emoji, ...], synonyms: tuple[Synonym, ...]) -> Exam:
        return cls(tuple(dict.fromkeys(entry.label for entry in emoji)), synonyms)

    def sit(self, embed: Embedding) -> dict[str, float]:
        """``top1`` and ``top5``: shares of keywords whose nearest label, or one of five, carries them."""
        if not self.synonyms:
            return {}
        labels, keywords = embed(list(self.labels)), embed([synonym.keyword for synonym in self.synonyms])
        nearest = np.argsort(-(keywords @ labels.T), axis=1)[:, :5]
        right = np.array(
            [
                [self.labels[i] in synonym.labels for i in row]
                for row, synonym in zip(nearest, self.synonyms, strict=True)
            ]
        )
        return {"top1": float(right[:, 0].mean()), "top5": float(right.any(1).mean())}

    def remembered(self, path: Path, embed: Embedding) -> dict[str, float]:
        """The marks kept in ``path`` when they are of this very exam; otherwise it is sat, and they are kept."""
        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:16]
        if path.is_file():
            kept = json.loads(path.read_text())
            if kept["exam"] == digest:
                return kept["marks"]
        marks = self.sit(embed)
        aside = path.with_suffix(".part")
        aside.write_text(json.dumps({"exam": digest, "marks": marks}))
        os.replace(aside, path)
        return marks
