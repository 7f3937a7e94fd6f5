"""The autoencoder's networks: a 128 px picture to 16x16x16 latents, and those to a 256 px picture.

The decoder gives out twice the resolution that the encoder took in: drawings are vectors, so the sharp target
exists. Fully convolutional, no attention, no normalisation layers (as in TAESD), tapered towards full
resolution, a pixel-shuffle head. Knows nothing of data or training.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

LATENT_CHANNELS = 16
FACTOR = 8  # encoder pixels per latent, each way


@dataclass(frozen=True)
class AutoencoderConfig:
    """Widths from the latent's resolution outwards, and residual blocks at each."""

    encoder_widths: tuple[int, int] = (128, 64)
    encoder_blocks: tuple[int, int] = (2, 2)
    decoder_widths: tuple[int, int, int] = (192, 96, 48)
    decoder_blocks: tuple[int, int, int] = (3, 3, 2)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


PRESETS = {
    "xs": AutoencoderConfig((32, 16), (1, 1), (32, 24, 16), (1, 1, 1)),
    "s":  AutoencoderConfig((96, 48), (2, 1), (128, 64, 32), (2, 2, 1)),
    "m":  AutoencoderConfig((128, 64), (2, 2), (192, 96, 48), (3, 3, 2)),
}  # fmt: skip


class Residual(nn.Module):
    """x + conv(relu(conv(relu(x)))), the second convolution starting at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class Encoder(nn.Module):
    """RGB [n, 3, h, w] in [-1, 1], h and w multiples of 8 -> latents [n, 16, h/8, w/8]."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        deep, wide = config.encoder_widths
        self.stem = nn.Conv2d(3 * 16, wide, 3, padding=1)
        self.fine = nn.Sequential(*(Residual(wide) for _ in range(config.encoder_blocks[1])))
        self.down = nn.Conv2d(wide, deep, 4, stride=2, padding=1)
        self.coarse = nn.Sequential(*(Residual(deep) for _ in range(config.encoder_blocks[0])))
        self.out = nn.Conv2d(deep, LATENT_CHANNELS, 3, padding=1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        x = self.fine(self.stem(F.pixel_unshuffle(picture, 4)))
        latent: torch.Tensor = self.out(self.coarse(self.down(x)))
        return latent


class Decoder(nn.Module):
    """Latents [n, 16, h, w] -> RGB [n, 3, 16 h, 16 w], about [-1, 1] (clip it yourself)."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        deep, middle, wide = config.decoder_widths
        n0, n1, n2 = config.decoder_blocks
        self.stem = nn.Conv2d(LATENT_CHANNELS, deep, 3, padding=1)
        self.coarse = nn.Sequential(*(Residual(deep) for _ in range(n0)))
        self.up1 = nn.Conv2d(deep, middle * 4, 1)
        self.middle = nn.Sequential(*(Residual(middle) for _ in range(n1)))
        self.up2 = nn.Conv2d(middle, wide * 4, 1)
        self.fine = nn.Sequential(*(Residual(wide) for _ in range(n2)))
        self.head = nn.Conv2d(wide, 3 * 16, 3, padding=1)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        # Soft clamp: a stray latent of the sampler cannot blow up the picture.
        x = self.coarse(self.stem(3.0 * torch.tanh(latent / 3.0)))
        x = self.middle(F.pixel_shuffle(self.up1(x), 2))
        x = self.fine(F.pixel_shuffle(self.up2(x), 2))
        return F.pixel_shuffle(self.head(F.relu(x)), 4)


class Autoencoder(nn.Module):
    """Encoder and decoder with the latents' standardisation between them.

    `mean` and `std` [16] are measured once after training; `encode` gives standardised latents, `decode` takes them.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.register_buffer("mean", torch.zeros(LATENT_CHANNELS))
        self.register_buffer("std", torch.ones(LATENT_CHANNELS))

    def encode(self, picture: torch.Tensor) -> torch.Tensor:
        """RGB [n, 3, 128, 128] in [-1, 1] -> standardised latents [n, 16, 16, 16]."""
        return (self.encoder(picture) - self.mean[:, None, None]) / self.std[:, None, None]

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Standardised latents [n, 16, 16, 16] -> RGB [n, 3, 256, 256]."""
        picture: torch.Tensor = self.decoder(latent * self.std[:, None, None] + self.mean[:, None, None])
        return picture
