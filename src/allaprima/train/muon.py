"""Muon: momentum whose update is orthogonalised by Newton-Schulz iterations (Jordan et al. 2024), for matrices
and convolution kernels; everything else goes to AdamW. One object steps both.

Deliberately small: one device, no sharding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

UPDATE_RMS = 0.5  # of the learning rate; 0.2 fits long runs, thousands of steps want more


def orthogonalise(matrix: torch.Tensor, *, iterations: int = 5, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    """The nearest semi-orthogonal matrix, roughly: singular values end in about 0.7 to 1.2. matrix: [rows, columns]."""
    a, b, c = 3.4445, -4.7750, 2.0315  # quintic with the steepest slope at zero that still converges to about 1
    x = matrix.to(dtype)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        # One fused call each: as separate sums these took as long as the products themselves.
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)


class Muon:
    """Muon on kernels of 2 or more dimensions, AdamW on the rest.

    A kernel [out, in, 3, 3] is treated as [out, in * 9]. Updates are scaled to an RMS of UPDATE_RMS times the learning
    rate (arXiv:2502.16982 takes 0.2), so that one learning rate near Adam's serves both.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        adam_only: Iterable[str] = (),
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        excluded = tuple(adam_only)
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        self.matrices = [p for n, p in named if p.ndim >= 2 and not n.startswith(excluded or ("\0",))]
        chosen = {id(p) for p in self.matrices}
        rest = [p for _, p in named if id(p) not in chosen]
        self.lr, self.momentum, self.weight_decay, self.dtype = lr, momentum, weight_decay, dtype
        self.buffers = [torch.zeros_like(p) for p in self.matrices]
        self.adam = torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.0)

    def zero_grad(self) -> None:
        for p in self.matrices:
            p.grad = None
        self.adam.zero_grad(set_to_none=True)

    @torch.no_grad()
    def step(self, scale: float = 1.0) -> None:
        """`scale` multiplies the learning rate (warm-up and cool-down)."""
        for p, buffer in zip(self.matrices, self.buffers, strict=True):
            if p.grad is None:
                continue
            grad = p.grad
            buffer.mul_(self.momentum).add_(grad, alpha=1 - self.momentum)
            update = grad.lerp(buffer, self.momentum)  # Nesterov
            flat = orthogonalise(update.reshape(p.shape[0], -1), dtype=self.dtype)
            size = UPDATE_RMS * max(flat.shape) ** 0.5
            p.mul_(1 - self.lr * scale * self.weight_decay)
            p.add_(flat.reshape(p.shape), alpha=-self.lr * scale * size)
        for group in self.adam.param_groups:
            group["lr"] = self.lr * scale
        self.adam.step()

    def state_dict(self) -> dict[str, Any]:
        return {"buffers": self.buffers, "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for mine, theirs in zip(self.buffers, state["buffers"], strict=True):
            mine.copy_(theirs)
        self.adam.load_state_dict(state["adam"])
