"""Targets of things in styles that nobody drew them in: what a drawing in a kindred style becomes.

Some styles are renderings of one design, so that what one shows is nearly a function of what the other shows at the
same place. That function is a ridge regression from cell to cell, learned for each two styles from the things drawn in
both; how much it explains is measured on things it did not see, and where that is little nothing is made up.
Knows targets of drawings only: no phrases, and no drawing that is held out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from allaprima.train.autoencoder import LATENT_CHANNELS
from allaprima.train.prior import CELL

RIDGE = 30.0
LEAST_COMMON = 100  # things drawn in both styles, to learn from
ASIDE = 5  # of these every fifth is kept for the measure
UNEXPLAINED = 0.4  # of the latents' variance, above which two styles are no kin


@dataclass(frozen=True)
class Filled:
    """A target like a drawing's, and the row of the drawing that it was made of."""

    concept: str
    style: str
    source: int
    latent: torch.Tensor  # [16, 8, 8]
    cover: torch.Tensor  # [1, 32, 32], 0..1


@dataclass(frozen=True)
class Kinship:
    """How targets in one style become such in another. weight: [1 + channels, channels] of `cells`."""

    weight: torch.Tensor
    unexplained: float  # of the latents' variance, on things that were not learned from; 0 is all explained

    @classmethod
    def learned(cls, given: torch.Tensor, wanted: torch.Tensor, *, most: float = float("inf")) -> Kinship | None:
        """From n things' targets in both styles, [n, channels, 8, 8] as `cells` has them; None where more than `most`
        is left unexplained."""
        inputs, outputs = _rows(given), wanted.flatten(2).transpose(1, 2)
        kept = torch.arange(len(given)) % ASIDE == 0
        said = inputs[kept] @ _solved(inputs[~kept], outputs[~kept])
        latents = slice(0, LATENT_CHANNELS)
        away = (said - outputs[kept])[..., latents].square().mean()
        spread = (outputs[kept] - outputs[~kept].mean(dim=0))[..., latents].square().mean()
        unexplained = float(away / spread)
        return cls(_solved(inputs, outputs), unexplained) if unexplained <= most else None

    def applied(self, given: torch.Tensor) -> torch.Tensor:
        """The same shape, in the other style."""
        return (_rows(given) @ self.weight).transpose(1, 2).reshape(given.shape)


def cells(latents: torch.Tensor, covers: torch.Tensor) -> torch.Tensor:
    """latents [n, 16, 8, 8] and covers [n, 1, 32, 32] in 0..1 -> [n, 32, 8, 8]: what a cell shows and its part of the
    cutout."""
    return torch.cat([latents, F.pixel_unshuffle(covers, CELL)], dim=1)


def parts(both: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """`cells` undone."""
    latents, covers = both[:, :LATENT_CHANNELS], both[:, LATENT_CHANNELS:]
    return latents, F.pixel_shuffle(covers, CELL).clamp(0.0, 1.0)


def completed(
    latents: torch.Tensor, covers: torch.Tensor, styles: Sequence[str], concepts: Sequence[str], *,
    unexplained: float = UNEXPLAINED,
) -> list[Filled]:  # fmt: skip
    """For each concept each style that none of the n targets has, if another of its styles is kin enough."""
    shown = cells(latents.float(), covers.float())
    rows: dict[str, dict[str, int]] = defaultdict(dict)  # style -> concept -> row
    for row, (style, concept) in enumerate(zip(styles, concepts, strict=True)):
        rows[style].setdefault(concept, row)
    kin: dict[str, list[tuple[str, Kinship]]] = {}
    for wanted in rows:
        known = [(given, _kinship(shown, rows[given], rows[wanted], unexplained)) for given in rows if given != wanted]
        near = [(given, kinship) for given, kinship in known if kinship is not None]
        kin[wanted] = sorted(near, key=lambda each: (each[1].unexplained, each[0]))
    found = []
    for wanted, sources in kin.items():
        missing = dict.fromkeys(concept for concept in concepts if concept not in rows[wanted])
        for given, kinship in sources:
            able = [concept for concept in missing if concept in rows[given]]
            if not able:
                continue
            made = parts(kinship.applied(shown[[rows[given][concept] for concept in able]]))
            for concept, latent, cover in zip(able, *made, strict=True):
                found.append(Filled(concept, wanted, rows[given][concept], latent, cover))
                del missing[concept]
    return found


def _kinship(shown: torch.Tensor, given: dict[str, int], wanted: dict[str, int], most: float) -> Kinship | None:
    both = [concept for concept in given if concept in wanted]
    if len(both) < LEAST_COMMON:
        return None
    return Kinship.learned(shown[[given[each] for each in both]], shown[[wanted[each] for each in both]], most=most)


def _rows(shown: torch.Tensor) -> torch.Tensor:
    """[n, c, 8, 8] -> [n, 64, c + 1]: the cells, and a one."""
    return F.pad(shown.flatten(2).transpose(1, 2), (0, 1), value=1.0)


def _solved(inputs: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    x, y = inputs.flatten(0, 1).double(), outputs.flatten(0, 1).double()
    ridge = RIDGE * torch.eye(x.shape[1], dtype=x.dtype)
    return torch.linalg.solve(x.T @ x + ridge, x.T @ y).float()
