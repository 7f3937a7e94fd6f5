"""Files that appear whole or not at all. Knows nothing of what is in them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from allaprima.errors import UserError


def write_whole(target: Path, data: bytes) -> None:
    """Write a file aside and put it in its place. Raises UserError when that cannot be."""
    try:
        handle, aside = tempfile.mkstemp(prefix=".allaprima-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(aside, 0o644)
            os.replace(aside, target)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"Cannot write {target}: {error.strerror or error}. Choose another place.") from error
