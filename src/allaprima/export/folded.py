"""The denoiser as it is run: the same function as `train.denoiser.Denoiser`, for latents of any shape.

Whatever depends only on the time is worked out beforehand: the time network is a table that already holds the second
normalisation's scale and shift, the word for 'nothing said' is refined. Encodings of place are the sum of one for the
row and one for the column, so that a graph whose shape is fixed when it is opened has them as constants, and any other
works them out in a moment. Knows nothing of ONNX.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from allaprima.export.time_table import FoldedJumps, FoldedTime
from allaprima.train.denoiser import HEAD_WIDTH, Attention, Block, Denoiser, Words, place_frequencies


class FoldedBlock(nn.Module):
    """`Block` with the affine part of its second normalisation moved into the table of times."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.norm1, self.conv1, self.conv2 = block.norm1, block.conv1, block.conv2
        self.groups, self.epsilon = block.norm2.num_groups, block.norm2.eps

    def forward(self, x: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        h = F.group_norm(self.conv1(F.silu(self.norm1(x))), self.groups, eps=self.epsilon)
        return x + self.conv2(F.silu(h * scale + shift))


class FoldedAttention(nn.Module):
    """`Attention` to any picture's positions, after the words. The queries' scaling is in their norm."""

    frequencies: torch.Tensor
    down: torch.Tensor
    across: torch.Tensor

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.heads = attention.heads
        self.norm, self.qkv, self.words_kv = attention.norm, attention.qkv, attention.words_kv
        self.q_norm, self.k_norm = attention.q_norm, attention.k_norm
        self.q_norm.weight.mul_(HEAD_WIDTH**-0.5)
        self.q_norm.bias.mul_(HEAD_WIDTH**-0.5)
        self.out, self.mlp_norm, self.mlp = attention.out, attention.mlp_norm, attention.mlp
        self.width = int(attention.norm.normalized_shape[0])
        weight, quarter = attention.position.weight.t(), self.width // 4
        self.register_buffer("frequencies", place_frequencies(quarter, weight))
        self.register_buffer("down", weight[: 2 * quarter].contiguous())
        self.register_buffer("across", weight[2 * quarter :].contiguous())

    def positions(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the tokens of x [n, c, h, w] for their places: [1, h * w, c]."""
        rows, columns = self._along(x.shape[2]) @ self.down, self._along(x.shape[3]) @ self.across
        return (rows[:, None] + columns[None]).reshape(1, -1, self.width)

    def _along(self, count: int) -> torch.Tensor:
        where = (torch.arange(count, dtype=torch.float32) + 0.5) / count * 2.0 - 1.0
        angles = where[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=1)

    def forward(self, x: torch.Tensor, words: torch.Tensor, shut: torch.Tensor) -> torch.Tensor:
        # x: [n, c, h, w]; words: [n, words, c']; shut: [n, 1, 1, words + h * w]
        n, width = x.shape[0], self.width
        tokens = x.flatten(2).transpose(1, 2)
        q, k, v = self.qkv(self.norm(tokens) + self.positions(x)).split([width] * 3, dim=2)
        words_k, words_v = self.words_kv(words).split([width] * 2, dim=2)
        queries = self.q_norm(q.reshape(n, -1, self.heads, HEAD_WIDTH)).transpose(1, 2)
        keys = self.k_norm(torch.cat([words_k, k], dim=1).reshape(n, -1, self.heads, HEAD_WIDTH))
        values = torch.cat([words_v, v], dim=1).reshape(n, -1, self.heads, HEAD_WIDTH).transpose(1, 2)
        weights = (queries @ keys.permute(0, 2, 3, 1) + shut).softmax(dim=-1)
        mixed = (weights @ values).transpose(1, 2).reshape(n, -1, width)
        tokens = tokens + self.out(mixed)
        tokens = tokens + self.mlp(self.mlp_norm(tokens))
        return tokens.transpose(1, 2).reshape(n, width, x.shape[2], x.shape[3])


class FoldedWords(nn.Module):
    """`Words` with the word for 'nothing said' already refined."""

    nothing: torch.Tensor

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.norm, self.mlp = words.norm, words.mlp
        self.register_buffer("nothing", words.mlp(words.norm(words.nothing)))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        refined = self.mlp(self.norm(states))
        return torch.cat([self.nothing.expand(states.shape[0], 1, self.nothing.shape[2]), refined], dim=1)


class FoldedNetwork(nn.Module):
    """All of `Denoiser` but its time network. It takes over the network's own weights."""

    @torch.no_grad()
    def __init__(self, network: Denoiser) -> None:
        super().__init__()
        net = network
        self.halves = [size // 2 for size in net.sizes for _ in range(2)]
        down0, down1, middle, up1, up0 = net.down0, net.down1, net.middle, net.up1, net.up0
        self.words = FoldedWords(net.words)
        self.stem, self.shrink0, self.shrink1 = net.stem, net.shrink0, net.shrink1
        self.grow1, self.join1, self.grow0, self.join0 = net.grow1, net.join1, net.grow0, net.join0
        self.norm, self.out = net.norm, net.out
        self.down0, self.down1, self.middle, self.up1, self.up0 = (
            nn.ModuleList(FoldedBlock(block) if isinstance(block, Block) else block for block in blocks)
            for blocks in (down0, down1, middle, up1, up0)
        )
        self.down1_attention, self.middle_attention, self.up1_attention = (
            nn.ModuleList(FoldedAttention(a) if isinstance(a, Attention) else a for a in attentions)
            for attentions in (net.down1_attention, net.middle_attention, net.up1_attention)
        )

    def carried(
        self,
        latent: torch.Tensor,
        hint: torch.Tensor,
        region: torch.Tensor,
        states: torch.Tensor,
        text_mask: torch.Tensor,
        moment: torch.Tensor,
    ) -> torch.Tensor:
        """What `Denoiser` gives, at the row of the time table [n, total] that is `moment`."""
        modulation = iter(moment[:, :, None, None].split(self.halves, dim=1))
        words = self.words(states)
        shut = F.pad(((text_mask - 1.0) * 1e4)[:, None, None, :], (1, 0))
        x0 = self.stem(torch.cat([latent, hint, region], dim=1))
        skips0 = [x0]
        for block in self.down0:
            skips0.append(block(skips0[-1], next(modulation), next(modulation)))
        skips1 = [self.shrink0(skips0[-1])]
        fine = _with_places(shut, skips1[-1])
        for block, attention in zip(self.down1, self.down1_attention, strict=True):
            skips1.append(attention(block(skips1[-1], next(modulation), next(modulation)), words, fine))
        x = self.shrink1(skips1[-1])
        coarse = _with_places(shut, x)
        for block, attention in zip(self.middle, self.middle_attention, strict=True):
            x = attention(block(x, next(modulation), next(modulation)), words, coarse)
        x = F.pixel_shuffle(self.grow1(x), 2)
        for join, block, attention in zip(self.join1, self.up1, self.up1_attention, strict=True):
            x = join(torch.cat([x, skips1.pop()], dim=1))
            x = attention(block(x, next(modulation), next(modulation)), words, fine)
        x = F.pixel_shuffle(self.grow0(x), 2)
        for join, block in zip(self.join0, self.up0, strict=True):
            x = block(join(torch.cat([x, skips0.pop()], dim=1)), next(modulation), next(modulation))
        clean: torch.Tensor = self.out(F.silu(self.norm(x)))
        return clean


class FoldedDenoiser(FoldedNetwork):
    """Takes and gives what `Denoiser` does."""

    def __init__(self, network: Denoiser, *, rows: int) -> None:
        table = with_norms(network, network.time, torch.linspace(0.0, 1.0, rows))
        super().__init__(network)
        self.time = FoldedTime(table)

    def forward(
        self,
        latent: torch.Tensor,
        hint: torch.Tensor,
        region: torch.Tensor,
        states: torch.Tensor,
        text_mask: torch.Tensor,
        time: torch.Tensor,
    ) -> torch.Tensor:
        return self.carried(latent, hint, region, states, text_mask, self.time(time))


class FoldedStudent(FoldedNetwork):
    """Takes and gives what a student does, its two times apart: `until` is where the step is to land."""

    def __init__(self, network: Denoiser, *, jumps: Sequence[tuple[float, float]]) -> None:
        pairs = torch.tensor(jumps)
        table = with_norms(network, network.time, pairs)
        super().__init__(network)
        self.time = FoldedJumps(pairs, table)

    def forward(
        self,
        latent: torch.Tensor,
        hint: torch.Tensor,
        region: torch.Tensor,
        states: torch.Tensor,
        text_mask: torch.Tensor,
        time: torch.Tensor,
        until: torch.Tensor,
    ) -> torch.Tensor:
        return self.carried(latent, hint, region, states, text_mask, self.time(time, until))


def _with_places(shut: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The mask of words [n, 1, 1, words] with every place of x [n, c, h, w] open behind them."""
    return torch.cat([shut, torch.zeros_like(x[:, :1]).flatten(2)[:, :, None]], dim=3)


@torch.no_grad()
def with_norms(
    network: Denoiser, time: Callable[[torch.Tensor], torch.Tensor], moments: torch.Tensor
) -> torch.Tensor:
    """[rows, total] for `moments` [rows, ...], what the time network takes: for each block what its second norm's
    output is multiplied with, then what is added to it."""
    columns = []
    blocks = [*network.down0, *network.down1, *network.middle, *network.up1, *network.up0]
    parts = time(moments).float().split(network.sizes, dim=1)
    for block, part in zip(blocks, parts, strict=True):
        if isinstance(block, Block):
            scale, shift = part.chunk(2, dim=1)
            columns += [block.norm2.weight * (1 + scale), block.norm2.bias * (1 + scale) + shift]
    return torch.cat(columns, dim=1).contiguous()
