"""Prunes a network of the denoiser's kind: which parts it can spare, and the smaller network without them.

Depth: every residual block and every attention is priced by what leaving it out costs in loss on the bank's kept shard,
at fixed noise, and by the milliseconds it takes (`train.latency`). Width: a block's inner channels in groups of 16,
which are normalised together, so that a group can go without a trace in the others. What is left out first is cheapest
in loss a millisecond; after each step everything is priced anew. Knows nothing of recovery (`train.recovery`).

    lean = narrowed(model, Cut.whole(model).without_block(3))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import nn

from allaprima.errors import TrainingError
from allaprima.train.bank import Bank
from allaprima.train.denoiser import GROUP, Attention, Block, Denoiser, DenoiserConfig, Pass
from allaprima.train.denoiser_training import conditions
from allaprima.train.flow import Conditions, velocity_loss

STAGES = ("down0", "down1", "middle", "up1", "up0")
ATTENTIONS = ("down1_attention", "middle_attention", "up1_attention")
EXAM_BATCH = 64
STEPS = (0.125, 0.25, 0.5)  # shares of all inner channels that the one-shot trial of width takes away


def places(model: Denoiser, stages: Sequence[str]) -> list[tuple[nn.ModuleList, int, str]]:
    """(list, index in it, name) of every place in these stages, in the order in which the network runs."""
    return [(getattr(model, stage), i, f"{stage}.{i}") for stage in stages for i in range(len(getattr(model, stage)))]


@dataclass(frozen=True)
class Cut:
    """What is kept of a network: for each block its inner channels, none: no block; for each place whether there is
    attention."""

    inner: tuple[tuple[int, ...], ...]
    attended: tuple[bool, ...]

    @classmethod
    def whole(cls, model: Denoiser) -> Cut:
        """Everything that the network has."""
        attended = tuple(isinstance(stage[i], Attention) for stage, i, _ in places(model, ATTENTIONS))
        return cls(tuple(tuple(range(n)) for n in model.config.inner_widths()), attended)

    def without_block(self, place: int) -> Cut:
        return replace(self, inner=tuple(() if i == place else kept for i, kept in enumerate(self.inner)))

    def without_attention(self, place: int) -> Cut:
        return replace(self, attended=tuple(there and i != place for i, there in enumerate(self.attended)))

    def without_groups(self, gone: Sequence[tuple[int, int]]) -> Cut:
        """`gone`: (block, group of 16 inner channels) pairs."""
        lost = [{g for block, g in gone if block == i} for i in range(len(self.inner))]
        return replace(self, inner=tuple(
            tuple(c for c in kept if c // GROUP not in lost[i]) for i, kept in enumerate(self.inner)
        ))  # fmt: skip

    def config(self, of: DenoiserConfig) -> DenoiserConfig:
        """The shape of the network that is left."""
        inner, attended = tuple(len(kept) for kept in self.inner), tuple(int(there) for there in self.attended)
        return replace(of, inner=() if list(inner) == of.block_widths() else inner,
                       attended=() if all(attended) else attended)  # fmt: skip


@torch.no_grad()
def narrowed(model: Denoiser, cut: Cut) -> Denoiser:
    """A new network of what `cut` keeps, with the weights of the one given, which stays as it is."""
    lean = Denoiser(cut.config(model.config))
    state, kept_rows, first = model.state_dict(), [], 0
    for size, kept, (_, _, name) in zip(model.sizes, cut.inner, places(model, STAGES), strict=True):
        rows = torch.tensor(kept, dtype=torch.int64)
        kept_rows += [first + rows, first + size // 2 + rows]
        first += size
        for part in ("conv1.weight", "conv1.bias", "norm2.weight", "norm2.bias"):
            if kept:
                state[f"{name}.{part}"] = state[f"{name}.{part}"][rows]
        if kept:
            state[f"{name}.conv2.weight"] = state[f"{name}.conv2.weight"][:, rows]
    rows = torch.cat(kept_rows)
    for part in ("time.out.weight", "time.out.bias"):
        state[part] = state[part][rows]
    lean.load_state_dict({name: state[name] for name in lean.state_dict()})
    return lean.train(model.training).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


@contextmanager
def left_out(stage: nn.ModuleList, place: int) -> Iterator[None]:
    """The network without the module at this place, for as long as the context lasts."""
    module = stage[place]
    stage[place] = Pass()
    try:
        yield
    finally:
        stage[place] = module


@contextmanager
def group_left_out(block: Block, group: int) -> Iterator[None]:
    """The block without this group of inner channels, for as long as the context lasts."""
    channels = slice(group * GROUP, (group + 1) * GROUP)
    weight = block.conv2.weight.data
    kept = weight[:, channels].clone()
    weight[:, channels] = 0.0
    try:
        yield
    finally:
        weight[:, channels] = kept


@dataclass(frozen=True)
class Exam:
    """Scenes of the kept shard, every other one without its hint, at fixed noise and evenly spread times."""

    scenes: tuple[tuple[torch.Tensor, torch.Tensor, torch.Tensor, Conditions], ...]  # clean, noise, time, given
    fast: bool

    @classmethod
    def of(cls, bank: Bank, count: int, *, fast: bool) -> Exam:
        generator, scenes = torch.Generator().manual_seed(7), []
        for first in range(0, count, EXAM_BATCH):
            batch = bank.validation(min(EXAM_BATCH, count - first), first=first)
            clean, given = torch.from_numpy(batch.latents), conditions(batch, None)
            shown = (torch.arange(len(clean)) % 2 == 0).float()[:, None, None, None]
            given = Conditions(given.hint * shown, given.region, given.states, given.text_mask)
            noise = torch.randn(clean.shape, generator=generator)
            # Drawn in another order than the scenes: with and without a hint, all times occur.
            time = (torch.randperm(len(clean), generator=generator) + 0.5) / len(clean)
            scenes.append((clean.contiguous(memory_format=torch.channels_last), noise, time, given))
        return cls(tuple(scenes), fast)

    @torch.no_grad()
    def loss(self, model: Denoiser) -> float:
        """Mean of the velocity's squared error over all scenes."""
        each = []
        for clean, noise, time, given in self.scenes:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.fast):
                each.append(velocity_loss(model, clean, noise, time, given))
        return float(torch.cat(each).mean())


