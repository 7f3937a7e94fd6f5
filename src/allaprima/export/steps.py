"""Puts the head that counts steps into a bundle that is there: `allaprima export steps`.

A bundle that gets one paints what it painted before, so it goes on answering to its former digest. Knows nothing of how
the head was learned.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from allaprima.engine.bundle import Bundle, write_manifest
from allaprima.engine.step_count import FILE, StepsHead
from allaprima.errors import ExportError
from allaprima.export.placing import put_in_place

LARGEST = 20_000  # bytes
Say = Callable[[str], None]


def checked_head(run: Path) -> Path:
    """The head's file in a run's folder. Raises ExportError when there is none or it cannot be read."""
    path = run / FILE
    if not path.is_file():
        raise ExportError(f"no head in {run}; `allaprima train steps` writes it")
    try:
        StepsHead.of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ExportError(f"{path} cannot be read ({error}); run `allaprima train steps` again") from error
    if (size := path.stat().st_size) > LARGEST:
        raise ExportError(f"{path} has {size} bytes, more than {LARGEST}: it is not a head of this size")
    return path


def add_steps(bundle: Path, *, run: Path = Path("data/runs/steps"), say: Say = print) -> None:
    """Puts the head of a run into a bundle, or in the place of the one it has; all else stays as it is.

    Raises BundleError or ExportError, and then leaves the bundle as it was.
    """
    path, before = checked_head(run), Bundle.open(bundle)
    with tempfile.TemporaryDirectory(prefix=f".{bundle.name}-", dir=bundle.parent) as aside:
        folder = Path(aside) / bundle.name
        folder.mkdir()
        for name in before.info["files"]:
            if name != FILE:
                _linked(bundle / name, folder / name)
        shutil.copyfile(path, folder / FILE)
        formerly = list(dict.fromkeys([before.sha256, *before.formerly]))
        write_manifest(folder, {**before.info, "formerly": formerly})
        put_in_place(folder, bundle)
    say(f"{bundle / FILE}: {(bundle / FILE).stat().st_size / 1e3:.0f} kB")


def _linked(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
