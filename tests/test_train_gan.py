"""The GAN baseline through its public doors: it learns, tells how stable it is, goes on, and has a student's form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from allaprima.errors import TrainingError  # noqa: E402
from allaprima.train.gan import train_gan  # noqa: E402
from allaprima.train.student import load_student  # noqa: E402
from tiny_teacher import tiny_teacher  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_teacher(tmp_path_factory.mktemp("runs")) / "bank"


def test_both_learn_and_a_run_goes_on(bank: Path, tmp_path: Path) -> None:
    options = {"bank": bank, "folder": tmp_path, "autoencoder": None, "size": "xs", "batch": 16, "lr": 3e-3}
    begun = train_gan(steps=1, **options)
    still = {name: value.clone() for name, value in load_student(tmp_path)[0].state_dict().items()}
    went_on = train_gan(steps=24, **options)
    assert begun["round"] == 1 and went_on["round"] == 25
    assert went_on["told_apart"] < begun["told_apart"] - 0.2  # the discriminator has found out something
    assert 0.0 < went_on["spread"] < 2.0
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert [point["round"] for point in curve] == [1, 25]
    network, terms, _ = load_student(tmp_path)
    assert terms.grids == {1: (1.0, 0.0)} and not network.training
    assert any(not torch.equal(value, still[name]) for name, value in network.state_dict().items())


def test_a_run_of_another_size_or_without_an_end_is_refused(bank: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--minutes"):
        train_gan(bank=bank, folder=tmp_path)
    train_gan(bank=bank, folder=tmp_path, autoencoder=None, size="xs", batch=8, steps=1)
    with pytest.raises(TrainingError, match="another size"):
        train_gan(bank=bank, folder=tmp_path, autoencoder=None, size="s", batch=8, steps=1)
