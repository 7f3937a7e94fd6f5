"""The table of precisions on a real tiny student: which forms are in it, and what is nearer to float32 is shown so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from allaprima.engine.bundle import Bundle
from allaprima.judge import precision
from allaprima.judge.references import of_library, seen
from tiny_bundle import build

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle.open(build(tmp_path_factory.mktemp("bundle") / "tiny", student=True))


def small(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), 8, 32, 8, 32, 3).mean((2, 4)).reshape(len(pictures), -1).astype(np.float32)


def test_calibration_sees_every_step_of_every_grid(shipped: Bundle) -> None:
    calls = precision.calibration(shipped)
    assert shipped.student is not None
    jumps = {pair for grid in shipped.student.grids.values() for pair in zip(grid[:-1], grid[1:], strict=True)}
    seen_jumps = {(float(each["time"][0]), float(each["until"][0])) for each in calls["student"]}
    assert {(np.float32(a), np.float32(b)) for a, b in jumps} == seen_jumps
    assert any(not each["hint"].any() for each in calls["student"]) and calls["decoder"] and calls["encoder"]


def test_the_table_of_a_real_student(shipped: Bundle, tmp_path: Path) -> None:
    opened = precision.forms(shipped, tmp_path, precision.calibration(shipped), 1, lambda name: "onnxruntime" in name)
    references = seen(of_library(opened[0].painter.library), small, "small pixels")
    report = precision.judge(opened, references, small, prompts=4, steps=4)
    rows = {row["form"]: row for row in report["rows"]}
    assert list(rows) == [precision.EXACT, "as shipped, onnxruntime", "int8 static, onnxruntime",
                          "int8 dynamic, onnxruntime"]  # fmt: skip
    assert rows[precision.EXACT]["psnr"] == 99.0 and rows["as shipped, onnxruntime"]["psnr"] > 60.0
    assert 25.0 < rows["int8 static, onnxruntime"]["psnr"] < 99.0  # rounded, and still the same picture
    assert rows[precision.EXACT]["difference"]["value"] == 0.0 and rows[precision.EXACT]["speed"]["value"] == 1.0
    assert len(precision.lines(report)) == 2 + len(rows)