@dataclass(frozen=True)
class Spared:
    """One thing that can be left out: what it is, the network without it, what that costs in loss and saves in ms."""

    name: str
    cut: Cut
    loss: float
    saved: float

    def price(self) -> float:
        """Loss a millisecond; what makes the network better is cheapest of all."""
        return self.loss / max(self.saved, 1e-3)


def score(model: Denoiser, exam: Exam, ms: Callable[[DenoiserConfig], float]) -> list[Spared]:
    """Every block and attention that is there, cheapest first, but for the last attention, which alone reads the
    words. `ms` foretells the time of a shape."""
    before, time, whole = exam.loss(model), ms(model.config), Cut.whole(model)
    found = []
    for stages, cut_at in ((STAGES, whole.without_block), (ATTENTIONS, whole.without_attention)):
        for place, (stage, i, name) in enumerate(places(model, stages)):
            if isinstance(stage[i], Pass) or (stages is ATTENTIONS and sum(whole.attended) == 1):
                continue
            with left_out(stage, i):
                cost = exam.loss(model) - before
            cut = cut_at(place)
            found.append(Spared(name, cut, cost, time - ms(cut.config(model.config))))
    return sorted(found, key=Spared.price)


def score_groups(model: Denoiser, exam: Exam) -> list[tuple[float, int, int]]:
    """(cost in loss, block, group) of every group of inner channels, cheapest first."""
    before, found = exam.loss(model), []
    for place, (stage, i, _) in enumerate(places(model, STAGES)):
        block = stage[i]
        if not isinstance(block, Block):
            continue
        for group in range(block.conv1.out_channels // GROUP):
            with group_left_out(block, group):
                found.append((exam.loss(model) - before, place, group))
    return sorted(found)


def to_budget(
    model: Denoiser,
    exam: Exam,
    ms: Callable[[DenoiserConfig], float],
    *,
    budget: float,
    say: Callable[[str], None],
    scores: list[Spared] | None = None,
) -> Denoiser:
    """The network without its cheapest parts, one after the other until it takes at most `budget` milliseconds.

    `scores`: those of the whole network, if they are known already. Raises TrainingError when nothing is left to take.
    """
    lean, chosen = model, scores
    while ms(lean.config) > budget:
        ranked = chosen if chosen is not None else score(lean, exam, ms)
        chosen = None
        if not ranked:
            raise TrainingError(f"nothing is left to take away at {ms(lean.config):.2f} ms; give a budget above it")
        best = ranked[0]
        lean = narrowed(lean, best.cut)
        say(f"left out {best.name:<20} loss {best.loss:+.4f}, {-best.saved:+.2f} ms | now {exam.loss(lean):.4f}, "
            f"{ms(lean.config):.2f} ms")  # fmt: skip
    return lean


@dataclass(frozen=True)
class Narrower:
    """The network with a share of its inner channels taken away in one go."""

    share: float
    model: Denoiser
    loss: float
    ms: float


def width_trial(model: Denoiser, exam: Exam, ms: Callable[[DenoiserConfig], float]) -> list[Narrower]:
    """Takes the cheapest groups of inner channels away without any recovery, more and more of them.

    There are many groups: the first of the exam's batches ranks them, all of them judge what is left.
    """
    ranked, whole = score_groups(model, replace(exam, scenes=exam.scenes[:1])), Cut.whole(model)
    tried = []
    for share in STEPS:
        gone = [(block, group) for _, block, group in ranked[: round(share * len(ranked))]]
        lean = narrowed(model, whole.without_groups(gone))
        tried.append(Narrower(share, lean, exam.loss(lean), ms(lean.config)))
    return tried
