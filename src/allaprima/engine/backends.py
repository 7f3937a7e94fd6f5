"""Backends: who runs a bundle's graphs. One protocol, `run(name, feeds)`, and what keeps it.

Onnxruntime is the default; OpenVINO, an extra, is in `openvino_backend.py`, and `choosing.py` takes the faster of the
two. Fake stands in for both in tests. Knows nothing of what the graphs compute, except that every input has its batch
first.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import settings
from allaprima.engine.bundle import Bundle
from allaprima.errors import BundleError

Feeds = Mapping[str, NDArray[Any]]
Outputs = dict[str, NDArray[Any]]
ANY_SHAPE = ", any shape"


class Backend(Protocol):
    """Runs named graphs. Must be safe to call from several threads at once."""

    name: str
    threads: int

    def load(self, name: str) -> None:
        """Make the graph ready to run; `run` does so too if nobody has."""
        ...

    def run(self, name: str, feeds: Feeds) -> Outputs:
        """Outputs by name for inputs by name; the first axis of each is the batch."""
        ...


class OnnxRuntime:
    """Microsoft's onnxruntime on the processor: one session per graph, made when first needed.

    It is made for the square, which is faster; a second one for all other shapes is made when one is painted.
    """

    name = "onnxruntime"

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        self.threads = threads or usable_cores()
        self._bundle = bundle
        self._sessions: dict[str, Any] = {}
        graphs = (Path(file).stem for file in bundle.info["files"] if file.endswith(".onnx"))
        self._locks = {graph: threading.Lock() for graph in graphs}

    def load(self, name: str) -> None:
        self._session(name)

    def run(self, name: str, feeds: Feeds) -> Outputs:
        session = self._session(name)
        if not _takes(session, feeds):
            session = self._session(name, ANY_SHAPE)
        names = [output.name for output in session.get_outputs()]
        fixed = session.get_inputs()[0].shape[0]

        def call(part: Feeds) -> Outputs:
            return dict(zip(names, session.run(names, dict(part)), strict=True))

        return in_batches(call, feeds, fixed) if isinstance(fixed, int) else call(feeds)

    def _session(self, name: str, kind: str = "") -> Any:
        with self._locks[name]:
            if name + kind not in self._sessions:
                self._sessions[name + kind] = self._open(name, is_square=kind != ANY_SHAPE)
            return self._sessions[name + kind]

    def _open(self, name: str, *, is_square: bool) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A picture goes through five graphs in turn, each with threads of its own: those that wait for the next call by
        # spinning take the cores from the graph whose turn it is.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Memory patterns assume one batch size; ours changes between guided and unguided steps.
        options.enable_mem_pattern = False
        if is_square:
            for axis, size in square_axes(self._bundle).items():
                options.add_free_dimension_override_by_name(axis, size)
        path = str(self._bundle.path(f"{name}.onnx"))
        try:
            return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own classes derive from Exception alone
            reason = str(error).splitlines()[0]
            raise BundleError(
                f"onnxruntime cannot load {path}: {reason}. Upgrade it: pip install -U onnxruntime."
            ) from error


class Fake:
    """A backend of plain functions, for tests of all that is above it; `calls` tells what was run, in
    order."""

    name = "fake"
    threads = 1

    def __init__(self, graphs: Mapping[str, Callable[[Feeds], Outputs]]) -> None:
        self._graphs = dict(graphs)
        self.calls: list[str] = []

    def load(self, name: str) -> None:
        """Nothing to load."""

    def run(self, name: str, feeds: Feeds) -> Outputs:
        self.calls.append(name)
        return self._graphs[name](feeds)


def blank_feeds(bundle: Bundle, n: int, shape: tuple[int, int] | None = None) -> dict[str, NDArray[Any]]:
    """Inputs of the denoiser for a batch of n, all zeros but the time; `shape`: rows and columns if not square."""
    channels, rows, columns = bundle.latent_shape
    rows, columns = shape or (rows, columns)
    return {
        "latent": np.zeros((n, channels, rows, columns), np.float32),
        "hint": np.zeros((n, channels + 1, rows, columns), np.float32),
        "region": np.zeros((n, channels + 2, rows, columns), np.float32),
        "states": np.zeros((n, 32, 256), np.float32),
        "text_mask": np.zeros((n, 32), np.float32),
        "time": np.ones(n, np.float32),
    }


def square_axes(bundle: Bundle) -> dict[str, int]:
    """The sizes that a square picture gives to the axes of the graphs, by name; a graph need not have them."""
    _, rows, columns = bundle.latent_shape
    return {"rows": rows, "columns": columns, "height": rows * 8, "width": columns * 8}


def _takes(session: Any, feeds: Feeds) -> bool:
    """Whether the axes that a session has fixed, but for the batch, are those of the feeds."""
    return all(
        not isinstance(axis, int) or axis == size
        for each in session.get_inputs() if each.name in feeds
        for axis, size in list(zip(each.shape, feeds[each.name].shape, strict=False))[1:]
    )  # fmt: skip


def in_batches(call: Callable[[Feeds], Outputs], feeds: Feeds, size: int) -> Outputs:
    """Run a graph whose batch is fixed at `size` on any batch: in parts, the last one padded and cut."""
    n = len(next(iter(feeds.values())))
    parts: list[Outputs] = []
    for start in range(0, n, size):
        part = {key: value[start : start + size] for key, value in feeds.items()}
        lacking = size - len(next(iter(part.values())))
        if lacking:
            part = {key: np.concatenate([value, np.repeat(value[-1:], lacking, 0)]) for key, value in part.items()}
        parts.append(call(part))
    return {key: np.concatenate([part[key] for part in parts])[:n] for key in parts[0]}


def usable_cores() -> int:
    """Cores this process may use, which in a container can be fewer than the machine has."""
    asked = int(settings.number("threads"))
    if asked > 0:
        return asked
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
