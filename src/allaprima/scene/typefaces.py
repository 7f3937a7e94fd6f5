"""Typefaces for lettering: the folder of fonts beside a corpus.

A typeface is a font file with its name, licence and package. Knows nothing of words or pictures.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from allaprima.errors import CorpusError
from allaprima.files import write_whole
from allaprima.scene.fetching import fetch
from allaprima.scene.sources import FONT_LICENCES, FONTS, Font

FOLDER, ROWS = "fonts", "fonts.jsonl"


@dataclass(frozen=True)
class Typeface:
    """One font file (TrueType, WOFF or WOFF2). case as in `sources.Font`. licence is SPDX."""

    name: str
    path: Path
    case: str
    licence: str
    source: str
    version: str
    author: str
    sha256: str

    def row(self) -> str:
        """The typeface as one line of fonts.jsonl: `path` is the file's name in the folder."""
        return json.dumps({**asdict(self), "path": self.path.name})

    def serves(self, text: str) -> bool:
        """Whether this text looks in the typeface the way it is written."""
        if self.case == "upper":
            return text == text.upper()
        return self.case == "any" or len(text) < 2 or text != text.upper() or text.isdigit()


def collect(folder: Path, packages: Path, fonts: Sequence[Font] = FONTS) -> tuple[str, ...]:
    """Fetches `fonts` into `packages` and copies each file and its licence to `folder`/fonts. Returns what failed.

    Raises CorpusError when one is under a licence that is not permitted.
    """
    place, failures, found = folder / FOLDER, [], []
    place.mkdir(parents=True, exist_ok=True)
    for font in fonts:
        if font.licence not in FONT_LICENCES:
            raise CorpusError(f"{font.package} is under {font.licence}, which is not permitted for typefaces")
        try:
            package = fetch(font, packages)
            data, licence = (package / font.file).read_bytes(), (package / "LICENSE").read_bytes()
        except (CorpusError, OSError) as error:
            failures.append(str(error))
            continue
        if b"SIL Open Font License" not in licence:
            failures.append(f"{font.package}: its licence file is not the SIL Open Font License; left out")
            continue
        target = place / Path(font.file).name
        write_whole(target, data)
        write_whole(place / f"{font.style}-LICENSE.txt", licence)
        found.append(Typeface(font.style, target, font.case, font.licence, font.package, font.version, font.author,
                              hashlib.sha256(data).hexdigest()))  # fmt: skip
    if found:
        write_whole(place / ROWS, "".join(face.row() + "\n" for face in found).encode())
    else:
        shutil.rmtree(place)
    return tuple(failures)


def typefaces(folder: Path) -> tuple[Typeface, ...]:
    """The typefaces beside a corpus, in order; none when it was built without. Raises CorpusError when damaged."""
    rows = folder / FOLDER / ROWS
    if not rows.exists():
        return ()
    try:
        lines = rows.read_text(encoding="utf-8").splitlines()
        faces = [Typeface(**{**row, "path": rows.parent / row["path"]}) for row in map(json.loads, lines)]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CorpusError(f"{rows} is damaged ({error}); build the corpus again with `allaprima corpus build`"
                          ) from error  # fmt: skip
    return tuple(faces)
