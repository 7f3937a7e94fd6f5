"""An ONNX graph as a PyTorch module: the same weights, operator by operator, eager or for torch.compile.

The shapes are fixed first, so that onnxruntime folds all that depends on them alone and only the arithmetic is left.
Covers the operators of this project's graphs; knows nothing of what they compute.
"""

from __future__ import annotations

import operator
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper
from torch import fx

from allaprima.errors import ExportError

Arguments = Sequence[Any]
Attributes = Mapping[str, Any]
DTYPES = {onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.INT64: torch.int64, onnx.TensorProto.BOOL: torch.bool,
          onnx.TensorProto.FLOAT16: torch.float16, onnx.TensorProto.INT32: torch.int32}  # fmt: skip


def as_torch(path: str, shapes: Mapping[str, Sequence[int]]) -> fx.GraphModule:
    """The graph in a file for inputs of these shapes, taken in the order of `shapes`; gives a tuple of outputs.

    Raises ExportError for an operator that is not covered.
    """
    model = _fixed(path, shapes)
    root, graph = torch.nn.Module(), fx.Graph()
    values: dict[str, Any] = {name: graph.placeholder(f"input_{name}") for name in shapes}
    numbers: dict[str, np.ndarray] = {}
    for place, constant in enumerate(model.graph.initializer):
        numbers[constant.name] = numpy_helper.to_array(constant)
        root.register_buffer(f"c{place}", torch.from_numpy(np.array(numbers[constant.name])))
        values[constant.name] = graph.get_attr(f"c{place}")
    for node in model.graph.node:
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type not in OPERATORS:
            raise ExportError(f"{path}: PyTorch is not told how to compute {node.op_type}")
        inputs = [numbers[name] if _is_settled(node, place, numbers) else values.get(name)
                  for place, name in enumerate(node.input)]  # fmt: skip
        function, arguments = OPERATORS[node.op_type](inputs, attributes)
        made = graph.call_function(function, tuple(arguments))
        if len(node.output) == 1:
            values[node.output[0]] = made
        else:
            values |= {name: graph.call_function(operator.getitem, (made, place))
                       for place, name in enumerate(node.output)}  # fmt: skip
    graph.output(tuple(values[each.name] for each in model.graph.output))
    graph.eliminate_dead_code()
    return fx.GraphModule(root, graph).eval()


def _is_settled(node: onnx.NodeProto, place: int, numbers: Mapping[str, np.ndarray]) -> bool:
    """Whether an input is a number of the program: by its place, or as the one place that is looked up."""
    name = node.input[place]
    if node.op_type == "Gather" and place == 1 and name in numbers:
        return numbers[name].ndim == 0
    return place in SETTLED.get(node.op_type, ()) and bool(name)


def _place(index: Any) -> Any:
    return int(index) if isinstance(index, np.ndarray) else index


