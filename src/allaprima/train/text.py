"""The text student: a small transformer that learns all-MiniLM-L6-v2's meanings from nothing.

It reads WordPiece ids and gives token states for the denoiser's attention and one vector in the teacher's
space. All its weights are fitted here, to the teacher's answers alone. This file holds the network and its
training; it does not know where the sentences come from, nor how the network is exported.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from allaprima.errors import TrainingError
from allaprima.train.teacher import LazyMiniLM, bf16_pays, build_tokenizer, save_tokenizer
from allaprima.train.text_data import build_sentences, hold_out, read_emoji
from allaprima.train.text_exam import Embedding, Exam
from allaprima.train.text_lessons import Batch, Lessons, Order, batched, read_sentences, teach

FORMAT = 1
HELD_SENTENCES = 1024
"""The last sentences of the list, never trained on: their cosine to the teacher is logged."""


@dataclass(frozen=True)
class TextConfig:
    """The shape: ``embedding`` is the narrow side of the factorised table, ``hidden`` the MLP's widening."""

    vocabulary: int = 30522
    tokens: int = 32
    embedding: int = 160
    width: int = 256
    depth: int = 3
    heads: int = 4
    hidden: int = 3
    vector: int = 384


PRESETS = {
    "xs": TextConfig(embedding=64, depth=2, hidden=2),
    "s": TextConfig(),
    "m": TextConfig(depth=4),
}
"""``--size``: 3.1, 7.0 and 7.7 million parameters."""


class Block(nn.Module):
    """Pre-norm attention over the words and a GELU MLP."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, config.hidden * width), nn.Linear(config.hidden * width, width)
        nn.init.xavier_uniform_(self.qkv.weight)
        nn.init.xavier_uniform_(self.up.weight)
        # Each block starts as nearly nothing, so that the fitted word table speaks first.
        for linear in (self.out, self.down):
            nn.init.normal_(linear.weight, std=0.02 / math.sqrt(2 * config.depth))
        for linear in (self.qkv, self.up, self.out, self.down):
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        n, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        logits = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads)
        mixed = (logits + bias).softmax(-1).to(v.dtype) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(n, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class TextEncoder(nn.Module):
    """Words to meanings.

    ids int64 [n, L], 0 = pad -> states float32 [n, L, 256], zero at pads; vector float32 [n, 384], unit norm.
    """

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.embedding)
        self.widen = nn.Linear(config.embedding, config.width, bias=False)
        self.position = nn.Parameter(torch.zeros(config.tokens, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.vector)
        nn.init.normal_(self.embedding.weight, std=0.5)
        nn.init.orthogonal_(self.widen.weight)
        nn.init.normal_(self.position, std=0.02)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        mask = (ids != 0).float()
        bias = ((1 - mask) * -1e4)[:, None, None, :]
        x = self.widen(self.embedding(ids)) + self.position[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, bias)
        states = self.norm(x.float()) * mask.unsqueeze(-1)
        mean = states.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
        vector = self.head(mean).float()
        return states, vector / vector.square().sum(-1, keepdim=True).clamp(min=1e-12).sqrt()


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@torch.no_grad()
def fit_words(network: TextEncoder, lessons: Lessons, count: int) -> None:
    """Begin from a bag of words.

    Each piece's row is the mean teacher vector of those of the first ``count`` sentences that hold it, short
    ones weighing most, in its principal directions; the head undoes those directions.
    """
    config = network.config
    ids = torch.from_numpy(lessons.ids[:count].astype(np.int64))
    vectors = torch.from_numpy(lessons.vectors[:count].astype(np.float32))
    mask = (ids != 0).float()
    weight = mask / (mask.sum(1, keepdim=True) - 1).clamp(min=1).square()
    totals, rows = torch.zeros(config.vocabulary), torch.zeros(config.vocabulary, config.vector)
    for column in range(ids.shape[1]):
        totals.index_add_(0, ids[:, column], weight[:, column])
        rows.index_add_(0, ids[:, column], vectors * weight[:, column : column + 1])
    seen = totals > 0
    seen[0] = False
    mean = vectors.mean(0)
    centred = rows[seen] / totals[seen, None] - mean
    size = min(config.embedding, config.vector)
    directions = torch.linalg.eigh(centred.T @ centred)[1].flip(-1)[:, :size]
    words = centred @ directions
    scale = words.std().clamp(min=1e-6)
    network.embedding.weight[seen, :size] = words / scale
    network.embedding.weight[~seen] *= 0.1
    # widen has orthonormal columns, so its transpose reads the directions back; the final norm sets their
    # length to about sqrt(width), which the last factor undoes.
    back = directions @ network.widen.weight[:, :size].T
    # The output is normalised, so its length is free: sixteenfold weights dwarf an optimiser's step.
    network.head.weight.copy_(16 * back * scale * math.sqrt(size / config.width))
    network.head.bias.copy_(16 * mean)


@dataclass(frozen=True)
class Losses:
    """Means over a batch: ``vector`` and ``states`` 1 - cosine, ``relation`` squared similarity error."""

    total: Tensor
    vector: Tensor
    relation: Tensor
    states: Tensor


def measure(network: TextEncoder, batch: Batch, *, bf16: bool = False) -> Losses:
    """The distilling loss. The head that reads the pooled state also reads each word's state, because the
    teacher's vector is itself the mean of its word states."""
    ids, target = torch.from_numpy(batch.ids), torch.from_numpy(batch.vectors)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        states, vector = network(ids)
        chosen = states.reshape(-1, states.shape[-1])[torch.from_numpy(batch.where)]
        spoken = network.head(chosen)
    one = 1 - (vector * target).sum(-1).mean()
    relation = (vector @ vector.T - target @ target.T).square().mean()
    words = vector.new_zeros(())
    if len(batch.where):
        words = 1 - F.cosine_similarity(spoken.float(), torch.from_numpy(batch.states), dim=-1).mean()
    return Losses(one + 10 * relation + 0.3 * words, one, relation, words)


