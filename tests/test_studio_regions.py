"""What is known of a picture is shown to a network that was taught regions, and to no other."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from allaprima.engine.backends import Fake
from allaprima.engine.bundle import read_manifest, write_manifest
from allaprima.engine.painter import Painter
from allaprima.studio import operations


@pytest.fixture(scope="module")
def taught(tiny_bundle, tmp_path_factory):
    """The folder of a bundle that says its denoiser knows regions."""
    folder = tmp_path_factory.mktemp("taught") / "bundle"
    shutil.copytree(tiny_bundle, folder)
    info, _ = read_manifest(folder)
    write_manifest(folder, {**info, "training": {**info["training"], "regions": True}})
    return folder


def regions_fed(painter, folder, kind: str, **given) -> tuple[list[np.ndarray], list[np.ndarray], dict]:
    """Every region the denoiser was given, the free cells' share, and the child's recipe."""
    fed: list[dict[str, np.ndarray]] = []

    def run(name):
        def call(feeds):
            if name == "denoiser":
                fed.append({key: value.copy() for key, value in feeds.items()})
            return painter.backend.run(name, feeds)

        return call

    own = Painter(folder, Fake({name: run(name) for name in ("text_encoder", "denoiser", "decoder", "encoder")}))
    parent = own.paint("a red fox in the snow", seed=3, steps=2)
    assert not any(feeds["region"].any() for feeds in fed)  # a whole picture has no region
    fed.clear()
    (child,) = operations.perform(own, kind, [parent], seed=4, count=1, **given)
    return [feeds["region"] for feeds in fed], [feeds["latent"] for feeds in fed], child.recipe


@pytest.mark.parametrize(
    ("kind", "given", "free"),
    [
        ("region", {"mask": [[0.25, 0.25, 0.75, 0.75]]}, np.s_[4:12, 4:12]),
        ("zoom", {"factor": 2.0}, None),
        ("pan", {"direction": "right"}, None),
    ],
)
def test_operations_feed_the_region(painter, taught, kind, given, free) -> None:
    regions, states, recipe = regions_fed(painter, taught, kind, **given)
    assert regions and not any("not trained" in note for note in recipe.get("notes", ()))
    for region, state in zip(regions, states, strict=True):
        assert region.shape == (len(state), 18, 16, 16) and region.dtype == np.float32
        latents, mask, glyphs = region[:, :16], region[:, 16:17], region[:, 17]
        assert set(np.unique(mask)) == {0.0, 1.0} and not glyphs.any()
        assert not latents[np.broadcast_to(mask == 1, latents.shape)].any()
        assert np.abs(latents).max() > 0.05
        assert (region == region[:1]).all()  # on both sides of guidance
        if free is not None:
            wanted = np.zeros((16, 16))
            wanted[free] = 1
            assert np.array_equal(mask[0, 0], wanted)
    if kind == "zoom":
        assert regions[0][0, 16, 4:12, 4:12].max() == 0 and regions[0][0, 16, :4].min() == 1
    if kind == "pan":
        assert regions[0][0, 16, :, -2:].min() == 1 and regions[0][0, 16, :, :2].max() == 0


def test_an_untaught_network_is_given_zeros(painter, tiny_bundle) -> None:
    regions, _, recipe = regions_fed(painter, tiny_bundle, "region", mask=[[0.25, 0.25, 0.75, 0.75]])
    assert regions and not any(region.any() for region in regions)
    assert any("not trained to fill in" in note for note in recipe["notes"])