def _fixed(path: str, shapes: Mapping[str, Sequence[int]]) -> onnx.ModelProto:
    """The graph with its free axes set, and everything worked out that follows from them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    for each in onnx.load(path, load_external_data=False).graph.input:
        for axis, size in zip(each.type.tensor_type.shape.dim, shapes[each.name], strict=True):
            if axis.dim_param:
                options.add_free_dimension_override_by_name(axis.dim_param, size)
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "fixed.onnx")
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


def _numbers(value: np.ndarray) -> list[int]:
    return [int(each) for each in np.asarray(value).reshape(-1)]


def _conv(x: Any, weight: Any, bias: Any, strides: Any, pads: Any, groups: int) -> torch.Tensor:
    if list(pads[:2]) != list(pads[2:]):
        x, pads = F.pad(x, (pads[1], pads[3], pads[0], pads[2])), (0, 0, 0, 0)
    return F.conv2d(x, weight, bias, stride=tuple(strides), padding=tuple(pads[:2]), groups=groups)


def _layer_norm(x: Any, weight: Any, bias: Any, epsilon: float) -> torch.Tensor:
    return F.layer_norm(x, (x.shape[-1],), weight, bias, epsilon)


def _instance_norm(x: Any, weight: Any, bias: Any, epsilon: float) -> torch.Tensor:
    return F.instance_norm(x, weight=weight, bias=bias, eps=epsilon)


def _gemm(a: Any, b: Any, c: Any, transposed: int) -> torch.Tensor:
    return F.linear(a, b, c) if transposed else torch.addmm(c, a, b)


def _reshape(x: Any, shape: Sequence[int]) -> torch.Tensor:
    return x.reshape([x.shape[place] if size == 0 else size for place, size in enumerate(shape)])  # type: ignore[no-any-return]


def _slice(x: Any, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int], steps: Sequence[int]) -> Any:
    cut = [slice(None)] * x.dim()
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        cut[axis] = slice(start, end, step)
    return x[tuple(cut)]


def _unsqueeze(x: Any, axes: Sequence[int]) -> Any:
    for axis in sorted(axes):
        x = x.unsqueeze(axis)
    return x


def _gather(x: Any, index: Any, axis: int) -> Any:
    if isinstance(index, int):
        return x.select(axis, index)
    return F.embedding(index, x) if axis == 0 and x.dim() == 2 else torch.index_select(x, axis, index.reshape(-1))


def _clip(x: Any, low: Any, high: Any) -> torch.Tensor:
    return torch.clamp(x, low, high)


def _pad(x: Any, pads: Sequence[int], value: Any, mode: bytes) -> torch.Tensor:
    half = len(pads) // 2
    pairs = [each for axis in reversed(range(half)) for each in (pads[axis], pads[axis + half])]
    if mode == b"constant":
        return F.pad(x, pairs, value=0.0 if value is None else float(value))
    return F.pad(x, pairs[: 2 * (half - 2)], mode={b"edge": "replicate", b"reflect": "reflect"}[mode])


def _plain(function: Callable[..., Any], count: int | None = None) -> Callable[..., tuple[Any, Arguments]]:
    return lambda inputs, _: (function, inputs[:count])


# For each operator: inputs (tensors; numbers at the places in SETTLED) and attributes -> a function and what it takes.
OPERATORS: dict[str, Callable[[list[Any], Attributes], tuple[Callable[..., Any], Arguments]]] = {
    **{name: _plain(function) for name, function in {
        "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div, "MatMul": torch.matmul,
        "Sigmoid": torch.sigmoid, "Tanh": torch.tanh, "Relu": torch.relu, "Abs": torch.abs, "Floor": torch.floor,
        "Sqrt": torch.sqrt, "Equal": torch.eq, "Not": torch.logical_not, "Where": torch.where, "Sin": torch.sin,
        "Cos": torch.cos, "Identity": torch.Tensor.contiguous,
    }.items()},
    "Gelu": lambda i, a: (F.gelu, i),
    "Softmax": lambda i, a: (torch.softmax, (i[0], a.get("axis", -1))),
    "Cast": lambda i, a: (torch.Tensor.to, (i[0], DTYPES[a["to"]])),
    "Concat": lambda i, a: (torch.cat, (i, a["axis"])),
    "Conv": lambda i, a: (_conv, (i[0], i[1], i[2] if len(i) > 2 else None, list(a.get("strides", (1, 1))),
                                  list(a.get("pads", (0, 0, 0, 0))), a.get("group", 1))),
    "Gemm": lambda i, a: (_gemm, (*i, a.get("transB", 0))),
    "LayerNormalization": lambda i, a: (_layer_norm, (*i[:3], a.get("epsilon", 1e-5))),
    "InstanceNormalization": lambda i, a: (_instance_norm, (*i, a.get("epsilon", 1e-5))),
    "Reshape": lambda i, a: (_reshape, (i[0], _numbers(i[1]))),
    "Expand": lambda i, a: (torch.Tensor.expand, (i[0], _numbers(i[1]))),
    "Unsqueeze": lambda i, a: (_unsqueeze, (i[0], _numbers(i[1]))),
    "Squeeze": lambda i, a: (torch.squeeze, (i[0], tuple(_numbers(i[1])))),
    "Transpose": lambda i, a: (torch.permute, (i[0], list(a["perm"]))),
    "Split": lambda i, a: (torch.split, (i[0], _numbers(i[1]), a.get("axis", 0))),
    "Slice": lambda i, a: (_slice, (i[0], *map(_numbers, i[1:4]), _numbers(i[4]) if len(i) > 4 else [1] * i[1].size)),
    "Gather": lambda i, a: (_gather, (i[0], _place(i[1]), a.get("axis", 0))),
    "ArgMin": lambda i, a: (torch.argmin, (i[0], a.get("axis", 0), bool(a.get("keepdims", 1)))),
    "ReduceSum": lambda i, a: (torch.sum, (i[0], _numbers(i[1]), bool(a.get("keepdims", 1)))),
    "Clip": lambda i, a: (_clip, (i[0], i[1] if len(i) > 1 else None, i[2] if len(i) > 2 else None)),
    "DepthToSpace": lambda i, a: (F.pixel_shuffle, (i[0], a["blocksize"])),
    "Pad": lambda i, a: (_pad, (i[0], _numbers(i[1]), i[2] if len(i) > 2 else None, a.get("mode", b"constant"))),
}  # fmt: skip
# Inputs that are numbers of the program and not tensors of the arithmetic: shapes, axes, places.
SETTLED = {"Reshape": (1,), "Expand": (1,), "Unsqueeze": (1,), "Squeeze": (1,), "Split": (1,), "Slice": (1, 2, 3, 4),
           "ReduceSum": (1,), "Pad": (1, 2)}  # fmt: skip
