"""Keeping pictures: their files, then in one transaction their rows and whatever has to happen with them.

Knows the order of things (see loose.py) and nothing of who asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from allaprima.gallery.database import Database
from allaprima.gallery.identity import new_id
from allaprima.gallery.loose import LooseFiles
from allaprima.gallery.media import recognise
from allaprima.gallery.models import PictureRow
from allaprima.gallery.records import Entry, GalleryError, NewPicture
from allaprima.gallery.search import fold, pack
from allaprima.gallery.store import Store
from allaprima.gallery.wording import jsonable, plain, storable

_TRIES = 5


class _SweptError(Exception):
    """Somebody took this gallery for dead and swept its files up while they were being written."""


@dataclass(frozen=True)
class Prepared:
    """A picture that only has to be written: its row's columns and its file's bytes."""

    row: dict[str, Any]
    data: bytes

    @property
    def path(self) -> str:
        return str(self.row["path"])

    def renamed(self) -> Prepared:
        """The same under a fresh id and path."""
        id = new_id()
        return Prepared({**self.row, "id": id, "path": self.path.replace(self.row["id"], id)}, self.data)


def prepare(new: NewPicture, owner: str, job: str | None, place: int | None = None) -> Prepared:
    """Everything about a new picture that needs no database. Raises UserError for what cannot be kept."""
    media = recognise(new.data)
    id, now = new_id(), datetime.now(UTC)
    words = storable(new.words)
    return Prepared(
        {
            "id": id,
            "owner": plain(owner, "owner"),
            "created": now,
            "words": words,
            "folded": fold(words),
            "recipe": jsonable(new.recipe, "recipe"),
            "vector": None if new.vector is None else pack(new.vector),
            "media_type": media.type,
            "width": media.width,
            "height": media.height,
            "size": len(new.data),
            "sha256": hashlib.sha256(new.data).hexdigest(),
            "path": f"{now:%Y-%m-%d}/{id}{media.suffix}",
            "favourite": False,
            "folder": "",
            "parent": new.parent,
            "job": job,
            "place": place,
        },
        new.data,
    )


class Keeping:
    """Writes pictures into one database and its store."""

    def __init__(self, database: Database, store: Store, loose: LooseFiles) -> None:
        self._database = database
        self._store = store
        self._loose = loose

    def write(self, pictures: Sequence[Prepared], also: Callable[[Session], bool]) -> tuple[Entry, ...]:
        """Write the files, then in one transaction the rows and whatever `also(session)` does; when that says
        False, nothing is kept."""
        for _ in range(_TRIES):
            paths = [picture.path for picture in pictures]
            self._loose.announce(paths)
            try:
                for picture in pictures:
                    self._store.write(picture.path, picture.data)
                with self._database.writing() as session, session.begin():
                    if not also(session):
                        session.rollback()
                        rows = []
                    else:
                        rows = self._add(session, pictures, paths)
            except _SweptError:
                self._loose.discard(paths)
                pictures = [picture.renamed() for picture in pictures]
                continue
            except BaseException:
                self._loose.discard(paths)
                raise
            if not rows:
                self._loose.discard(paths)
            return tuple(entry_of(row) for row in rows)
        raise GalleryError(
            f"A picture was swept up {_TRIES} times while it was being kept: who else sweeps this gallery?"
        )

    def _add(self, session: Session, pictures: Sequence[Prepared], paths: Sequence[str]) -> list[PictureRow]:
        if not self._loose.settle(session, paths):
            raise _SweptError
        rows = []
        for picture in pictures:
            row = PictureRow(**picture.row)
            if row.parent is not None:
                # The parent may have been deleted while its child was being painted. Held until the end.
                there = select(PictureRow.id).where(PictureRow.id == row.parent)
                row.parent = session.scalar(there.with_for_update(read=True, key_share=True))
            session.add(row)
            rows.append(row)
        session.flush()
        return rows


def entry_of(row: PictureRow, score: float | None = None) -> Entry:
    """The entry that a row says."""
    return Entry(
        id=row.id,
        owner=row.owner,
        created=row.created,
        words=row.words,
        recipe=row.recipe,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        size=row.size,
        sha256=row.sha256,
        path=row.path,
        favourite=row.favourite,
        folder=row.folder,
        parent=row.parent,
        job=row.job,
        score=score,
    )
