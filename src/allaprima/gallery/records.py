"""What goes into the gallery and what comes out of it: plain frozen values that need no open database.

Knows nothing of tables or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from allaprima.errors import AllaPrimaError, UserError

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = ("queued", "running", "done", "failed", "cancelled")
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


class NotFoundError(UserError):
    """Nothing is kept under that id, or it belongs to somebody else."""


class GalleryError(AllaPrimaError):
    """The gallery cannot be opened or trusted: the message says what to do."""


@dataclass(frozen=True)
class NewPicture:
    """A picture to keep: the file's bytes (PNG, WebP, JPEG, GIF, SVG or MP4), its recipe, and what finds it.

    `words` is what full-text search reads, most often the prompt. `vector` is the text encoder's, float [384];
    it is brought to unit length. `parent` is the id of the picture this one was made from.
    """

    data: bytes = field(repr=False)
    recipe: Mapping[str, Any]
    words: str
    vector: NDArray[np.floating[Any]] | None = field(default=None, repr=False, compare=False)
    parent: str | None = None


@dataclass(frozen=True)
class Entry:
    """A kept picture without its bytes. `score` is there after a search by meaning: cosine, -1..1, and 2 more
    where the words matched as well. `cursor` asks `Gallery.list(before=...)` for what follows this entry."""

    id: str
    owner: str
    created: datetime
    words: str
    recipe: Mapping[str, Any]
    media_type: str
    width: int
    height: int
    size: int  # of the file, in bytes
    sha256: str  # of the file
    path: str  # within the store
    favourite: bool
    folder: str  # empty for none
    parent: str | None
    job: str | None
    score: float | None = None

    @property
    def cursor(self) -> str:
        return self.id if self.score is None else f"{self.score:.4f}~{self.id}"


@dataclass(frozen=True)
class Folder:
    """A folder of an owner, and how many pictures are in it. Folders are there while something is in them."""

    name: str
    count: int


@dataclass(frozen=True)
class Job:
    """A job as it stood when it was read. `attempt` counts how often it was begun: 0 while it never was."""

    id: str
    owner: str
    kind: str
    request: Mapping[str, Any]
    state: State
    result: Mapping[str, Any] | None
    attempt: int
    created: datetime
    started: datetime | None
    ended: datetime | None

    @property
    def unfinished(self) -> bool:
        return self.state not in ENDED


@dataclass(frozen=True)
class Swept:
    """What a sweep found: files removed that no picture owned, and pictures whose file is gone (left alone)."""

    removed: int
    missing: tuple[str, ...] = ()
