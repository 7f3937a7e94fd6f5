"""The structured judge's networks: a 128 px picture to what stands where and what surrounds it, and a 64 px cut-out
to its looks.

Small convolutional nets. The first lays a coarse view of the whole (8 x 8) back over a fine one (16 x 16), so that
every cell knows its picture. No part is the painter's: not its encoder, not its words. Knows nothing of data,
training or prompts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from allaprima.judge.truths import COLOURS, LOOKS, SCENERIES, STYLES, TIMES

SIDE = 128


@dataclass(frozen=True)
class NetworkConfig:
    """Widths at 16 x 16 and 8 x 8 of both nets, and residual blocks at each of the first."""

    fine: int = 96
    coarse: int = 192
    fine_blocks: int = 1
    coarse_blocks: int = 2
    cell: int = 96
    near: int = 64
    far: int = 160


@dataclass(frozen=True)
class Seen:
    """Logits for n pictures: per cell heat [n, 1, 16, 16] and box [n, 4, 16, 16], for the whole [n, c]."""

    heat: torch.Tensor
    box: torch.Tensor  # offset x, y and width, height, all through a sigmoid
    scenery: torch.Tensor
    time: torch.Tensor
    look: torch.Tensor


class Convolution(nn.Sequential):
    """Convolution, batch norm, ReLU."""

    def __init__(self, ins: int, outs: int, *, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(ins, outs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outs), nn.ReLU(inplace=True)
        )


class Residual(nn.Module):
    """x plus two convolutions of it, the second norm starting at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Convolution(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.norm(self.second(self.first(x))))


class Survey(nn.Module):
    """Pictures RGB [n, 3, 128, 128] in [-1, 1] -> Seen."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        fine, coarse, cell = config.fine, config.coarse, config.cell
        self.stem = Convolution(48, fine, stride=2)
        self.fine = nn.Sequential(*(Residual(fine) for _ in range(config.fine_blocks)))
        self.down = Convolution(fine, coarse, stride=2)
        self.coarse = nn.Sequential(*(Residual(coarse) for _ in range(config.coarse_blocks)))
        self.from_coarse = nn.Conv2d(coarse, cell, 1)
        self.from_fine = nn.Conv2d(fine, cell, 1)
        self.join = Convolution(cell, cell)
        self.heat = nn.Conv2d(cell, 1, 1)
        self.box = nn.Conv2d(cell, 4, 1)
        # Where in the picture a colour lies says most of its scenery, so the whole is kept in 4 x 4 parts.
        whole = coarse * 16 + 2 * fine
        self.scenery = nn.Linear(whole, len(SCENERIES))
        self.time = nn.Linear(whole, len(TIMES))
        self.look = nn.Linear(whole, len(LOOKS))
        nn.init.constant_(self.heat.bias, -4.0)  # type: ignore[arg-type]  # most cells hold no middle

    def forward(self, picture: torch.Tensor) -> Seen:
        near = self.fine(self.stem(F.pixel_unshuffle(picture, 4)))
        far = self.coarse(self.down(near))
        cells = self.join(F.relu(self.from_fine(near) + F.interpolate(self.from_coarse(far), scale_factor=2.0)))
        # The mean and the most of fine features tell one look from another: grain, edges, hatching.
        whole = torch.cat([F.avg_pool2d(far, 2).flatten(1), near.mean((2, 3)), near.amax((2, 3))], 1)
        return Seen(self.heat(cells), self.box(cells), self.scenery(whole), self.time(whole), self.look(whole))


class Closer(nn.Module):
    """Cut-outs RGB [n, 3, 64, 64] in [-1, 1] -> logits of style [n, 15] and colour [n, 13]."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        near, far = config.near, config.far
        self.stem = Convolution(12, near)
        self.down = Convolution(near, near, stride=2)
        self.near = Residual(near)
        self.further = Convolution(near, far, stride=2)
        self.far = Residual(far)
        whole = far * 5 + 2 * near
        self.style = nn.Linear(whole, len(STYLES))
        self.colour = nn.Linear(whole, len(COLOURS))

    def forward(self, cut: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        near = self.near(self.down(self.stem(F.pixel_unshuffle(cut, 2))))
        far = self.far(self.further(near))
        parts = [F.adaptive_avg_pool2d(far, 2).flatten(1), far.amax((2, 3)), near.mean((2, 3)), near.amax((2, 3))]
        whole = torch.cat(parts, 1)
        return self.style(whole), self.colour(whole)


class Network(nn.Module):
    """Both nets of the judge."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.survey = Survey(config)
        self.closer = Closer(config)
