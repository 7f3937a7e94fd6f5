"""Which open galleries are still alive, as told by the system that cleans up after the dead.

Each gallery holds a lock for as long as it is open: on a file beside a SQLite database, or an advisory lock of
PostgreSQL. Both are let go when the process is killed. Nothing breaks when the answer is wrong (see loose.py and
jobs.py): work is done twice, never kept twice. Knows nothing of what the living are doing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import zlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, text

from allaprima.gallery.database import Database

try:
    import fcntl
except ImportError:  # Windows: everybody else counts as dead
    fcntl = None  # type: ignore[assignment]

_CLASS = 0x416C6C61  # keeps our advisory locks apart from others' in the same database


class Presence:
    """This gallery's name among those that have the same database open, until `close`."""

    def __init__(self, database: Database) -> None:
        self.name = secrets.token_hex(16)
        self._database = database
        self._connection: Connection | None = None
        self._handle: int | None = None
        if not database.is_sqlite:
            self._connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.execute(text("SELECT pg_advisory_lock(:class, :key)"), _keys(self.name))
        elif fcntl is not None:
            self._folder = Path(f"{database.url.database}-open")
            self._folder.mkdir(exist_ok=True)
            self._handle = self._hold()

    def gone(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these names that no open gallery has any more."""
        others = {name for name in names if name != self.name}
        if not self._database.is_sqlite:
            with self._database.engine.connect() as connection:  # the locks end with this transaction
                ask = text("SELECT pg_try_advisory_xact_lock(:class, :key)")
                return frozenset(name for name in others if connection.execute(ask, _keys(name)).scalar())
        return frozenset(name for name in others if fcntl is None or self._is_free(name))

    def tidy(self) -> None:
        """Remove what dead galleries left of their own names."""
        if self._handle is not None:
            for name in self.gone(entry.name for entry in self._folder.iterdir()):
                (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):  # the server may be gone, and the lock with it
                self._connection.execute(text("SELECT pg_advisory_unlock(:class, :key)"), _keys(self.name))
                self._connection.close()
            self._connection = None
        if self._handle is not None:
            (self._folder / self.name).unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None

    def _hold(self) -> int:
        assert fcntl is not None
        while True:
            handle = os.open(self._folder / self.name, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Between the two lines above somebody may have tidied the name away, and the lock with it.
            with contextlib.suppress(FileNotFoundError):
                if os.stat(self._folder / self.name).st_ino == os.fstat(handle).st_ino:
                    return handle
            os.close(handle)

    def _is_free(self, name: str) -> bool:
        assert fcntl is not None
        try:
            handle = os.open(self._folder / name, os.O_RDWR)
        except OSError:
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False
        finally:
            os.close(handle)


def _keys(name: str) -> dict[str, int]:
    # PostgreSQL takes two signed 32-bit numbers.
    key = zlib.crc32(name.encode())
    return {"class": _CLASS, "key": key - (1 << 32) if key >= 1 << 31 else key}
