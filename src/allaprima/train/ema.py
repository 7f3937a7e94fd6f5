"""Exponential moving average of the weights with a power-function profile (arXiv:2312.02696, section 3.1).

The average forgets in proportion to the age of the run, so one gamma serves a short and a long run alike.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Ema:
    """Keeps a float32 copy of every floating parameter and buffer of `model`."""

    def __init__(self, model: nn.Module, *, gamma: float = 6.94) -> None:
        self.gamma = gamma
        self.weights = {name: value.detach().clone().float() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """`step` counts from 1. beta = (1 - 1/step)^(gamma + 1)."""
        beta = (1.0 - 1.0 / max(step, 1)) ** (self.gamma + 1.0)
        live = model.state_dict()
        names = list(self.weights)
        torch._foreach_lerp_([self.weights[n] for n in names], [live[n].float() for n in names], 1.0 - beta)

    def state_dict(self) -> dict[str, Any]:
        return dict(self.weights)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            self.weights[name].copy_(value)
