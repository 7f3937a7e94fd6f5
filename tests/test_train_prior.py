"""The prior's training: what a phrase means, what is held out, a loss that falls, and hints made of sketches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from allaprima.engine.bundle import Bundle  # noqa: E402
from allaprima.engine.painter import Painter  # noqa: E402
from allaprima.errors import TrainingError  # noqa: E402
from allaprima.export import graphs, parity, trials  # noqa: E402
from allaprima.export.bundle import Choices, Trained, export_bundle  # noqa: E402
from allaprima.export.prior import add_prior  # noqa: E402
from allaprima.scene.corpus import Corpus, Drawing  # noqa: E402
from allaprima.scene.stock import is_held_out  # noqa: E402
from allaprima.train import prior_training  # noqa: E402
from allaprima.train.bank import Bank, shards  # noqa: E402
from allaprima.train.captions_encoding import CaptionEncoder  # noqa: E402
from allaprima.train.completion import Filled  # noqa: E402
from allaprima.train.prior import Prior, PriorConfig, Sketcher  # noqa: E402
from allaprima.train.prior_training import (  # noqa: E402
    STYLES,
    Lessons,
    chosen,
    load_prior,
    losses,
    meanings,
    phrases_of,
    prepare,
    sketch_loss,
    target,
    train_prior,
)
from allaprima.train.run import Run  # noqa: E402
from allaprima.train.sketching import collage_of, key_of, sketch_shard  # noqa: E402
from tiny_training import save_text_run, tiny_bank, tiny_corpus, tiny_trained  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, a bank, and the runs that the prior leans on."""
    folder = tmp_path_factory.mktemp("prior")
    trained, corpus = tiny_trained(folder), tiny_corpus(folder / "corpus")
    tiny_bank(folder / "bank", corpus, trained)
    save_text_run(trained, folder / "runs")
    weights = trained.autoencoder.state_dict()
    Run.open(folder / "runs" / "autoencoder", minutes=None).save(
        {"config": trained.autoencoder.config.to_dict(), "step": 1, "model": weights, "ema": weights}
    )
    return folder


def train(home: Path, folder: Path, steps: int) -> dict:
    return train_prior(minutes=10.0, steps=steps, corpus=home / "corpus", folder=folder, runs=home / "runs",
                       tokenizer=home / "tokenizer.json", size="xs", batch=32, lr=3e-3)  # fmt: skip


def lessons_of(home: Path) -> Lessons:
    trained, drawings = tiny_trained(home), Corpus.open(home / "corpus")
    texts = phrases_of(drawings.drawings)
    vectors = dict(zip(texts, encoder(home, trained).vectors(texts), strict=True))
    return prepare(drawings, trained.autoencoder, vectors, fast=False)


def test_the_loss_falls_and_the_same_command_goes_on(home: Path, tmp_path: Path) -> None:
    first = train(home, tmp_path, 2)
    second = train(home, tmp_path, 80)
    assert (first["step"], second["step"]) == (2, 82)
    assert second["latents"] + second["cutout"] < 0.8 * (first["latents"] + first["cutout"])
    model, record = load_prior(tmp_path)
    assert record["step"] == second["step"] and model.config.styles == len(STYLES)
    assert (tmp_path / "sheet.png").exists()
    assert "resumed at step" in (tmp_path / "log.txt").read_text()


def test_without_a_run_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="allaprima train prior"):
        load_prior(tmp_path)


def test_held_out_pairs_teach_nothing_and_no_pair_teaches_twice(home: Path) -> None:
    drawings = Corpus.open(home / "corpus").drawings
    rows = chosen([*drawings, *drawings])
    pairs = [(drawings[row].concept, drawings[row].style) for row in rows]
    assert len(set(pairs)) == len(pairs) and not any(is_held_out(*pair) for pair in pairs)


def test_a_name_means_what_it_names_and_a_keyword_the_nearest() -> None:
    def drawn(index: int, name: str, *words: str) -> Drawing:
        return Drawing(index, name, f"the-{name}", words, "flat", "CC0-1.0", "tiny", "1", "", "animal")

    drawings = [drawn(0, "dog", "puppy", "animal"), drawn(1, "cat", "animal", "dog", "puppy")]
    vectors = {"dog": (1.0, 0.0), "cat": (0.0, 1.0), "puppy": (0.9, 0.4359), "animal": (0.6, 0.8)}
    found = meanings(drawings, {text: np.asarray(vector, np.float32) for text, vector in vectors.items()})
    assert found["the-dog"] == ["dog", "puppy"]  # a name stays its own, whatever has it as a keyword
    assert found["the-cat"] == ["cat", "animal"]


