"""Sharpens a student against a discriminator: the part of `allaprima train student` behind `--adversarial`.

The student goes on with its lessons, and its finished latents are to pass for real ones besides: a small convolutional
network looks at latents and words and learns to tell them apart (hinge loss), its slope at both kept small by the
difference that a little noise makes (arXiv:2501.08316). What is won is measured as a crowd, and taken only when it is
beyond doubt and the pictures stay near the teacher's. Knows nothing of runs and files.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from allaprima.train.denoiser import LATENT, STATE_WIDTH, Denoiser
from allaprima.train.flow import Conditions
from allaprima.train.student import landing

SHARE = 0.25  # of the adversarial gradient at the last layer, in units of the lessons'
FLAT = 0.05  # deviation of the noise by which slopes are measured
FLATNESS = 50.0  # weight of the squared difference
FARTHER = 1.1  # times as far from the teacher's pictures as before, at most


class Discriminator(nn.Module):
    """latents [n, 16, h, w], states [n, 32, 256], text_mask [n, 32] -> scores [n, h / 4 * w / 4]: high for real."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        wide = 2 * width
        self.look = nn.Sequential(
            nn.Conv2d(LATENT, width, 3, padding=1), nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.GroupNorm(width // 16, width), nn.SiLU(),
            nn.Conv2d(width, wide, 4, stride=2, padding=1), nn.GroupNorm(wide // 16, wide), nn.SiLU(),
            nn.Conv2d(wide, wide, 4, stride=2, padding=1), nn.GroupNorm(wide // 16, wide), nn.SiLU(),
        )  # fmt: skip
        self.alone = nn.Conv2d(wide, 1, 1)
        self.words = nn.Linear(STATE_WIDTH, wide)

    def forward(self, latents: torch.Tensor, states: torch.Tensor, text_mask: torch.Tensor) -> torch.Tensor:
        seen = self.look(latents)
        said = self.words(states.sum(dim=1) / text_mask.sum(dim=1, keepdim=True).clamp_min(1.0))
        # The projection of arXiv:1802.05637: how well what is seen agrees with what was said.
        agreed = (seen * said[:, :, None, None]).mean(dim=1, keepdim=True)
        scores: torch.Tensor = (self.alone(seen) + agreed).flatten(1)
        return scores


def telling_loss(
    critic: Discriminator, real: torch.Tensor, painted: torch.Tensor, given: Conditions, generator: torch.Generator
) -> torch.Tensor:
    """The discriminator's hinge loss, with its slopes; `given` goes with both."""
    known = given.states, given.text_mask
    loss = torch.zeros(())
    for latents, sign in ((real, 1.0), (painted, -1.0)):
        scores = critic(latents, *known)
        moved = critic(latents + FLAT * torch.randn(latents.shape, generator=generator), *known)
        loss = loss + F.relu(1.0 - sign * scores).mean() + FLATNESS * (moved - scores).pow(2).mean()
    return loss


def finished(
    student: Denoiser, noise: torch.Tensor, given: Conditions, grid: tuple[float, ...], *, fast: bool
) -> torch.Tensor:
    """Latents painted along a grid, the gradient through the last step alone."""
    known = given.hint, given.region, given.states, given.text_mask
    state = noise
    for place, pair in enumerate(zip(grid[:-1], grid[1:], strict=True)):
        times = torch.tensor([pair]).expand(len(state), 2)
        is_last = place == len(grid) - 2
        with torch.set_grad_enabled(is_last), torch.autocast("cpu", torch.bfloat16, enabled=fast):
            clean = student(state, *known, times)
        state = landing(state, clean, times)
    return state


class Refiner:
    """A discriminator in training, and the weight of its opinion beside the lessons'."""

    def __init__(self, *, lr: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.critic = Discriminator()
        self.optimiser = torch.optim.AdamW(self.critic.parameters(), lr=lr, betas=(0.0, 0.95), weight_decay=0.0)
        self.generator = torch.Generator().manual_seed(seed)

    def tell_apart(self, real: torch.Tensor, painted: torch.Tensor, given: Conditions) -> float:
        """One update of the discriminator; its loss."""
        loss = telling_loss(self.critic, real, painted.detach(), given, self.generator)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())

    def passing_loss(self, painted: torch.Tensor, given: Conditions) -> torch.Tensor:
        """How badly painted latents pass for real ones."""
        return -self.critic(painted, given.states, given.text_mask).mean()

    def joined(self, lessons: torch.Tensor, passing: torch.Tensor, last: nn.Parameter) -> torch.Tensor:
        """Both losses, the second weighed so that at the last layer its gradient is SHARE of the first's."""
        own, other = (torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (lessons, passing))
        return lessons + (SHARE * own / other.clamp_min(1e-8)).detach() * passing


@dataclass(frozen=True)
class Verdict:
    """What refinement did: the crowd's distance from real latents and that of each step count from the teacher's
    picture, before and after; `gain` is the first's fall with its 90 % interval."""

    crowd: tuple[float, float]
    gain: tuple[float, float, float]
    distance: dict[int, tuple[float, float]]

    @property
    def taken(self) -> bool:
        near = all(after <= FARTHER * before for before, after in self.distance.values())
        return near and self.gain[1] > 0.0

    def __str__(self) -> str:
        far = " ".join(f"{n}: {before:.3f} to {after:.3f}" for n, (before, after) in self.distance.items())
        gain, low, high = self.gain
        return (f"{'taken' if self.taken else 'not taken'}: from real latents {self.crowd[0]:.2f} to "
                f"{self.crowd[1]:.2f}, {gain:+.2f} ({low:+.2f} to {high:+.2f}); from the teacher {far}")  # fmt: skip
