"""How many steps words need: learned on a real tiny painter, put into its bundle, and taken by it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from allaprima.engine.bundle import Bundle
from allaprima.engine.painter import Painter
from allaprima.engine.request import Request
from allaprima.engine.step_count import StepsHead, features
from allaprima.errors import ExportError, TrainingError, UserError
from allaprima.export.steps import add_steps
from allaprima.train.steps_head import Measured, fitted, learn_steps, told

FOX = "a red fox under a starry night sky"
WORDS = ("fox", "dog", "cat", "house", "tree", "bird", "red apple", "puppy")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a student, and captions in two shards."""
    pytest.importorskip("onnx")
    from tiny_bundle import build

    folder = tmp_path_factory.mktemp("steps")
    build(folder / "bundle", student=True)
    for index in range(2):
        shard = folder / "bank" / f"shard-{index:04d}"
        shard.mkdir(parents=True)
        rows = [{"caption": f"a {a} next to a {b}", "short": f"a {a}"} for a in WORDS for b in WORDS[index::2]]
        (shard / "scenes.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return folder


def head(threshold: float) -> StepsHead:
    """Distances 0.8, 0.4, 0.2 and 0.1, doubled when drawings are shown."""
    weights = np.zeros((4, 387), np.float32)
    weights[:, -1] = np.log(2)
    return StepsHead((1, 2, 4, 8), threshold, weights, np.log(np.asarray([0.8, 0.4, 0.2, 0.1], np.float32)))


@pytest.mark.parametrize("threshold, plain, hinted", [(1.0, 1, 2), (0.5, 2, 4), (0.21, 4, 8), (0.01, 8, 8)])
def test_the_least_count_that_is_near_enough_is_taken(threshold: float, plain: int, hinted: int) -> None:
    vector = np.ones(384, np.float32)
    counts = [head(threshold).choose(features(vector, things=1, words=5, is_hinted=shown)) for shown in (False, True)]
    assert counts == [plain, hinted]


def test_a_head_learns_what_vectors_say_and_tells_how_well() -> None:
    rng = np.random.default_rng(0)
    seen = rng.standard_normal((300, 20)).astype(np.float32)
    far = np.exp(0.5 * seen[:, :1] + np.log([0.8, 0.4, 0.2, 0.1]) + 0.05 * rng.standard_normal((300, 4)))
    known, held = Measured(seen[:240], far[:240]), Measured(seen[240:], far[240:])
    learned, _ = fitted(known, (1, 2, 4, 8))
    report = told(learned, known, held)
    assert all(row["explained"] > 0.9 and row["error"] < row["error_of_constant"] for row in report["counts"])
    noise, _ = fitted(Measured(seen[:240], rng.permutation(far[:240])), (1, 2, 4, 8))
    assert all(row["explained"] < 0.2 for row in told(noise, known, held)["counts"])
    choices = {row["way"]: row for row in report["choices"]}
    assert 1 < choices["auto"]["mean_steps"] < 8
    assert choices["auto"]["near_enough"] > choices["always 4"]["near_enough"]


def test_learned_put_in_and_taken(workshop: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(workshop / "bundle", bundle)
    before = Painter(bundle, "onnxruntime", threads=1)
    old = before.paint(FOX, seed=3, steps=4)
    with pytest.raises(UserError, match="cannot tell how many steps"):
        before.paint(FOX, seed=3, steps="auto")
    said: list[str] = []
    run = tmp_path / "run"
    report = learn_steps(bundle=bundle, folder=run, bank=workshop / "bank", count=20, many=10, threads=1,
                         say=said.append)  # fmt: skip
    assert (report["prompts"], report["held_out"]) == (16, 4) and any("near enough" in line for line in said)
    assert [row["steps"] for row in report["counts"]] == [1, 2, 4, 8]
    assert (run / "steps.json").stat().st_size < 20_000
    add_steps(bundle, run=run, say=said.append)
    painter = Painter(bundle, "onnxruntime", threads=1)
    picture = painter.paint(FOX, seed=3, steps="auto")
    assert picture.recipe["auto_steps"] and picture.recipe["steps"] in (1, 2, 4, 8)
    assert np.array_equal(picture.pixels, painter.paint(FOX, seed=3, steps=picture.recipe["steps"]).pixels)
    for recipe in (picture.recipe, old.recipe):
        assert painter.replay(json.loads(json.dumps(recipe))).recipe["steps"] == recipe["steps"]
    assert Bundle.open(bundle).paints_as(old.recipe["model"]["sha256"])


def test_what_is_missing_or_wrong_is_told(workshop: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="train steps"):
        add_steps(workshop / "bundle", run=tmp_path)
    (tmp_path / "steps.json").write_text(json.dumps({"counts": [4, 2], "threshold": 1, "weights": [], "bias": []}))
    with pytest.raises(ExportError, match="cannot be read"):
        add_steps(workshop / "bundle", run=tmp_path)
    with pytest.raises(TrainingError, match="train bank"):
        learn_steps(bundle=workshop / "bundle", folder=tmp_path, bank=tmp_path, count=20, threads=1)
    for wrong in ("soon", "0.5"):
        with pytest.raises(UserError, match="or auto"):
            Request.checked(FOX, steps=wrong)
    with pytest.raises(UserError, match="leave churn out"):
        Request.checked(FOX, steps="auto", churn=(0.1,) * 8)


def test_the_command_line_takes_auto_and_tells_what_is_no_count(workshop: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from allaprima.cli import app

    bundle = tmp_path / "bundle"
    shutil.copytree(workshop / "bundle", bundle)
    (tmp_path / "steps.json").write_text(json.dumps({
        "counts": [1, 2, 4, 8], "threshold": 0.21, "weights": np.zeros((4, 387)).tolist(),
        "bias": np.log([0.8, 0.4, 0.2, 0.1]).tolist(),
    }))  # fmt: skip
    add_steps(bundle, run=tmp_path, say=lambda _line: None)
    told = ["imagine", FOX, "--seed", "3", "--bundle", str(bundle), "--out", str(tmp_path / "fox.png"), "--json"]
    done = CliRunner().invoke(app, [*told, "--steps", "auto"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["steps"] == 4
    refused = CliRunner().invoke(app, [*told, "--steps", "many"])
    assert refused.exit_code != 0 and "or auto" in str(refused.exception)
