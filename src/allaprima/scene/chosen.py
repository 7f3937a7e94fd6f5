"""What was chosen by eye and named by hand, read from the tables beside this file.

``chosen.tsv``: style, icon (or path), what it shows. The sets that are not emoji are mostly buttons, charts, signs
and file formats, so a drawing of theirs enters the corpus only when it is listed there.
``emoji_aliases.tsv``: style (``*`` for every style), the set's own name, the emoji's name. A style's own line goes
before everything else, because there the name shows another thing than it says; an empty third column leaves the
drawing out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def chosen(style: str) -> dict[str, str]:
    """Icon name or path to what it shows, for one style; empty for the emoji sets."""
    return {icon: shows for of, icon, shows in _rows("chosen.tsv") if of == style}


@cache
def emoji_aliases(style: str = "*") -> dict[str, str]:
    """A set's name to the emoji's name ("" where the drawing is left out); ``*`` for names used by any set."""
    return {name: emoji for of, name, emoji in _rows("emoji_aliases.tsv") if of == style}


@cache
def _rows(table: str) -> tuple[tuple[str, ...], ...]:
    text = (Path(__file__).parent / table).read_text("utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line)
