"""Did you mean: the known name that someone probably meant. Knows names only, not what they do."""

from __future__ import annotations

from collections.abc import Iterable

SYNONYMS = {
    "ratio": "aspect",
    "aspectratio": "aspect",
    "aspect-ratio": "aspect",
    "size": "aspect",
    "dimensions": "aspect",
    "variety": "chaos",
    "variation": "chaos",
    "negative": "no",
    "neg": "no",
    "negative-prompt": "no",
    "without": "no",
    "not": "no",
    "exclude": "no",
    "steps": "quality",
    "count": "repeat",
    "n": "repeat",
    "times": "repeat",
    "model": "version",
    "anime": "niji",
    "image-weight": "iw",
    "imageweight": "iw",
    "style-reference": "sref",
    "styleref": "sref",
    "style-weight": "sw",
    "styleweight": "sw",
    "style-version": "sv",
    "character-reference": "cref",
    "charref": "cref",
    "character": "cref",
    "character-weight": "cw",
    "omni-reference": "oref",
    "omni": "oref",
    "omni-weight": "ow",
    "experimental": "exp",
    "seamless": "tile",
    "tiling": "tile",
    "tiled": "tile",
    "personalise": "profile",
    "personalization": "profile",
    "moodboard": "profile",
    "private": "stealth",
    "slow": "relax",
    "batch-size": "bs",
    "batchsize": "bs",
}
"""What people call a parameter who do not know its name."""


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """The closest of `names`, or None when nothing is close. `word` in lower case."""
    names = tuple(names)
    if SYNONYMS.get(word) in names:
        return SYNONYMS[word]
    if not 2 <= len(word) <= 24:
        return None
    best = min(names, key=lambda name: (_distance(word, name), not name.startswith(word[0]), -len(name)))
    allowed = 1 if len(word) <= 5 else 2
    if min(len(word), len(best)) > 2 and _distance(word, best) <= allowed:
        return best
    longer = [name for name in names if len(word) >= 3 and name.startswith(word)]
    return min(longer, key=len) if longer else None


def _distance(a: str, b: str) -> int:
    """Edits between two words, where swapping neighbours counts once (restricted Damerau-Levenshtein)."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            edits = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        before, last = last, row
    return last[-1]
