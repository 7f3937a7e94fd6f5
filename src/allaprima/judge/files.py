"""Files written whole or not at all. Knows nothing of what is in them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from allaprima.errors import UserError


def write_whole(path: Path, data: bytes) -> None:
    """Write beside and put in place; raises UserError when the place cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(aside, 0o644)
            os.replace(aside, path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror or error}. Choose another place.") from error
