"""`allaprima bench engines`: the same weights by every engine, in turns, in one run.

Each engine runs the network and whole pictures, beside matrix products of the same arithmetic, so that a share of what
the machine can do stands next to every time. Processor time is told beside the clock's: on a busy machine it is the one
that means something, with one thread. Knows engines as backends only.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

PROMPTS = ("a red fox in the snow", "a serene sunset over the ocean", "two green apples on a table")
SIDE = 1024  # of the matrices whose product is the measure
DRAWS = 1000
# What the painter's `auto` chooses from, by the backend's name.
PAINTERS = {"onnxruntime, int8 as shipped": "onnxruntime", "OpenVINO, float32": "openvino",
            "OpenVINO, bfloat16": "openvino"}  # fmt: skip
Times = dict[str, list[tuple[float, float]]]  # by name: milliseconds by the clock, and of the processor


def engines(
    bundle: Annotated[Path | None, typer.Option(help="The bundle; the package's own if none is given.")] = None,
    network: Annotated[str, typer.Option(help="student or denoiser.")] = "student",
    threads: Annotated[str, typer.Option(help="Thread counts, with commas.")] = "1,2",
    batches: Annotated[str, typer.Option(help="Pictures in one call, with commas.")] = "1,4,8",
    rounds: Annotated[int, typer.Option(min=3, max=1000, help="Turns that every engine has.")] = 15,
    only: Annotated[str, typer.Option(help="Parts of engines' names, with commas, to leave others out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """PyTorch, torch.compile, onnxruntime and OpenVINO on the same weights: milliseconds, ratios, and the fastest.

    Every engine has one turn in each round, so that ratios hold on a busy machine, too; times want an idle one.
    """
    from allaprima.errors import UserError

    try:
        counts, sizes = ([int(each) for each in text.split(",")] for text in (threads, batches))
    except ValueError:
        raise UserError("--threads and --batches are whole numbers with commas, as 1,2.") from None
    if network not in ("student", "denoiser") or min(*counts, *sizes, 1) < 1:
        raise UserError("--network is student or denoiser; threads and batches are 1 or more.")
    report = compare(bundle, network, counts, sizes, rounds, only)
    print(json.dumps(report) if as_json else "\n".join(lines(report)))


def compare(
    folder: Path | None, network: str, threads: Sequence[int], batches: Sequence[int], rounds: int, only: str = ""
) -> dict[str, Any]:
    """What was measured, as JSON has it. Raises UserError when the bundle has no such network."""
    from allaprima.engine import checkup
    from allaprima.engine.bundle import Bundle
    from allaprima.errors import UserError
    from allaprima.export import engines as known
    from allaprima.export.floating import in_folder

    bundle = Bundle.open(folder)
    if f"{network}.onnx" not in bundle.info["files"]:
        raise UserError(f"This bundle has no {network}: take --network denoiser.")
    calls = real_calls(bundle)
    with tempfile.TemporaryDirectory() as aside:
        every = known.engines(bundle, in_folder(bundle, Path(aside)), calls)
        parts = [part.strip().casefold() for part in only.split(",")]
        wanted = [each for each in every if each is every[0] or any(part in each.name.casefold() for part in parts)]
        missing = {each.name: each.install for each in wanted if not each.is_installed}
        rows: list[dict[str, Any]] = []
        peaks = {}
        for count in threads:
            opened = {each: each.open(count) for each in wanted if each.is_installed}
            found, peaks[str(count)] = _measured(bundle, opened, calls, network, batches, rounds, count)
            rows += found
    return {
        "model": {"name": bundle.name, "sha256": bundle.sha256}, "network": network, "machine": checkup.machine(),
        "rounds": rounds, "load": os.getloadavg()[0], "gflops": peaks, "rows": rows, "missing": missing,
        "fastest": _fastest(rows),
    }  # fmt: skip


def real_calls(bundle: Any, prompts: Sequence[str] = PROMPTS) -> dict[str, list[Any]]:
    """What a bundle's graphs are asked while it paints some pictures, with the student and with the denoiser."""
    from allaprima.engine.backends import OnnxRuntime
    from allaprima.engine.painter import Painter

    painter = Painter(bundle, OnnxRuntime(bundle, 1))
    run, calls = painter.backend.run, {}

    def watched(name: str, feeds: Any) -> Any:
        calls.setdefault(name, []).append({key: np.array(value) for key, value in feeds.items()})
        return run(name, feeds)

    painter.backend.run = watched  # type: ignore[method-assign]
    samplers = ("denoiser", "student") if bundle.student is not None else ("denoiser",)
    for seed, prompt in enumerate(prompts):
        for sampler in samplers:
            painter.paint(prompt, seed=seed, steps=4, sampler=sampler)
    whole: dict[str, list[Any]] = calls
    # One shape each: calibration takes no other. The text encoder was asked for several texts at once.
    return {
        name: [each for each in asked if all(each[key].shape == asked[0][key].shape for key in each)]
        for name, asked in whole.items()
    }


