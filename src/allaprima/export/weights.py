"""Weights stored in half or a quarter of their size: float32 constants become float16 or int8, widened in the graph.

onnxruntime folds the widening when it loads a graph, so that it runs in float32 as before: this is about size on
disk, not speed. Tables that are only looked up stay narrow in memory too: the rows looked up are widened. Knows
nothing of what a graph computes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from allaprima.errors import ExportError

SMALLEST = 1024  # elements; below this nothing is won
HALF_RANGE = 60000.0


def narrowed(
    model: onnx.ModelProto, *, tables: Collection[str] = (), courses: Collection[str] = (), eight_bits: bool = False,
    exempt: Collection[str] = (),
) -> onnx.ModelProto:  # fmt: skip
    """A copy with its large float32 weights in float16.

    In int8: tables that are only looked up, with a scale a row where the name ends like one of `tables`, with a scale a
    column where it ends like one of `courses` (a column is then one quantity's course over the rows). In int8 with a
    scale an output channel, where `eight_bits`: weights of convolutions and matrix products, but for those whose
    name begins like one of `exempt`. Raises ExportError for a weight that float16 cannot hold.
    """
    out = onnx.ModelProto()
    out.CopyFrom(model)
    graph = out.graph
    users: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            users[name].append(node)
    kept: list[onnx.TensorProto] = []
    before: list[onnx.NodeProto] = []
    renamed: dict[str, str] = {}
    after: dict[int, list[onnx.NodeProto]] = {}
    for constant in graph.initializer:
        name = constant.name
        if constant.data_type != TensorProto.FLOAT or int(np.prod(constant.dims, dtype=np.int64)) < SMALLEST:
            kept.append(constant)
            continue
        value = numpy_helper.to_array(constant)
        readers = users[name]
        looked_up = bool(readers) and all(_looks_up(node, name) for node in readers)
        axis = _channels(readers, name)
        by_row, by_column = (any(name.endswith(each) for each in ends) for ends in (tables, courses))
        if looked_up and (by_row or by_column):
            small, scale = int8_of(value, 0 if by_row else value.ndim - 1)
            kept += [numpy_helper.from_array(small, name), numpy_helper.from_array(scale, f"{name}.scale")]
            after |= {id(node): _scaled(node, name, by_row=by_row) for node in readers}
            continue
        if eight_bits and axis is not None and not any(name.startswith(each) for each in exempt):
            small, scale = int8_of(value, axis)
            kept += [numpy_helper.from_array(small, name), numpy_helper.from_array(scale, f"{name}.scale")]
            before += _unpacked(name)
        else:
            kept.append(_half(name, value))
            if looked_up:
                after |= {id(node): _widened(node) for node in readers}
                continue
            before.append(helper.make_node("Cast", [name], [f"{name}.wide"], name=f"{name}.wide", to=TensorProto.FLOAT))
        renamed[name] = f"{name}.wide"
    nodes = list(before)
    for node in graph.node:
        follow = after.get(id(node), [])
        node.input[:] = [renamed.get(name, name) for name in node.input]
        nodes += [node, *follow]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(copies)
    graph.initializer.extend(kept)
    onnx.checker.check_model(out)
    return out


def int8_of(value: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 of the same shape and float32 scales that broadcast to it, one for each place along `axis`.

    Of several clippings each channel takes the one that loses least in the mean square.
    """
    others = tuple(each for each in range(value.ndim) if each != axis)
    largest = np.maximum(np.abs(value).max(axis=others, keepdims=True), 1e-12)
    best_error = best = None
    for share in (1.0, 0.95, 0.9, 0.85, 0.8, 0.7):
        scale = (largest * (share / 127.0)).astype(np.float32)
        small = np.clip(np.rint(value / scale), -127, 127)
        error = ((small * scale - value) ** 2).sum(axis=others, keepdims=True)
        if best is None or best_error is None:
            best, best_error = scale, error
        else:
            best, best_error = np.where(error < best_error, scale, best), np.minimum(error, best_error)
    assert best is not None
    return np.clip(np.rint(value / best), -127, 127).astype(np.int8), np.asarray(best, np.float32)


def _half(name: str, value: np.ndarray) -> onnx.TensorProto:
    largest = float(np.abs(value).max())
    if not np.isfinite(largest) or largest > HALF_RANGE:
        raise ExportError(f"the weight {name} reaches {largest:g}, more than float16 holds")
    return numpy_helper.from_array(value.astype(np.float16), name)


def _looks_up(node: onnx.NodeProto, name: str) -> bool:
    return node.op_type == "Gather" and node.input[0] == name and _axis(node) == 0


def _channels(readers: list[onnx.NodeProto], name: str) -> int | None:
    """The axis of a weight's output channels; None when it is not the weight of one convolution or product."""
    if len(readers) != 1 or len(readers[0].input) < 2 or readers[0].input[1] != name:
        return None
    node = readers[0]
    if node.op_type == "MatMul":
        return 1
    if node.op_type == "Gemm":
        return 0 if any(attribute.name == "transB" and attribute.i for attribute in node.attribute) else 1
    return 0 if node.op_type == "Conv" else None


def _unpacked(name: str) -> list[onnx.NodeProto]:
    """Nodes that give `name`.wide of an int8 weight."""
    plain = f"{name}.plain"
    return [
        helper.make_node("Cast", [name], [plain], name=plain, to=TensorProto.FLOAT),
        helper.make_node("Mul", [plain, f"{name}.scale"], [f"{name}.wide"], name=f"{name}.wide"),
    ]


def _axis(node: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)


def _widened(node: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Nodes that widen what a lookup gives; the lookup's output is renamed."""
    wanted, narrow = node.output[0], f"{node.output[0]}.narrow"
    node.output[0] = narrow
    return [helper.make_node("Cast", [narrow], [wanted], name=f"{wanted}.wide", to=TensorProto.FLOAT)]


def _scaled(node: onnx.NodeProto, table: str, *, by_row: bool) -> list[onnx.NodeProto]:
    """Nodes that widen int8 rows and multiply them with their own scales, or with those of the columns."""
    wanted = node.output[0]
    narrow, wide, scale = (f"{wanted}.{end}" for end in ("narrow", "wide", "scale"))
    node.output[0] = narrow
    widen = helper.make_node("Cast", [narrow], [wide], name=wide, to=TensorProto.FLOAT)
    if not by_row:
        return [widen, helper.make_node("Mul", [wide, f"{table}.scale"], [wanted], name=f"{wanted}.scaled")]
    return [
        widen,
        helper.make_node("Gather", [f"{table}.scale", node.input[1]], [scale], name=scale, axis=0),
        helper.make_node("Mul", [wide, scale], [wanted], name=f"{wanted}.scaled"),
    ]


def save(model: onnx.ModelProto, path: str) -> int:
    """Writes a graph, always the same bytes for the same graph; returns how many."""
    raw = model.SerializeToString(deterministic=True)
    with open(path, "wb") as file:
        file.write(raw)
    return len(raw)
