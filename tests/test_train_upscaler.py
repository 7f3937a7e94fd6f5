"""The upscaler's training: pairs made once, a start from bicubic, a loss that falls, and its way into a bundle."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from allaprima.engine.backends import OnnxRuntime  # noqa: E402
from allaprima.engine.bundle import Bundle  # noqa: E402
from allaprima.engine.upscaler import Enlarger  # noqa: E402
from allaprima.errors import ExportError, TrainingError  # noqa: E402
from allaprima.export import upscaler as export  # noqa: E402
from allaprima.export.graph_files import Written  # noqa: E402
from allaprima.export.real_inputs import RealInputs  # noqa: E402
from allaprima.judge import upscaler as judging  # noqa: E402
from allaprima.scene.sample_corpus import sample_corpus  # noqa: E402
from allaprima.scene.sharp import SharpCorpus  # noqa: E402
from allaprima.train.autoencoder import PRESETS as AUTOENCODERS  # noqa: E402
from allaprima.train.autoencoder import Autoencoder  # noqa: E402
from allaprima.train.autoencoder_training import to_target  # noqa: E402
from allaprima.train.resume import checkpoint  # noqa: E402
from allaprima.train.upscaler import PRESETS, Upscaler  # noqa: E402
from allaprima.train.upscaler_pairs import Pairs, make_pairs, missing  # noqa: E402
from allaprima.train.upscaler_training import PairCrops, load_upscaler, smaller, softened, train_upscaler  # noqa: E402
from tiny_training import tiny_trained  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shards of two scenes: two held out, two to learn from."""
    folder = tmp_path_factory.mktemp("pairs")
    sample_corpus(folder / "corpus")
    torch.manual_seed(0)
    codec = Autoencoder(AUTOENCODERS["xs"]).eval()
    made = make_pairs(folder / "pairs", SharpCorpus(folder / "corpus"), codec, shards=4, size=2, say=lambda _: None)
    assert made == 4
    return folder / "pairs"