def test_a_target_is_cut_and_centred() -> None:
    pixels = np.zeros((256, 256, 4), np.uint8)
    pixels[100:140, 20:100] = (255, 0, 0, 255)
    rgb, cover = target(pixels)
    assert rgb.shape == (3, 64, 64) and cover.shape == (1, 32, 32)
    assert (cover[0, 9:23] == 255).all() and (cover[0, :7] == 0).all() and (cover[0, 25:] == 0).all()
    assert rgb[0, 32, 32] == pytest.approx(1.0) and abs(rgb[0, 0, 0]) < 0.01


def test_jittered_meanings_stay_unit_vectors_and_a_perfect_sketch_costs_nothing(home: Path) -> None:
    vector, style, latent, cover = lessons_of(home).batch(64, torch.Generator().manual_seed(0))
    assert torch.allclose(vector.norm(dim=1), torch.ones(64), atol=1e-4) and (style.sum(dim=1) == 1).all()
    away, cut = sketch_loss((latent, torch.logit(cover, eps=1e-6)), latent, cover)
    assert float(away) == 0.0 and float(cut) < 1e-3


def test_a_target_made_of_a_kindred_one_is_learned_like_a_drawing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = lessons_of(home)
    made = Filled("any", "pixel art", 2, torch.full((16, 8, 8), 0.5), torch.ones(1, 32, 32))
    monkeypatch.setattr(prior_training, "completed", lambda *_: [made])
    lessons = lessons_of(home)
    assert (len(lessons), lessons.filled, plain.filled) == (len(plain) + 1, 1, 0)
    assert int(lessons.styles[-1]) == STYLES.index("pixel art") and float(lessons.weights[-1]) > 0.0
    assert (lessons.latents[-1] == 0.5).all() and (lessons.covers[-1] == 255).all()
    assert lessons.names[-1] == plain.names[2] and torch.equal(lessons.names[:-1], plain.names)


def test_a_prior_takes_its_place_in_a_bundle_that_is_there(home: Path, tmp_path: Path) -> None:
    trained = tiny_trained(home)
    bundle = tmp_path / "tiny"
    export_bundle(bundle, corpus=home / "corpus", bank=home / "bank", cache=None, trained=trained,
                  choices=Choices(int8=False), say=lambda _line: None)  # fmt: skip
    before = Bundle.open(bundle)
    train(home, tmp_path / "run", 40)
    add_prior(bundle, run=tmp_path / "run", say=lambda _line: None)
    after = Bundle.open(bundle)
    assert {**after.info["files"], "prior.onnx": None} == {**before.info["files"], "prior.onnx": None}
    assert after.sha256 != before.sha256 and not after.paints_as(before.sha256)
    assert after.info["training"]["prior"]["step"] == 40 and after.info["prior"]["styles"] == list(STYLES)
    sketch = Painter(after, "onnxruntime", threads=1).paint("a fox", seed=1, steps=2, memory=0.0)
    assert sketch.pixels.shape == (256, 256, 3)


def test_a_bundle_stays_as_it_was_when_there_is_no_prior(home: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "tiny"
    export_bundle(bundle, corpus=home / "corpus", bank=home / "bank", cache=None, trained=tiny_trained(home),
                  choices=Choices(int8=False), say=lambda _line: None)  # fmt: skip
    digest = Bundle.open(bundle).sha256
    with pytest.raises(TrainingError, match="allaprima train prior"):
        add_prior(bundle, run=tmp_path / "nowhere")
    assert Bundle.open(bundle).sha256 == digest


def test_hints_of_sketches_replace_those_of_drawings_in_some_scenes(home: Path) -> None:
    trained = tiny_trained(home)
    prior = Prior(PriorConfig(64, 1, len(STYLES))).eval()
    for shard in shards(home / "bank", encoded=True):
        made = sketch_shard(shard, prior, trained.autoencoder, encoder(home, trained).vectors, fast=False, known={})
        truths = [json.loads(line)["truth"] for line in (shard / "scenes.jsonl").read_text().splitlines()]
        hints, sketches = np.load(shard / "hints.npy"), np.load(shard / "sketches.npy")
        same = (hints == sketches).all(axis=(1, 2, 3))
        assert made == (~same).sum() > 0
        assert all(same[place] for place, truth in enumerate(truths) if not truth["objects"] or truth["lettering"])
    bank = Bank(home / "bank")
    plain, sketched = bank.validation(8), bank.validation(8, sketched=True)
    assert (plain.latents == sketched.latents).all() and (plain.hints != sketched.hints).any()


def test_a_sketch_stands_in_a_collage_where_the_scenes_drawing_does_and_looks_the_same_way() -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[40:88, 64:96, 0] = 255  # red on the right of a drawing of 64 by 48 pixels
    sketch = np.zeros((128, 128, 4), np.uint8)  # the drawing in the middle of a square, as the prior learns it
    sketch[16:112, :, 3] = 255
    sketch[16:112, :64, 0] = 255  # red on its left
    thing = {"name": "a flag", "style": "flat", "box": (0.25, 40 / 128, 0.75, 88 / 128), "colour": None}
    truth = {"objects": [thing], "counts": [1], "colour_said": [False]}
    shown = collage_of(truth, picture, {key_of(thing): sketch})
    assert (shown[42:86, 34:94, 3] == 255).all() and not shown[:38, :, 3].any() and not shown[:, 98:, 3].any()
    assert (shown[42:86, 66:94, 0] == 255).all() and not shown[42:86, 34:62, 0].any()
    other = collage_of(truth, picture[:, ::-1], {key_of(thing): sketch})
    assert (other[42:86, 34:62, 0] == 255).all()


def test_a_run_of_before_there_were_convolutions_goes_on_with_them_and_loses_nothing(
    home: Path, tmp_path: Path
) -> None:
    train(home, tmp_path, 40)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=False)
    for part in ("model", "ema"):
        state[part] = {name: value for name, value in state[part].items() if not name.startswith("rendering")}
    state["config"]["channels"] = 0
    torch.save(state, tmp_path / "checkpoint.pt")
    vector, style = torch.nn.functional.normalize(torch.randn(3, 384)), torch.eye(len(STYLES))[:3]
    before = load_prior(tmp_path)[0]
    train(home, tmp_path, 1)
    after = load_prior(tmp_path)[0]
    assert before.rendering is None and after.rendering is not None
    assert torch.allclose(before(vector, style)[0], after(vector, style)[0], atol=0.05)


