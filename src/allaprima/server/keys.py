"""API keys: made once, shown once, kept only as hashes, in one file of the home folder.

A key is 32 random bytes, so a plain SHA-256 of it cannot be reversed by guessing; what protects people's weak
passwords (salt, slow hashing) has nothing to protect here. Knows nothing of HTTP.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from allaprima.errors import UserError

PREFIX = "ap_"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Key:
    """What is known of a key once it was shown: whose it is, its hash, and since when."""

    name: str
    sha256: str
    created: str


class Keys:
    """The keys in a file. Reads it anew when it changed, so that a key made or revoked counts at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._keys: dict[str, Key] = {}

    @property
    def all(self) -> tuple[Key, ...]:
        """Every key, by name. Raises UserError when the file is damaged."""
        self._refresh()
        return tuple(self._keys[name] for name in sorted(self._keys))

    def add(self, name: str) -> str:
        """Make a key and return it: the only time that it can be seen. Raises UserError."""
        if not NAME.fullmatch(name):
            raise UserError(f"{name!r} cannot name a key: use up to 64 letters, digits, dots, hyphens and underscores.")
        self._refresh()
        if name in self._keys:
            raise UserError(f"There is a key called {name} already: revoke it first, or choose another name.")
        key = PREFIX + secrets.token_urlsafe(32)
        made = Key(name, _hash(key), datetime.now(UTC).isoformat(timespec="seconds"))
        self._write({**self._keys, name: made})
        return key

    def revoke(self, name: str) -> None:
        """Forget a key. Raises UserError when there is none of that name."""
        self._refresh()
        if name not in self._keys:
            there = ", ".join(sorted(self._keys)) or "none"
            raise UserError(f"No key is called {name!r}; there are: {there}.")
        self._write({key: value for key, value in self._keys.items() if key != name})

    def owner(self, key: str) -> str | None:
        """Whose key this is; None for one that is not known."""
        self._refresh()
        wanted, found = _hash(key), None
        for each in self._keys.values():  # all of them, so that the time tells nothing
            if hmac.compare_digest(each.sha256, wanted):
                found = each.name
        return found

    def _refresh(self) -> None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, {}
            return
        seen = (status.st_mtime_ns, status.st_ino)
        if seen == self._seen:
            return
        try:
            rows = json.loads(self.path.read_text("utf-8"))["keys"]
            self._keys = {row["name"]: Key(row["name"], row["sha256"], row["created"]) for row in rows}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self.path} cannot be read as keys ({error}): mend it, or remove it.") from error
        self._seen = seen

    def _write(self, keys: Mapping[str, Key]) -> None:
        rows = [keys[name].__dict__ for name in sorted(keys)]
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, aside = tempfile.mkstemp(prefix=".keys-", dir=self.path.parent)  # readable by its owner alone
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"format": 1, "keys": rows}, file, indent=1)
            os.replace(aside, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside)
            raise
        self._seen = None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
