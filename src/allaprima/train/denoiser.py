"""The denoiser's network: noisy latents, words, and a hint of what things look like -> the clean latents.

A small convolutional U-Net at 16x16, 8x8 and 4x4, attention over [words; picture] at the lower two, one adaptive
norm for time. Knows nothing of noise schedules, losses or guidance: it is a callable.

Notable: x-prediction (arXiv:2511.13720); hint, masked picture and glyphs are channels beside the input, fed with
zeros until trained; picture queries attend words and picture in one attention (words are never updated); query and
key normalisation; the final layers of all branches start at zero.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from allaprima.errors import TrainingError

LATENT = 16
HINT = 17  # the collage's latents, its alpha
REGION = 18  # the masked picture's latents, the mask, the glyphs
STATE_WIDTH = 256
HEAD_WIDTH = 32
GROUP = 16  # channels that are normalised together


@dataclass(frozen=True)
class DenoiserConfig:
    """Widths and block counts at 16x16, 8x8 and 4x4 (blocks: going down, and again going up).

    `inner` and `attended` have one number for each place in the order in which the network runs, or none at all:
    pruning and search write them (`train.pruning`). Raises TrainingError for a shape that cannot be built.
    """

    widths: tuple[int, int, int] = (128, 256, 384)
    down: tuple[int, int] = (1, 2)
    middle: int = 2
    up: tuple[int, int] = (2, 2)
    time_width: int = 256
    inner: tuple[int, ...] = ()  # channels between a block's convolutions, 0: no block; none told: the stage's width
    attended: tuple[int, ...] = ()  # at 8x8 and 4x4, 1: attention, 0: none; none told: everywhere

    def __post_init__(self) -> None:
        counted = (("inner", self.inner, len(self.block_widths())), ("attended", self.attended, self.attentions()))
        for name, told, places in counted:
            if told and len(told) != places:
                raise TrainingError(f"{name} has {len(told)} numbers for {places} places; give one for each, or none")
        if any(n < 0 or n % GROUP for n in self.inner):
            raise TrainingError(f"inner is {self.inner}, but channels are normalised by {GROUP}: give multiples of it")
        if self.attended and not any(self.attended):
            raise TrainingError("attended is 0 everywhere: nothing would read the words; leave one attention")
        if any(up > down + 1 for down, up in zip(self.down, self.up, strict=True)):
            raise TrainingError(f"up is {self.up} and down {self.down}; the way up has at most one block more")

    def to_dict(self) -> dict[str, Any]:
        """What is not told is left out, so that networks of before and after are of the same shape in words too."""
        return {key: value for key, value in asdict(self).items() if value != ()}

    def block_widths(self) -> list[int]:
        """The width of the stage that each block stands in."""
        c0, c1, c2 = self.widths
        (down0, down1), (up0, up1) = self.down, self.up
        return [c0] * down0 + [c1] * down1 + [c2] * self.middle + [c1] * up1 + [c0] * up0

    def inner_widths(self) -> list[int]:
        return list(self.inner) or self.block_widths()

    def attentions(self) -> int:
        """How many places for attention there are."""
        return self.down[1] + self.middle + self.up[1]


PRESETS = {
    "xs": DenoiserConfig((32, 64, 64), (1, 1), 1, (1, 1), 64),
    "s":  DenoiserConfig((96, 192, 320), (1, 2), 0, (2, 2)),
    "m":  DenoiserConfig((128, 256, 384), (1, 2), 0, (2, 2)),
}  # fmt: skip


def time_features(time: torch.Tensor, width: int) -> torch.Tensor:
    """time: [n] in 0..1 -> [n, width] sines and cosines of 1/4 to 1000 radians."""
    frequencies = torch.exp(torch.linspace(math.log(0.25), math.log(1000.0), width // 2, device=time.device))
    angles = time[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class TimeTable(nn.Module):
    """time [n] -> every block's scale and shift, [n, total]. At export it becomes a constant table."""

    def __init__(self, width: int, total: int) -> None:
        super().__init__()
        self.width = width
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.out = nn.Linear(width, total)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, time: torch.Tensor) -> torch.Tensor:
        modulation: torch.Tensor = self.out(self.mlp(time_features(time, self.width)))
        return modulation


