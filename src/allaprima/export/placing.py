"""A finished folder takes the place of another: at every moment the old one or the new one is there, whole or aside.

Knows nothing of what the files of a bundle hold.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from allaprima.engine.bundle import Bundle, write_manifest


@contextmanager
def renewed(bundle: Path, *files: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder with a bundle's files but for `files`, to write those into, and what the manifest will say, to change.

    It takes the bundle's place at the end, and answers to the bundle's former digest too; after an error the bundle is
    as it was. Raises BundleError.
    """
    before = Bundle.open(bundle)
    with tempfile.TemporaryDirectory(prefix=f".{bundle.name}-", dir=bundle.parent) as aside:
        folder = Path(aside) / bundle.name
        folder.mkdir()
        for name in before.info["files"]:
            if name not in files:
                _linked(bundle / name, folder / name)
        info = {**before.info, "formerly": list(dict.fromkeys([before.sha256, *before.formerly]))}
        yield folder, info
        write_manifest(folder, info)
        put_in_place(folder, bundle)


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


def _linked(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
