"""The engines that are compared: the same graph by PyTorch, in float32 again, and in turns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from allaprima.engine.backends import OnnxRuntime  # noqa: E402
from allaprima.engine.bundle import Bundle  # noqa: E402
from allaprima.errors import ExportError, UserError  # noqa: E402
from allaprima.export import bench_engines, graphs, parity, quantise, weights  # noqa: E402
from allaprima.export.engines import Engine  # noqa: E402
from allaprima.export.floating import floated  # noqa: E402
from allaprima.export.torch_graph import as_torch  # noqa: E402
from tiny_training import tiny_trained  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, onnx.ModelProto]:
    trained = tiny_trained(tmp_path_factory.mktemp("trained"))
    return {
        "denoiser": graphs.denoiser_graph(trained.denoiser, rows=257),
        "decoder": graphs.decoder_graph(trained.autoencoder),
        "encoder": graphs.encoder_graph(trained.autoencoder),
        "text_encoder": graphs.text_encoder_graph(trained.text),
    }


FEEDS = {
    "denoiser": {key: value.numpy() for key, value in graphs.example_feeds(2).items()},
    "decoder": {"latent": np.random.default_rng(1).standard_normal((1, 16, 16, 16), np.float32)},
    "encoder": {"picture": np.random.default_rng(2).uniform(-1, 1, (2, 3, 128, 128)).astype(np.float32)},
    "text_encoder": {"ids": np.arange(1, 33, dtype=np.int64)[None] % 7},
}


@pytest.mark.parametrize("name", list(FEEDS))
def test_pytorch_computes_the_graph_that_onnxruntime_computes(
    traced: dict[str, onnx.ModelProto], tmp_path: Path, name: str
) -> None:
    feeds, path = FEEDS[name], str(tmp_path / "graph.onnx")
    weights.save(traced[name], path)
    module = as_torch(path, {key: value.shape for key, value in feeds.items()})
    with torch.inference_mode():
        made = module(*(torch.from_numpy(value) for value in feeds.values()))
    for mine, theirs in zip(made, parity.session(path).run(None, feeds), strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, atol=2e-4, rtol=1e-3)


def test_an_operator_that_pytorch_is_not_told_of_is_named(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Erf", ["x"], ["y"])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [2]) for name in "xy"]
    graph = onnx.helper.make_graph([node], "g", ends[:1], ends[1:])
    path = str(tmp_path / "g.onnx")
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=9), path)
    with pytest.raises(ExportError, match="Erf"):
        as_torch(path, {"x": (2,)})


def test_int8_graphs_become_float32_again(traced: dict[str, onnx.ModelProto]) -> None:
    exact, feeds = traced["decoder"], FEEDS["decoder"]
    small = weights.narrowed(quantise.quantised(exact, [feeds]))
    again = floated(small)
    assert not {"QuantizeLinear", "DequantizeLinear", "Cast"} & {node.op_type for node in again.graph.node}
    outputs = [parity.session(each).run(None, feeds)[0] for each in (exact, small, again)]
    errors = [float(np.abs(each - outputs[0]).mean()) for each in outputs[1:]]
    assert errors[1] < errors[0]  # what is left is the rounding of weights
    stored = floated(weights.narrowed(traced["denoiser"], eight_bits=True, courses=("time.table",)))
    narrow = [each.name for each in stored.graph.initializer if each.data_type == onnx.TensorProto.INT8]
    assert narrow == ["time.table"]  # what is only looked up stays as it is


def test_a_time_table_in_int8_keeps_each_columns_course(traced: dict[str, onnx.ModelProto]) -> None:
    exact, feeds = traced["denoiser"], FEEDS["denoiser"]
    small = weights.narrowed(exact, courses=("time.table",))
    kinds = {each.name: each.data_type for each in small.graph.initializer}
    assert kinds["time.table"] == onnx.TensorProto.INT8
    fine, rough = (parity.session(each).run(None, feeds)[0] for each in (exact, small))
    assert np.abs(fine - rough).mean() < 0.02 * fine.std()


def test_every_engine_has_one_turn_a_round_and_ratios_are_to_the_first() -> None:
    order: list[str] = []
    times = bench_engines.in_turns({name: lambda name=name: order.append(name) for name in "abc"}, 4)
    assert len(order) == 18 and {len(each) for each in times.values()} == {4}
    assert all(sorted(order[at : at + 3]) == ["a", "b", "c"] for at in range(0, 18, 3))
    opened = {Engine(name, "float32", "torch", "", lambda _: None): None for name in "ab"}  # type: ignore[arg-type]
    rows = bench_engines._rows("network", {"a": [(8.0, 4.0)] * 3, "b": [(2.0, 2.0)] * 3}, opened, 1, 1)
    assert [row["speedup"] for row in rows] == [1.0, 4.0] and rows[1]["cpu_speedup"] == 2.0
    pictures = [
        {"of": "picture", "threads": 1, "engine": name, "cpu_ms": ms, "ms": 9.0}
        for name, ms in (("OpenVINO, int8 by NNCF", 1.0), ("OpenVINO, bfloat16", 2.0), ("PyTorch eager, float32", 8.0))
    ]
    assert bench_engines._fastest(pictures)["1"] == {"engine": "OpenVINO, int8 by NNCF", "backend": "openvino"}


def test_a_network_that_a_bundle_lacks_is_a_mistake_of_the_asker(tiny_bundle: Path) -> None:
    with pytest.raises(UserError, match="--network denoiser"):
        bench_engines.compare(tiny_bundle, "student", [1], [1], 3)
    calls = bench_engines.real_calls(Bundle.open(tiny_bundle), ["a red fox"])
    assert {"text_encoder", "encoder", "denoiser", "decoder"} <= set(calls)
    again = OnnxRuntime(Bundle.open(tiny_bundle), 1).run("denoiser", calls["denoiser"][0])
    assert again["clean"].shape[1:] == (16, 16, 16)
