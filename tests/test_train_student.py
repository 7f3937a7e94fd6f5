"""The few-step student through its public doors: a real tiny teacher, distilled, resumed, painted with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from allaprima.errors import TrainingError  # noqa: E402
from allaprima.train.denoiser import PRESETS, REGION, Denoiser  # noqa: E402
from allaprima.train.distillation import train_student  # noqa: E402
from allaprima.train.flow import Conditions  # noqa: E402
from allaprima.train.lessons import Pool, gather, substeps  # noqa: E402
from allaprima.train.refinement import Refiner, Verdict  # noqa: E402
from allaprima.train.student import Terms, landing, load_student, needed, of_teacher  # noqa: E402
from tiny_teacher import tiny_teacher  # noqa: E402

pytestmark = pytest.mark.train

TERMS = Terms.of(guidance=2.0, interval=(0.1, 1.0))


def given(n: int) -> Conditions:
    zeros = torch.zeros
    return Conditions(zeros(n, 17, 16, 16), zeros(n, REGION, 16, 16), zeros(n, 32, 256), zeros(n, 32))


def stirred(model: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return model


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_teacher(tmp_path_factory.mktemp("runs"))


def test_a_student_begins_as_its_teacher_without_guidance_whatever_it_is_to_land_at() -> None:
    teacher = stirred(Denoiser(PRESETS["xs"]))
    student = of_teacher(teacher)
    state, known = torch.randn(3, 16, 16, 16), given(3)
    now = torch.tensor([0.9, 0.5, 0.25])
    alike = (known.hint, known.region, known.states, known.text_mask)
    wanted = teacher(state, *alike, now)
    for after in (0.0, 0.2):
        assert torch.allclose(student(state, *alike, torch.stack([now, torch.full((3,), after)], 1)), wanted, atol=1e-5)


def test_the_prediction_that_is_needed_lands_where_it_should() -> None:
    state, landed = torch.randn(2, 16, 16, 16), torch.randn(2, 16, 16, 16)
    times = torch.tensor([[1.0, 0.75], [0.25, 0.0]])
    assert torch.allclose(landing(state, needed(state, landed, times), times), landed, atol=1e-5)


def test_coarser_grids_are_made_of_the_finest_ones_times() -> None:
    terms = Terms.of(guidance=4.0, interval=(0.1, 1.0), shift=2.0)
    assert set(terms.grids) == {4, 2, 1}
    assert set(terms.grids[2]) < set(terms.grids[4])
    assert len(terms.jumps()) == 7
    assert Terms.from_json(json.loads(json.dumps(terms.as_json()))) == terms


def test_the_teacher_takes_its_steps_where_the_way_bends() -> None:
    assert substeps((1.0, 0.75, 0.5, 0.25, 0.0)) == (4, 4, 4, 4)
    assert substeps((1.0, 0.9, 0.75, 0.5, 0.0)) == (3, 3, 4, 6)


def test_lessons_of_a_teacher_that_knows_the_picture_are_straight_lines_to_it() -> None:
    clean, noise = torch.randn(4, 16, 16, 16), torch.randn(4, 16, 16, 16)
    pool = Pool(TERMS, 8, {4: 0.5, 2: 0.25, 1: 0.25})
    gather(pool, lambda state, _given, _t: clean[: len(state)], given(4), noise, student=None, fast=False)
    drawn = pool.draw(64, np.random.default_rng(0))
    assert pool.size == 4 and len({tuple(pair) for pair in drawn.times.tolist()}) == 7
    predictions = needed(drawn.state, drawn.landed, drawn.times)
    distance = torch.stack([(predictions - each).abs().amax(dim=(1, 2, 3)) for each in clean])
    assert distance.min(dim=0).values.max() < 0.05


def test_what_the_student_leads_is_taught_in_the_finest_steps_only() -> None:
    student = of_teacher(stirred(Denoiser(PRESETS["xs"])))
    pool = Pool(TERMS, 4, {4: 0.1, 2: 0.1, 1: 0.8})
    gather(pool, lambda state, _given, _t: 0 * state, given(2), torch.randn(2, 16, 16, 16), student=student, fast=False)
    times = pool.draw(64, np.random.default_rng(0)).times
    assert {round(t - u, 6) for t, u in times.tolist()} == {0.25}


def test_distilling_brings_few_steps_nearer_to_the_teachers_many_and_goes_on_where_it_stopped(
    runs: Path, tmp_path: Path
) -> None:
    options = {"teacher": runs / "denoiser", "bank": runs / "bank", "folder": tmp_path, "autoencoder": None,
               "guidance": 2.0, "batch": 16, "gather_batch": 4, "exam_scenes": 4, "steps": 40, "lr": 1e-3}  # fmt: skip
    first = train_student(**options)
    assert first["student_distance"][4] < first["teacher_distance"][2]
    second = train_student(**{**options, "steps": 2})
    assert (first["step"], second["step"]) == (40, 42)
    student, terms, record = load_student(tmp_path)
    assert terms.guidance_scale == 2.0 and record["teacher"]["scenes"] > 0
    assert record["validation"]["student_distance"]["4"] == pytest.approx(second["student_distance"][4])
    with pytest.raises(TrainingError, match="other grids or guidance"):
        train_student(**{**options, "guidance": 3.0})


def test_a_discriminator_learns_to_tell_apart_and_stays_flat() -> None:
    refiner = Refiner(lr=2e-3, seed=0)
    generator = torch.Generator().manual_seed(2)
    known = given(16)
    losses = []
    for _ in range(40):
        real, painted = torch.randn(16, 16, 16, 16, generator=generator), torch.zeros(16, 16, 16, 16)
        losses.append(refiner.tell_apart(real, painted, known))
    assert losses[-1] < 0.7 * losses[0]
    assert refiner.passing_loss(painted, known) > refiner.passing_loss(real, known)


def test_the_discriminators_say_is_a_share_of_the_lessons_at_the_last_layer() -> None:
    refiner, last = Refiner(lr=1e-3, seed=0), torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    lessons, passing = 3.0 * last[0], 50.0 * last[1]
    refiner.joined(lessons, passing, last).backward()
    assert torch.allclose(last.grad, torch.tensor([3.0, 0.75]))


def test_refinement_is_judged_and_what_is_not_better_is_not_kept(runs: Path, tmp_path: Path) -> None:
    options = {"teacher": runs / "denoiser", "bank": runs / "bank", "folder": tmp_path, "autoencoder": None,
               "guidance": 2.0, "batch": 4, "gather_batch": 2, "exam_scenes": 2, "steps": 2}  # fmt: skip
    report = train_student(**options, adversarial_steps=2)
    assert report["step"] == 2 and report["refinement"]["rounds"] == 2
    assert len(report["refinement"]["crowd"]) == 2
    assert "against a discriminator" in (tmp_path / "log.txt").read_text()
    worse = Verdict((5.0, 4.0), (1.0, 0.5, 1.5), {4: (0.3, 0.4)})
    doubtful = Verdict((5.0, 4.9), (0.1, -0.2, 0.4), {4: (0.3, 0.3)})
    better = Verdict((5.0, 4.0), (1.0, 0.5, 1.5), {4: (0.3, 0.31), 1: (0.4, 0.4)})
    assert [each.taken for each in (worse, doubtful, better)] == [False, False, True]
    assert load_student(tmp_path)[2]["validation"]["refinement"]["taken"] == report["refinement"]["taken"]


def test_without_a_teacher_or_a_student_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train denoiser"):
        train_student(teacher=tmp_path / "none", folder=tmp_path / "student", bank=tmp_path, steps=1)
    with pytest.raises(TrainingError, match="train student"):
        load_student(tmp_path / "nobody")
