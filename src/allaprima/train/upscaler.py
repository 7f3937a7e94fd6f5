"""The upscaler's network: a picture to one of twice the size, as a correction of bicubic interpolation.

It works at half the input's resolution, so that a layer costs a quarter and sees twice as far: what it sharpens most,
the decoder's soft edges, is several pixels wide. Fully convolutional, no normalisation. Knows nothing of data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from allaprima.train.autoencoder import Residual

MULTIPLE = 2  # sides of a picture have to be multiples of this
# Catmull-Rom at a quarter of a pixel to the left, over the pixels -2 .. 2; to the right it is mirrored.
_CUBIC = (-0.0234375, 0.2265625, 0.8671875, -0.0703125, 0.0)


@dataclass(frozen=True)
class UpscalerConfig:
    """Channels, and residual blocks of two convolutions each."""

    width: int = 32
    blocks: int = 4

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


PRESETS = {"xs": UpscalerConfig(8, 1), "s": UpscalerConfig(32, 4), "m": UpscalerConfig(48, 5)}


class Bicubic(nn.Module):
    """[n, 3, h + 4, w + 4], two pixels of it border -> [n, 3, 2 h, 2 w], interpolated by Catmull-Rom splines."""

    kernel: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", _cubic_kernel(), persistent=False)

    def forward(self, padded: torch.Tensor) -> torch.Tensor:
        smooth: torch.Tensor = F.pixel_shuffle(F.conv2d(padded, self.kernel.to(padded.dtype)), 2)
        return smooth


class Upscaler(nn.Module):
    """RGB [n, 3, h, w] in [-1, 1], h and w even -> RGB [n, 3, 2 h, 2 w], about [-1, 1] (clip it yourself)."""

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.stem = nn.Conv2d(3, width, 6, stride=2)  # a picture folded to half the size, and a 3 x 3 convolution
        self.body = nn.Sequential(*(Residual(width) for _ in range(config.blocks)))
        self.head = nn.Conv2d(width, 3 * 16, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]
        self.cubic = Bicubic()

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        padded = F.pad(picture, (2, 2, 2, 2), mode="replicate")
        x = self.stem(padded)
        x = x + self.body(x)
        enlarged: torch.Tensor = self.cubic(padded) + F.pixel_shuffle(self.head(F.relu(x)), 4)
        return enlarged


def _cubic_kernel() -> torch.Tensor:
    """[12, 3, 5, 5]: for each colour the four pixels that one becomes, by bicubic interpolation."""
    left = torch.tensor(_CUBIC)
    sides = (left, left.flip(0))
    kernel = torch.zeros(12, 3, 5, 5)
    for colour in range(3):
        for row in range(2):
            for column in range(2):
                kernel[4 * colour + 2 * row + column, colour] = torch.outer(sides[row], sides[column])
    return kernel
