"""Pruning through its doors: a tiny teacher cut down exactly, scored, recovered, loaded, exported, distilled."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from allaprima.errors import TrainingError  # noqa: E402
from allaprima.train.bank import Bank  # noqa: E402
from allaprima.train.denoiser import PRESETS, REGION, Denoiser, DenoiserConfig, Pass  # noqa: E402
from allaprima.train.denoiser_training import load_denoiser  # noqa: E402
from allaprima.train.distillation import train_student  # noqa: E402
from allaprima.train.flow import Conditions  # noqa: E402
from allaprima.train.latency import LatencyTable, Part, built, fit, in_turns, part_session, parts  # noqa: E402
from allaprima.train.pruning import (  # noqa: E402
    ATTENTIONS,
    STAGES,
    Cut,
    Exam,
    group_left_out,
    left_out,
    narrowed,
    places,
    score,
    score_groups,
    to_budget,
    width_trial,
)
from allaprima.train.recovery import matching_loss, prune_denoiser  # noqa: E402
from allaprima.train.student import load_student, of_teacher  # noqa: E402
from tiny_teacher import tiny_teacher  # noqa: E402

pytestmark = pytest.mark.train


def stirred(config: DenoiserConfig) -> Denoiser:
    torch.manual_seed(0)
    model = Denoiser(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return model.eval()


def feeds(n: int = 2) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(3)
    maps = [torch.randn(n, channels, 16, 16, generator=generator) for channels in (16, 17, REGION)]
    mask = torch.zeros(n, 32)
    mask[:, :5] = 1
    return (*maps, torch.randn(n, 32, 256, generator=generator), mask, torch.linspace(0.2, 0.9, n))


def weighed(part: Part) -> float:
    """A made-up machine: a part takes as many milliseconds as thousands of weights it has."""
    return sum(p.numel() for p in built(part)[0].parameters()) / 1000


@pytest.fixture
def table(tmp_path: Path) -> LatencyTable:
    return LatencyTable(tmp_path / "latency.json", measure=weighed)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_teacher(tmp_path_factory.mktemp("runs"))


@torch.no_grad()
def test_what_is_cut_away_is_what_was_left_out() -> None:
    model = stirred(PRESETS["xs"])
    lean = narrowed(model, Cut.whole(model).without_block(1).without_attention(2).without_groups([(0, 1), (2, 0)]))
    assert lean.config.inner == (16, 0, 48, 64, 32) and lean.config.attended == (1, 1, 0)
    whole = model(*feeds())
    with ExitStack() as stack:
        stack.enter_context(left_out(model.down1, 0))
        stack.enter_context(left_out(model.up1_attention, 0))
        stack.enter_context(group_left_out(model.down0[0], 1))
        stack.enter_context(group_left_out(model.middle[0], 0))
        masked = model(*feeds())
    assert torch.allclose(lean(*feeds()), masked, atol=1e-4)
    assert (masked - whole).abs().max() > 0.01
    assert torch.equal(model(*feeds()), whole)  # and everything is back


@torch.no_grad()
def test_a_pruned_network_can_be_pruned_again_and_made_a_student() -> None:
    model = stirred(PRESETS["xs"])
    once = narrowed(model, Cut.whole(model).without_groups([(2, 1), (2, 3)]).without_block(0))
    twice = narrowed(once, Cut.whole(once).without_groups([(2, 0)]).without_attention(0))
    at_once = narrowed(model, Cut.whole(model).without_groups([(2, 0), (2, 1), (2, 3)]).without_block(0)
                       .without_attention(0))  # fmt: skip
    assert twice.config == at_once.config
    assert torch.equal(twice(*feeds()), at_once(*feeds()))
    *known, time = feeds()
    student = of_teacher(twice)
    assert torch.allclose(student(*known, torch.stack([time, 0 * time], 1)), twice(*known, time), atol=1e-5)


@torch.no_grad()
def test_the_export_takes_pruned_networks() -> None:
    from allaprima.export import graphs, parity

    model = stirred(PRESETS["xs"])
    lean = narrowed(model, Cut.whole(model).without_block(0).without_block(3).without_groups([(2, 0)])
                    .without_attention(1))  # fmt: skip
    given = {name: value.numpy() for name, value in graphs.example_feeds().items()}
    jumps = ((1.0, 0.5), (0.5, 0.0))
    folded = graphs.folded(lean, rows=65)
    got = parity.session(graphs.denoiser_graph(lean, rows=65)).run(["clean"], given)[0]
    wanted = folded(*graphs.example_feeds().values()).numpy()
    assert np.abs(got - wanted).max() < 1e-4 < np.abs(wanted).max()
    jump = of_teacher(lean)
    session = parity.session(graphs.student_graph(jump, jumps=jumps))
    landing = {**given, "time": np.float32([1.0, 0.5]), "until": np.float32([0.5, 0.0])}
    got = session.run(["clean"], landing)[0]
    *known, _ = graphs.example_feeds().values()
    assert np.abs(got - jump(*known, torch.tensor(jumps)).numpy()).max() < 1e-4


def test_shapes_of_before_are_told_as_before_and_shapes_that_cannot_be_are_refused() -> None:
    old = {"widths": (32, 64, 64), "down": (1, 1), "middle": 1, "up": (1, 1), "time_width": 64}
    assert PRESETS["xs"].to_dict() == old and DenoiserConfig(**old) == PRESETS["xs"]
    for wrong, why in (({"inner": (32,)}, "1 numbers for 5 places"), ({"inner": (32, 64, 40, 64, 32)}, "multiples"),
                       ({"attended": (1, 0)}, "2 numbers for 3"), ({"attended": (0, 0, 0)}, "read the words"),
                       ({"up": (3, 1)}, "at most one")):  # fmt: skip
        with pytest.raises(TrainingError, match=why):
            DenoiserConfig(**{**old, **wrong})


def test_what_does_nothing_is_spared_first_and_the_dearest_last(runs: Path, table: LatencyTable) -> None:
    model, _ = load_denoiser(runs / "denoiser")
    exam = Exam.of(Bank(runs / "bank"), 64, fast=False)
    torch.nn.init.zeros_(model.middle[0].conv2.weight)
    torch.nn.init.zeros_(model.middle[0].conv2.bias)
    scores = score(model, exam, table.sum)
    assert len(scores) == len(places(model, STAGES)) + len(places(model, ATTENTIONS)) == 8
    idle = next(each for each in scores if each.name == "middle.0")
    assert abs(idle.loss) < 1e-6 and idle.saved == pytest.approx(weighed(Part("block", (64, 64), 4)))
    assert [each.price() for each in scores] == sorted(each.price() for each in scores)
    idle_groups = [cost for cost, block, _ in score_groups(model, exam) if block == 2]
    assert len(idle_groups) == 4 and max(map(abs, idle_groups)) < 1e-6


def test_parts_are_left_out_until_the_budget_is_met(runs: Path, table: LatencyTable) -> None:
    model, _ = load_denoiser(runs / "denoiser")
    exam, said = Exam.of(Bank(runs / "bank"), 32, fast=False), []
    whole = table.sum(model.config)
    lean = to_budget(model, exam, table.sum, budget=0.7 * whole, say=said.append)
    assert table.sum(lean.config) <= 0.7 * whole
    gone = sum(isinstance(stage[i], Pass) for stage, i, _ in places(lean, (*STAGES, *ATTENTIONS)))
    assert gone == len(said) > 0
    with pytest.raises(TrainingError, match="nothing is left"):  # the last attention reads the words and stays
        to_budget(model, exam, table.sum, budget=0.0, say=said.append)


def test_more_width_is_taken_the_narrower_it_gets(runs: Path, table: LatencyTable) -> None:
    model, _ = load_denoiser(runs / "denoiser")
    tried = width_trial(model, Exam.of(Bank(runs / "bank"), 32, fast=False), table.sum)
    channels = sum(model.config.inner_widths())
    assert [round(1 - sum(each.model.config.inner_widths()) / channels, 3) for each in tried] == [0.125, 0.25, 0.5]
    assert tried[0].ms > tried[1].ms > tried[2].ms


def test_pruning_recovers_by_distillation_goes_on_and_leaves_a_denoisers_run(
    runs: Path, table: LatencyTable, tmp_path: Path
) -> None:
    before = (runs / "denoiser" / "checkpoint.pt").read_bytes()
    options = {"teacher": runs / "denoiser", "folder": tmp_path / "pruned", "bank": runs / "bank", "table": table,
               "budget": 0.8, "steps": 25, "batch": 16, "lr": 2e-3, "exam_scenes": 16}  # fmt: skip
    first = prune_denoiser(**options)
    assert first["recovered"]["words"] < first["removed"]["words"]
    assert first["teacher"]["words"] < first["removed"]["words"]
    assert (runs / "denoiser" / "checkpoint.pt").read_bytes() == before
    second = prune_denoiser(**{**options, "steps": 2})
    assert second["step"] == 27 and second["config"] == first["config"]
    assert second["removed"] == first["removed"]
    lean, record = load_denoiser(tmp_path / "pruned")
    assert lean.config.to_dict() == first["config"]
    assert record["scenes"] == load_denoiser(runs / "denoiser")[1]["scenes"]
    student = train_student(teacher=tmp_path / "pruned", bank=runs / "bank", folder=tmp_path / "student",
                            autoencoder=None, batch=4, gather_batch=2, exam_scenes=2, steps=1)  # fmt: skip
    assert student["step"] == 1
    assert load_student(tmp_path / "student")[0].config == lean.config


def test_a_network_is_no_distance_from_itself() -> None:
    model = stirred(PRESETS["xs"])
    noisy, hint, region, states, mask, time = feeds()
    given = Conditions(hint, region, states, mask)
    assert matching_loss(model, model, noisy, time, given).item() == 0.0
    lean = narrowed(model, Cut.whole(model).without_block(4))
    assert matching_loss(lean, model, noisy, time, given).item() > 0.0


def test_numbers_that_make_no_pruning_are_refused(runs: Path, tmp_path: Path) -> None:
    for wrong, why in (({"budget": 1.2, "steps": 1}, "--budget"), ({}, "--minutes")):
        with pytest.raises(TrainingError, match=why):
            prune_denoiser(teacher=runs / "denoiser", bank=runs / "bank", folder=tmp_path, **wrong)


def test_a_shape_is_the_sum_of_its_parts(table: LatencyTable) -> None:
    config = replace(PRESETS["s"], middle=2)
    kinds = [part.kind for part in parts(config)]
    assert [kinds.count(kind) for kind in ("block", "attention", "join", "shrink", "grow")] == [9, 6, 4, 2, 2]
    lean = DenoiserConfig(config.widths, inner=(96, 0, 192, 320, 0, 192, 192, 96, 96), attended=(1, 0, 1, 1, 1, 1))
    saved = weighed(Part("block", (192, 192), 8)) + weighed(Part("block", (320, 320), 4))
    saved += weighed(Part("attention", (192, 192), 8))
    assert table.sum(config) - table.sum(lean) == pytest.approx(saved)
    # What a bundle has as constants is no part's: the time table, encodings of place, the word for 'nothing said'.
    constant = ("time.", ".norm2.", ".position.", "nothing")
    named = Denoiser(config).named_parameters()
    weights = sum(p.numel() for name, p in named if not any(each in name for each in constant))
    assert table.sum(config) == pytest.approx(weights / 1000)  # nothing that has weights is forgotten


def test_every_kind_of_part_runs_and_larger_ones_take_longer() -> None:
    for part in {part.kind: part for part in parts(PRESETS["xs"])}.values():
        session, given = part_session(part)
        assert np.isfinite(session.run(None, given)[0]).all()
    small, large = part_session(Part("block", (32, 32), 16)), part_session(Part("block", (128, 128), 16))
    times = in_turns([small, large], rounds=20)
    assert times[1] > times[0]  # sixteen times the work, and the threads' own clocks
    with pytest.raises(TrainingError, match="'window'"):
        built(Part("window", (32,), 16))


def test_the_table_is_kept_and_another_machines_refused(table: LatencyTable) -> None:
    total = table.sum(PRESETS["xs"])
    table.scale, table.offset, table.checked = 2.0, 1.0, "as measured"
    table.save()
    again = LatencyTable.open(table.path, measure=lambda part: pytest.fail(f"{part} was measured again"))
    assert again.total(PRESETS["xs"]) == pytest.approx(2 * total + 1) and again.checked == "as measured"
    told = json.loads(table.path.read_text())
    told["machine"]["processor"] = "another"
    table.path.write_text(json.dumps(told))
    with pytest.raises(TrainingError, match="another machine"):
        LatencyTable.open(table.path)


def test_the_fit_finds_a_straight_line_and_says_how_far_off_it_is() -> None:
    sums = [1.0, 2.0, 4.0, 7.0, 9.0]
    exact = fit(sums, [1.5 * s + 0.5 for s in sums])
    assert (exact.scale, exact.offset) == pytest.approx((1.5, 0.5)) and exact.error < 1e-9 and exact.r_squared > 0.9999
    rough = fit(sums, [2.0, 3.0, 8.0, 9.0, 15.0])
    assert rough.error > 0.05 and rough.r_squared < 0.99
    with pytest.raises(TrainingError, match="4 or more"):
        fit(sums[:3], sums[:3])
