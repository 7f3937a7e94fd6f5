"""The autoencoder's training: shapes, losses that fall, standardised latents, the scene bank's shards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from allaprima.scene.sample_corpus import sample_corpus  # noqa: E402
from allaprima.train.autoencoder import PRESETS, Autoencoder  # noqa: E402
from allaprima.train.autoencoder_training import (  # noqa: E402
    latent_shape,
    losses,
    to_target,
    train_autoencoder,
    transform,
)
from allaprima.train.bank import compose_large, compose_shard, encode_shard, shards  # noqa: E402
from allaprima.train.crops import Crops  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    sample_corpus(folder)
    return folder


def test_shapes_of_any_size() -> None:
    model = Autoencoder(PRESETS["xs"])
    latent = model.encode(torch.zeros(2, 3, 64, 128))
    assert latent.shape == (2, 16, 8, 16)
    assert model.decode(latent).shape == (2, 3, 128, 256)


def test_the_same_turn_is_given_to_latent_and_picture() -> None:
    rng = np.random.default_rng(3)
    plane = torch.rand(1, 1, 8, 8)
    picture = plane.repeat_interleave(16, 2).repeat_interleave(16, 3)
    for _ in range(8):
        latent, turned = transform(plane, picture, rng)
        assert turned.shape[-1] == latent.shape[-1] * 16
        if latent.shape[-1] == 8:
            assert torch.allclose(turned[..., ::16, ::16], latent)


def test_loss_falls_on_a_fixed_batch(corpus: Path) -> None:
    from allaprima.scene.corpus import Corpus

    torch.manual_seed(0)
    crops = Crops(Corpus.open(corpus), None, size=64).batch(8, np.random.default_rng(0))
    target = to_target(crops)
    model = Autoencoder(PRESETS["xs"])
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    seen = []
    for _ in range(160):
        loss = sum(losses(model, target, np.random.default_rng(0)).values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    assert seen[-1] < 0.5 * seen[0]


def test_smooth_latents_that_turn_with_the_picture_are_told_from_others() -> None:
    class Codec:
        def __init__(self, kernel: torch.Tensor) -> None:
            self.kernel = kernel

        def encode(self, pictures: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.conv2d(pictures.mean(dim=1, keepdim=True), self.kernel, stride=8)

    torch.manual_seed(0)
    means, lopsided = Codec(torch.full((1, 1, 8, 8), 1 / 64)), Codec(torch.randn(1, 1, 8, 8) / 8)
    noise = torch.rand(4, 3, 256, 256) * 2 - 1
    ramp = torch.linspace(-1, 1, 256).expand(4, 3, 256, 256)
    assert latent_shape(means, noise)["unturned"] < 1e-3 < 0.03 < latent_shape(lopsided, noise)["unturned"]
    assert latent_shape(means, ramp)["fine"] < 0.05 < 0.5 < latent_shape(means, noise)["fine"]


def test_runs_of_equal_steps_end_there_with_and_without_the_regulariser(corpus: Path, tmp_path: Path) -> None:
    seen = {}
    for equivariance in (True, False):
        options = {"corpus": corpus, "scenes": tmp_path / "none.npy", "size": "xs", "batch": 4, "steps": 3}
        folder = tmp_path / str(equivariance)
        assert train_autoencoder(**options, folder=folder, equivariance=equivariance)["step"] == 3
        seen[equivariance] = torch.load(folder / "checkpoint.pt", weights_only=True)["model"]["decoder.head.weight"]
    assert not torch.equal(seen[True], seen[False])


def test_a_run_resumes_and_standardises_its_latents(corpus: Path, tmp_path: Path) -> None:
    scenes = tmp_path / "scenes256.npy"
    compose_large(corpus, scenes, count=80)
    run = {"corpus": corpus, "scenes": scenes, "folder": tmp_path / "run", "size": "xs", "batch": 4, "minutes": 0.04}
    first = train_autoencoder(**run)
    second = train_autoencoder(**run)
    assert second["step"] > first["step"] > 0
    from allaprima.train.autoencoder_training import load_autoencoder, to_input

    model = load_autoencoder(tmp_path / "run")
    with torch.no_grad():
        latent = model.encode(to_input(np.load(scenes)))
    assert latent.mean(dim=(0, 2, 3)).abs().max() < 0.05
    assert (latent.std(dim=(0, 2, 3)) - 1).abs().max() < 0.05
    assert (tmp_path / "run" / "sheet.png").exists()


def test_a_shard_is_composed_once_and_encoded(corpus: Path, tmp_path: Path) -> None:
    class Words:
        def encode(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
            return np.ones((len(texts), 32, 256), np.float16), np.full(len(texts), 5, np.uint8)

    assert compose_shard(corpus, tmp_path, 3, count=4)
    assert not compose_shard(corpus, tmp_path, 3, count=4)
    assert not list(shards(tmp_path, encoded=True))
    encode_shard(tmp_path / "shard-0003", Autoencoder(PRESETS["xs"]), Words(), fast=False)
    (shard,) = shards(tmp_path, encoded=True)
    hints = np.load(shard / "hints.npy")
    assert hints.shape == (4, 17, 16, 16)
    assert hints[:, 16].min() >= 0 and hints[:, 16].max() <= 1
    assert not list(tmp_path.glob(".*part"))
