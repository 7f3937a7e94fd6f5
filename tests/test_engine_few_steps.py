"""The student within the engine: who paints what, and that recipes, batches and other bundles go on as they did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from allaprima.engine.backends import Fake
from allaprima.engine.bundle import Bundle, write_manifest
from allaprima.engine.painter import Painter
from allaprima.errors import BundleError, UserError
from tiny_bundle import STUDENT

FOX = "a red fox under a starry night sky"
GRAPHS = ("text_encoder", "denoiser", "decoder", "encoder", "student")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx")
    from tiny_bundle import build

    return build(tmp_path_factory.mktemp("bundle") / "tiny", student=True)


@pytest.fixture(scope="module")
def few(bundle: Path) -> Painter:
    return Painter(bundle, "onnxruntime", threads=1)


@pytest.fixture
def counted(few: Painter):
    """The same painter, writing down every feed."""
    fed: list[tuple[str, dict]] = []

    def run(name):
        def call(feeds):
            fed.append((name, {key: value.copy() for key, value in feeds.items()}))
            return few.backend.run(name, feeds)

        return call

    return Painter(few.bundle, Fake({name: run(name) for name in GRAPHS})), fed


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_plain_words_in_few_steps_are_the_students_one_row_a_step(counted, steps: int) -> None:
    painter, fed = counted
    picture = painter.paint(FOX, seed=3, steps=steps)
    calls = [feeds for name, feeds in fed if name in ("denoiser", "student")]
    grid = STUDENT["grids"][str(steps)]
    assert [name for name, _ in fed if name == "denoiser"] == []
    assert [float(feeds["time"][0]) for feeds in calls] == pytest.approx(grid[:-1])
    assert [float(feeds["until"][0]) for feeds in calls] == pytest.approx(grid[1:])
    assert all(len(feeds["latent"]) == 1 for feeds in calls)
    assert any(feeds["hint"].any() for feeds in calls)
    assert picture.recipe["sampler"] == "student"
    assert picture.recipe["grid"] == grid and picture.recipe["guidance_scale"] == 2.5


@pytest.mark.parametrize(
    "prompt, options",
    [
        (FOX, {"steps": 8}),
        (FOX, {"steps": 4, "negative": "trees"}),
        ([("a fox", 2.0), ("a city", 1.0)], {"steps": 4}),
        (FOX, {"steps": 4, "guidance_scale": 6.0}),
        (FOX, {"steps": 4, "solver": "multistep"}),
        (FOX, {"steps": 4, "churn": (0.5, 0.5, 0.5, 0.0)}),
        (FOX, {"steps": 2, "grid": (1.0, 0.5, 0.0)}),
        (FOX, {"steps": 4, "tile": True}),
        (FOX, {"steps": 4, "chaos": 40.0}),
        (FOX, {"steps": 4, "weird": 500.0}),
        (FOX, {"steps": 4, "sampler": "denoiser"}),
    ],
)
def test_everything_else_is_the_denoisers(counted, prompt, options) -> None:
    painter, fed = counted
    picture = painter.paint(prompt, seed=3, **options)
    assert "student" not in {name for name, _ in fed}
    assert "sampler" not in picture.recipe
    if "sampler" not in options:
        with pytest.raises(UserError, match="The student cannot paint this"):
            painter.paint(prompt, seed=3, sampler="student", **options)


def test_a_recipe_is_painted_again_by_whoever_painted_it(few: Painter) -> None:
    student, denoiser = (few.paint(FOX, seed=5, steps=4, sampler=each) for each in (None, "denoiser"))
    assert not np.array_equal(student.pixels, denoiser.pixels)
    for picture in (student, denoiser):
        assert few.replay(json.loads(json.dumps(picture.recipe))).encode() == picture.encode()


def test_the_memory_dial_is_the_students_too(few: Painter) -> None:
    pictures = [few.paint(FOX, seed=5, steps=4, memory=memory) for memory in (0.0, 0.5, 1.0)]
    assert {picture.recipe["sampler"] for picture in pictures} == {"student"}
    assert len({picture.pixels.tobytes() for picture in pictures}) == 3


def test_sittings_of_both_take_one_call_of_each(counted) -> None:
    painter, fed = counted
    wishes = [{"seed": 1, "steps": 4}, {"seed": 2, "steps": 8}, {"seed": 3, "steps": 2, "count": 2},
              {"seed": 4, "steps": 8}]  # fmt: skip
    begun = [painter.begin(painter.prepare(FOX, **wish)) for wish in wishes]
    fed.clear()
    steps = painter.advance(begun)
    assert sorted((name, len(feeds["time"])) for name, feeds in fed) == [("denoiser", 2), ("student", 3)]
    for wish, step in zip(wishes, steps, strict=True):
        alone = painter.advance([painter.begin(painter.prepare(FOX, **wish))])[0]
        assert np.allclose(alone.state, step.state, atol=1e-5)


def test_a_bundle_that_names_a_student_must_hold_it(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "torn"
    shutil.copytree(bundle, folder)
    info = dict(Bundle.open(folder).info)
    (folder / "student.onnx").unlink()
    write_manifest(folder, info)
    with pytest.raises(BundleError, match=r"student\.onnx"):
        Bundle.open(folder)


def test_a_students_grid_that_does_not_fall_is_refused(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(bundle, folder)
    info = dict(Bundle.open(folder).info)
    with pytest.raises(BundleError, match="could not be read again"):
        write_manifest(folder, info | {"student": {**STUDENT, "grids": {"2": [1.0, 1.0, 0.0]}}})


def test_without_a_student_the_same_wish_is_the_denoisers(painter: Painter) -> None:
    assert "sampler" not in painter.paint(FOX, seed=3, steps=4).recipe
    with pytest.raises(UserError, match="this bundle has none"):
        painter.paint(FOX, seed=3, steps=4, sampler="student")
    with pytest.raises(UserError, match="No sampler is called"):
        painter.paint(FOX, seed=3, steps=4, sampler="guru")


def test_the_batch_of_live_painting_is_measured_on_the_student(counted) -> None:
    from allaprima.studio.batching import measure

    painter, fed = counted
    found = measure(painter, repeats=6)
    assert found.size in found.measured_ms
    assert {name for name, _ in fed if name in ("denoiser", "student")} == {"student"}
