"""The database behind a gallery: SQLite in WAL by default, PostgreSQL by URL, brought up to date on opening.

Knows how to connect, to begin a transaction that may write, and to migrate; nothing of what is stored.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError
from sqlalchemy.orm import Session

from allaprima.errors import UserError
from allaprima.gallery.records import GalleryError

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0001"  # the newest revision in there; a test holds the two together
WAIT_SECONDS = 30  # for another writer, before a write is given up
_MIGRATING = 0x416C6C61  # the advisory lock that lets one process migrate a PostgreSQL database at a time
_WRITES = "allaprima_writes"


class Database:
    """An engine and its two kinds of sessions. Thread-safe; each session belongs to one thread."""

    def __init__(self, url: str) -> None:
        """`url`: a SQLite file's path, `sqlite:///path`, or `postgresql://user@host/name`. Migrates.

        Raises UserError for a URL that cannot be used, GalleryError for a database of a newer version.
        """
        self.url = _normal(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url)
        self._writing = self.engine.execution_options(**{_WRITES: True})
        try:
            with self._writing.begin() as connection:
                _migrate(connection)
        except DatabaseError as error:
            self.engine.dispose()
            raise UserError(
                f"The gallery's database {self.url.render_as_string()} cannot be opened: {_said(error)}."
            ) from error
        except BaseException:
            self.engine.dispose()
            raise

    def reading(self) -> Session:
        """A session for looking."""
        return Session(self.engine, expire_on_commit=False)

    def writing(self) -> Session:
        """A session for a transaction that may write: on SQLite it waits for its turn before it looks at
        anything, since a transaction that first reads and then writes can fail without waiting."""
        return Session(self._writing, expire_on_commit=False)

    def close(self) -> None:
        self.engine.dispose()


def _normal(url: str) -> URL:
    try:
        parsed = make_url(url if "://" in url else f"sqlite:///{url}")
    except (ArgumentError, ValueError) as error:
        raise UserError(f"{url!r} is no database: give a file's path, sqlite:///... or postgresql://...") from error
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise UserError(f"A gallery lives in SQLite or PostgreSQL, not in {parsed.get_backend_name()}.")
    if not parsed.database or parsed.database == ":memory:":
        raise UserError("A gallery's SQLite database is a file: sqlite:///path/to/gallery.sqlite3.")
    try:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder of {parsed.database} cannot be made: {error.strerror or error}.") from error
    return parsed.set(drivername="sqlite+pysqlite")


def _engine(url: URL) -> Engine:
    # What JSON cannot say (NaN) must not get into a recipe, which others read.
    options: dict[str, Any] = {"json_serializer": partial(json.dumps, allow_nan=False)}
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True, **options)
        except ModuleNotFoundError as error:
            raise UserError("A gallery in PostgreSQL needs psycopg: pip install 'allaprima[postgres]'.") from error
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, **options)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # a picture that was kept is kept through a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(connection: Connection) -> None:
    """Bring the tables to `HEAD`, in the connection's transaction; does nothing more than look when they are."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
    revision = None
    if inspect(connection).has_table("alembic_version"):
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if revision == HEAD:
        return
    # Alembic is imported only where there is something to do: opening is on the way to the first picture.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise GalleryError(
            f"The gallery's tables are of version {revision}, newer than this program's {HEAD}: "
            "pip install --upgrade allaprima."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _said(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split()).rstrip(".")
