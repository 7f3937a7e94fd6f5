"""The checkup behind `allaprima doctor`: machine, settings, backend and bundle, each tried and not guessed.

A broken part is a line in the report, never a traceback. Knows nothing of how the report is printed, beyond
its text.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import allaprima
from allaprima.engine import backends, choosing, settings
from allaprima.engine.bundle import Bundle
from allaprima.errors import AllaPrimaError

# What makes int8 and bf16 fast; the names are /proc/cpuinfo's.
FLAGS = (
    "avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimd", "asimddp",
)  # fmt: skip
LIBRARIES = ("numpy", "pillow", "onnxruntime", "tokenizers", "typer", "rich", "openvino", "torch")


@dataclass
class Report:
    """What was found; `problems` has one line for each thing that is broken."""

    version: str = allaprima.__version__
    machine: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str | None] = field(default_factory=dict)
    settings: list[dict[str, Any]] = field(default_factory=list)
    backend: dict[str, Any] = field(default_factory=dict)
    bundle: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def as_text(self) -> str:
        """The report for a reader."""
        lines = [f"allaprima {self.version}", ""]
        for title, table in (("machine", self.machine), ("backend", self.backend), ("bundle", self.bundle)):
            lines += [title, *(f"  {key:<14} {_said(value)}" for key, value in table.items()), ""]
        lines += ["libraries", *(f"  {key:<14} {value or '-'}" for key, value in self.libraries.items()), ""]
        lines.append("settings")
        for row in self.settings:
            lines.append(f"  {row['variable']:<20} {row['value']!r:<10} ({row['source']}) {row['help']}")
        lines += ["", *(f"BROKEN: {problem}" for problem in self.problems)]
        return "\n".join(lines) + ("" if self.problems else "everything works")


def examine(folder: Path | None = None) -> Report:
    """Try everything painting needs; takes a second or two."""
    report = Report(machine=machine(), libraries={name: _version(name) for name in LIBRARIES})
    try:
        for each in settings.table():
            setting = each.setting
            report.settings.append(
                {
                    "variable": setting.variable,
                    "value": each.value,
                    "source": each.source,
                    "help": setting.help,
                }
            )
        _try_bundle(report, folder)
    except AllaPrimaError as error:
        report.problems.append(str(error))
    return report


def _try_bundle(report: Report, folder: Path | None) -> None:
    start = time.perf_counter()
    bundle = Bundle.open(folder)
    verified = (time.perf_counter() - start) * 1000.0
    size = sum((bundle.folder / name).stat().st_size for name in bundle.info["files"])
    report.bundle = {
        "name": bundle.name,
        "folder": str(bundle.folder),
        "licence": bundle.licence,
        "sha256": bundle.sha256,
        "megabytes": round(size / 1e6, 1),
        "verified_ms": round(verified, 1),
    }
    choice = choosing.choose(bundle, settings.text("backend"))
    report.backend = {
        "name": choice.backend.name,
        "reason": choice.reason,
        "threads": choice.backend.threads,
        "networks_ms": round(choosing.measure(choice.backend, bundle), 2),
    }
    if choice.measured:
        report.backend["measured_ms"] = {name: round(ms, 2) for name, ms in choice.measured.items()}
    from allaprima.engine.painter import Painter

    painter = Painter(bundle, choice.backend)
    report.bundle["drawings"] = len(painter.library.drawings)
    report.bundle["phrases"] = len(painter.library.phrases)
    painter.paint("a red fox in the snow", seed=1)
    report.backend["picture_ms"] = painter.paint("a red fox in the snow", seed=1).timing_ms["total"]


def machine() -> dict[str, Any]:
    """Processor, cores, the flags that matter, memory."""
    flags, model = "", platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("flags", "Features"):
                flags = value
            elif key.strip() == "model name":
                model = value.strip()
    except OSError:
        pass  # no such file outside Linux: the processor's name alone has to do
    known = set(flags.split())
    found: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "processor": model,
        "cores": os.cpu_count() or 1,
        "usable_cores": backends.usable_cores(),
        "flags": [flag for flag in FLAGS if flag in known],
    }
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found["memory_gb"] = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    return found


def _version(name: str) -> str | None:
    module = {"pillow": "PIL"}.get(name, name)
    if importlib.util.find_spec(module) is None:
        return None
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "installed"


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
