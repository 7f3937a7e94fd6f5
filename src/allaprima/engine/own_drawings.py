"""Own drawings: what a user put into the painter's memory, found in the home folder and joined to the bundle's library.

Each set of drawings is one folder with `set.json` and `drawings.bin` (WebP RGBA, end to end). Vectors of their words
are the text encoder's, kept beside them for each encoder. Reading only: the studio writes them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import settings
from allaprima.engine.library import Drawing, Library, plain
from allaprima.errors import UserError

Array = NDArray[np.float32]
logger = logging.getLogger(__name__)

FORMAT = 1
SOURCE = "your own drawings"


@dataclass(frozen=True)
class OwnSet:
    """One style of a user's own: its name, and a row for each drawing (name, words, sha256, offset, length)."""

    folder: Path
    style: str
    licence: str
    owner: str
    rows: tuple[dict[str, Any], ...]

    def pixels(self) -> bytes:
        """All its drawings as encoded pictures, end to end."""
        return (self.folder / "drawings.bin").read_bytes()


def folder() -> Path:
    """Where a user's own drawings lie; it may not exist."""
    return settings.home() / "library"


def sets(where: Path | None = None) -> tuple[OwnSet, ...]:
    """All sets, by style. Raises UserError for one that is damaged."""
    root = folder() if where is None else where
    try:
        paths = sorted(path for path in root.iterdir() if (path / "set.json").is_file())
    except OSError:
        return ()
    return tuple(read(path) for path in paths if not path.name.startswith("."))


def read(path: Path) -> OwnSet:
    """One set. Raises UserError when it is damaged or newer."""
    try:
        table = json.loads((path / "set.json").read_bytes())
        if int(table["format"]) > FORMAT:
            raise UserError(f"The drawings in {path} are of a newer version: pip install --upgrade allaprima.")
        size = (path / "drawings.bin").stat().st_size
        rows = tuple(dict(row) for row in table["drawings"])
        if any(row["offset"] < 0 or row["offset"] + row["length"] > size for row in rows):
            raise ValueError("drawings.bin is too short")
        return OwnSet(path, str(table["style"]), str(table["licence"]), str(table["owner"]), rows)
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"The drawings in {path} are damaged ({error}): remove that folder and add them again."
        ) from error


def style_named(words: str) -> str | None:
    """The own style of this name, if there is one."""
    wanted = plain(words)
    for path in _manifests():
        try:
            style = str(json.loads(path.read_bytes())["style"])
        except (OSError, KeyError, TypeError, ValueError):
            continue
        if plain(style) == wanted:
            return style
    return None


def join(
    library: Library, encoder: str, meaning: Callable[[Sequence[str]], Array], where: Path | None = None
) -> Library:
    """A library with all own drawings in it. `encoder` names the text encoder that `meaning` asks."""
    for each in sets(where):
        if each.rows:
            phrases = list(dict.fromkeys(text for row in each.rows for text in (row["name"], *row["words"])))
            vectors = _vectors(each, phrases, encoder, meaning)
            library = library.joined(_drawings(each, phrases, library), phrases, vectors, each.pixels())
    return library


def _manifests() -> list[Path]:
    try:
        return sorted(folder().glob("[!.]*/set.json"))
    except OSError:
        return []


def _drawings(own: OwnSet, phrases: list[str], library: Library) -> list[Drawing]:
    place = {text: index for index, text in enumerate(phrases)}
    made = []
    for row in own.rows:
        texts = dict.fromkeys((row["name"], *row["words"]))
        made.append(Drawing(
            0, row["name"], _concept(own, row["name"], library), tuple(row["words"]), own.style, own.licence, SOURCE,
            "", row["sha256"], row["offset"], row["length"], tuple(place[text] for text in texts), own.owner,
        ))  # fmt: skip
    return made


def _concept(own: OwnSet, name: str, library: Library) -> str:
    """A thing the library has by this very name is the same thing in another style; anything else is new."""
    same = library.named(name)
    return same[0].concept if same else f"own:{plain(own.style)}:{plain(name)}"


def _vectors(own: OwnSet, phrases: list[str], encoder: str, meaning: Callable[[Sequence[str]], Array]) -> Array:
    """The meaning of the set's phrases, worked out once for each text encoder."""
    key = hashlib.sha256(json.dumps([encoder, phrases]).encode()).hexdigest()[:16]
    path = own.folder / f"meaning-{key}.npy"
    try:
        kept = np.load(path, allow_pickle=False)
        if len(kept) == len(phrases):
            return np.asarray(kept, np.float32)
    except (OSError, ValueError):
        pass
    vectors = np.concatenate([meaning(phrases[start : start + 64]) for start in range(0, len(phrases), 64)])
    try:
        handle, aside = tempfile.mkstemp(prefix=".meaning-", dir=own.folder)
        with os.fdopen(handle, "wb") as file:
            np.save(file, vectors.astype(np.float16))
        os.replace(aside, path)
    except OSError as error:
        logger.info("the meaning of %s is worked out at each start: %s", own.style, error)
    return np.asarray(vectors.astype(np.float16), np.float32)
