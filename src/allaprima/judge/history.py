"""Reports over time: each run is one line of JSON at a file's end, and a table of them. Knows nothing of what was
measured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from allaprima.errors import UserError

PLACE = Path("data/judge/history.jsonl")


def append(file: Path, kind: str, report: Mapping[str, Any]) -> None:
    """Add a report as one line with its kind and the time. Raises UserError when the file cannot be written."""
    line = (
        json.dumps({"kind": kind, "at": datetime.now(UTC).isoformat(timespec="seconds"), **report}, allow_nan=False)
        + "\n"
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # One write to a file opened for appending: two runs that end together do not mix their lines.
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
    except OSError as error:
        raise UserError(f"Cannot write {file}: {error.strerror or error}. Choose another place.") from error


def read(file: Path, kind: str = "") -> list[dict[str, Any]]:
    """The reports of a file, oldest first; lines that are cut short are passed over."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"Cannot read {file}: {error.strerror or error}. `allaprima judge score` writes it.") from error
    found = []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and (not kind or row.get("kind") == kind):
            found.append(row)
    return found
