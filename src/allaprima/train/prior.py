"""The prior's network: what a thing is called, and a style -> a sketch of it, as latents and a cutout.

The first of two stages, as the prior of unCLIP (arXiv:2204.06125, section 2.2) and stage C of Würstchen
(arXiv:2306.00637) are: it says from words alone what a thing looks like, and the denoiser paints a picture from that.
First a multilayer perceptron: a sketch is small, and what there is to know is what thousands of things look like. The
style enters late, as a scale and a shift of what is known of the thing (arXiv:1709.07871), so that a thing in a style
that it was never shown in borrows from both. Then a few convolutions, told the style as well: how lines and shades look
from place to place is the same for all things, and need not be known of each. Knows nothing of drawings, places or
pictures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from allaprima.train.autoencoder import FACTOR, LATENT_CHANNELS
from allaprima.train.denoiser import Block as Convolutions

SIDE = 64  # pixels of the square that a sketch shows
LATENT_SIDE = SIDE // FACTOR
COVER_SIDE = 32  # rows and columns of the cutout
MEANING = 384  # the text encoder's vector
STYLE_STD = 0.3  # of a style's first scales and shifts


@dataclass(frozen=True)
class PriorConfig:
    """`width` of the residual stream, `blocks` on it, how many `styles` there are to ask for, and how many `channels`
    the convolutions have (0: there are none)."""

    width: int = 1024
    blocks: int = 3
    styles: int = 15
    channels: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


PRESETS = {"xs": (64, 1, 16), "s": (512, 2, 64), "m": (1024, 3, 96)}  # width, blocks, channels
RENDERING_BLOCKS = 2
CELL = COVER_SIDE // LATENT_SIDE  # rows and columns of the cutout in one of the latents
LARGE_ODDS = 4.0  # what logits are divided by beside latents, whose deviation is 1


class Block(nn.Module):
    """Pre-norm residual MLP; its last layer starts at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.down(nn.functional.gelu(self.up(self.norm(x))))
        return out


class Rendering(nn.Module):
    """A sketch drawn more cleanly, from place to place, in its style; shapes as those that `Prior` gives.

    Starts as the identity.
    """

    def __init__(self, channels: int, styles: int) -> None:
        super().__init__()
        shown = LATENT_CHANNELS + CELL**2
        self.stem = nn.Conv2d(shown, channels, 3, padding=1)
        self.style = nn.Linear(styles, RENDERING_BLOCKS * 2 * channels)
        self.blocks = nn.ModuleList(Convolutions(channels) for _ in range(RENDERING_BLOCKS))
        self.out = nn.Conv2d(channels, shown, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(
        self, latent: torch.Tensor, cover: torch.Tensor, style: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        odds = nn.functional.pixel_unshuffle(cover.clamp(-12.0, 12.0), CELL) / LARGE_ODDS
        x = self.stem(torch.cat([latent, odds], dim=1))
        for block, modulation in zip(self.blocks, self.style(style).chunk(RENDERING_BLOCKS, dim=1), strict=True):
            x = block(x, modulation)
        latents, odds = self.out(x).split([LATENT_CHANNELS, CELL**2], dim=1)
        return latent + latents, cover + LARGE_ODDS * nn.functional.pixel_shuffle(odds, CELL)


class Prior(nn.Module):
    """(vector, style) -> (latent, cover); shapes in `forward`."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        self.config = config
        self.meaning = nn.Linear(MEANING, config.width)
        self.blocks = nn.ModuleList(Block(config.width) for _ in range(config.blocks))
        self.shared = nn.LayerNorm(config.width)
        self.style = nn.Linear(config.styles, 2 * config.width)
        nn.init.normal_(self.style.weight, std=STYLE_STD)
        self.norm = nn.LayerNorm(config.width)
        self.latent = nn.Linear(config.width, LATENT_CHANNELS * LATENT_SIDE**2)
        self.cover = nn.Linear(config.width, COVER_SIDE**2)
        self.rendering = Rendering(config.channels, config.styles) if config.channels else None

    def forward(self, vector: torch.Tensor, style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """vector [n, 384] of unit length, style [n, styles] (1 for the one asked for) -> standardised latents
        [n, 16, 8, 8] of the thing over grey, and the logits [n, 1, 32, 32] of where it is."""
        return self.rendered(*self.meant(vector, style), style)

    def meant(self, vector: torch.Tensor, style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the perceptron says, before it is rendered."""
        x = self.meaning(vector * MEANING**0.5)
        for block in self.blocks[:-1]:
            x = block(x)
        scale, shift = self.style(style).chunk(2, dim=1)
        x = self.norm(self.blocks[-1](self.shared(x) * (1 + scale) + shift))
        latent = self.latent(x).reshape(-1, LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE)
        return latent, self.cover(x).reshape(-1, 1, COVER_SIDE, COVER_SIDE)

    def rendered(
        self, latent: torch.Tensor, cover: torch.Tensor, style: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What was meant, drawn more cleanly."""
        if self.rendering is None:
            return latent, cover
        sketch: tuple[torch.Tensor, torch.Tensor] = self.rendering(latent, cover, style)
        return sketch


class Sketcher(nn.Module):
    """The prior as it is run: (vector, style) -> (sketch, cover, sureness).

    The sureness [n] is how much of the sketch stays when its meaning is jittered, 1 for all of it. What the prior has
    been taught lies in a basin of training's own jitter and stays; what it makes up falls apart.
    """

    jitter: torch.Tensor

    def __init__(self, prior: Prior, *, turns: int = 3, length: float = 0.3) -> None:
        super().__init__()
        self.prior = prior
        thrown = torch.randn(turns, MEANING, generator=torch.Generator().manual_seed(0)) * (length / MEANING**0.5)
        self.register_buffer("jitter", torch.cat([torch.zeros(1, MEANING), thrown]))

    def forward(self, vector: torch.Tensor, style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Shapes as those of `Prior`."""
        turns = len(self.jitter)
        near = nn.functional.normalize(vector[None] + self.jitter[:, None], dim=2).flatten(0, 1)
        latents, covers = self.prior.meant(near, style.repeat(turns, 1))
        shown = latents * nn.functional.avg_pool2d(covers.sigmoid(), CELL)
        parts = shown.flatten(1).reshape(turns, -1, shown[0].numel())
        away = (parts - parts.mean(dim=0)).square().sum(dim=2).mean(dim=0)
        sureness = 1.0 - away / parts.square().sum(dim=2).mean(dim=0).clamp_min(1e-6)
        n = latents.shape[0] // turns
        return *self.prior.rendered(latents[:n], covers[:n], style), sureness
