"""Flow matching in a dozen lines: z_t = (1 - t) x + t e, the network predicts x, the loss is taken on the velocity.

arXiv:2210.02747 (flow matching), arXiv:2511.13720 (x-prediction with v-loss), arXiv:2403.03206 (logit-normal t).
t = 1 is noise and t = 0 is clean, everywhere in this project. Knows nothing of networks: a denoiser is a callable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

SMALLEST_T = 0.05  # the velocity's 1/t is clamped here


@dataclass(frozen=True)
class Conditions:
    """What the denoiser sees besides the latents; shapes as in `train.denoiser`."""

    hint: torch.Tensor  # [n, 17, h, w]
    region: torch.Tensor  # [n, 18, h, w]
    states: torch.Tensor  # [n, 32, 256]
    text_mask: torch.Tensor  # [n, 32]

    def emptied(self) -> Conditions:
        """The unconditional side of guidance: no words, no hint; what is known of the picture stays known."""
        hint, states, mask = (torch.zeros_like(part) for part in (self.hint, self.states, self.text_mask))
        return Conditions(hint, self.region, states, mask)

    def joined(self, other: Conditions) -> Conditions:
        pairs = ((self.hint, other.hint), (self.region, other.region), (self.states, other.states),
                 (self.text_mask, other.text_mask))  # fmt: skip
        return Conditions(*(torch.cat(pair) for pair in pairs))


Network = Callable[..., torch.Tensor]


def draw_times(n: int, generator: torch.Generator, *, mean: float = 0.0, spread: float = 1.0) -> torch.Tensor:
    """[n] of logit-normal times in (0, 1)."""
    return torch.sigmoid(mean + spread * torch.randn(n, generator=generator))


def velocity_loss(
    network: Network,
    clean: torch.Tensor,
    noise: torch.Tensor,
    time: torch.Tensor,
    given: Conditions,
    where: torch.Tensor | None = None,
) -> torch.Tensor:
    """[n]: squared error of the velocity (z - x) / t, averaged over each latent, or over the cells `where` is 1
    ([n, 1, h, w]; at least one in each)."""
    t = time[:, None, None, None]
    noisy = (1 - t) * clean + t * noise
    predicted = network(noisy, given.hint, given.region, given.states, given.text_mask, time)
    error = ((predicted - clean) / t.clamp_min(SMALLEST_T)).pow(2)
    if where is None:
        return error.mean(dim=(1, 2, 3))
    return (error.mean(dim=1, keepdim=True) * where).sum(dim=(1, 2, 3)) / where.sum(dim=(1, 2, 3))


@torch.no_grad()
def sample(
    network: Network, noise: torch.Tensor, given: Conditions, times: Sequence[float], *, guidance: float = 3.0
) -> torch.Tensor:
    """Euler steps along `times` (from 1.0 down to 0.0) with classifier-free guidance (arXiv:2207.12598)."""
    both, latent = given.joined(given.emptied()), noise
    for t, after in zip(times[:-1], times[1:], strict=True):
        time = torch.full((2 * len(noise),), t)
        said, unsaid = network(
            torch.cat([latent, latent]), both.hint, both.region, both.states, both.text_mask, time
        ).chunk(2)
        clean = unsaid + guidance * (said - unsaid)
        latent = clean + (after / t) * (latent - clean)
    return latent
