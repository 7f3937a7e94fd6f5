"""The prompt suite: what a painter is asked, in the shape of GenEval's (tag, include, prompt), one JSON object a line.

Two splits with no concept in common: `dev` to decide by, `test` to report with. Knows nothing of pictures or painters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allaprima.errors import UserError

SHIPPED = Path(__file__).with_name("suite.jsonl")
SPLITS = ("dev", "test")
TAGS = (
    "single_object", "two_objects", "counting", "colours", "colour_binding", "position", "style", "scenery",
    "time_of_day", "unseen_pair",
)  # fmt: skip
POSITIONS = ("left of", "right of", "above", "below")


@dataclass(frozen=True)
class Include:
    """One thing that is to be there. `position`: a relation of POSITIONS to the include of that number."""

    concept: str
    name: str
    count: int = 1
    colour: str | None = None
    position: tuple[str, int] | None = None


@dataclass(frozen=True)
class Question:
    """One prompt and what its pictures must show; `seed` is its first picture's, the next one's is seed + 1."""

    tag: str
    split: str
    prompt: str
    seed: int
    include: tuple[Include, ...] = ()
    style: str | None = None
    scenery: str | None = None
    time: str | None = None

    def row(self) -> dict[str, Any]:
        """The question as plain values, without what is not asked."""
        kept = {key: value for key, value in vars(self).items() if value not in (None, ())}
        if self.include:
            kept["include"] = [
                {
                    key: list(value) if isinstance(value, tuple) else value
                    for key, value in vars(each).items()
                    if value is not None
                }
                for each in self.include
            ]
        return kept


def question(row: dict[str, Any]) -> Question:
    """The question of a row; the inverse of `Question.row`."""
    include = tuple(
        Include(
            **{**each, "position": (str(each["position"][0]), int(each["position"][1])) if "position" in each else None}
        )
        for each in row.get("include", ())
    )
    return Question(**{**row, "include": include})


def read(file: Path = SHIPPED) -> tuple[Question, ...]:
    """All questions of a file, both splits. Raises UserError when it is missing or no suite."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return tuple(question(json.loads(line)) for line in lines if line.strip())
    except OSError as error:
        raise UserError(
            f"Cannot read {file}: {error.strerror or error}. Make one with `allaprima judge suite --make`."
        ) from error
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise UserError(
            f"{file} is no prompt suite ({error}): make one with `allaprima judge suite --make`."
        ) from error


def chosen(
    questions: Iterable[Question], split: str, *, tags: Iterable[str] = TAGS, most: int = 0
) -> tuple[Question, ...]:
    """The questions of one split, of some tags, the first `most` of each (0: all). Raises UserError for unknown
    names.
    """
    if split not in SPLITS:
        raise UserError(f"There is no split {split!r}: use dev or test.")
    wanted = tuple(tags)
    for tag in wanted:
        if tag not in TAGS:
            raise UserError(f"There is no tag {tag!r}: use some of {', '.join(TAGS)}.")
    kept: list[Question] = []
    for tag in wanted:
        of_tag = [each for each in questions if each.split == split and each.tag == tag]
        kept += of_tag[:most] if most else of_tag
    return tuple(kept)


def written(questions: Iterable[Question]) -> str:
    """Questions as the lines of a file."""
    return "".join(json.dumps(each.row(), ensure_ascii=False) + "\n" for each in questions)
