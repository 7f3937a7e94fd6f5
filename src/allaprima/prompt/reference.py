"""The reference of all parameters, written from the table: the list of them, and what stands on the page of each.

`python -m allaprima.prompt.reference` writes the list. Knows the table and where the list belongs; a test holds it to
it. What a parameter does to pictures is painted and measured elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path

from allaprima.prompt import foreign, parser, permutations
from allaprima.prompt.canonical import number
from allaprima.prompt.parameters import RETIRED, TABLE, Parameter
from allaprima.prompt.suggest import SYNONYMS

PAGE = Path("docs/reference/parameters.md")

_HEAD = """\
# Parameters

<!-- Written by `python -m allaprima.prompt.reference` from src/allaprima/prompt/parameters.py. Change it there. -->

Parameters stand behind the words, in any order: `a red fox --ar 3:2 --no trees`. Names may be in capitals; a long dash
(`—ar 3:2`, as some keyboards write it) is read as two. [The prompt language](../prompt.md) explains the rest.
Each has a page with what it does here, a pair of painted pictures without and with it, and what was measured.

| parameter | takes | default | what it is for |
|---|---|---|---|
"""


def page() -> str:
    """The whole page, in Markdown."""
    rows = "".join(
        f"| [`--{row.name}`]({row.name}.md){_also(row)} | {row.range} | {_default(row)} | {row.meaning} |\n"
        for row in TABLE
    )
    retired = ", ".join(f"`--{name}{' VALUE' if value else ''}`" for name, value in sorted(RETIRED.items()))
    synonyms = "\n".join(f"| `--{wrong}` | `--{right}` |" for wrong, right in sorted(SYNONYMS.items()))
    return (
        f"{_HEAD}{rows}\nHow parts of a prompt are weighed against each other has a page, too: [weights](weights.md)."
        "\n\n"
        f"## Retired\n\nThese are read past, with a note that they do nothing any more: {retired}.\n\n"
        "## Did you mean\n\nThese are mistakes, and are answered with the name that was probably meant, "
        f"as are slips of the finger.\n\n| written | meant |\n|---|---|\n{synonyms}\n"
    )


def limits() -> dict[str, int]:
    """Every limit of the language, by the words for it."""
    return {
        "characters": parser.MOST_CHARACTERS,
        "jobs": permutations.MOST_JOBS,
        "pairs of braces": permutations.MOST_GROUPS,
        "levels": permutations.DEEPEST_NESTING,
        "characters together": permutations.MOST_CHARACTERS,
        "parts": parser.MOST_PARTS,
        "pictures": parser.MOST_PICTURES,
        "emphasised places": foreign.MOST_EMPHASES,
    }


def entry(row: Parameter) -> str:
    """All that the table says of a parameter, as the beginning of its page."""
    lines = [f"# --{row.name}", "", f"`--{row.name}{f' {row.example}' if row.example else ''}`{_also(row)}", ""]
    lines += [row.meaning, ""]
    lines += [f"* Takes {row.range}; default {_default(row)}."]
    lines += [f"* Here: {row.here}"]
    if row.idle:
        lines += [f"* {row.idle}"]
    if row.needs:
        needed = " or ".join("a picture before the words" if n == "images" else f"`--{n}`" for n in row.needs)
        lines += [f"* Does nothing without {needed}."]
    if row.clashes:
        lines += [f"* Not together with {', '.join(f'`--{name}`' for name in row.clashes)}."]
    return "\n".join(lines) + "\n"


def _also(row: Parameter) -> str:
    return "".join(f", `--{alias}`" for alias in row.aliases)


def _default(row: Parameter) -> str:
    match row.default:
        case False:
            return "off"
        case None if row.name == "seed":
            return "a new one"
        case None if row.name in ("version", "niji"):
            return "the shipped model"
        case None | ():
            return "none"
        case float() as value:
            return number(value)
        case value:
            return str(value)


def main() -> None:
    """Write the page, from the root of the repository."""
    aside = PAGE.with_suffix(".new")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    aside.write_text(page(), encoding="utf-8")
    os.replace(aside, PAGE)


if __name__ == "__main__":
    main()
