"""Captions to text states with the frozen student, for the scene bank.

Knows nothing of scenes; the engine has its own encoder that runs without torch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from allaprima.train.text import TextEncoder, load_text_encoder
from allaprima.train.text_lessons import encode


class CaptionEncoder:
    """The student and its tokenizer; `fast` runs it in bfloat16."""

    def __init__(self, network: TextEncoder, tokenizer: Tokenizer, *, fast: bool = False) -> None:
        self.network, self.tokenizer, self.fast = network.eval(), tokenizer, fast

    @classmethod
    def open(cls, checkpoint: Path, tokenizer: Path, *, fast: bool) -> CaptionEncoder:
        """Raises TrainingError when the student has not been trained yet."""
        return cls(load_text_encoder(checkpoint), Tokenizer.from_file(str(tokenizer)), fast=fast)

    def encode(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """States float16 [n, 32, 256] and how many tokens each text has, uint8 [n]."""
        ids = encode(self.tokenizer, texts)
        states = np.empty((len(ids), ids.shape[1], 256), np.float16)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.fast):
            for i in range(0, len(ids), 128):
                states[i : i + 128] = self.network(torch.from_numpy(ids[i : i + 128]))[0].float().numpy()
        return states, (ids != 0).sum(axis=1).astype(np.uint8)

    def vectors(self, texts: list[str]) -> np.ndarray:
        """Unit vectors float32 [n, 384]: what the texts mean as a whole."""
        ids = encode(self.tokenizer, texts)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.fast):
            parts = [self.network(torch.from_numpy(ids[i : i + 128]))[1].float() for i in range(0, len(ids), 128)]
        return torch.nn.functional.normalize(torch.cat(parts), dim=1).numpy()
