"""The gallery's door: keep pictures, find them, sort them, hand them out, remove them.

A picture is a row in the database and a file in the store. Killed at any moment, a process leaves no row without
its file; a file without its row is written down as loose, and swept up when the gallery is next opened. Knows
nothing of how pictures are painted.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.orm import Session

from allaprima.errors import UserError
from allaprima.gallery.database import Database
from allaprima.gallery.export import archive
from allaprima.gallery.identity import is_id
from allaprima.gallery.jobs import Jobs, change_state
from allaprima.gallery.keeping import Keeping, entry_of, prepare
from allaprima.gallery.loose import LooseFiles
from allaprima.gallery.models import JobRow, LooseFileRow, PictureRow
from allaprima.gallery.presence import Presence
from allaprima.gallery.records import Entry, Folder, GalleryError, Job, NewPicture, NotFoundError, Swept
from allaprima.gallery.search import CHUNK, matching, nearest, read, unit
from allaprima.gallery.store import Store
from allaprima.gallery.wording import plain

MOST = 500  # pictures in one page
LEAST = 0.2  # the cosine below which two meanings have nothing to do with each other


class Gallery:
    """Pictures and jobs in one database and one store. Thread-safe; every call blocks while it works, so an
    event loop calls it in a thread."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store
        self._presence = Presence(database)
        self._loose = LooseFiles(database, store, self._presence)
        self._keeping = Keeping(database, store, self._loose)
        self.jobs = Jobs(database, self._presence)

    @classmethod
    def open(cls, url: str, store: str, **store_options: Any) -> Self:
        """Open a gallery, or make one; what a killed process left is swept up, its jobs are queued again.

        `url` is a SQLite file (a path, or sqlite:///path) or postgresql://...; `store` a folder or an fsspec URL.
        Raises UserError when either cannot be used, GalleryError when the tables are of a newer version.
        """
        files = Store(store, **store_options)
        files.check()
        gallery = cls(Database(url), files)
        gallery.sweep()
        return gallery

    def close(self) -> None:
        """Let go of the database; what this gallery was running may be taken up by others."""
        self._presence.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Keeping

    def keep(
        self,
        data: bytes,
        *,
        recipe: Mapping[str, Any],
        owner: str,
        words: str,
        vector: NDArray[np.floating[Any]] | None = None,
        parent: str | None = None,
        job: str | None = None,
    ) -> Entry:
        """Keep one picture (see NewPicture). To keep what a job painted, once and no more, use `finish`.

        Raises UserError for bytes that are no picture, NotFoundError when there is no such job.
        """
        prepared = prepare(NewPicture(data, recipe, words, vector, parent), owner, job)

        def check(session: Session) -> bool:
            if job is not None and session.get(JobRow, job) is None:
                raise NotFoundError(f"There is no job {job!r}.")
            return True

        (entry,) = self._keeping.write([prepared], check)
        return entry

    def finish(
        self, job: Job, pictures: Sequence[NewPicture] = (), result: Mapping[str, Any] | None = None
    ) -> tuple[Entry, ...]:
        """End a running job as done and keep its pictures, both or neither, once.

        `job` is what `jobs.next_unfinished` or `jobs.begin` gave. Returns what is kept of the job now: its
        pictures, in order, also when it was already done; none when it was cancelled, failed or taken over
        by another runner in the meantime.
        """
        prepared = [prepare(each, job.owner, job.id, place) for place, each in enumerate(pictures)]

        def end(session: Session) -> bool:
            return change_state(session, job.id, "done", result, job.attempt)

        self._keeping.write(prepared, end)
        return self.of_job(job.id)

    # Finding

    def get(self, id: str, owner: str | None = None) -> Entry:
        """Raises NotFoundError, also when an `owner` is given and the picture is another's."""
        with self._database.reading() as session:
            return entry_of(_row(session, id, owner))

    def data(self, id: str, owner: str | None = None) -> bytes:
        """The picture's file. Raises NotFoundError."""
        entry = self.get(id, owner)
        try:
            return self._store.read(entry.path)
        except FileNotFoundError:
            with self._database.reading() as session:
                _row(session, id, owner)  # it was deleted just now, or:
            raise GalleryError(f"The file of picture {id} is gone from the store: {entry.path}.") from None

    def list(
        self,
        owner: str | None = None,
        *,
        query: str | None = None,
        vector: ArrayLike | None = None,
        favourite: bool | None = None,
        folder: str | None = None,
        before: str | None = None,
        limit: int = 50,
        least: float = LEAST,
    ) -> tuple[Entry, ...]:
        """A page of pictures, newest first; of every owner when none is given.

        `query`: words that have to be there (see search.read). `vector`: float [384], finds by meaning, best
        first, those of a cosine of at least `least`. Both: where the words match comes first, then what means
        the same. `favourite` and `folder` ("" is no folder) filter. `before`: the `cursor` of the last entry
        of the page before. `limit`: 1 to 500.
        """
        if not 1 <= limit <= MOST:
            raise UserError(f"A page holds 1 to {MOST} pictures, not {limit}.")
        terms = read(query) if query is not None else ()
        if query is not None and query.strip() and not terms:
            return ()  # punctuation alone is written nowhere
        after = None if vector is None or before is None else _scored(before)
        words = matching(terms, sqlite=self._database.is_sqlite) if terms else None
        where: builtins.list[ColumnElement[bool]] = []
        if owner is not None:
            where.append(PictureRow.owner == owner)
        if favourite is not None:
            where.append(PictureRow.favourite.is_(favourite))
        if folder is not None:
            where.append(PictureRow.folder == folder)
        with self._database.reading() as session:
            if vector is None:
                if words is not None:
                    where.append(words)
                if before is not None:
                    where.append(PictureRow.id < _checked(before))
                asked = select(PictureRow).where(*where).order_by(PictureRow.id.desc()).limit(limit)
                return tuple(entry_of(row) for row in session.scalars(asked))
            matches = literal(False) if words is None else words
            ranked = select(PictureRow.id, PictureRow.vector, matches).where(*where)
            with session.execute(ranked.execution_options(yield_per=CHUNK)) as found:
                chunks = ([(row[0], row[1], bool(row[2])) for row in part] for part in found.partitions())
                best = nearest(chunks, unit(vector), limit=limit, least=least, after=after)
            rows = {
                row.id: row
                for row in session.scalars(select(PictureRow).where(PictureRow.id.in_([id for _, id in best])))
            }
            return tuple(entry_of(rows[id], score) for score, id in best if id in rows)

    def count(self, owner: str | None = None) -> int:
        """How many pictures are kept, of every owner when none is given."""
        asked = select(func.count()).select_from(PictureRow)
        with self._database.reading() as session:
            return session.scalar(asked if owner is None else asked.where(PictureRow.owner == owner)) or 0

    def folders(self, owner: str) -> tuple[Folder, ...]:
        """An owner's folders by name."""
        asked = (
            select(PictureRow.folder, func.count())
            .where(PictureRow.owner == owner, PictureRow.folder != "")
            .group_by(PictureRow.folder)
        )
        with self._database.reading() as session:
            return tuple(sorted((Folder(name, count) for name, count in session.execute(asked)), key=lambda f: f.name))

    def of_job(self, job: str) -> tuple[Entry, ...]:
        """The pictures that a job painted, in its order."""
        asked = select(PictureRow).where(PictureRow.job == job).order_by(PictureRow.place, PictureRow.id)
        with self._database.reading() as session:
            return tuple(entry_of(row) for row in session.scalars(asked))

    def lineage(self, id: str, owner: str | None = None) -> tuple[Entry, ...]:
        """The picture and what it was made from, oldest first. Raises NotFoundError."""
        with self._database.reading() as session:
            _row(session, id, owner)
            line = select(PictureRow.id, PictureRow.parent).where(PictureRow.id == id).cte("line", recursive=True)
            line = line.union(select(PictureRow.id, PictureRow.parent).where(PictureRow.id == line.c.parent))
            # A child is never older than its parent, so the order of ids is the order of descent.
            asked = select(PictureRow).where(PictureRow.id.in_(select(line.c.id))).order_by(PictureRow.id)
            return tuple(entry_of(row) for row in session.scalars(asked))

    def children(self, id: str, owner: str | None = None) -> tuple[Entry, ...]:
        """What was made from a picture, oldest first. Raises NotFoundError."""
        with self._database.reading() as session:
            _row(session, id, owner)
            asked = select(PictureRow).where(PictureRow.parent == id).order_by(PictureRow.id)
            return tuple(entry_of(row) for row in session.scalars(asked))

    # Sorting and removing

    def favourite(self, id: str, on: bool = True, owner: str | None = None) -> Entry:
        """Mark a picture, or take the mark away. Raises NotFoundError."""
        return self._change(id, owner, favourite=on)

    def move(self, id: str, folder: str, owner: str | None = None) -> Entry:
        """Put a picture into a folder; "" takes it out of any. Raises NotFoundError."""
        return self._change(id, owner, folder=plain(folder, "folder", 100) if folder.strip() else "")

    def rename_folder(self, owner: str, old: str, new: str) -> int:
        """Move all pictures of one folder to another; how many there were."""
        name = plain(new, "folder", 100) if new.strip() else ""
        with self._database.writing() as session, session.begin():
            change = update(PictureRow).where(
                PictureRow.owner == owner, PictureRow.folder == old, PictureRow.folder != ""
            )
            return len(session.execute(change.values(folder=name).returning(PictureRow.id)).all())

    def delete(self, id: str, owner: str | None = None) -> None:
        """Remove a picture and its file. What was made from it now descends from what it was made from.

        Raises NotFoundError.
        """
        with self._database.writing() as session, session.begin():
            row = _row(session, id, owner, lock=True)
            session.execute(update(PictureRow).where(PictureRow.parent == id).values(parent=row.parent))
            session.delete(row)
            self._loose.doom(session, row.path)
        self._loose.remove([row.path])

    def _change(self, id: str, owner: str | None, **values: Any) -> Entry:
        with self._database.writing() as session, session.begin():
            row = _row(session, id, owner, lock=True)
            for name, value in values.items():
                setattr(row, name, value)
            session.flush()
            return entry_of(row)

    # Handing out and mending

    def export(self, ids: Iterable[str], owner: str | None = None) -> Iterator[bytes]:
        """A zip of pictures and their recipes, piece by piece (see export.archive).

        Raises NotFoundError at once, before the first piece, when one of them is not there.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Entry] = {}
        with self._database.reading() as session:
            for start in range(0, len(wanted), MOST):
                asked = select(PictureRow).where(PictureRow.id.in_(filter(is_id, wanted[start : start + MOST])))
                found |= {row.id: entry_of(row) for row in session.scalars(asked)}
        for id in wanted:
            if id not in found or (owner is not None and found[id].owner != owner):
                raise NotFoundError(f"There is no picture {id!r}.")
        return archive([found[id] for id in wanted], lambda entry: self._store.read(entry.path))

    def sweep(self, *, thorough: bool = False) -> Swept:
        """Remove loose files of dead writers, and queue their jobs again. Safe while others work.

        `thorough` also looks at every file and every row: files that look like ours and belong to no picture of
        this database are removed, so the store must not be shared with another one.
        """
        self._presence.tidy()
        self.jobs.recover()
        removed = self._loose.sweep()
        if not thorough:
            return Swept(removed)
        # Files first, rows after: a file seen now has had its row before, unless it is nobody's.
        paths = {path for path in self._store.paths() if _is_ours(path)}
        with self._database.reading() as session:
            kept = {path: id for path, id in session.execute(select(PictureRow.path, PictureRow.id))}
            loose = set(session.scalars(select(LooseFileRow.path)))
        strays = sorted(paths - kept.keys() - loose)
        self._loose.discard(strays)
        missing = tuple(id for path, id in sorted(kept.items()) if path not in paths and not self._store.exists(path))
        return Swept(removed + len(strays), missing)


def _row(session: Session, id: str, owner: str | None, *, lock: bool = False) -> PictureRow:
    asked = select(PictureRow).where(PictureRow.id == id)
    row = session.scalar(asked.with_for_update() if lock else asked) if is_id(id) else None
    if row is None or (owner is not None and row.owner != owner):
        raise NotFoundError(f"There is no picture {id!r}.")
    return row


def _is_ours(path: str) -> bool:
    return is_id(path.rpartition("/")[2].partition(".")[0])


def _checked(cursor: str) -> str:
    if not is_id(cursor):
        raise UserError(f"{cursor!r} is no place in this list: `before` takes the cursor of its last entry.")
    return cursor


def _scored(cursor: str) -> tuple[float, str]:
    score, _, id = cursor.partition("~")
    try:
        return float(score), _checked(id)
    except ValueError:
        raise UserError(
            f"{cursor!r} is no place in a search by meaning: `before` takes the cursor of its last entry."
        ) from None
