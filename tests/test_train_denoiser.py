"""The denoiser's training through its public doors: the objective, the optimiser, a real tiny run that resumes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from allaprima.errors import TrainingError  # noqa: E402
from allaprima.train import denoiser_training  # noqa: E402
from allaprima.train.bank import Bank  # noqa: E402
from allaprima.train.denoiser import PRESETS, REGION, Denoiser  # noqa: E402
from allaprima.train.denoiser_training import conditions, load_denoiser, train_denoiser  # noqa: E402
from allaprima.train.ema import Ema  # noqa: E402
from allaprima.train.flow import Conditions, sample, velocity_loss  # noqa: E402
from allaprima.train.muon import Muon, orthogonalise  # noqa: E402
from allaprima.train.regions import SHARE, draw_masks  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two encoded shards: every latent is a constant picture whose value the first word states."""
    folder = tmp_path_factory.mktemp("bank")
    rng = np.random.default_rng(0)
    for index in range(2):
        shard = folder / f"shard-{index:04d}"
        shard.mkdir()
        values = rng.choice([-1.0, 1.0], 256)
        states = np.zeros((256, 2, 32, 256), np.float16)
        states[:, :, 0, :128] = np.where(values > 0, 1, 0)[:, None, None]
        states[:, :, 0, 128:] = np.where(values < 0, 1, 0)[:, None, None]
        np.save(
            shard / "latents.npy", np.broadcast_to(values[:, None, None, None], (256, 16, 16, 16)).astype(np.float16)
        )
        np.save(shard / "hints.npy", np.zeros((256, 17, 16, 16), np.float16))
        np.save(shard / "states.npy", states)
        np.save(shard / "lengths.npy", np.full((256, 2), 3, np.uint8))
        (shard / "scenes.jsonl").write_text(json.dumps({}) + "\n")
    return folder


def nothing(n: int) -> Conditions:
    zeros = torch.zeros
    return Conditions(zeros(n, 17, 16, 16), zeros(n, REGION, 16, 16), zeros(n, 32, 256), zeros(n, 32))