def embedder(network: TextEncoder, tokenizer: Tokenizer) -> Embedding:
    """Texts -> vectors of the student, float32 [n, 384]."""

    def vectors(ids: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(ids))[1].numpy()

    return batched(vectors, tokenizer)


def rate(progress: float, step: int, peak: float, warm: int = 200) -> float:
    """Learning rate: warm, hold, then fall linearly to nothing over the last 45 % of the budget."""
    return peak * min(1.0, (step + 1) / warm, max(0.0, 1 - progress) / 0.45)


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    torch.save(state, aside)
    os.replace(aside, path)


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint; TrainingError when it is missing, damaged or of another format."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingError(f"cannot read the text checkpoint {path}: {error}") from error
    if state.get("format") != FORMAT:
        raise TrainingError(f"{path} has format {state.get('format')}, expected {FORMAT}: move it away to begin anew")
    return state


def load_text_encoder(path: Path) -> TextEncoder:
    """The trained network of a checkpoint, ready for inference."""
    state = load(path)
    network = TextEncoder(TextConfig(**state["config"]))
    network.load_state_dict(state["network"])
    return network.eval()


def prepare(
    data: Path, packages: Path, *, seed: int = 0, composed: int = 55_000, say: Callable[[str], None] = print
) -> tuple[Lessons, Tokenizer, Exam]:
    """Sentences, tokenizer.json and the teacher's answers in ``data``, made where missing, and the exam."""
    tokenizer = build_tokenizer()
    save_tokenizer(tokenizer, data / "tokenizer.json")
    emoji = read_emoji(packages)
    synonyms = hold_out(emoji)
    pieces = tokenizer.get_vocab()
    # Sentences once chosen stay: a corpus built later would change the list and void the teacher's answers.
    sentences = read_sentences(data) or build_sentences(
        packages, sorted(pieces, key=pieces.__getitem__), synonyms, composed=composed, seed=seed
    )
    started = time.monotonic()

    def tell(done: int, count: int) -> None:
        say(f"teacher {done:>7} of {count}  {time.monotonic() - started:6.0f} s")

    teacher = LazyMiniLM()
    lessons = teach(sentences, data, tokenizer, teacher, tell=tell)
    exam = Exam.of(emoji, synonyms)
    marks = exam.remembered(data / "exam.json", batched(lambda ids: teacher(ids).vectors, tokenizer))
    say("text teacher " + " ".join(f"{name} {value:.4f}" for name, value in marks.items()))
    return lessons, tokenizer, exam