def _measured(
    bundle: Any, opened: Mapping[Any, Any], calls: Mapping[str, Any], network: str, batches: Sequence[int], rounds: int,
    threads: int,
) -> tuple[list[dict[str, Any]], dict[str, float]]:  # fmt: skip
    """The rows for one thread count, and the matrix products' GFLOP/s by arithmetic."""
    from allaprima.engine.painter import Painter

    rows: list[dict[str, Any]] = []
    products = _products(threads)
    whole: Times = {}
    for batch in batches:
        rows_of_one = len(calls[network][0]["time"])
        feeds = {key: np.repeat(value[:rows_of_one], batch, axis=0) for key, value in calls[network][0].items()}
        work = {each.name: _call(backend, network, feeds) for each, backend in opened.items()}
        times = in_turns(work | products, rounds)
        for name in products:
            whole.setdefault(name, []).extend(times.pop(name))
        rows += _rows("network", times, opened, threads, batch)
    painters = {each: Painter(bundle, backend) for each, backend in opened.items()}
    pictures = in_turns({each.name: _picture(painter) for each, painter in painters.items()}, rounds)
    rows += _rows("picture", pictures, opened, threads, 1)
    peaks = {name: 2e-6 * SIDE**3 / float(np.median(whole[name], axis=0)[0]) for name in products}
    flops = _flops(bundle, network, calls[network][0])
    for row in rows:
        if row["of"] == "network":
            row["gflops"] = flops * row["batch"] / row["ms"] / 1e6
            row["share"] = row["gflops"] / peaks[row["arithmetic"]]
    return rows, peaks


def _call(backend: Any, name: str, feeds: Any) -> Callable[[], Any]:
    return lambda: backend.run(name, feeds)


def _picture(painter: Any) -> Callable[[], Any]:
    seeds = iter(range(1_000_000))
    # Words that were not read before: a picture's text is part of its time.
    return lambda: painter.paint(f"{PROMPTS[0]} {next(seeds)}", seed=1)


def in_turns(work: Mapping[str, Callable[[], Any]], rounds: int) -> Times:
    """Runs each once a round, in an order that turns; two rounds before that are not counted."""
    times: Times = {name: [] for name in work}
    names = list(work)
    for turn in range(-2, rounds):
        place = turn % len(names)
        for name in names[place:] + names[:place]:
            clock, processor = time.perf_counter(), time.process_time()
            work[name]()
            spent = (time.perf_counter() - clock) * 1e3, (time.process_time() - processor) * 1e3
            if turn >= 0:
                times[name].append(spent)
    return times


def _rows(of: str, times: Times, opened: Mapping[Any, Any], threads: int, batch: int) -> list[dict[str, Any]]:
    """A row for each engine; ratios are PyTorch eager float32's time over its own, by bootstrap over rounds."""
    first = next(iter(times))
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(times[first]), (DRAWS, len(times[first])))
    kinds = {each.name: each.arithmetic for each in opened}
    rows = []
    for name, each in times.items():
        mine, eager = np.asarray(each), np.asarray(times[first])
        row: dict[str, Any] = {"of": of, "engine": name, "arithmetic": kinds[name], "threads": threads, "batch": batch}
        for place, kind in enumerate(("", "cpu_")):
            middle = np.median(mine[picks, place], axis=1)
            row[f"{kind}ms"] = float(np.median(mine[:, place]))
            row[f"{kind}interval"] = np.percentile(middle, (2.5, 97.5)).tolist()
            ratios = np.median(eager[picks, place], axis=1) / middle
            row[f"{kind}speedup"] = float(np.median(eager[:, place]) / np.median(mine[:, place]))
            row[f"{kind}speedup_interval"] = np.percentile(ratios, (2.5, 97.5)).tolist()
        rows.append({**row, "compared_with": first})
    return rows


