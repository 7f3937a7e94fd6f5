"""The table of steps on a real tiny painter: who is in it, and that what is nearer or dearer is shown so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from allaprima.engine.painter import Painter
from allaprima.judge.references import of_library, seen
from allaprima.judge.steps import COUNTS, judge, lines, ways


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Painter:
    pytest.importorskip("onnx")
    from tiny_bundle import build

    folder: Path = build(tmp_path_factory.mktemp("bundle") / "tiny", student=True)
    return Painter(folder, "onnxruntime", threads=1)


def small(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), 8, 32, 8, 32, 3).mean((2, 4)).reshape(len(pictures), -1).astype(np.float32)


def test_equal_steps_stand_beside_the_student_and_a_learned_grid_only_where_there_is_one(few: Painter) -> None:
    found = [(way.name, way.steps) for way in ways(few)]
    assert [steps for name, steps in found if name == "denoiser, equal steps"] == list(COUNTS)
    assert [steps for name, steps in found if name == "student"] == [1, 2, 4]
    assert not [name for name, _ in found if "learned" in name]


def test_the_table_of_a_real_painter(few: Painter) -> None:
    references = seen(of_library(few.library), small, "small pixels")
    report = judge(few, references, small, prompts=4, counts=(1, 4, 32))
    rows = {(row["way"], row["steps"]): row for row in report["rows"]}
    assert set(rows) == {("denoiser, equal steps", n) for n in (1, 4, 32)} | {("student", 1), ("student", 4)}
    far = {key: row["distance"]["value"] for key, row in rows.items()}
    equal = "denoiser, equal steps"
    assert far[equal, 1] > far[equal, 4] > far[equal, 32] == 0.0
    assert all(0.0 <= row["retrieval"]["value"] <= 1.0 and row["ms"]["p50"] > 0 for row in report["rows"])
    told = lines(report)
    assert len(told) == 2 + len(rows) and "student" in "\n".join(told)