def test_a_perfect_network_has_no_loss_and_paints_the_truth() -> None:
    clean, noise = torch.randn(3, 16, 16, 16), torch.randn(3, 16, 16, 16)

    def perfect(latent: torch.Tensor, *_rest: torch.Tensor) -> torch.Tensor:
        return clean.repeat(len(latent) // 3, 1, 1, 1)

    assert velocity_loss(perfect, clean, noise, torch.tensor([0.1, 0.5, 0.9]), nothing(3)).max() == 0
    painted = sample(perfect, noise, nothing(3), [1.0, 0.6, 0.2, 0.0], guidance=2.0)
    assert torch.allclose(painted, clean, atol=1e-5)


@pytest.mark.parametrize("shape", [(64, 64), (32, 200), (200, 32)])
def test_orthogonalised_updates_have_singular_values_near_one(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalise(matrix, dtype=torch.float32))
    assert values.max() < 1.3
    assert values.median() > 0.6


def test_ema_of_constant_weights_is_the_weights() -> None:
    model = torch.nn.Linear(3, 3)
    ema = Ema(model)
    for step in range(1, 20):
        ema.update(model, step)
    assert torch.allclose(ema.weights["weight"], model.weight)


def test_padding_words_change_nothing() -> None:
    torch.manual_seed(0)
    model = Denoiser(PRESETS["xs"])
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    given, latent, time = nothing(2), torch.randn(2, 16, 16, 16), torch.tensor([0.3, 0.8])
    mask = torch.zeros(2, 32)
    mask[:, :4] = 1
    states = torch.randn(2, 32, 256)
    changed = states.clone()
    changed[:, 4:] += 5.0
    one, other, silent = (
        model(latent, given.hint, given.region, s, mask, time) for s in (states, changed, torch.zeros_like(states))
    )
    by_padding, by_words = (one - other).abs().max(), (one - silent).abs().max()
    assert by_words > 1000 * by_padding


def test_loss_falls_on_a_fixed_batch(bank: Path) -> None:
    torch.manual_seed(0)
    model = Denoiser(PRESETS["xs"])
    muon = Muon(model, lr=3e-3, adam_only=("stem", "out", "words.nothing", "time"), dtype=torch.float32)
    drawn = Bank(bank).validation(16)
    clean = torch.from_numpy(drawn.latents)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    given = nothing(16)
    given = Conditions(given.hint, given.region, torch.from_numpy(drawn.states), torch.from_numpy(drawn.text_mask))
    time = torch.linspace(0.2, 0.95, 16)
    losses = []
    for _ in range(30):
        loss = velocity_loss(model, clean, noise, time, given).mean()
        muon.zero_grad()
        loss.backward()
        muon.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_a_run_is_resumed_by_the_same_command(bank: Path, tmp_path: Path) -> None:
    run = {"bank": bank, "folder": tmp_path, "autoencoder": None, "size": "xs", "batch": 8, "minutes": 0.04}
    first = train_denoiser(**run)
    second = train_denoiser(**run)
    assert second["step"] > first["step"] > 0
    assert np.isfinite(second["validation_region"])
    assert second["scenes"] == second["step"] * 8
    annealed = train_denoiser(**run, anneal=True)
    assert annealed["step"] > second["step"]
    _, record = load_denoiser(tmp_path)
    assert record["scenes"] == annealed["scenes"] and record["regions"] is False


def test_a_cool_down_is_the_mean_of_two_averages(bank: Path, tmp_path: Path) -> None:
    run = {"bank": bank, "folder": tmp_path, "autoencoder": None, "size": "xs", "batch": 8, "minutes": 0.02}
    train_denoiser(**run)
    long = torch.load(tmp_path / "checkpoint.pt", weights_only=False)
    long["ema"] = {name: torch.full_like(value, 100.0) for name, value in long["ema"].items()}
    torch.save({**long, "step": 100_000}, tmp_path / "checkpoint.pt")  # a long run, its average far from its weights
    train_denoiser(**run, anneal=True)
    model, _ = load_denoiser(tmp_path)
    for name, value in model.state_dict().items():
        assert (value - 50.0 - long["model"][name] / 2).abs().max() < 2.0, name


def test_a_run_counts_as_taught_once_it_has_seen_regions_enough(
    bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = {"bank": bank, "folder": tmp_path, "autoencoder": None, "size": "xs", "batch": 8, "minutes": 0.02}
    train_denoiser(**run)
    old = torch.load(tmp_path / "checkpoint.pt", weights_only=False)
    assert old.pop("region_scenes") == old["scenes"]
    torch.save(old, tmp_path / "checkpoint.pt")  # as a run wrote it that had no regions yet
    monkeypatch.setattr(denoiser_training, "REGIONS_LEARNED", 8)
    assert load_denoiser(tmp_path)[1]["regions"] is False
    train_denoiser(**run)
    assert load_denoiser(tmp_path)[1]["regions"] is True


def test_regions_tell_what_is_known_and_what_is_free(bank: Path) -> None:
    batch = Bank(bank).validation(256)
    assert not conditions(batch, None).region.any()
    given = conditions(batch, np.random.default_rng(5))
    asked = given.region[:, 16].amax(dim=(1, 2)) > 0
    assert 0.5 * SHARE < asked.float().mean() < 1.5 * SHARE
    assert not given.region[~asked].any() and not given.region[:, 17].any()
    clean = torch.from_numpy(batch.latents)[asked]
    latents, mask = given.region[asked, :16], given.region[asked, 16:17]
    assert torch.equal(latents, clean * (1 - mask)) and set(mask.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(given.emptied().region, given.region) and not given.emptied().hint.any()


def test_masks_are_of_every_kind_and_never_whole() -> None:
    masks = draw_masks(400, 16, 16, np.random.default_rng(0))[:, 0]
    free = masks.mean(axis=(1, 2))
    assert ((free > 0) & (free < 1)).all() and 0.3 < free.mean() < 0.65
    border = np.ones((16, 16), bool)
    border[1:-1, 1:-1] = False
    assert (masks[:, border].all(axis=1) & (masks[:, 8, 8] == 0)).mean() > 0.1  # as when zooming out
    for edge in (masks[:, 0], masks[:, -1], masks[:, :, 0], masks[:, :, -1]):
        assert edge.all(axis=1).any()  # as when panning


def test_the_loss_of_free_cells_is_theirs_alone() -> None:
    clean, noise, mask = torch.zeros(2, 16, 16, 16), torch.ones(2, 16, 16, 16), torch.zeros(2, 1, 16, 16)
    mask[:, :, :4] = 1

    def wrong_where_known(latent: torch.Tensor, *_rest: torch.Tensor) -> torch.Tensor:
        return clean + (1 - mask)

    given, time = nothing(2), torch.tensor([0.5, 0.5])
    assert velocity_loss(wrong_where_known, clean, noise, time, given, mask).max() == 0
    assert velocity_loss(wrong_where_known, clean, noise, time, given).min() > 1


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train bank"):
        Bank(tmp_path)
    with pytest.raises(TrainingError, match="train denoiser"):
        load_denoiser(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"torn")
    with pytest.raises(TrainingError, match="cannot be read"):
        load_denoiser(tmp_path)