class Block(nn.Module):
    """Residual block; `modulation` [n, 2 * inner] scales and shifts between its convolutions."""

    def __init__(self, width: int, inner: int | None = None) -> None:
        super().__init__()
        inner = width if inner is None else inner
        self.norm1 = nn.GroupNorm(width // GROUP, width)
        self.conv1 = nn.Conv2d(width, inner, 3, padding=1)
        self.norm2 = nn.GroupNorm(inner // GROUP, inner)
        self.conv2 = nn.Conv2d(inner, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
        scale, shift = modulation[:, :, None, None].chunk(2, dim=1)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.norm2(h) * (1 + scale) + shift
        return x + self.conv2(F.silu(h))


class Pass(nn.Module):
    """Stands where a block or an attention is left out: gives what it is given."""

    def forward(self, x: torch.Tensor, *_conditions: torch.Tensor) -> torch.Tensor:
        return x


def place_frequencies(count: int, like: torch.Tensor) -> torch.Tensor:
    """[count] frequencies of place, half a turn to nearly 32 half turns over a picture's side."""
    return math.pi * torch.exp2(torch.arange(count, device=like.device, dtype=torch.float32) * (5 / count))


def places(height: int, width: int, channels: int, like: torch.Tensor) -> torch.Tensor:
    """[height * width, channels]: sines and cosines of relative position, so that any shape of picture has them."""
    quarter = channels // 4
    frequencies = place_frequencies(quarter, like)
    y = (torch.arange(height, device=like.device, dtype=torch.float32) + 0.5) / height * 2 - 1
    x = (torch.arange(width, device=like.device, dtype=torch.float32) + 0.5) / width * 2 - 1
    rows, columns = y[:, None] * frequencies, x[:, None] * frequencies
    rows = torch.cat([rows.sin(), rows.cos()], dim=1)[:, None].expand(height, width, 2 * quarter)
    columns = torch.cat([columns.sin(), columns.cos()], dim=1)[None].expand(height, width, 2 * quarter)
    return torch.cat([rows, columns], dim=2).reshape(height * width, channels)


class Attention(nn.Module):
    """Picture positions attend to [nothing; words; picture], then a small MLP. Pre-norm, residual."""

    def __init__(self, width: int, words_width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.norm = nn.LayerNorm(width)
        self.position = nn.Linear(width, width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.words_kv = nn.Linear(words_width, 2 * width, bias=False)
        self.q_norm = nn.LayerNorm(HEAD_WIDTH)
        self.k_norm = nn.LayerNorm(HEAD_WIDTH)
        self.out = nn.Linear(width, width, bias=False)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        for last in (self.out.weight, self.mlp[2].weight, self.mlp[2].bias):
            nn.init.zeros_(last)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, HEAD_WIDTH)).transpose(1, 2)

    def forward(self, x: torch.Tensor, words: torch.Tensor, blocked: torch.Tensor) -> torch.Tensor:
        # x: [n, c, h, w]; words: [n, l, words_width]; blocked: [n, 1, 1, l + h * w], 0 or a large negative number
        n, c, height, width = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        h = self.norm(tokens)
        h = h + self.position(places(height, width, c, x).to(h.dtype))
        q, k, v = self.qkv(h).chunk(3, dim=-1)
        words_k, words_v = self.words_kv(words).chunk(2, dim=-1)
        keys = self.k_norm(self._split(torch.cat([words_k, k], dim=1)))
        values = self._split(torch.cat([words_v, v], dim=1))
        queries = self.q_norm(self._split(q))
        # Written out: the fused CPU kernel's backward takes twice as long as these products do on bfloat16 hardware.
        scores = (queries * HEAD_WIDTH**-0.5).to(values.dtype) @ keys.to(values.dtype).transpose(-1, -2)
        mixed = (scores + blocked.to(values.dtype)).softmax(dim=-1) @ values
        tokens = tokens + self.out(mixed.transpose(1, 2).reshape(n, height * width, c))
        tokens = tokens + self.mlp(self.mlp_norm(tokens))
        return tokens.transpose(1, 2).reshape(n, c, height, width)


class Words(nn.Module):
    """Text states [n, 32, 256] -> what the blocks attend to, with a learned word for 'nothing said' in front."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nothing = nn.Parameter(torch.randn(1, 1, STATE_WIDTH) * 0.02)
        self.norm = nn.LayerNorm(STATE_WIDTH)
        self.mlp = nn.Sequential(nn.Linear(STATE_WIDTH, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        both = torch.cat([self.nothing.expand(len(states), 1, STATE_WIDTH), states], dim=1)
        refined: torch.Tensor = self.mlp(self.norm(both))
        return refined


class Denoiser(nn.Module):
    """(latent, hint, region, states, text_mask, time) -> clean latents; shapes in `forward`."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        c0, c1, c2 = config.widths
        inner, attended = iter(config.inner_widths()), iter(config.attended or [1] * config.attentions())

        def blocks(count: int, width: int) -> nn.ModuleList:
            return nn.ModuleList(Block(width, n) if n else Pass() for n in islice(inner, count))

        def attentions(count: int, width: int) -> nn.ModuleList:
            return nn.ModuleList(Attention(width, c1) if there else Pass() for there in islice(attended, count))

        self.stem = nn.Conv2d(LATENT + HINT + REGION, c0, 3, padding=1)
        self.words = Words(c1)
        self.down0 = blocks(config.down[0], c0)
        self.shrink0 = nn.Conv2d(c0, c1, 3, stride=2, padding=1)
        self.down1 = blocks(config.down[1], c1)
        self.down1_attention = attentions(config.down[1], c1)
        self.shrink1 = nn.Conv2d(c1, c2, 3, stride=2, padding=1)
        self.middle = blocks(config.middle, c2)
        self.middle_attention = attentions(config.middle, c2)
        self.grow1 = nn.Conv2d(c2, c1 * 4, 1)
        self.join1 = nn.ModuleList(nn.Conv2d(2 * c1, c1, 1) for _ in range(config.up[1]))
        self.up1 = blocks(config.up[1], c1)
        self.up1_attention = attentions(config.up[1], c1)
        self.grow0 = nn.Conv2d(c1, c0 * 4, 1)
        self.join0 = nn.ModuleList(nn.Conv2d(2 * c0, c0, 1) for _ in range(config.up[0]))
        self.up0 = blocks(config.up[0], c0)
        self.norm = nn.GroupNorm(c0 // 16, c0)
        self.out = nn.Conv2d(c0, LATENT, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]
        self.sizes = [2 * n for n in config.inner_widths()]
        self.time = TimeTable(config.time_width, sum(self.sizes))

    def forward(
        self,
        latent: torch.Tensor,
        hint: torch.Tensor,
        region: torch.Tensor,
        states: torch.Tensor,
        text_mask: torch.Tensor,
        time: torch.Tensor,
    ) -> torch.Tensor:
        """latent [n, 16, h, w], hint [n, 17, h, w], region [n, 18, h, w] (h and w multiples of 4, trained at 16),
        states [n, 32, 256], text_mask [n, 32] (1 = word, 0 = padding), time [n] (1 = noise, 0 = clean)
        -> predicted clean latents [n, 16, h, w], float32."""
        modulation = iter(self.time(time).split(self.sizes, dim=1))
        words = self.words(states)
        n, _, height, width = latent.shape
        shut = F.pad((text_mask - 1.0) * 1e4, (1, 0))[:, None, None]  # the word for 'nothing' is always there
        fine = F.pad(shut, (0, height * width // 4))
        coarse = F.pad(shut, (0, height * width // 16))

        x0 = self.stem(torch.cat([latent, hint, region], dim=1))
        skips0 = [x0]
        for block in self.down0:
            skips0.append(block(skips0[-1], next(modulation)))
        x1 = self.shrink0(skips0[-1])
        skips1 = [x1]
        for block, attention in zip(self.down1, self.down1_attention, strict=True):
            skips1.append(attention(block(skips1[-1], next(modulation)), words, fine))
        x = self.shrink1(skips1[-1])
        for block, attention in zip(self.middle, self.middle_attention, strict=True):
            x = attention(block(x, next(modulation)), words, coarse)
        x = F.pixel_shuffle(self.grow1(x), 2)
        for join, block, attention in zip(self.join1, self.up1, self.up1_attention, strict=True):
            x = attention(block(join(torch.cat([x, skips1.pop()], dim=1)), next(modulation)), words, fine)
        x = F.pixel_shuffle(self.grow0(x), 2)
        for join, block in zip(self.join0, self.up0, strict=True):
            x = block(join(torch.cat([x, skips0.pop()], dim=1)), next(modulation))
        return self.out(F.silu(self.norm(x))).float()
