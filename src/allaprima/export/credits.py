"""CREDITS.md of a bundle: whose drawings it holds and learned from, with each package's licence and author.

Reads the drawings' own records, and the author from a package's info.json where the packages still lie beside the
corpus. Knows nothing of models.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from allaprima.scene.corpus import Drawing
from allaprima.scene.fetching import folder_of
from allaprima.scene.sources import SOURCES

LICENCES = {
    "MIT": "https://opensource.org/license/mit",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "LicenseRef-PublicDomain": "public domain",
}


def credits(drawings: Sequence[Drawing], *, packages: Path | None = None) -> str:
    """The page, a row for each source, version and licence."""
    counts = Counter((d.source, d.version, d.licence, d.style) for d in drawings)
    lines = [
        "# Credits", "",
        f"This model was trained on scenes composed of {len(drawings)} drawings, and `library.bin` holds small copies "
        "of them. Each drawing is recorded with its name, style, licence, source, version and hash in `library.json`.",
        "The drawings were rendered, scaled and composed into scenes; no author endorses this model or its pictures.",
        "", "| package | version | style | author | licence | drawings |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for (source, version, licence, style), count in sorted(counts.items()):
        name, address = author_of(source, version, packages)
        author = f"[{name}]({address})" if address else name
        link = LICENCES.get(licence, "")
        told = f"[{licence}]({link})" if link.startswith("http") else licence
        lines.append(f"| `{source}` | {version} | {style} | {author} | {told} | {count} |")
    lines += [
        "", "The text encoder was distilled by this project from the answers of all-MiniLM-L6-v2 (Apache-2.0), on "
        "WordNet's glosses (WordNet licence, Princeton University) and emojibase-data's words (MIT; CLDR data under "
        "the Unicode licence). It reads MiniLM's vocabulary. None of their weights are here.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def author_of(source: str, version: str, packages: Path | None) -> tuple[str, str]:
    """Author and address as the package's info.json tells them, else the author that the corpus's sources name."""
    known = next((each for each in SOURCES if each.package == source), None)
    if known is not None and packages is not None:
        path = folder_of(known, packages) / "info.json"
        try:
            author = json.loads(path.read_text(encoding="utf-8"))["author"]
            return str(author["name"]), str(author.get("url", ""))
        except (OSError, ValueError, KeyError, TypeError):
            pass
    return (known.author, "") if known is not None else (source, "")
