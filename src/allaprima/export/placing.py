"""A finished folder takes the place of another: at every moment the old one or the new one is there, whole or aside.

Knows nothing of what the folders hold.
"""

from __future__ import annotations

import os
from pathlib import Path


def put_in_place(folder: Path, out: Path) -> None:
    """Puts the finished folder in the place of the old one; the old one is only gone once the new one is there."""
    old = folder.parent / "old"
    if out.exists():
        os.replace(out, old)
    try:
        os.replace(folder, out)
    except OSError:
        if old.exists():
            os.replace(old, out)
        raise
