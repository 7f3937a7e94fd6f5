"""The text encoder: texts to token states (which guide) and a vector (which searches by meaning).

Knows nothing of prompts' grammar or of the library; keeps the vectors of recent phrases, since people type
the same prompt again with one word more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allaprima.engine.backends import Backend
from allaprima.engine.tokenizer import PAD, Tokenizer

Array = NDArray[np.float32]
KEPT = 256  # texts; about 34 KB each with states, hence 9 MB at the most


@dataclass(frozen=True)
class TextStates:
    """What the encoder makes of n texts."""

    states: Array  # [n, 32, 256]
    mask: Array  # [n, 32], 1 = token, 0 = padding
    vector: Array  # [n, 384], unit length


class TextEncoder:
    """Runs the graph `text_encoder` on texts it has not seen lately. Safe to share between threads."""

    def __init__(self, backend: Backend, tokenizer: Tokenizer) -> None:
        self._backend = backend
        self._tokenizer = tokenizer
        self._kept: OrderedDict[str, tuple[Array, Array, Array]] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> TextStates:
        """States, mask and vector of each text; `texts` must not be empty."""
        with self._lock:
            rows = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in rows]
        if new:
            ids = self._tokenizer.encode(new)
            out = self._backend.run("text_encoder", {"ids": ids})
            mask = (ids != PAD).astype(np.float32)
            for index, text in enumerate(new):
                rows[text] = (out["states"][index], mask[index], out["vector"][index])
        with self._lock:
            for text in rows:
                self._kept[text] = rows[text]
                self._kept.move_to_end(text)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        states, masks, vectors = zip(*(rows[text] for text in texts), strict=True)
        return TextStates(np.stack(states), np.stack(masks), np.stack(vectors))

    def unread(self, text: str) -> str:
        """The end of `text` that does not fit and will not be read; empty when everything fits."""
        return self._tokenizer.unread(text)
