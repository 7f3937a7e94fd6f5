"""Training the structured judge on the scene bank: one command, resumable, its rate falling to zero within the
minutes given.

Knows the bank by its files and the painter not at all; whoever calls brings the decoder whose traces must not be
learned.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from allaprima.judge.eye import save_weights, saved
from allaprima.judge.lessons import Decode, Lesson, Lessons, Pixels
from allaprima.judge.network import Network, NetworkConfig, Seen
from allaprima.judge.truths import UNKNOWN
from allaprima.train.run import Run, mixed_precision

RATE, WARM_STEPS, DECAY = 2e-3, 100, 0.02
WEIGHTS = {"heat": 1.0, "box": 2.0, "colour": 1.0, "style": 1.0, "scenery": 0.8, "time": 0.6, "look": 0.2}
WEIGHTS_FILE = "judge.npz"
BATCH = 128


def train(
    bank: Path,
    folder: Path,
    *,
    minutes: float,
    steps: int = 0,
    batch: int = BATCH,
    seed: int = 0,
    decode: Decode | None = None,
    config: dict[str, int] | None = None,
    start: Path | None = None,
) -> dict[str, Any]:
    """Trains for `minutes` of wall time (going on from a checkpoint) and writes `folder`/judge.npz. Returns what it
    did.

    `steps`: if given, so many instead, however long they take. `config`: fields of NetworkConfig. `start`: a judge.npz
    whose weights a new run begins from. Raises UserError when that is damaged, TrainingError without lessons.
    """
    run = Run.open(folder, minutes=minutes)
    lessons = Lessons(bank, decode=decode)
    torch.manual_seed(seed)
    state = run.load()
    if state is None and start is not None:
        network, scenes = learned(start)
    else:
        network, scenes = Network(NetworkConfig(**(config or {}))), 0
    # Channels last, fused updates and 128 scenes a step instead of 32 make a scene a quarter cheaper.
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.98), fused=True)
    step, spent = 0, 0.0
    if state is not None:
        network.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent, scenes = int(state["step"]), float(state["seconds"]), int(state["scenes"])
    run.log(f"{lessons.count} scenes, "
            f"{sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters, from step {step}")  # fmt: skip

    def keep() -> None:
        run.save({
            "model": network.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "scenes": scenes,
            "seconds": spent + run.elapsed(),
        })  # fmt: skip

    network.train()
    means: dict[str, float] = {}
    began, first = time.monotonic(), step
    drawn = lessons.ahead(batch, seed=seed * 1_000_003 + step)
    while step - first < steps or (not steps and run.going()):
        rate = RATE * min(1.0, (step + 1) / WARM_STEPS) * falling((spent + run.elapsed()) / (spent + minutes * 60))
        for group in optimiser.param_groups:
            group["lr"] = rate
        lesson = next(drawn)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed_precision()):
            seen = network.survey(tensor(lesson.pictures))
            closer = network.closer(tensor(lesson.cuts)) if len(lesson.cuts) > 1 else None
        parts = losses(seen, closer, lesson)
        loss = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        step, scenes = step + 1, scenes + batch
        for name, part in parts.items():
            means[name] = 0.98 * means.get(name, float(part.detach())) + 0.02 * float(part.detach())
        if step % 100 == 0:
            pace = (step - first) * batch / (time.monotonic() - began)
            run.log(f"step {step} rate {rate:.2e} {pace:.1f} scenes/s "
                    + " ".join(f"{name} {value:.3f}" for name, value in means.items()))  # fmt: skip
        if run.due("checkpoint", every_s=300):
            keep()
    keep()
    record = {"steps": step, "scenes": scenes, "minutes": round((spent + run.elapsed()) / 60, 1)}
    save_weights(folder / WEIGHTS_FILE, network, record)
    return {**record, "file": str(folder / WEIGHTS_FILE), "losses": {k: round(v, 4) for k, v in means.items()}}


def falling(share: float) -> float:
    """The rate's factor once this share of the time is over: a cosine from 1 to 0."""
    return 0.5 * (1.0 + math.cos(math.pi * min(max(share, 0.0), 1.0)))


def tensor(pictures: Pixels) -> torch.Tensor:
    """Pictures uint8 [n, h, w, 3] as RGB [n, 3, h, w] in [-1, 1], channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def learned(file: Path) -> tuple[Network, int]:
    """The network of a judge's file, and how many scenes it has seen. Raises UserError as `eye.saved` does."""
    table, weights = saved(file)
    network = Network(NetworkConfig(**table["config"]))
    # A head that tells styles by texture stays behind: it is no part of the network.
    own = {name: torch.from_numpy(weights[name]) for name in network.state_dict()}
    network.load_state_dict(own)
    return network, int(table["record"].get("scenes", 0))


def losses(seen: Seen, closer: tuple[torch.Tensor, torch.Tensor] | None, lesson: Lesson) -> dict[str, torch.Tensor]:
    """The loss of each head, a scalar; boxes count where a thing's middle lies. `closer`: style and colour of the
    cut-outs.
    """
    told, around = lesson.things, lesson.surroundings
    rows, columns = np.nonzero(told.cell != UNKNOWN)
    cells = torch.from_numpy(told.cell[rows, columns])
    guessed = torch.sigmoid(seen.box.flatten(2)[torch.from_numpy(rows), :, cells].float())
    parts = {
        "heat": focal(seen.heat[:, 0].float(), torch.from_numpy(told.heat)),
        "scenery": _classes(seen.scenery, around.scenery),
        "time": _classes(seen.time, around.time),
        "look": _classes(seen.look, around.look),
    }
    if len(rows):
        parts["box"] = F.l1_loss(guessed, torch.from_numpy(told.box[rows, columns]))
    if closer is not None:
        parts["style"] = _classes(closer[0], lesson.style)
        parts["colour"] = _classes(closer[1], lesson.colour)
    return parts


def _classes(logits: torch.Tensor, wanted: np.ndarray) -> torch.Tensor:
    if (wanted == UNKNOWN).all():
        return logits.float().sum() * 0.0
    return F.cross_entropy(logits.float(), torch.from_numpy(wanted), ignore_index=UNKNOWN)


def focal(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The focal loss of middles (CornerNet, arXiv:1808.01244, eq. 1): logits and wanted [n, h, w], 1 at a middle."""
    share = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    middle = wanted.eq(1.0).float()
    right = torch.log(share) * (1 - share) ** 2 * middle
    wrong = torch.log(1 - share) * share**2 * (1 - wanted) ** 4 * (1 - middle)
    return -(right + wrong).sum() / middle.sum().clamp(min=1.0)