def train_text(
    *,
    minutes: float = 15.0,
    size: str = "s",
    folder: Path = Path("data/runs/text"),
    data: Path = Path("data/text"),
    packages: Path = Path("data/corpus/packages"),
    seed: int = 0,
    batch: int = 128,
    peak: float = 1.5e-3,
    steps: int | None = None,
    halt_at: int | None = None,
    config: TextConfig | None = None,
    lessons: Lessons | None = None,
    tokenizer: Tokenizer | None = None,
    exam: Exam | None = None,
    threads: int | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train, or go on training, until ``minutes`` in all (or ``steps``) are used; give back the summary.

    The same call resumes from ``folder/checkpoint.pt``, written atomically every minute and at the end. With
    a budget in ``steps`` a run stopped by ``halt_at`` and resumed equals one never stopped. Asking a finished
    run for a larger budget goes on from its weights.
    """
    if size not in PRESETS:
        raise TrainingError(f"size must be one of {', '.join(PRESETS)}, not {size!r}")
    if threads is not None:
        torch.set_num_threads(threads)
    if lessons is None:
        lessons, tokenizer, exam = prepare(data, packages, say=say)
    config = config or PRESETS[size]
    held = min(HELD_SENTENCES, len(lessons.ids) // 10)
    count = len(lessons.ids) - held
    torch.manual_seed(seed)
    network = TextEncoder(config)
    plain = [p for name, p in network.named_parameters() if p.ndim < 2 or "embedding" in name or "position" in name]
    decayed = [p for p in network.parameters() if all(p is not q for q in plain)]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}],
        lr=peak, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip
    path = folder / "checkpoint.pt"
    step, spent = 0, 0.0
    if path.is_file():
        state = load(path)
        if state["config"] != asdict(config):
            raise TrainingError(f"{path} holds a network of another shape: give its --size, or another folder")
        network.load_state_dict(state["network"])
        if "optimiser" in state:
            optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["minutes"]
        say(f"text resumed at step {step} after {spent:.1f} minutes")
    else:
        fit_words(network, lessons, count)
    order = Order((lessons.ids[:count] != 0).sum(1), batch, seed)
    trial = lessons.batch(np.arange(count, count + held)) if held else None
    bf16 = bf16_pays()
    started, seen, saved, kept = time.monotonic(), 0, time.monotonic(), 0
    summary: dict[str, Any] = {}
    total = loss = 0.0

    def note(losses: Losses | None, *, full: bool = True) -> None:
        line = f"text step {step:>7} minutes {total:7.2f} loss {loss:.4f}"
        if losses is not None:
            line += f" vector {losses.vector.item():.4f} relation {losses.relation.item():.5f}"
            line += f" states {losses.states.item():.4f}"
        if full:
            network.eval()
            with torch.inference_mode():
                cosine = 1 - measure(network, trial).vector.item() if trial is not None else math.nan
            marks = {"held_cosine": cosine}
            if exam is not None and tokenizer is not None:
                marks |= exam.sit(embedder(network, tokenizer))
            network.train()
            summary.update({name: round(value, 4) for name, value in marks.items()}, marked_at=step)
            line += "".join(f" {name} {value:.4f}" for name, value in marks.items())
        summary.update(step=step, minutes=round(total, 2), parameters=parameters(network), loss=round(loss, 5))
        say(f"{line} speed {seen / max(1e-9, time.monotonic() - started):.0f}")

    def keep() -> None:
        save(path, {
            "format": FORMAT, "config": asdict(config), "size": size, "seed": seed, "step": step,
            "minutes": total, "summary": summary, "sentences": lessons.fingerprint,
            "network": network.state_dict(), "optimiser": optimiser.state_dict(),
        })  # fmt: skip

    network.train()
    total = spent
    note(None, full=step == 0)
    losses: Losses | None = None
    try:
        while True:
            total = spent + (time.monotonic() - started) / 60
            progress = step / steps if steps is not None else total / max(minutes, 1e-9)
            if progress >= 1 or step == halt_at:
                break
            for group in optimiser.param_groups:
                group["lr"] = rate(progress, step, peak)
            rows = order.rows(step)
            losses = measure(network, lessons.batch(rows), bf16=bf16)
            optimiser.zero_grad(set_to_none=True)
            losses.total.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            value = losses.total.item()
            loss = value if loss == 0.0 else 0.98 * loss + 0.02 * value
            step, seen = step + 1, seen + len(rows)
            if time.monotonic() - saved > 60:
                kept += 1
                # The trial and the exam cost seconds: every fifth time is enough to see the curve.
                note(losses, full=kept % 5 == 0)
                keep()
                saved = time.monotonic()
    except KeyboardInterrupt:
        say("text stopped: the same command goes on from here")
    note(losses)
    keep()
    return summary


def main() -> None:
    """``python -m allaprima.train.text --minutes 15 --size s``."""
    import argparse

    parser = argparse.ArgumentParser(description="Train the text student.")
    parser.add_argument("--minutes", type=float, default=15.0, help="training minutes in all, over every resumption")
    parser.add_argument("--size", choices=list(PRESETS), default="s")
    parser.add_argument("--folder", type=Path, default=Path("data/runs/text"), help="where the checkpoint lies")
    parser.add_argument("--data", type=Path, default=Path("data/text"), help="where the teacher's answers lie")
    parser.add_argument(
        "--packages", type=Path, default=Path("data/corpus/packages"), help="where fetched packages lie"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=None)
    print(train_text(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
