"""Files without a picture: written down before they come to be, and until they are removed.

    write:   row (loose) -> file -> one transaction: row (loose) goes, row (picture) comes
    remove:  one transaction: row (picture) goes, row (doomed) comes -> file goes -> row (doomed) goes

A process killed anywhere in between leaves a loose row, and `sweep` does the rest. A loose row that was doomed
by a sweep is refused to its writer, who then writes again under another name: so a picture never gets a file
that is about to be removed, however wrong a sweep was about who is alive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from allaprima.gallery.database import Database
from allaprima.gallery.models import LooseFileRow, PictureRow
from allaprima.gallery.presence import Presence
from allaprima.gallery.store import Store


class LooseFiles:
    """The loose files of one database and its store."""

    def __init__(self, database: Database, store: Store, presence: Presence) -> None:
        self._database = database
        self._store = store
        self._presence = presence

    def announce(self, paths: Iterable[str]) -> None:
        """Say that files will be written there."""
        with self._database.writing() as session, session.begin():
            session.add_all(self._row(path) for path in paths)

    def settle(self, session: Session, paths: Sequence[str]) -> bool:
        """In the transaction that makes pictures of them: they are loose no more. False when a sweep came
        first; then the transaction must be given up."""
        for path in paths:
            stands = LooseFileRow.path == path, LooseFileRow.doomed.is_(False)
            if session.execute(delete(LooseFileRow).where(*stands).returning(LooseFileRow.path)).first() is None:
                return False
        return True

    def doom(self, session: Session, path: str) -> None:
        """In the transaction that takes its picture away: the file is to be removed."""
        session.add(self._row(path, doomed=True))

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files that are doomed, and then their rows."""
        for path in paths:
            self._store.remove(path)
            with self._database.writing() as session, session.begin():
                session.execute(delete(LooseFileRow).where(LooseFileRow.path == path))

    def discard(self, paths: Sequence[str]) -> None:
        """Remove what was written for pictures that did not come to be. Whichever of them did, stays."""
        doomed = []
        for path in paths:
            with self._database.writing() as session, session.begin():
                if session.scalar(select(PictureRow.id).where(PictureRow.path == path)) is None:
                    session.merge(self._row(path, doomed=True))
                    doomed.append(path)
        self.remove(doomed)

    def sweep(self) -> int:
        """Remove what dead writers left; the number of loose files removed."""
        with self._database.reading() as session:
            rows = session.scalars(select(LooseFileRow)).all()
        dead = self._presence.gone({row.writer for row in rows})
        left = []
        for row in rows:
            if not (row.doomed or row.writer in dead):
                continue
            with self._database.writing() as session, session.begin():
                claim = update(LooseFileRow).where(LooseFileRow.path == row.path).values(doomed=True)
                if session.execute(claim.returning(LooseFileRow.path)).first() is not None:
                    left.append(row.path)
        self.remove(left)
        return len(left)

    def _row(self, path: str, *, doomed: bool = False) -> LooseFileRow:
        return LooseFileRow(path=path, writer=self._presence.name, doomed=doomed, since=datetime.now(UTC))
