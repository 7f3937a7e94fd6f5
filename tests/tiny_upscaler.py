"""An upscaler for the tiny bundle: a true graph for pictures of any size, that interpolates and sharpens by rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from allaprima.engine.bundle import read_manifest, write_manifest


def add(folder: Path, *, strength: float = 0.5, remember: bool = True) -> Path:
    """Put it into a bundle; another `strength` is another upscaler. `remember`: as the same painting model."""
    info, digest = read_manifest(folder)
    (folder / "upscaler.onnx").write_bytes(graph(strength).SerializeToString(deterministic=True))
    formerly = [digest, *info.get("formerly", [])] if remember else []
    write_manifest(folder, {**info, "formerly": formerly})
    return folder


def graph(strength: float) -> onnx.ModelProto:
    """picture [n, 3, h, w] -> enlarged [n, 3, 2 h, 2 w]: linear interpolation, and a 5 x 5 sharpening."""
    kernel = np.zeros((3, 3, 5, 5), np.float32)
    for colour in range(3):
        kernel[colour, colour] = -strength / 25.0
        kernel[colour, colour, 2, 2] += 1.0 + strength
    node = helper.make_node
    nodes = [
        node("Resize", ["picture", "", "scales"], ["smooth"], mode="linear"),
        node("Pad", ["smooth", "border"], ["wide"], mode="edge"),
        node("Conv", ["wide", "kernel"], ["sharp"]),
        node("Clip", ["sharp", "low", "high"], ["enlarged"]),
    ]
    constants = [
        numpy_helper.from_array(np.asarray([1, 1, 2, 2], np.float32), "scales"),
        numpy_helper.from_array(np.asarray([0, 0, 2, 2, 0, 0, 2, 2], np.int64), "border"),
        numpy_helper.from_array(kernel, "kernel"),
        numpy_helper.from_array(np.float32(-1.0).reshape(()), "low"),
        numpy_helper.from_array(np.float32(1.0).reshape(()), "high"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, f"{name}_h", f"{name}_w"])
            for name in ("picture", "enlarged")]  # fmt: skip
    made = helper.make_graph(nodes, "upscaler", ends[:1], ends[1:], constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
