"""The engines that `bench engines` compares, each as a backend with the same weights.

They are opened by name; one that is not installed is a sentence that says how to get it. Knows nothing of clocks.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from allaprima.engine.backends import Backend, Feeds, OnnxRuntime, Outputs
from allaprima.engine.bundle import Bundle
from allaprima.engine.openvino_backend import EXTRA, OpenVino
from allaprima.export.torch_graph import as_torch


class Torch:
    """PyTorch on the processor, a module for each graph and shape; eager or compiled, in float32 or by autocast."""

    def __init__(self, bundle: Bundle, threads: int, *, compiled: bool = False, bf16: bool = False) -> None:
        self.name = "pytorch"
        self.threads = threads
        self._bundle, self._compiled, self._bf16 = bundle, compiled, bf16
        self._modules: dict[tuple[Any, ...], Callable[..., Any]] = {}
        self._outputs: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def load(self, name: str) -> None:
        """Nothing: a module is made for the first shape that is run."""

    def run(self, name: str, feeds: Feeds) -> Outputs:
        torch.set_num_threads(self.threads)
        module = self._module(name, feeds)
        given = [torch.from_numpy(np.ascontiguousarray(feeds[key])) for key in self._inputs(name)]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
            made = module(*given)
        return {key: each.float().numpy() for key, each in zip(self._outputs[name], made, strict=True)}

    def _module(self, name: str, feeds: Feeds) -> Callable[..., Any]:
        with self._lock:
            shapes = {key: feeds[key].shape for key in self._inputs(name)}
            key = (name, *shapes.values())
            if key not in self._modules:
                module = as_torch(str(self._bundle.path(f"{name}.onnx")), shapes)
                # Its patterns (torch 2.13) mistake the text encoder's masked attention for another, and fail.
                options: dict[str, Any] = {"pattern_matcher": False}
                compiled = self._compiled
                self._modules[key] = torch.compile(module, dynamic=False, options=options) if compiled else module
            return self._modules[key]

    def _inputs(self, name: str) -> list[str]:
        import onnx

        if name not in self._outputs:
            graph = onnx.load(self._bundle.path(f"{name}.onnx")).graph
            self._outputs[name] = [each.name for each in graph.output]
            self._outputs[f"{name} in"] = [each.name for each in graph.input]
        return self._outputs[f"{name} in"]


class OpenVinoInt8(OpenVino):
    """OpenVINO in int8, made of the float graphs by NNCF, calibrated on the calls that are handed over."""

    def __init__(self, bundle: Bundle, threads: int, calls: Mapping[str, list[Feeds]]) -> None:
        super().__init__(bundle, threads)
        self._calls = calls
        self._late = tuple(name for name in self._locks if name not in calls)

    def _read(self, name: str, path: str) -> Any:
        import nncf

        model = super()._read(name, path)
        if name not in self._calls:
            return model
        calls = [dict(each) for each in self._calls[name]]
        kind = nncf.ModelType.TRANSFORMER if name in ("denoiser", "student", "text_encoder") else None
        with contextlib.redirect_stdout(sys.stderr):  # its progress bars; ours is for one JSON object
            return nncf.quantize(model, nncf.Dataset(calls), model_type=kind, subset_size=len(calls))


@dataclass(frozen=True)
class Engine:
    """A way to run the graphs: how it is opened for some threads, the arithmetic it is measured against, what it needs
    (a module's name) and how to install that."""

    name: str
    arithmetic: str  # float32, bfloat16 or int8
    needs: str
    install: str
    open: Callable[[int], Backend]

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.needs) is not None


def engines(bundle: Bundle, floats: Bundle, calls: Mapping[str, list[Feeds]]) -> tuple[Engine, ...]:
    """All of them: `bundle` as it is shipped, `floats` the same in float32, `calls` real inputs for each graph."""
    torch_, nncf = "pip install 'allaprima[train]'", "pip install 'allaprima[compare]'"
    return (
        Engine("PyTorch eager, float32", "float32", "torch", torch_, lambda n: Torch(floats, n)),
        Engine("PyTorch eager, bfloat16", "bfloat16", "torch", torch_, lambda n: Torch(floats, n, bf16=True)),
        Engine("torch.compile, float32", "float32", "torch", torch_, lambda n: Torch(floats, n, compiled=True)),
        Engine("onnxruntime, float32", "float32", "onnxruntime", "pip install onnxruntime",
               lambda n: OnnxRuntime(floats, n)),
        Engine("onnxruntime, int8 as shipped", "int8", "onnxruntime", "pip install onnxruntime",
               lambda n: OnnxRuntime(bundle, n)),
        Engine("OpenVINO, float32", "float32", "openvino", EXTRA, lambda n: OpenVino(bundle, n, precision="f32")),
        Engine("OpenVINO, bfloat16", "bfloat16", "openvino", EXTRA, lambda n: OpenVino(bundle, n, precision="bf16")),
        Engine("OpenVINO, int8 by NNCF", "int8", "nncf", nncf, lambda n: OpenVinoInt8(floats, n, calls)),
    )  # fmt: skip
