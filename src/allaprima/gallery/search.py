"""Finding pictures: by words, through the database's full-text index, and by meaning, through vectors.

Both databases get the same folded words (no accents, no case, no punctuation) and stem them, so that a search
means the same on either. Knows nothing of owners, folders or files.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, not_, text, type_coerce
from sqlalchemy.types import Text

from allaprima.errors import UserError
from allaprima.gallery.models import NUMBER, PictureRow

DIMENSIONS = 384
CHUNK = 2048  # pictures whose vectors are compared at once
_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_MOST_TERMS = 32
_CONFIGURATION = "allaprima_words"


def fold(words: str) -> str:
    """The words as the index reads them: letters and digits, lower case, without accents, one space between."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", words) if not unicodedata.combining(sign))
    return " ".join(_WORD.findall(plain.casefold()))


@dataclass(frozen=True)
class Term:
    """Words that have to follow each other; `prefix` when the last of them may be the beginning of one."""

    words: tuple[str, ...]
    wanted: bool = True
    prefix: bool = False


def read(query: str) -> tuple[Term, ...]:
    """What a person asks for: `red fox` both, `"red fox"` together, `-night` without. The last word may be half
    typed. A query without any word is no term."""
    terms = []
    for found in _PIECE.finditer(query):
        minus, phrase, bare = found.groups()
        if bare is not None:
            minus = "-" if bare.startswith("-") else ""
        words = tuple(fold(phrase if bare is None else bare).split())
        if words:
            half = bare is not None and not minus and found.end() == len(query)
            terms.append(Term(words, not minus, half))
    return tuple(terms[:_MOST_TERMS])


def matching(terms: Sequence[Term], *, sqlite: bool) -> ColumnElement[bool]:
    """The condition on pictures that says these terms hold."""
    wanted = [term for term in terms if term.wanted]
    unwanted = [term for term in terms if not term.wanted]
    match = _in_sqlite if sqlite else _in_postgres
    conditions = [match(wanted)] if wanted else []
    return and_(*conditions, *(not_(match([term])) for term in unwanted))


def _in_sqlite(terms: Sequence[Term]) -> ColumnElement[bool]:
    # Folded words hold no quotes, so this cannot be broken out of.
    asked = " AND ".join(f'"{" ".join(term.words)}"{"*" if term.prefix else ""}' for term in terms)
    found = text("SELECT rowid FROM pictures_words WHERE pictures_words MATCH :asked")
    found = found.bindparams(bindparam("asked", asked, unique=True))
    return PictureRow.number.in_(found.columns(rowid=NUMBER))


def _in_postgres(terms: Sequence[Term]) -> ColumnElement[bool]:
    asked = " & ".join(
        "("
        + " <-> ".join(
            f"'{word}'{':*' if term.prefix and place == len(term.words) - 1 else ''}"
            for place, word in enumerate(term.words)
        )
        + ")"
        for term in terms
    )
    configuration: ColumnElement[Any] = literal_column(f"'{_CONFIGURATION}'::regconfig")
    document = func.to_tsvector(configuration, PictureRow.folded)
    return document.bool_op("@@")(func.to_tsquery(configuration, type_coerce(asked, Text)))


def unit(vector: ArrayLike) -> NDArray[np.float32]:
    """A vector of unit length, float32 [384]. Raises UserError for another shape, zeros, or what is no number."""
    given = np.asarray(vector, dtype=np.float32)
    length = float(np.linalg.norm(given))
    if given.shape != (DIMENSIONS,) or not np.isfinite(length) or length == 0:
        raise UserError(f"A picture's vector is {DIMENSIONS} finite numbers, not all zero; got shape {given.shape}.")
    return given / np.float32(length)


def pack(vector: ArrayLike) -> bytes:
    """A vector as it is stored: unit length, float16 little-endian, 768 bytes."""
    return unit(vector).astype("<f2").tobytes()


def nearest(
    chunks: Iterable[Sequence[tuple[str, bytes | None, bool]]],
    wanted: NDArray[np.float32],
    *,
    limit: int,
    least: float,
    after: tuple[float, str] | None = None,
) -> list[tuple[float, str]]:
    """The best `limit` of all (id, packed vector, whether the words match) as (score, id), best first, where
    `wanted` is a unit vector.

    The score is the cosine, to four digits, and 2 more where the words match; those below `least` are left out
    unless the words match. `after`, a score and id, goes on where an earlier answer ended.
    """
    best: list[tuple[float, str]] = []
    for chunk in chunks:
        packed = [row[1] or bytes(2 * DIMENSIONS) for row in chunk]
        vectors = np.frombuffer(b"".join(packed), dtype="<f2").reshape(-1, DIMENSIONS).astype(np.float32)
        # Row by row, so that a score does not depend on which pictures it is computed with: paging counts on it.
        cosines = np.einsum("nd,d->n", vectors, wanted, optimize=False)
        scored = (
            (round(float(cosine) + 2 * worded, 4), row[0])
            for row, cosine, worded in zip(chunk, cosines, (bool(row[2]) for row in chunk), strict=True)
            if worded or (row[1] is not None and cosine >= least)
        )
        best = heapq.nlargest(limit, (*best, *(each for each in scored if after is None or each < after)))
    return best