def _products(threads: int) -> dict[str, Callable[[], Any]]:
    """Matrix products of the three arithmetics, by PyTorch's libraries."""
    import torch

    plain = torch.randn(SIDE, SIDE)
    half, small = plain.bfloat16(), torch.randint(-127, 127, (SIDE, SIDE), dtype=torch.int8)

    def product(function: Callable[..., Any], matrix: Any) -> Callable[[], Any]:
        def run() -> Any:
            torch.set_num_threads(threads)
            return function(matrix, matrix)

        return run

    return {"float32": product(torch.matmul, plain), "bfloat16": product(torch.matmul, half),
            "int8": product(torch._int_mm, small)}  # fmt: skip


def _flops(bundle: Any, network: str, feeds: Mapping[str, Any]) -> float:
    """Floating-point operations of one call, as PyTorch counts them."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from allaprima.export.floating import in_folder
    from allaprima.export.torch_graph import as_torch

    with tempfile.TemporaryDirectory() as aside, torch.no_grad():
        path = in_folder(bundle, Path(aside)).path(f"{network}.onnx")
        module = as_torch(str(path), {key: value.shape for key, value in feeds.items()})
        with FlopCounterMode(display=False) as counter:
            module(*(torch.from_numpy(value) for value in feeds.values()))
    return float(counter.get_total_flops())


def _fastest(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str | None]]:
    """By thread count: the fastest engine for whole pictures, and the fastest backend that the painter may take."""
    found: dict[str, dict[str, str | None]] = {}
    for threads in dict.fromkeys(row["threads"] for row in rows):
        by = "cpu_ms" if threads == 1 else "ms"
        painted = [row for row in rows if row["of"] == "picture" and row["threads"] == threads]
        names = [row["engine"] for row in sorted(painted, key=lambda row: row[by])]
        backend = next((PAINTERS[name] for name in names if name in PAINTERS), None)
        found[str(threads)] = {"engine": names[0], "backend": backend}
    return found


def lines(report: Mapping[str, Any]) -> list[str]:
    """The report for a reader."""
    told = [f"{report['model']['name']} {report['model']['sha256'][:12]}, {report['network']}, "
            f"{report['machine']['processor']}, load {report['load']:.1f}, {report['rounds']} rounds"]  # fmt: skip
    for threads, peaks in report["gflops"].items():
        told.append(f"matrix products, {threads} threads: "
                    + ", ".join(f"{name} {value:.0f} GFLOP/s" for name, value in peaks.items()))  # fmt: skip
    told.append(f"{'':<8} {'thr':>3} {'n':>2} {'engine':<30} {'ms':>8} {'(95 %)':>17} {'cpu ms':>8} "
                f"{'times eager':>11} {'(95 %)':>15} {'by cpu':>7} {'share':>6}")  # fmt: skip
    for row in report["rows"]:
        low, high = row["interval"]
        least, most = row["speedup_interval"]
        share = f"{row['share']:.0%}" if "share" in row else ""
        told.append(f"{row['of']:<8} {row['threads']:>3} {row['batch']:>2} {row['engine']:<30} {row['ms']:>8.1f} "
                    f"({low:>7.1f}-{high:>7.1f}) {row['cpu_ms']:>8.1f} {row['speedup']:>11.2f} "
                    f"({least:>5.2f} to {most:>5.2f}) {row['cpu_speedup']:>7.2f} {share:>6}")  # fmt: skip
    told += [f"not installed: {name}: {how}" for name, how in report["missing"].items()]
    for threads, best in report["fastest"].items():
        told.append(f"fastest for a picture, {threads} threads: {best['engine']}; to paint with: {best['backend']}")
    return told