def test_rendering_learns_what_the_perceptron_misses_and_leaves_it_alone(home: Path) -> None:
    torch.manual_seed(0)
    model, lessons = Prior(PriorConfig(64, 1, len(STYLES), 16)), lessons_of(home)
    adam = torch.optim.Adam(model.rendering.parameters(), lr=3e-3)  # type: ignore[union-attr]
    for step in range(40):
        meant, rendered = losses(model, lessons.batch(64, torch.Generator().manual_seed(step)))
        if step == 0:
            assert float(rendered[0].detach()) == pytest.approx(float(meant[0].detach()), rel=0.5)
        model.zero_grad(set_to_none=True)
        (rendered[0] + rendered[1]).backward()
        assert model.latent.weight.grad is None and model.cover.weight.grad is None
        adam.step()
    assert float(rendered[0].detach()) < 0.8 * float(meant[0].detach())


def test_the_graph_is_what_torch_has_and_int8_is_near() -> None:
    torch.manual_seed(0)
    prior = Prior(PriorConfig(64, 2, len(STYLES), 16)).eval()
    torch.nn.init.normal_(prior.rendering.out.weight, std=0.05)  # type: ignore[union-attr]
    for block in prior.blocks:
        torch.nn.init.normal_(block.down.weight, std=0.1)  # type: ignore[union-attr]
    feeds = {name: value.numpy() for name, value in graphs.prior_feeds(len(STYLES), 8).items()}
    exact, wanted = graphs.prior_graph(prior), parity.reference(Sketcher(prior), feeds)
    parity.insist(parity.compare("prior", exact, feeds, wanted, kind="traced", allowed=parity.EXACT))
    small, told = trials.prior_in_eight_bits(exact, feeds, wanted)
    assert "stored in int8" in told and len(small.SerializeToString()) < 0.35 * len(exact.SerializeToString())


def test_a_prior_is_sure_of_what_does_not_hang_on_the_last_bit_of_meaning() -> None:
    torch.manual_seed(0)
    vector, style = torch.nn.functional.normalize(torch.randn(2, 384), dim=1), torch.eye(len(STYLES))[:2]
    small = PriorConfig(16, 1, len(STYLES))

    class Steady(Prior):
        def meant(self, vector: torch.Tensor, _style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.ones(len(vector), 16, 8, 8), torch.ones(len(vector), 1, 32, 32)

    class Guessing(Prior):
        def meant(self, vector: torch.Tensor, _style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            noise = torch.randn(384, 1024, generator=torch.Generator().manual_seed(1))
            return torch.sign(vector @ noise).reshape(-1, 16, 8, 8), torch.ones(len(vector), 1, 32, 32)

    assert Sketcher(Steady(small))(vector, style)[2].tolist() == pytest.approx([1.0, 1.0])
    assert (Sketcher(Guessing(small))(vector, style)[2] < 0.9).all()


def encoder(home: Path, trained: Trained) -> CaptionEncoder:
    from tokenizers import Tokenizer

    return CaptionEncoder(trained.text, Tokenizer.from_file(str(home / "tokenizer.json")))
