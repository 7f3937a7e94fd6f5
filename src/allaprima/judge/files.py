"""Files of a report, in folders that are made for them. Knows nothing of what is in them."""

from __future__ import annotations

from pathlib import Path

from allaprima import files
from allaprima.errors import UserError


def write_whole(path: Path, data: bytes) -> None:
    """Make the folder, then write the file whole; raises UserError when the place cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror or error}. Choose another place.") from error
    files.write_whole(path, data)
