"""A zip of pictures with their recipes, made while it is sent: one picture in memory at a time.

Knows nothing of who asks or where it goes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from allaprima.gallery.records import Entry
from allaprima.gallery.search import fold

INDEX = "gallery.json"
_LONGEST_NAME = 60


def archive(entries: Iterable[Entry], data: Callable[[Entry], bytes]) -> Iterator[bytes]:
    """The zip's bytes, piece by piece: for each picture its file and its recipe under the same name, and at the
    end gallery.json, which says the rest. A picture whose file went away in the meantime is left out."""
    sink = _Sink()
    index = []
    with zipfile.ZipFile(sink, "w") as bundle:
        for entry in entries:
            try:
                picture = data(entry)
            except FileNotFoundError:
                continue
            name = file_name(entry)
            # Pictures are compressed already; their text is not.
            _add(bundle, entry, name, picture, zipfile.ZIP_STORED)
            yield sink.taken()
            _add(bundle, entry, name.rpartition(".")[0] + ".json", _json(entry.recipe), zipfile.ZIP_DEFLATED)
            index.append({"file": name, **described(entry)})
            yield sink.taken()
        bundle.writestr(INDEX, _json({"format": 1, "pictures": index}), zipfile.ZIP_DEFLATED)
    yield sink.taken()


def file_name(entry: Entry) -> str:
    """What a picture's file is called outside: time, words, the id's end."""
    words = "-".join(fold(entry.words).split())[:_LONGEST_NAME].strip("-") or "picture"
    suffix = entry.path.rpartition(".")[2]
    return f"{entry.created:%Y%m%d-%H%M%S}-{words}-{entry.id[-8:]}.{suffix}"


def described(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON, without its recipe and without where it lies."""
    return {
        "id": entry.id,
        "created": entry.created.isoformat(),
        "words": entry.words,
        "media_type": entry.media_type,
        "width": entry.width,
        "height": entry.height,
        "size": entry.size,
        "sha256": entry.sha256,
        "favourite": entry.favourite,
        "folder": entry.folder,
        "parent": entry.parent,
        "job": entry.job,
    }


def _add(bundle: zipfile.ZipFile, entry: Entry, name: str, data: bytes, compression: int) -> None:
    when = max(entry.created.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    info = zipfile.ZipInfo(name, when)
    info.compress_type = compression
    info.external_attr = 0o644 << 16
    bundle.writestr(info, data)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "replace")


class _Sink(io.RawIOBase):
    """Where the zip is written to: what came since the last look can be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
