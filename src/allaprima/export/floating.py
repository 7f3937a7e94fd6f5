"""A bundle's graphs without their int8: the same weights in float32, for whoever compares engines or precisions.

Rounding of activations is taken out, stored weights are widened; tables that are only looked up stay as they are. Knows
nothing of who runs the graphs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from allaprima.engine.bundle import Bundle
from allaprima.export import weights


def floated(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose weights are float32 constants and whose activations are rounded nowhere."""
    out = onnx.ModelProto()
    out.CopyFrom(model)
    constants = {each.name: numpy_helper.to_array(each) for each in out.graph.initializer}
    passed: dict[str, str] = {}
    nodes: list[onnx.NodeProto] = []
    for node in out.graph.node:
        node.input[:] = [_followed(name, passed) for name in node.input]
        made = _widened(node, constants)
        if made is not None:
            constants[node.output[0]] = made
        elif node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            passed[node.output[0]] = node.input[0]
        else:
            nodes.append(onnx.NodeProto.FromString(node.SerializeToString()))
    used = {name for node in nodes for name in node.input}
    kept = [numpy_helper.from_array(np.array(constants[name]), name) for name in constants if name in used]
    # Only the standard's own operators are left when nothing is rounded.
    standard = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    del out.graph.node[:], out.graph.initializer[:], out.graph.value_info[:], out.opset_import[:]
    out.graph.node.extend(nodes)
    out.graph.initializer.extend(kept)
    out.opset_import.extend([helper.make_opsetid("", standard)])
    onnx.checker.check_model(out)
    return out


def in_folder(
    bundle: Bundle, folder: Path, change: Callable[[str, onnx.ModelProto], onnx.ModelProto] | None = None
) -> Bundle:
    """The bundle with its graphs in float32 (or as `change` makes them of those) in `folder`, all else where it is."""
    for name in bundle.info["files"]:
        if not name.endswith(".onnx"):
            (folder / name).symlink_to((bundle.folder / name).resolve())
            continue
        model = floated(onnx.load(bundle.folder / name))
        weights.save(model if change is None else change(name.removesuffix(".onnx"), model), str(folder / name))
    return replace(bundle, folder=folder)


def _followed(name: str, passed: dict[str, str]) -> str:
    while name in passed:
        name = passed[name]
    return name


def _widened(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> np.ndarray | None:
    """What a node makes of a stored weight alone, in float32; None for a node that does anything else."""
    if not all(name in constants for name in node.input if name):
        return None
    values = [constants[name] for name in node.input if name]
    if node.op_type == "DequantizeLinear":
        axis = next((each.i for each in node.attribute if each.name == "axis"), 1)
        shape = [-1 if place == axis else 1 for place in range(values[0].ndim)]
        scale, *zero = (each.reshape(shape) if each.size > 1 else each for each in values[1:])
        plain = values[0].astype(np.float32) - (zero[0].astype(np.float32) if zero else 0.0)
        return np.asarray(plain * scale, np.float32)
    if node.op_type == "Cast" and values[0].dtype in (np.float16, np.int8) and values[0].size >= weights.SMALLEST:
        return np.asarray(values[0], np.float32)
    if node.op_type == "Mul" and max(each.size for each in values) >= weights.SMALLEST:
        return np.asarray(values[0] * values[1], np.float32)
    return None
