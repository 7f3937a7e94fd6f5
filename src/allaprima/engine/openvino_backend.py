"""OpenVINO on the processor: the fastest there is where the processor multiplies bfloat16 (AMX).

A bundle's graphs round to int8 between their layers, as onnxruntime is fast with. OpenVINO either cannot compile that
rounding or gains nothing by it, so it is taken out: the weights stay as they are, the arithmetic is bfloat16 where the
processor has it and float32 elsewhere. Knows nothing of what the graphs compute.
"""

from __future__ import annotations

import importlib.util
import queue
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from allaprima.engine.backends import Feeds, Outputs, usable_cores
from allaprima.errors import BundleError, UserError

if TYPE_CHECKING:
    from allaprima.engine.bundle import Bundle

EXTRA = "pip install 'allaprima[engines]'"
USUAL_BATCH = {"denoiser": 2}  # rows of one call for one picture; both sides of guidance
# Compiled when they are first asked for: a picture of few steps needs neither, and a second is much at every start.
LATE = ("denoiser", "upscaler")
ANY_SHAPE = ("upscaler",)  # graphs that no shape is usual for


class Compiled:
    """A compiled model with as many requests as there were calls at once: one request is for one call at a time."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __call__(self, feeds: Feeds) -> Outputs:
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._model.create_infer_request()
        try:
            result = request.infer(dict(feeds))
            # A port may have several names: the graph's own output and those of nodes that were folded into it.
            return {name: np.array(value) for port, value in result.items() for name in port.get_names()}
        finally:
            self._idle.put(request)


class OpenVino:
    """Intel's OpenVINO: each graph compiled for one square picture, and once more for all other batches and shapes."""

    name = "openvino"

    def __init__(self, bundle: Bundle, threads: int = 0, *, precision: str = "") -> None:
        """`precision`: f32, bf16 or f16 for the arithmetic; empty takes bf16 where the processor has it.

        Raises UserError when OpenVINO is not installed.
        """
        if importlib.util.find_spec("openvino") is None:
            raise UserError(f"The openvino backend is not installed: {EXTRA}.")
        import openvino

        self.threads = threads or usable_cores()
        self._bundle = bundle
        self._core = openvino.Core()
        has_bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = precision or ("bf16" if has_bf16 else "f32")
        self._models: dict[tuple[str, bool], tuple[Compiled, dict[str, tuple[int, ...]]]] = {}
        files = bundle.info["files"]
        self._locks = {file.removesuffix(".onnx"): threading.Lock() for file in files if file.endswith(".onnx")}
        self._late = LATE if "student.onnx" in files else LATE[1:]

    def load(self, name: str) -> None:
        if name not in self._late:
            self._model(name, is_usual=True)

    def run(self, name: str, feeds: Feeds) -> Outputs:
        if name not in ANY_SHAPE:
            model, shapes = self._model(name, is_usual=True)
            if all(value.shape == shapes[key] for key, value in feeds.items()):
                return model(feeds)
        model, _ = self._model(name, is_usual=False)
        return model(feeds)

    def _model(self, name: str, *, is_usual: bool) -> tuple[Compiled, dict[str, tuple[int, ...]]]:
        with self._locks[name]:
            if (name, is_usual) not in self._models:
                self._models[name, is_usual] = self._compiled(name, is_usual=is_usual)
            return self._models[name, is_usual]

    def _compiled(self, name: str, *, is_usual: bool) -> tuple[Compiled, dict[str, tuple[int, ...]]]:
        path = str(self._bundle.path(f"{name}.onnx"))
        settings = {
            "INFERENCE_NUM_THREADS": self.threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self.precision,
        }
        try:
            model = self._read(name, path)
            shapes: dict[str, tuple[int, ...]] = {}
            if is_usual:
                shapes = usual_shapes(model, USUAL_BATCH.get(name, 1), *self._bundle.latent_shape[1:])
                model.reshape({key: list(shape) for key, shape in shapes.items()})
            return Compiled(self._core.compile_model(model, "CPU", settings)), shapes
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise BundleError(
                f"OpenVINO cannot compile {path}: {reason}. Upgrade it ({EXTRA}), or set ALLAPRIMA_BACKEND=onnxruntime."
            ) from error

    def _read(self, name: str, path: str) -> Any:
        """The graph as it is to be compiled."""
        model = self._core.read_model(path)
        take_out_rounding(model)
        return model


def usual_shapes(model: Any, batch: int, rows: int, columns: int) -> dict[str, tuple[int, ...]]:
    """The shape of each input for `batch` square pictures, whose latents have so many rows and columns."""
    shapes = {}
    for each in model.inputs:
        key, axes = each.get_any_name(), list(each.get_partial_shape())
        # OpenVINO drops the names of free axes; of those there are the batch's, and the two of a latent or a picture.
        free = (batch, 0, rows * 8, columns * 8) if key == "picture" else (batch, 0, rows, columns)
        shapes[key] = tuple(axis.get_length() if axis.is_static else free[place] for place, axis in enumerate(axes))
    return shapes


def take_out_rounding(model: Any) -> int:
    """Lets activations pass by their rounding to int8 (QuantizeLinear and DequantizeLinear); returns how many did.

    OpenVINO reads a pair of them as FakeQuantize, Convert, Convert, Subtract, Multiply.
    """
    passed = 0
    for node in model.get_ordered_ops():
        source = node.input(0).get_source_output() if node.get_type_name() == "FakeQuantize" else None
        if source is None or source.get_node().get_type_name() == "Constant":
            continue
        for end in _ends(node.output(0)):
            for reader in list(end.get_target_inputs()):
                reader.replace_source_output(source)
            passed += 1
    if passed:
        model.validate_nodes_and_infer_types()
    return passed


def _ends(output: Any) -> list[Any]:
    """What a rounding gives in the end: the outputs behind its Convert, Subtract and Multiply nodes."""
    ends = []
    for reader in output.get_target_inputs():
        node = reader.get_node()
        if node.get_type_name() in ("Convert", "Subtract"):
            ends += _ends(node.output(0))
        elif node.get_type_name() == "Multiply":
            ends.append(node.output(0))
    return ends
