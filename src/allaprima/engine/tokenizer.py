"""Words to WordPiece ids, as the text encoder was trained on them. Knows nothing of what the ids mean."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as _Tokenizer

from allaprima.errors import BundleError

LENGTH = 32  # tokens, with the two that mark start and end
PAD = 0


class Tokenizer:
    """The bundle's `tokenizer.json`, cut and padded to `LENGTH` tokens. Safe to share between threads."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self._tokenizer = _Tokenizer.from_file(os.fspath(path))
        except Exception as error:  # the library raises bare Exception
            raise BundleError(f"{path} is not a tokenizer this version reads: {error}.") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Ids int64 [n, 32]; a text that is too long loses its end, never its closing token."""
        rows = np.full((len(texts), LENGTH), PAD, np.int64)
        for row, encoding in zip(rows, self._tokenizer.encode_batch(list(texts)), strict=True):
            ids = encoding.ids
            if len(ids) > LENGTH:
                ids = [*ids[: LENGTH - 1], ids[-1]]
            row[: len(ids)] = ids
        return rows

    def unread(self, text: str) -> str:
        """The end of `text` that `encode` has to leave out; empty when everything fits."""
        encoding = self._tokenizer.encode(text)
        if len(encoding.ids) <= LENGTH:
            return ""
        start, _ = encoding.offsets[LENGTH - 1]
        return text[start:].strip()
