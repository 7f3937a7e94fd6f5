"""The settings, for rooms that may not reach into the engine; and the folder where what is kept lies."""

from __future__ import annotations

from allaprima.engine.settings import home, number, text

__all__ = ["home", "listed", "number", "text"]


def listed(name: str) -> tuple[str, ...]:
    """A setting that holds several values with commas between them."""
    return tuple(each.strip() for each in text(name).split(",") if each.strip())
