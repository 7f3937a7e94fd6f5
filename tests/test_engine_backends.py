"""Backends: who is chosen and why, what is remembered of it, and that OpenVINO paints what onnxruntime does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from allaprima.engine import choosing
from allaprima.engine.backends import Fake, Feeds, OnnxRuntime, Outputs
from allaprima.engine.bundle import Bundle
from allaprima.engine.painter import Painter
from allaprima.errors import BundleError, UserError


class Timed(Fake):
    """A backend whose calls take as long as a clock of our own says."""

    def __init__(self, clock: list[float], seconds: float, *, broken: bool = False) -> None:
        super().__init__({})
        self._clock, self._seconds, self._broken = clock, seconds, broken

    def run(self, name: str, feeds: Feeds) -> Outputs:
        if self._broken:
            raise BundleError("this graph is beyond it")
        self.calls.append(name)
        self._clock[0] += self._seconds
        return {}


@pytest.fixture
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.open(tiny_bundle)


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Timed]:
    """Both backends as `Timed`, openvino the faster, with a cache folder of their own."""
    clock = [0.0]
    made = {"onnxruntime": Timed(clock, 0.02), "openvino": Timed(clock, 0.01)}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(choosing.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(choosing, "installed", lambda: tuple(made))
    monkeypatch.setattr(choosing.metadata, "version", lambda name: "1.0")
    monkeypatch.setattr(choosing, "MAKERS", {name: lambda *_, each=each: each for name, each in made.items()})
    return made


def test_backends_are_chosen_by_name(bundle: Bundle) -> None:
    assert isinstance(choosing.choose(bundle, "onnxruntime", 1).backend, OnnxRuntime)
    with pytest.raises(UserError, match="cuda"):
        choosing.choose(bundle, "cuda")


def test_the_fastest_is_measured_once_and_then_remembered(
    bundle: Bundle, rivals: dict[str, Timed], tmp_path: Path
) -> None:
    first = choosing.choose(bundle, "auto", 1)
    assert first.backend is rivals["openvino"]
    assert first.measured == pytest.approx({"onnxruntime": 140.0, "openvino": 70.0})  # seven calls a picture
    calls = len(rivals["onnxruntime"].calls)
    again = choosing.choose(bundle, "auto", 1)
    assert again.backend is rivals["openvino"] and len(rivals["onnxruntime"].calls) == calls
    choosing.choose(bundle, "auto", 2)  # other threads are another question
    assert len(rivals["onnxruntime"].calls) > calls
    assert len(json.loads((tmp_path / "allaprima" / "backends.json").read_text())) == 2


@pytest.mark.parametrize("rubbish", ["", "[]", "{", '{"x": 3}'])
def test_a_damaged_memory_of_it_is_measured_anew(
    bundle: Bundle, rivals: dict[str, Timed], tmp_path: Path, rubbish: str
) -> None:
    kept = tmp_path / "allaprima" / "backends.json"
    kept.parent.mkdir()
    kept.write_text(rubbish)
    assert choosing.choose(bundle, "auto", 1).backend is rivals["openvino"]
    assert "openvino" in kept.read_text()


def test_a_backend_that_cannot_run_the_bundle_is_left_out(bundle: Bundle, rivals: dict[str, Timed]) -> None:
    rivals["openvino"]._broken = True
    assert choosing.choose(bundle, "auto", 1).backend is rivals["onnxruntime"]
    rivals["onnxruntime"]._broken = True
    with pytest.raises(BundleError, match="No backend can run"):
        choosing.choose(bundle, "auto", 2)


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    bundle: Bundle, rivals: dict[str, Timed], tmp_path: Path
) -> None:
    (tmp_path / "allaprima").write_text("a file where the folder should be")
    assert choosing.choose(bundle, "auto", 1).backend is rivals["openvino"]


def test_openvino_that_is_not_installed_is_named_with_the_extra(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allaprima.engine import openvino_backend

    monkeypatch.setattr(openvino_backend.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'allaprima\[engines\]'"):
        choosing.choose(bundle, "openvino", 1)


def test_openvino_paints_what_onnxruntime_paints(painter: Painter, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    other = Painter(painter.bundle, "openvino", threads=1)
    for options in ({"steps": 2}, {"steps": 1, "guidance_scale": 1.0}):
        ours, theirs = (each.paint("a red fox in the snow", seed=3, **options) for each in (painter, other))
        error = np.abs(ours.pixels.astype(int) - theirs.pixels.astype(int))
        assert error.mean() < 2.0 and ours.pixels.std() > 1.0
    assert theirs.recipe["backend"] == "openvino"
    assert len(other.paint_batch("two cats", seed=3, steps=1, count=3)) == 3


def test_rounding_between_layers_is_taken_out_for_openvino(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    from allaprima.engine.openvino_backend import take_out_rounding

    value = helper.make_tensor_value_info
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["small"]),
        helper.make_node("DequantizeLinear", ["small", "scale", "zero"], ["rough"]),
        helper.make_node("Neg", ["rough"], ["y"]),
    ]
    constants = [helper.make_tensor("scale", TensorProto.FLOAT, [], [0.5]),
                 helper.make_tensor("zero", TensorProto.INT8, [], [3])]  # fmt: skip
    graph = helper.make_graph(nodes, "g", [value("x", TensorProto.FLOAT, [2])], [value("y", TensorProto.FLOAT, [2])],
                              constants)  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), tmp_path / "g.onnx")
    core = openvino.Core()
    x = np.asarray([0.1, -0.3], np.float32)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    model = core.read_model(str(tmp_path / "g.onnx"))
    rounded = core.compile_model(model, "CPU", exact)({"x": x})[0]
    np.testing.assert_allclose(rounded, [0.0, 0.5])
    assert take_out_rounding(model) == 1
    np.testing.assert_allclose(core.compile_model(model, "CPU", exact)({"x": x})[0], -x, atol=1e-6)
