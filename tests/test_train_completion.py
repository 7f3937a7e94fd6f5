"""Targets in styles that nobody drew: told from kindred styles, from no others, and only where something is missing."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from allaprima.train.completion import cells, completed, parts  # noqa: E402

pytestmark = pytest.mark.train

COUNT = 150
MISSING = (3, 50, 149)


@pytest.fixture(scope="module")
def drawn() -> tuple:
    """150 things drawn flat and soft, soft being a change of flat's colours, and as icons of designs of their own."""
    generator = torch.Generator().manual_seed(0)
    flat = torch.randn(COUNT, 16, 8, 8, generator=generator)
    turn = torch.randn(16, 16, generator=generator) / 4.0
    soft = torch.einsum("oc,nchw->nohw", turn, flat) + 0.5 + 0.05 * torch.randn(flat.shape, generator=generator)
    icon = torch.randn(COUNT, 16, 8, 8, generator=generator)
    cover = (torch.rand(COUNT, 1, 32, 32, generator=generator) > 0.5).float()
    rows = [("flat", thing) for thing in range(COUNT)]
    rows += [("soft", thing) for thing in range(COUNT) if thing not in MISSING]
    rows += [("icon", thing) for thing in range(COUNT) if thing != 7]
    of_style = {"flat": flat, "soft": soft, "icon": icon}
    latents = torch.stack([of_style[style][thing] for style, thing in rows])
    covers = torch.stack([cover[thing] for _, thing in rows])
    return latents, covers, [style for style, _ in rows], [f"thing {thing}" for _, thing in rows], soft, cover


def test_what_is_missing_is_told_from_a_kindred_style_and_from_no_other(drawn: tuple) -> None:
    latents, covers, styles, concepts, soft, cover = drawn
    found = completed(latents, covers, styles, concepts)
    assert [(each.concept, each.style) for each in found] == [(f"thing {thing}", "soft") for thing in MISSING]
    for each, thing in zip(found, MISSING, strict=True):
        assert (styles[each.source], concepts[each.source]) == ("flat", each.concept)
        away = (each.latent - soft[thing]).square().mean() / soft[thing].var()
        assert away < 0.05
        assert ((each.cover > 0.5) == (cover[thing] > 0.5)).float().mean() > 0.99


def test_where_nothing_is_missing_or_too_little_is_known_nothing_is_made_up(drawn: tuple) -> None:
    latents, covers, styles, concepts, _, _ = drawn
    flat = [row for row, style in enumerate(styles) if style == "flat"]
    assert completed(latents[flat], covers[flat], ["flat"] * COUNT, [concepts[row] for row in flat]) == []
    few = [row for row, concept in enumerate(concepts) if int(concept.split()[1]) < 60]
    assert completed(latents[few], covers[few], [styles[row] for row in few], [concepts[row] for row in few]) == []


def test_the_bar_of_kinship_can_be_moved(drawn: tuple) -> None:
    latents, covers, styles, concepts, _, _ = drawn
    assert completed(latents, covers, styles, concepts, unexplained=1e-6) == []
    everything = completed(latents, covers, styles, concepts, unexplained=9.0)
    assert {(each.concept, each.style) for each in everything} == {
        *((f"thing {thing}", "soft") for thing in MISSING), ("thing 7", "icon"),
    }  # fmt: skip


def test_cells_and_their_parts_are_the_same_thing(drawn: tuple) -> None:
    latents, covers, *_ = drawn
    latent, cover = parts(cells(latents, covers))
    assert torch.equal(latent, latents) and torch.equal(cover, covers)