@pytest.fixture(scope="module")
def run(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few steps, stopped and gone on with."""
    folder = tmp_path_factory.mktemp("run")
    first = train_upscaler(pairs=pairs, folder=folder, size="xs", steps=3, batch=2)
    again = train_upscaler(pairs=pairs, folder=folder, size="xs", steps=2, batch=2)
    assert (first["step"], again["step"], again["crops"]) == (3, 5, 10)
    assert (folder / "sheet.png").exists() and "resumed at step" in (folder / "log.txt").read_text()
    return folder


def test_kept_weights_are_gone_on_with(pairs: Path, run: Path, tmp_path: Path) -> None:
    network, known = load_upscaler(run)
    record = {"config": known["config"], "step": 5, "crops": 40}
    (tmp_path / "upscaler").mkdir()
    torch.save(checkpoint("upscaler", record, network.state_dict()), tmp_path / "upscaler" / "checkpoint.pt")
    again, told = load_upscaler(tmp_path / "upscaler")
    assert told == {"config": known["config"], "steps": 5, "crops": 40}
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())
    report = train_upscaler(pairs=pairs, folder=tmp_path / "upscaler", steps=1, batch=2)
    assert (report["step"], report["crops"]) == (6, 42)


def test_pairs_are_made_once_and_told_apart(pairs: Path, tmp_path: Path) -> None:
    assert missing(pairs, 4) == [] and missing(pairs, 6) == [4, 5]
    learned, held_out = Pairs.open(pairs, held_out=False), Pairs.open(pairs, held_out=True)
    assert len(learned) == len(held_out) == 4
    target, decoded = held_out.scenes()[0]
    assert target.shape == (512, 512, 3) and decoded.shape == (256, 256, 3)
    assert not any(np.array_equal(target, other) for other, _ in learned.scenes())
    with pytest.raises(TrainingError, match="--pairs-only"):
        Pairs.open(tmp_path, held_out=False)


def test_crops_show_the_same_place_at_both_sizes(pairs: Path) -> None:
    small, sharp = PairCrops(Pairs.open(pairs, held_out=False)).batch(6, np.random.default_rng(1))
    assert small.shape == (6, 3, 64, 64) and sharp.shape == (6, 3, 128, 128)
    # Softened or not, the large shapes are where they were.
    coarse, other = (torch.nn.functional.avg_pool2d(each, side) for each, side in ((small, 8), (sharp, 16)))
    assert (coarse - other).abs().mean() < 0.05


def test_softening_is_by_chance_and_keeps_the_mean() -> None:
    edge = np.zeros((64, 64, 3), np.uint8)
    edge[:, 32:] = 200
    rng = np.random.default_rng(2)
    soft = [softened(edge, rng) for _ in range(8)]
    assert len({each.tobytes() for each in soft}) == 8
    for each in soft:
        assert abs(float(each.mean()) - 100) < 4
        assert np.abs(np.diff(each.astype(int), axis=1)).max() < 190


def test_untrained_it_is_bicubic_interpolation() -> None:
    y, x = np.mgrid[:40, :48]
    pixels = np.stack([127 + 100 * np.sin(x / 5 + c) * np.cos(y / 7) for c in range(3)], 2).astype(np.uint8)
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    made = ((Upscaler(PRESETS["s"])(picture)[0].detach() + 1) * 127.5).permute(1, 2, 0).numpy()
    wanted = np.asarray(Image.fromarray(pixels).resize((96, 80), Image.Resampling.BICUBIC), np.float32)
    assert np.abs(made - wanted).max() < 1.6


def test_the_loss_falls_below_that_of_bicubic() -> None:
    rng = np.random.default_rng(3)
    sharp = np.zeros((4, 96, 96, 3), np.uint8)
    for each in sharp:
        for x, y, colour in zip(*rng.integers(0, 60, (2, 9)), rng.integers(0, 256, (9, 3)), strict=True):
            each[y : y + 21, x : x + 33] = colour
    small = np.stack([smaller(each, Image.Resampling.BOX) for each in sharp])
    given, wanted = to_target(small).contiguous(), to_target(sharp).contiguous()
    torch.manual_seed(1)
    model = Upscaler(PRESETS["xs"])
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(150):
        loss = (model(given) - wanted).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.97 * losses[0]  # the first one is bicubic's


def test_a_bundle_gets_it_and_goes_on_answering_to_its_old_name(
    pairs: Path, run: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_bundle, folder)
    before = Bundle.open(folder)
    export.add_upscaler(folder, run=run, pairs=pairs, int8=False, say=lambda _: None)
    bundle = Bundle.open(folder)
    assert bundle.paints_as(before.sha256) and bundle.sha256 != before.sha256
    assert bundle.info["training"]["upscaler"]["steps"] == load_upscaler(run)[1]["steps"]
    assert {**before.info["files"], "upscaler.onnx": bundle.info["files"]["upscaler.onnx"]} == bundle.info["files"]
    # What onnxruntime makes of a picture of another shape is what torch makes of it.
    enlarger = Enlarger.of(bundle, OnnxRuntime(bundle, 1))
    pixels = np.ascontiguousarray(Pairs.open(pairs, held_out=True).scenes()[0][0][:90, :140])
    made = enlarger.doubled(pixels)
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.no_grad():
        wanted = ((load_upscaler(run)[0](picture)[0].clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).numpy()
    assert np.abs(made - wanted).max() < 2.0
    # A second one takes its place, and both former names are known.
    export.add_upscaler(folder, run=run, pairs=pairs, int8=False, say=lambda _: None)
    assert Bundle.open(folder).formerly == (bundle.sha256, before.sha256)


def test_a_whole_export_has_it_where_one_was_trained(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    latents = rng.standard_normal((4, 16, 16, 16), np.float32)
    none = np.zeros((4, 0), np.float32)
    scenes = RealInputs(("a fox",) * 4, none, latents, none, none, none)
    without = tiny_trained(tmp_path)
    so_far = Written((), ("told before",))
    assert export.with_upscaler(tmp_path, without, scenes, so_far, int8=False) is so_far
    whole = replace(without, upscaler=Upscaler(PRESETS["xs"]))
    written = export.with_upscaler(tmp_path, whole, scenes, so_far, int8=False, say=lambda _: None)
    assert written.trials == ("told before",) and all(each.holds for each in written.parities)
    assert (tmp_path / "upscaler.onnx").stat().st_size > 1000


def test_one_that_does_not_match_torch_is_refused_and_the_bundle_stays(
    pairs: Path, run: Path, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_bundle, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = Upscaler(PRESETS["xs"])
    torch.nn.init.normal_(other.head.weight)
    graph = export.upscaler_graph
    monkeypatch.setattr(export, "upscaler_graph", lambda _: graph(other))
    with pytest.raises(ExportError, match="do not match torch"):
        export.add_upscaler(folder, run=run, pairs=pairs, int8=False, say=lambda _: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_the_judge_tells_sharp_from_soft(pairs: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    from tiny_upscaler import add

    folder = tmp_path / "tiny"
    shutil.copytree(tiny_bundle, folder)
    bundle = Bundle.open(add(folder))
    enlarger = Enlarger.of(bundle, OnnxRuntime(bundle, 1))
    scenes = Pairs.open(pairs, held_out=True).scenes()[:2]
    report = judging.judge(enlarger, scenes)
    for name in ("bicubic", "lanczos + unsharp", "learned"):
        assert report["clean"][name]["psnr"]["value"] > report["decoded"][name]["psnr"]["value"]
    assert report["clean"]["lanczos + unsharp"]["sharpness"]["value"] > report["clean"]["bicubic"]["sharpness"]["value"]
    truth = np.asarray(scenes[0][0])
    assert judging.psnr(truth, truth) == 99.0 and judging.ssim(judging.luma(truth), judging.luma(truth)) > 0.9999
    times = judging.speed(enlarger, np.ascontiguousarray(scenes[0][1]), repeats=2)
    assert times["512"]["ratio"]["value"] > 0
