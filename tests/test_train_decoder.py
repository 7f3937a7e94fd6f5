"""The decoder trained alone: its loss's gradient, latents that stay to the bit, what may replace a checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402

from allaprima.errors import TrainingError  # noqa: E402
from allaprima.scene.sample_corpus import sample_corpus  # noqa: E402
from allaprima.train import decoder_training as training  # noqa: E402
from allaprima.train.autoencoder import PRESETS, Autoencoder  # noqa: E402
from allaprima.train.autoencoder_training import load_autoencoder, to_target  # noqa: E402
from allaprima.train.bank import compose_large  # noqa: E402
from allaprima.train.run import Run  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def few_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "HELD_OUT", 8)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    sample_corpus(folder)
    return folder


@pytest.fixture(scope="module")
def scenes(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenes") / "scenes256.npy"
    compose_large(corpus, path, count=16)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run with an autoencoder that has learned nothing yet."""
    torch.manual_seed(0)
    weights = Autoencoder(PRESETS["xs"]).state_dict()
    Run(tmp_path, None).save({"config": PRESETS["xs"].to_dict(), "step": 9, "model": weights, "ema": weights})
    return tmp_path


def test_the_loss_has_the_gradient_of_what_it_says() -> None:
    torch.manual_seed(0)
    target = torch.rand(2, 3, 16, 12) * 2 - 1
    seen = (target + 0.05 * torch.randn_like(target)).requires_grad_()

    def bent(error: torch.Tensor) -> torch.Tensor:
        return F.huber_loss(error, torch.zeros_like(error), delta=training.BEND, reduction="sum") / training.BEND

    error = seen - target
    expected = bent(error) + training.SQUARE_WEIGHT / 2 * error.pow(2).sum()
    expected = (expected + training.EDGE_WEIGHT * (bent(error.diff(dim=-1)) + bent(error.diff(dim=-2)))) / seen.numel()
    (wanted,) = torch.autograd.grad(expected, seen)
    loss = training.crisp_loss(seen, target)
    (found,) = torch.autograd.grad(3 * loss, seen)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert torch.allclose(found, 3 * wanted, atol=1e-8)


def test_fidelity_of_a_perfect_and_of_a_blurred_copy() -> None:
    torch.manual_seed(0)
    target = torch.rand(20, 3, 32, 32) * 2 - 1

    class Codec:
        def encode(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures

        def decode(self, latent: torch.Tensor) -> torch.Tensor:
            return F.interpolate(latent, scale_factor=2)

    blurred = training.fidelity(Codec(), target)
    assert blurred["sharpness"] < 0.7
    assert blurred["psnr_128"] > 60  # means over two by two pixels are all that the codec keeps
    exact = training.fidelity(Codec(), F.interpolate(F.avg_pool2d(target, 2), scale_factor=2))
    assert exact["psnr_256"] > 60 and exact["sharpness"] == pytest.approx(1.0)
    assert training.fidelity(Codec(), target, noise=0.3)["psnr_128"] < 20


def test_only_a_cooled_down_and_better_decoder_is_taken_and_latents_stay(folder: Path, scenes: Path) -> None:
    held_out = to_target(np.load(scenes)[: training.HELD_OUT])
    before = load_autoencoder(folder)
    latents = before.encode(F.avg_pool2d(held_out[:4], 2))
    fork = training.Fork(load_autoencoder(folder), lr=3e-3, fast=False)
    torch.manual_seed(1)
    for _ in range(60):
        fork.learn(held_out[:4], 1.0)
    old = training.fidelity(before, held_out)
    run = Run(folder, None)
    assert not training.finish(run, fork, held_out, old, cooled=False)["taken"]
    assert not training.finish(run, fork, held_out, {**old, "psnr_128": 99.0}, cooled=True)["taken"]
    assert run.load()["step"] == 9 and "decoder_steps" not in run.load()
    report = training.finish(run, fork, held_out, old, cooled=True)
    assert report["taken"] and report["psnr_256"] > old["psnr_256"] + 3
    after = load_autoencoder(folder)
    assert torch.equal(after.encode(F.avg_pool2d(held_out[:4], 2)), latents)
    assert training.fidelity(after, held_out) == {name: report[name] for name in old}


def test_a_run_resumes_and_refuses_what_it_cannot_use(folder: Path, corpus: Path, scenes: Path, tmp_path: Path) -> None:
    options = {"corpus": corpus, "scenes": scenes, "folder": folder, "batch": 4, "minutes": 0.05}
    first = training.train_decoder(**options, anneal_minutes=0.0)
    second = training.train_decoder(**options, anneal_minutes=0.0)
    assert not first["taken"] and second["step"] > first["step"] > 0
    assert "held-out scenes" in (folder / "log.txt").read_text(encoding="utf-8")
    with pytest.raises(TrainingError, match="--large"):
        training.train_decoder(**{**options, "scenes": tmp_path / "none.npy"})
    with pytest.raises(TrainingError, match="train autoencoder"):
        training.train_decoder(**{**options, "folder": tmp_path / "empty"})
    torch.manual_seed(5)
    weights = Autoencoder(PRESETS["xs"]).state_dict()
    Run(folder, None).save({"config": PRESETS["xs"].to_dict(), "step": 0, "model": weights, "ema": weights})
    with pytest.raises(TrainingError, match="another encoder"):
        training.train_decoder(**options)
