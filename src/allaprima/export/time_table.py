"""The denoiser's time network as a constant table: any time in 0..1 is two rows and a blend of them.

A student's table has a row for each of its jumps and nothing between them. Knows the time network as a callable
[n] -> [n, total] only; measures how well the table stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from allaprima.errors import ExportError

ROWS = (257, 513, 1025, 2049)
TOLERANCE = 0.01  # root mean square of the error against that of the deviation from the mean over time


class FoldedTime(nn.Module):
    """time [n] in 0..1 -> [n, total] by linear interpolation between the rows of a table [rows, total]."""

    table: torch.Tensor

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("table", table)
        self.last = len(table) - 1

    def forward(self, time: torch.Tensor) -> torch.Tensor:
        place = time.clamp(0.0, 1.0) * self.last
        below = place.floor().clamp(max=self.last - 1)
        share = (place - below)[:, None]
        index = below.to(torch.int64)
        return self.table[index] * (1.0 - share) + self.table[index + 1] * share


class FoldedJumps(nn.Module):
    """(time [n], until [n]) -> [n, total]: the row of the jump [p, 2] that is nearest to what was asked for."""

    table: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor

    def __init__(self, jumps: torch.Tensor, table: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("table", table)
        self.register_buffer("starts", jumps[None, :, 0].clone())
        self.register_buffer("ends", jumps[None, :, 1].clone())

    def forward(self, time: torch.Tensor, until: torch.Tensor) -> torch.Tensor:
        away = (time[:, None] - self.starts).abs() + (until[:, None] - self.ends).abs()
        return self.table[away.argmin(dim=1)]


@torch.no_grad()
def folded_time(network: Callable[[torch.Tensor], torch.Tensor], *, rows: int) -> FoldedTime:
    """The table of `network` at `rows` equally spaced times."""
    return FoldedTime(network(torch.linspace(0.0, 1.0, rows)).float().contiguous())


@torch.no_grad()
def error_of(network: Callable[[torch.Tensor], torch.Tensor], rows: int, *, count: int = 4096) -> float:
    """How far a table of `rows` strays from the network at random times, as a share of what time changes."""
    times = torch.rand(count, generator=torch.Generator().manual_seed(17))
    exact = network(times)
    table = folded_time(network, rows=rows)
    moved = (exact - exact.mean(dim=0)).pow(2).mean().sqrt()
    return float((table(times) - exact).pow(2).mean().sqrt() / moved.clamp_min(1e-12))


def fitting_rows(
    network: Callable[[torch.Tensor], torch.Tensor], *, sizes: Sequence[int] = ROWS, tolerance: float = TOLERANCE
) -> tuple[int, float]:
    """The smallest table that stands for the network, and its error. Raises ExportError when none does."""
    errors: dict[int, float] = {}
    for rows in sizes:
        errors[rows] = error_of(network, rows)
        if errors[rows] <= tolerance:
            return rows, errors[rows]
    told = ", ".join(f"{rows} rows {error:.2%}" for rows, error in errors.items())
    raise ExportError(f"no table stands for the denoiser's time network within {tolerance:.2%}: {told}")
