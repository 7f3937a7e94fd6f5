"""Shorten: what each word of a prompt does, measured by leaving it out.

The influence of a word is how far the predicted clean latent moves without it, at one time and for a few noises, all
in one model call; 1 is the strongest word of the prompt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from allaprima.engine import backends
from allaprima.engine.painter import Painter
from allaprima.errors import UserError
from allaprima.prompt import parse

TIME = 0.8  # where words decide most: late enough for shapes, early enough to move them
NOISES = 2
MOST_WORDS = 40
SHORTER = 5
STRONG, WEAK = 0.5, 0.15


@dataclass(frozen=True)
class Influence:
    """A word as it stands in the prompt, and its influence from 0 to 1."""

    word: str
    influence: float


@dataclass(frozen=True)
class Shortened:
    """Each word's influence in the prompt's order, and shorter prompts, the longest first."""

    words: tuple[Influence, ...]
    prompts: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"words": [{"word", "influence"}], "prompts", "notes"}`."""
        words = [{"word": each.word, "influence": each.influence} for each in self.words]
        return {"words": words, "prompts": list(self.prompts), "notes": list(self.notes)}


def shorten(painter: Painter, prompt: str) -> Shortened:
    """Measure a prompt's words. Raises PromptError, and UserError for one that has too few or too many words."""
    parsed = parse(prompt)
    job = parsed.jobs[0]
    notes = list(parsed.warnings)
    if len(parsed.jobs) > 1:
        notes.append(f"The prompt makes {len(parsed.jobs)} jobs; the first one is measured.")
    if len(job.text) > 1 or job.parameters.given:
        notes.append("Weights and parameters were left aside: the words alone are measured.")
    words = job.words.split()
    if not 2 <= len(words) <= MOST_WORDS:
        raise UserError(f"A prompt of 2 to {MOST_WORDS} words can be shortened, and this one has {len(words)}.")
    without = [" ".join(words[:index] + words[index + 1 :]) for index in range(len(words))]
    moved = _moved(painter, " ".join(words), without)
    influence = moved / max(float(moved.max()), 1e-9)
    measured = tuple(Influence(word, round(float(each), 4)) for word, each in zip(words, influence, strict=True))
    if unread := painter.prepare(" ".join(words), memory=0.0, seed=0).unread:
        notes.append(f"The end of the prompt is not read by the model, so it has no influence: {unread}.")
    return Shortened(measured, _shorter(words, influence), tuple(notes))


def _moved(painter: Painter, whole: str, without: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """How far the predicted latent moves for each of the shorter texts."""
    sitting = painter.prepare([(text, 1.0) for text in (whole, *without)], seed=0, count=NOISES, memory=0.0)
    texts = len(sitting.states)
    feeds = backends.blank_feeds(painter.bundle, texts * NOISES)
    # The noise alone, so that nothing but the words says what to paint.
    feeds["latent"] = np.tile(np.asarray(TIME * sitting.noise, np.float32), (texts, 1, 1, 1))
    feeds["time"] = np.full(texts * NOISES, TIME, np.float32)
    feeds["states"] = np.repeat(sitting.states, NOISES, axis=0)
    feeds["text_mask"] = np.repeat(sitting.mask, NOISES, axis=0)
    clean = painter.backend.run("denoiser", feeds)["clean"].reshape(texts, NOISES, -1)
    return np.asarray(np.sqrt(np.square(clean[1:] - clean[:1]).mean(axis=2)).mean(axis=1), np.float32)


def _shorter(words: list[str], influence: np.ndarray[Any, np.dtype[np.float32]]) -> tuple[str, ...]:
    """Up to five prompts, each without more of the weakest words; the strongest word always stays."""
    order = np.argsort(influence, kind="stable")
    lengths = sorted(
        {round(len(words) * share) for share in (0.85, 0.7, 0.55, 0.4, 0.25)} - {0, len(words)}, reverse=True
    )
    prompts = []
    for length in lengths[:SHORTER]:
        kept = sorted(order[len(words) - length :].tolist())
        prompts.append(" ".join(words[index] for index in kept).strip(" ,"))
    return tuple(dict.fromkeys(prompts))
