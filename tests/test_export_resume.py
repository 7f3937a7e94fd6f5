"""The file for going on with training: packed, unpacked, and taken up by every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from allaprima.errors import ExportError, TrainingError  # noqa: E402
from allaprima.export.bundle import Trained  # noqa: E402
from allaprima.export.resume import pack  # noqa: E402
from allaprima.train.autoencoder_training import load_autoencoder  # noqa: E402
from allaprima.train.denoiser_training import load_denoiser  # noqa: E402
from allaprima.train.resume import unpack  # noqa: E402
from allaprima.train.run import Run  # noqa: E402
from allaprima.train.text import load_text_encoder  # noqa: E402
from tiny_training import save_text_run, tiny_trained  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    """Three runs on disk as training leaves them, apart from their optimisers."""
    made, runs = tiny_trained(tmp_path), tmp_path / "runs"
    save_text_run(made, runs)
    for name, network in (("autoencoder", made.autoencoder), ("denoiser", made.denoiser)):
        weights = network.state_dict()
        Run.open(runs / name, minutes=None).save({
            "config": network.config.to_dict(), "step": 40, "scenes": 2560, "minutes": 2.0, "region_scenes": 64,
            "model": weights, "ema": weights,
        })  # fmt: skip
    return made


def test_what_is_packed_comes_back_to_within_half_precision(trained: Trained, tmp_path: Path) -> None:
    record = pack(tmp_path / "runs", tmp_path / "go-on.npz")
    assert record["denoiser"]["scenes"] == 2560
    written = unpack(tmp_path / "go-on.npz", tmp_path / "new")
    assert written == {"text": True, "autoencoder": True, "denoiser": True}
    network, told = load_denoiser(tmp_path / "new" / "denoiser")
    assert told == {"step": 40, "scenes": 2560, "minutes": 2.0, "region_scenes": 64, "regions": False}
    pairs = (
        (network, trained.denoiser),
        (load_autoencoder(tmp_path / "new" / "autoencoder"), trained.autoencoder),
        (load_text_encoder(tmp_path / "new" / "text" / "checkpoint.pt"), trained.text),
    )
    for mine, theirs in pairs:
        for key, value in theirs.state_dict().items():
            found = mine.state_dict()[key]
            allowed = 0.01 if key == "embedding.weight" else 1e-3
            assert found.shape == value.shape and found.dtype == torch.float32
            assert (found - value).abs().max() <= allowed * value.abs().max() + 1e-7, key


def test_a_run_that_is_there_is_left_alone(trained: Trained, tmp_path: Path) -> None:
    pack(tmp_path / "runs", tmp_path / "go-on.npz")
    before = (tmp_path / "runs" / "denoiser" / "checkpoint.pt").read_bytes()
    assert not any(unpack(tmp_path / "go-on.npz", tmp_path / "runs").values())
    assert (tmp_path / "runs" / "denoiser" / "checkpoint.pt").read_bytes() == before


def test_the_file_holds_nothing_pickled_and_is_half_the_size(trained: Trained, tmp_path: Path) -> None:
    record = pack(tmp_path / "runs", tmp_path / "go-on.npz")
    with np.load(tmp_path / "go-on.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "uif" for name in arrays.files)
    networks = (trained.text, trained.autoencoder, trained.denoiser)
    count = sum(value.numel() for network in networks for value in network.state_dict().values())
    assert record["bytes"] < 2.1 * count


def test_a_damaged_or_missing_file_is_one_clear_line_and_writes_nothing(trained: Trained, tmp_path: Path) -> None:
    pack(tmp_path / "runs", tmp_path / "go-on.npz")
    raw = (tmp_path / "go-on.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(raw[: len(raw) // 2])
    for name, told in (("cut.npz", "damaged"), ("absent.npz", "not there")):
        with pytest.raises(TrainingError, match=told):
            unpack(tmp_path / name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_that_would_be_too_large_is_not_written(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="MB"):
        pack(tmp_path / "runs", tmp_path / "out" / "go-on.npz", largest=10_000)
    assert not list((tmp_path / "out").iterdir())
