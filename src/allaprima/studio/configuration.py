"""The settings, for rooms that may not reach into the engine; and the folder where what is kept lies."""

from __future__ import annotations

import os
from pathlib import Path

from allaprima.engine.settings import number, text

__all__ = ["home", "listed", "number", "text"]


def home() -> Path:
    """The folder for keys, database and pictures: the setting, or the user's data folder. It may not exist yet."""
    asked = text("home")
    if asked:
        return Path(asked).expanduser()
    base = os.environ.get("XDG_DATA_HOME", "").strip()
    return (Path(base) if base else Path.home() / ".local" / "share") / "allaprima"


def listed(name: str) -> tuple[str, ...]:
    """A setting that holds several values with commas between them."""
    return tuple(each.strip() for each in text(name).split(",") if each.strip())
