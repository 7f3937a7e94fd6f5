"""Bundles made for real of tiny networks: parity, refusal, and a picture painted from what was written."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from allaprima.engine.bundle import Bundle  # noqa: E402
from allaprima.engine.library import Library  # noqa: E402
from allaprima.engine.painter import Painter  # noqa: E402
from allaprima.errors import ExportError  # noqa: E402
from allaprima.export import library, time_table, weights  # noqa: E402
from allaprima.export.bundle import Choices, Report, Trained, export_bundle  # noqa: E402
from allaprima.scene.corpus import Corpus  # noqa: E402
from tiny_training import tiny_bank, tiny_corpus, tiny_trained  # noqa: E402

pytestmark = pytest.mark.train


@dataclass(frozen=True)
class Workshop:
    trained: Trained
    corpus: Path
    bank: Path
    report: Report

    def export(self, out: Path, **options: object) -> Report:
        options.setdefault("choices", Choices(int8=False))
        return export_bundle(out, corpus=self.corpus, bank=self.bank, cache=None, trained=self.trained,
                             say=lambda _line: None, **options)  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("export")
    trained = tiny_trained(folder)
    corpus = tiny_corpus(folder / "corpus")
    bank = tiny_bank(folder / "bank", corpus, trained)
    report = export_bundle(folder / "tiny", corpus=corpus, bank=bank, cache=folder / "cache", trained=trained,
                           choices=Choices(int8=False), say=lambda _line: None)  # fmt: skip
    return Workshop(trained, corpus, bank, report)


def test_every_output_matches_torch_before_and_after_it_is_stored_small(workshop: Workshop) -> None:
    seen = {(each.graph, each.output, each.kind) for each in workshop.report.parities}
    assert {(graph, kind) for graph, _, kind in seen} == {
        (graph, kind)
        for graph in ("text_encoder", "denoiser", "decoder", "encoder") for kind in ("traced", "written")
    }  # fmt: skip
    assert all(each.holds for each in workshop.report.parities)


def test_the_engine_opens_the_bundle_and_paints_with_it(workshop: Workshop) -> None:
    bundle = Bundle.open(workshop.report.folder)
    assert bundle.latent_shape == (16, 16, 16)
    assert sorted(bundle.time_grids) == [1, 2, 4, 8, 16, 32]
    assert bundle.guidance_scale == 3.0 and bundle.guidance_interval == (0.1, 1.0)
    painter = Painter(bundle, "onnxruntime", threads=1)
    first, again = (painter.paint("a red apple under a starry night sky", seed=7, steps=2) for _ in range(2))
    other = painter.paint("a red apple under a starry night sky", seed=8, steps=2)
    assert first.pixels.shape == (256, 256, 3)
    assert np.array_equal(first.pixels, again.pixels) and not np.array_equal(first.pixels, other.pixels)
    assert first.pixels.std() > 1.0


def test_graphs_take_any_batch_and_any_shape_and_nothing_else_is_free(workshop: Workshop) -> None:
    for graph in ("text_encoder", "denoiser", "decoder", "encoder"):
        model = onnx.load(workshop.report.folder / f"{graph}.onnx")
        for value in (*model.graph.input, *model.graph.output):
            first, *rest = value.type.tensor_type.shape.dim
            free = [axis.dim_param for axis in rest if not axis.dim_value]
            assert first.dim_param == "n" and set(free) <= {"rows", "columns", "height", "width"}, (graph, value.name)


def test_a_tampered_graph_is_refused_with_numbers_and_the_old_bundle_stays(workshop: Workshop, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "old.txt").write_text("old")

    def tamper(name: str, model: onnx.ModelProto) -> onnx.ModelProto:
        if name == "decoder":
            for constant in model.graph.initializer:
                value = onnx.numpy_helper.to_array(constant)
                if value.dtype == np.float32 and value.ndim == 4:
                    constant.CopyFrom(onnx.numpy_helper.from_array(value * 1.001, constant.name))
                    break
        return model

    with pytest.raises(ExportError, match=r"decoder picture \(traced\): relative error [0-9.e-]+, allowed 1e-04"):
        workshop.export(out, alter=tamper)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert (out / "old.txt").read_text() == "old"


def test_a_bundle_that_is_too_large_is_refused_with_its_sizes(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="MB"):
        workshop.export(tmp_path / "bundle", choices=Choices(largest=600_000, int8=False))
    assert not (tmp_path / "bundle").exists()


def test_int8_is_tried_and_the_report_says_why_it_is_or_is_not_taken(workshop: Workshop) -> None:
    from allaprima.export import graphs, parity, trials
    from allaprima.export.real_inputs import read_scenes

    model = graphs.decoder_graph(workshop.trained.autoencoder)
    trial, int8 = trials.decoder_trial(model, read_scenes(workshop.bank, 12), repeats=5)
    kinds = {node.op_type for node in int8.graph.node}
    assert "QuantizeLinear" in kinds and trial.psnr > 20.0
    assert trial.taken == (trial.psnr >= 30.0 and trial.speed.interval[1] < 1.0)
    assert " ms (" in trial.reason and " dB" in trial.reason
    shape = parity.session(int8).run(None, {"latent": np.zeros((2, 16, 16, 16), np.float32)})[0].shape
    assert shape == (2, 3, 256, 256)
    assert any("weights" in told and "dB" in told for told in workshop.report.trials)


def test_a_time_network_that_no_table_stands_for_is_refused() -> None:
    def wild(time: torch.Tensor) -> torch.Tensor:
        return torch.sin(9000.0 * time)[:, None]

    def smooth(time: torch.Tensor) -> torch.Tensor:
        return torch.sin(9.0 * time)[:, None]

    with pytest.raises(ExportError, match="no table stands for .* 257 rows .* 2049 rows"):
        time_table.fitting_rows(wild)
    assert time_table.fitting_rows(smooth)[0] == 257


def test_the_library_is_packed_as_well_as_its_budget_allows(workshop: Workshop) -> None:
    drawings = Corpus.open(workshop.corpus)
    sizes = [len(library.pack(drawings, packing).pixels) for packing in library.PACKINGS]
    assert sizes == sorted(sizes, reverse=True)
    for packing, size in zip(library.PACKINGS, sizes, strict=True):
        assert library.choose_packing(drawings, budget=int(size * 1.02)) == packing
    with pytest.raises(ExportError, match="48 px"):
        library.choose_packing(drawings, budget=sizes[-1] // 2)


def test_the_library_names_every_drawing_and_finds_it(workshop: Workshop) -> None:
    library_ = Library.open(Bundle.open(workshop.report.folder))
    assert len(library_.drawings) == workshop.report.library["drawings"] == 36
    match = library_.exact("cat")
    assert match is not None and match.concept == "cat"
    words = {each.sha256: [" ".join(word.casefold().split()) for word in each.keywords]
             for each in Corpus.open(workshop.corpus).drawings}  # fmt: skip
    for drawing in library_.drawings:
        assert set(drawing.words) | {drawing.name} == {*words[drawing.sha256], drawing.name}
        pixels = library_.image(drawing)
        assert pixels.shape[2] == 4 and 88 <= max(pixels.shape[:2]) <= 96
        assert library_.phrases[drawing.phrases[0]] == drawing.name.lower()
    table = json.loads((workshop.report.folder / "library.json").read_text())
    assert len(table["phrases"]) == len(set(table["phrases"]))
    assert "| `" in (workshop.report.folder / "CREDITS.md").read_text()


def test_narrow_weights_are_half_or_a_quarter_and_still_close(workshop: Workshop) -> None:
    from allaprima.export import graphs, parity

    model = graphs.denoiser_graph(workshop.trained.denoiser, rows=257)
    feeds = {name: value.numpy() for name, value in graphs.example_feeds(3).items()}
    wanted = parity.session(model).run(None, feeds)
    half, quarter = weights.narrowed(model), weights.narrowed(model, eight_bits=True)
    assert half.ByteSize() < 0.62 * model.ByteSize() and quarter.ByteSize() < 0.8 * half.ByteSize()
    for narrow, allowed in ((half, 2e-3), (quarter, 5e-2)):
        (found,) = parity.compare("denoiser", narrow, feeds, wanted, kind="written", allowed=allowed)
        assert found.holds, str(found)


def test_a_graph_paints_pictures_of_any_shape_as_torch_does(workshop: Workshop) -> None:
    from allaprima.export import graphs, parity

    network, autoencoder = workshop.trained.denoiser, workshop.trained.autoencoder
    denoiser = parity.session(graphs.denoiser_graph(network, rows=257))
    decoder = parity.session(graphs.decoder_graph(autoencoder))
    encoder = parity.session(graphs.encoder_graph(autoencoder))
    for rows, columns in ((16, 24), (32, 16), (16, 16)):
        feeds = {
            name: torch.randn(2, value.shape[1], rows, columns) if value.ndim == 4 else value
            for name, value in graphs.example_feeds(2).items()
        }
        picture = torch.randn(1, 3, rows * 8, columns * 8)
        with torch.no_grad():
            wanted = [network(*feeds.values()), autoencoder.decode(feeds["latent"]).clamp(-1, 1)]
            wanted.append(autoencoder.encode(picture))
        made = [
            denoiser.run(None, {name: value.numpy() for name, value in feeds.items()})[0],
            decoder.run(None, {"latent": feeds["latent"].numpy()})[0],
            encoder.run(None, {"picture": picture.numpy()})[0],
        ]
        for mine, theirs in zip(made, wanted, strict=True):
            assert mine.shape == tuple(theirs.shape)
            assert np.sqrt(np.mean((mine - theirs.numpy()) ** 2)) < 2e-2 * float(theirs.std())


def test_a_student_is_exported_beside_the_denoiser_and_paints(workshop: Workshop, tmp_path: Path) -> None:
    from allaprima.export.trained import Student
    from allaprima.train.student import Terms, of_teacher, paint

    teacher = workshop.trained.denoiser
    network = of_teacher(teacher).eval()
    torch.manual_seed(5)
    for layer in (network.time.then[0], network.time.then[2]):
        torch.nn.init.normal_(layer.weight, std=0.05)
    terms = Terms.of(guidance=3.0, interval=(0.1, 1.0), shift=1.5)
    learned = {"grids": {4: (1.0, 0.8, 0.55, 0.3, 0.0)}, "churn": {4: (0.2, 0.0, 0.0, 0.0)}}
    trained = replace(workshop.trained, student=Student(network, terms, {"examples": 64}), **learned)
    report = export_bundle(
        tmp_path / "few", corpus=workshop.corpus, bank=workshop.bank, cache=None, trained=trained,
        choices=Choices(int8=False), say=lambda _line: None,
    )  # fmt: skip
    assert {each.kind for each in report.parities if each.graph == "student"} == {"traced", "written"}
    assert any(told.startswith("student: weights") for told in report.trials)
    bundle = Bundle.open(report.folder)
    assert bundle.student is not None and dict(bundle.student.grids) == dict(terms.grids)
    assert bundle.info["student"]["training"] == {"examples": 64}
    assert bundle.grid(4) == learned["grids"][4] and dict(bundle.churn) == learned["churn"]
    assert bundle.grid(8) == tuple(1 - step / 8 for step in range(9))
    painter = Painter(bundle, "onnxruntime", threads=1)
    sitting = painter.prepare("a red apple", seed=7, steps=4, memory=0.0)
    *_, last = painter.run(sitting)
    known = [torch.zeros(1, 17, 16, 16), torch.zeros(1, 18, 16, 16), torch.from_numpy(sitting.states),
             torch.from_numpy(sitting.mask)]  # fmt: skip
    with torch.no_grad():
        wanted = paint(network, torch.from_numpy(sitting.noise), known, terms.grids[4]).numpy()
    assert sitting.sampler == "student"
    assert np.sqrt(np.mean((last.clean - wanted) ** 2)) < 0.05 * wanted.std()
    # As large as the denoiser but for its table of times, which has seven rows here.
    sizes = {name: (report.folder / f"{name}.onnx").stat().st_size for name in ("denoiser", "student")}
    assert sizes["student"] < sizes["denoiser"]


def test_a_painter_that_was_trained_on_takes_its_place_and_the_rest_stays(workshop: Workshop, tmp_path: Path) -> None:
    from copy import deepcopy

    from allaprima.export.painter import GRAPHS, add_painter
    from allaprima.export.trained import Student
    from allaprima.train.student import Terms, of_teacher

    shipped = tmp_path / "shipped"
    shutil.copytree(workshop.report.folder, shipped)
    before = Bundle.open(shipped)
    denoiser = deepcopy(workshop.trained.denoiser)
    with torch.no_grad():
        denoiser.out.bias += 0.1
    terms = Terms.of(guidance=5.0, interval=(0.1, 1.0), shift=1.0)
    record = {**workshop.trained.record, "scenes": 2000}
    later = replace(workshop.trained, denoiser=denoiser, record=record)
    taught_by = {"examples": 64, "teacher": {"scenes": 1000}}
    other = replace(later, student=Student(of_teacher(denoiser).eval(), terms, taught_by))
    for wrong, told in ((later, "train student"), (other, "1000 scenes")):
        with pytest.raises(ExportError, match=told):
            add_painter(shipped, bank=workshop.bank, trained=wrong, say=lambda _line: None)
        assert Bundle.open(shipped).sha256 == before.sha256
    taught_by["teacher"]["scenes"] = 2000
    add_painter(shipped, bank=workshop.bank, trained=other, say=lambda _line: None)
    after = Bundle.open(shipped)
    changed = {name for name, digest in after.info["files"].items() if before.info["files"].get(name) != digest}
    assert changed == {f"{name}.onnx" for name in GRAPHS} and not after.paints_as(before.sha256)
    assert after.info["training"]["scenes"] == 2000 and after.info["time_grids"] == before.info["time_grids"]
    assert after.guidance_scale == 5.0 and before.guidance_scale == 3.0
    assert after.student is not None and "student" in after.info["training"]["parameters"]
    assert Painter(after, "onnxruntime", threads=1).paint("a fox", seed=1, steps=4).pixels.shape == (256, 256, 3)


def test_a_decoder_that_was_trained_on_takes_its_place_and_another_encoders_is_refused(
    workshop: Workshop, tmp_path: Path
) -> None:
    from copy import deepcopy

    from allaprima.export.decoder import FILE, add_decoder
    from allaprima.train.autoencoder import Autoencoder
    from allaprima.train.run import Run

    def trained_on(name: str, autoencoder: Autoencoder) -> Path:
        weights = autoencoder.state_dict()
        run = Run.open(tmp_path / name, minutes=None)
        run.save({"config": autoencoder.config.to_dict(), "step": 9, "model": weights, "ema": weights})
        return run.folder

    shipped = tmp_path / "shipped"
    shutil.copytree(workshop.report.folder, shipped)
    before = Bundle.open(shipped)
    painted = Painter(before, "onnxruntime", threads=1).paint("a fox", seed=1, steps=4).pixels
    darker, stranger = deepcopy(workshop.trained.autoencoder), deepcopy(workshop.trained.autoencoder)
    with torch.no_grad():
        darker.decoder.head.bias -= 0.3
        stranger.encoder.out.weight.neg_()
    with pytest.raises(ExportError, match="other latents than the bundle's"):
        add_decoder(shipped, run=trained_on("stranger", stranger), bank=workshop.bank, say=lambda _line: None)
    assert Bundle.open(shipped).sha256 == before.sha256
    add_decoder(shipped, run=trained_on("darker", darker), bank=workshop.bank, int8=False, say=lambda _line: None)
    after = Bundle.open(shipped)
    changed = {name for name, digest in after.info["files"].items() if before.info["files"].get(name) != digest}
    assert changed == {FILE} and not after.paints_as(before.sha256)
    # The same latents, seen a little darker.
    again = Painter(after, "onnxruntime", threads=1).paint("a fox", seed=1, steps=4).pixels
    assert again.mean() < painted.mean() - 10
