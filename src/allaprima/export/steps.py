"""Puts the head that counts steps into a bundle that is there: `allaprima export steps`.

A bundle that gets one paints what it painted before, so it goes on answering to its former digest. Knows nothing of how
the head was learned.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from allaprima.engine.step_count import FILE, StepsHead
from allaprima.errors import ExportError
from allaprima.export.placing import renewed

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
    path = checked_head(run)
    with renewed(bundle, FILE) as (folder, _):
        shutil.copyfile(path, folder / FILE)
    say(f"{bundle / FILE}: {(bundle / FILE).stat().st_size / 1e3:.0f} kB")
