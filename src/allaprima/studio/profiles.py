"""Profiles made, listed and removed: a taste learned from the words of pictures that somebody likes.

The direction is the mean token state of liked pictures' words less that of others. Knows nothing of the command line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import taste
from allaprima.engine.painter import Painter
from allaprima.engine.taste import Profile
from allaprima.errors import UserError
from allaprima.files import write_whole

MOST = 500  # pictures of either kind
# What liked pictures are held against when no others are known: plain words for what can be painted.
PLAIN = (
    "a cat", "a dog", "a tree", "a house", "a car", "a flower", "a bird", "a mountain", "a city", "a field", "a forest",
    "the sea", "a sky", "a room", "two apples", "a fox in the snow", "a castle on a hill", "a boat on a lake",
)  # fmt: skip


def make(painter: Painter, name: str, liked: Sequence[str], others: Sequence[str] = ()) -> Profile:
    """Make the profile `name` of the words of liked pictures, or make it again. Raises UserError."""
    path = taste.named(name)
    liked = [text for text in liked if text.strip()][:MOST]
    others = [text for text in others if text.strip()][:MOST]
    if not liked:
        raise UserError("A profile needs at least one liked picture with words: give files, or mark favourites.")
    made = Profile(name.lower(), direction(painter, liked, others), painter.encoder, len(liked), len(others))
    told = {
        "format": taste.FORMAT, "name": made.name, "encoder": made.encoder, "liked": made.liked,
        "others": made.others, "direction": taste.packed(made.direction),
    }  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make {path.parent}: {error.strerror or error}.") from error
    write_whole(path, (json.dumps(told, indent=1) + "\n").encode("utf-8"))
    return taste.read(name)


def direction(painter: Painter, liked: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
    """Where the words of liked pictures lie, seen from others', or from plain words: [d]."""
    means = painter.word_means([*liked, *(others or PLAIN)])
    return np.asarray(means[: len(liked)].mean(axis=0) - means[len(liked) :].mean(axis=0), np.float32)


def listed() -> tuple[Profile, ...]:
    """All profiles, by name."""
    try:
        return tuple(taste.read(path.stem) for path in sorted(taste.folder().glob("*.json")))
    except OSError:
        return ()


def remove(name: str) -> None:
    """Remove a profile. Pictures painted with it keep its direction. Raises UserError when there is none."""
    taste.read(name)
    taste.named(name).unlink()
