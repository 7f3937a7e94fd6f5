"""Where the files lie: a folder, or anything fsspec reaches (memory://, s3://, gs://).

A file is there whole or not at all. Knows nothing of pictures; paths come from the gallery and are relative.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from allaprima.errors import UserError

_ASIDE = ".part"


class Store:
    """Files by relative path under one root. Thread-safe."""

    def __init__(self, url: str, **options: Any) -> None:
        """`url`: a folder's path (made when it is not there) or an fsspec URL; `options` go to fsspec."""
        try:
            self._system, root = url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise UserError(f"The store {url!r} cannot be used: {error}.") from error
        self._root: str = str(root).rstrip("/")
        self._local = isinstance(self._system, LocalFileSystem)
        if self._local:
            try:
                Path(self._root).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError(
                    f"The store {url!r} cannot be made: {error.strerror or error}. Name a folder that can be written."
                ) from error

    def write(self, path: str, data: bytes) -> None:
        """Put a file there, whole and on the disk when this returns."""
        if not self._local:
            self._system.pipe_file(self._at(path), data)  # object stores show an object only when it is complete
            return
        target = Path(self._at(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(target.name + _ASIDE)
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, target)
        _settle(target.parent)

    def read(self, path: str) -> bytes:
        """The file's bytes; raises FileNotFoundError."""
        return bytes(self._system.cat_file(self._at(path)))

    def remove(self, path: str) -> None:
        """Remove the file, and what a broken write left of it; it may be gone already."""
        for name in (path, path + _ASIDE) if self._local else (path,):
            with contextlib.suppress(FileNotFoundError):
                self._system.rm_file(self._at(name))

    def exists(self, path: str) -> bool:
        return bool(self._system.exists(self._at(path)))

    def paths(self) -> Iterator[str]:
        """Every file, half-written ones under the name they would have had."""
        for found in self._system.find(self._root):
            yield str(found)[len(self._root) :].lstrip("/").removesuffix(_ASIDE)

    def check(self) -> None:
        """Write and remove a small file; raises UserError when that fails."""
        probe = f"probe-{secrets.token_hex(4)}"
        try:
            self.write(probe, b"")
            self.remove(probe)
        except OSError as error:
            raise UserError(f"The store {self._root!r} cannot be written: {error}.") from error

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"


def _settle(folder: Path) -> None:
    """Make a rename in this folder last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
