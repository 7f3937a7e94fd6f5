"""Which backend paints: the one asked for, or the fastest of those installed, measured once for a machine and a bundle.

What was measured is kept in the user's cache folder under everything that it depends on: processor, threads, bundle,
versions. Knows nothing of how a backend runs a graph.

    choosing.choose(bundle).backend          # the setting's, or the fastest
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine.backends import Backend, OnnxRuntime, blank_feeds, usable_cores
from allaprima.engine.bundle import Bundle
from allaprima.engine.openvino_backend import OpenVino
from allaprima.errors import BundleError, UserError
from allaprima.files import write_whole

log = logging.getLogger(__name__)
MAKERS: dict[str, Callable[[Bundle, int], Backend]] = {"onnxruntime": OnnxRuntime, "openvino": OpenVino}
NAMES = tuple(MAKERS)
ROUNDS = 5
STEPS = 4  # of the picture that is timed


@dataclass(frozen=True)
class Choice:
    """The backend that was taken, why, and what was measured (milliseconds of the networks of one picture, by
    backend)."""

    backend: Backend
    reason: str
    measured: Mapping[str, float]


def choose(bundle: Bundle, name: str = "auto", threads: int = 0) -> Choice:
    """The backend called `name`; `auto` takes the fastest of those installed, and measures them if nobody has yet.

    Raises UserError for an unknown or missing backend, BundleError when none can load the bundle.
    """
    if name in MAKERS:
        return Choice(MAKERS[name](bundle, threads), "asked for", {})
    if name != "auto":
        raise UserError(f"No backend is called {name!r}: use auto, {' or '.join(NAMES)}.")
    there = installed()
    if not there:
        raise UserError("No backend is installed: pip install onnxruntime.")
    if len(there) == 1:
        return Choice(MAKERS[there[0]](bundle, threads), "the only one installed", {})
    threads = threads or usable_cores()
    key = _key(bundle, threads, there)
    kept = _kept(key)
    if kept is not None and set(kept) <= set(there):
        best = min(kept, key=lambda each: kept[each])
        return Choice(MAKERS[best](bundle, threads), "the fastest when they were measured here", kept)
    backends = {each: MAKERS[each](bundle, threads) for each in there}
    measured = compare(bundle, backends)
    if not measured:
        raise BundleError(f"No backend can run the bundle {bundle.folder}: pip install -U {' '.join(there)}.")
    best = min(measured, key=lambda each: measured[each])
    told = ", ".join(f"{each} {ms:.1f} ms" for each, ms in measured.items())
    log.info("backend %s, the fastest here for the networks of one picture: %s", best, told)
    _keep(key, measured)
    return Choice(backends[best], "the fastest of those installed", measured)


def installed() -> tuple[str, ...]:
    """The backends that can be imported here."""
    return tuple(each for each in NAMES if importlib.util.find_spec(each) is not None)


def compare(bundle: Bundle, backends: Mapping[str, Backend], rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of the networks of one picture by each backend: medians of rounds in turn.

    A backend that cannot run the bundle is left out, and the log says why.
    """
    times: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for name, backend in backends.items():
            if turn and name not in times:
                continue
            try:
                spent = measure(backend, bundle, repeats=1)
            except BundleError as error:
                log.warning("backend %s is left out: %s", name, error)
                times.pop(name, None)
                continue
            kept = times.setdefault(name, [])
            if turn:  # the first round compiles and warms up
                kept.append(spent)
    return {name: statistics.median(each) for name, each in times.items()}


def measure(backend: Backend, bundle: Bundle, repeats: int = 3) -> float:
    """Milliseconds of the networks of one picture in few steps, the best of `repeats`: text, hint, steps, decoder."""
    graph = "denoiser" if bundle.student is None else "student"
    steps = blank_feeds(bundle, 2 if bundle.student is None else 1)
    channels, rows, columns = bundle.latent_shape
    if bundle.student is not None:
        steps["until"] = np.full(1, 0.5, np.float32)
    calls: list[tuple[str, dict[str, NDArray[Any]]]] = [
        ("text_encoder", {"ids": np.ones((1, 32), np.int64)}),
        ("encoder", {"picture": np.zeros((1, 3, rows * 8, columns * 8), np.float32)}),
        *[(graph, steps)] * STEPS,
        ("decoder", {"latent": np.zeros((1, channels, rows, columns), np.float32)}),
    ]
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        for name, feeds in calls:
            backend.run(name, feeds)
        best = min(best, time.perf_counter() - start)
    return best * 1000.0


def cache_folder() -> Path:
    """The user's cache folder for this program; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME", "").strip()
    return (Path(base) if base else Path.home() / ".cache") / "allaprima"


def _key(bundle: Bundle, threads: int, names: tuple[str, ...]) -> str:
    """Names everything that decides which backend is the fastest."""
    versions = [f"{name} {metadata.version(name)}" for name in names]
    told = [processor(), str(threads), bundle.sha256, *versions]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def processor() -> str:
    """The processor's name and what it can do, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(("model name", "flags", "Features"))))


def _kept(key: str) -> dict[str, float] | None:
    """What was measured under this key; None when nothing was, or when it cannot be read."""
    try:
        told = json.loads((cache_folder() / "backends.json").read_text(encoding="utf-8"))[key]
        return {str(name): float(ms) for name, ms in told.items()} or None
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _keep(key: str, measured: Mapping[str, float]) -> None:
    """Keeps what was measured. A folder that cannot be written costs the next start a second, and nothing else."""
    path = cache_folder() / "backends.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        known = known if isinstance(known, dict) else {}
    except (OSError, ValueError):
        known = {}
    known[key] = {name: round(ms, 3) for name, ms in measured.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(known, indent=1).encode())
    except (OSError, UserError) as error:
        log.warning("what the backends were measured at cannot be kept: %s", error)
