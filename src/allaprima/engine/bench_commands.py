"""`allaprima bench`: the benchmarks, each where it belongs; here they only get their names.

Knows nothing of what they measure. A benchmark's room is imported when the command is called.
"""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Measure speed, side by side.", add_completion=False)


def _add_live() -> None:
    from allaprima.server import bench_live

    app.command()(bench_live.live)


def _add_engines() -> None:
    from allaprima.export import bench_engines

    app.command()(bench_engines.engines)


@app.callback()
def bench() -> None:
    """Measure speed, side by side."""


_add_live()
_add_engines()
