"""`allaprima train prune` and `allaprima train search`: the denoiser's shape. Thin: the work is in `train.recovery` and
`train.search`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

Bank = Annotated[Path, typer.Option(help="The scene bank.")]
Seed = Annotated[int, typer.Option(help="Seed of initial weights and draws.")]
Threads = Annotated[int, typer.Option(help="Cores to use; 0 means all.")]


def _threads(count: int) -> None:
    import torch

    if count > 0:
        torch.set_num_threads(count)


def prune(
    minutes: Annotated[float | None, typer.Option(help="Wall-clock minutes; the rate falls to zero over them.")] = None,
    steps: Annotated[int | None, typer.Option(help="Or as many steps, which a busy machine does not change.")] = None,
    budget: Annotated[float, typer.Option(help="Share of the whole network's time that it may take.")] = 0.75,
    teacher: Annotated[Path, typer.Option(help="The denoiser's run, which is left as it is.")] = Path(
        "data/runs/denoiser"
    ),
    folder: Annotated[Path, typer.Option(help="Where the pruned run lives.")] = Path("data/runs/pruned"),
    bank: Bank = Path("data/bank"),
    batch: Annotated[int, typer.Option(help="Scenes a step.")] = 64,
    lr: Annotated[float, typer.Option(help="Learning rate at the beginning.")] = 5e-4,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Leave out what the denoiser can spare, then let it recover by distillation from its whole self.

    Every block and attention is scored first, and the width in one go; run again to let the pruned network recover
    further. What comes out is a denoiser's run: `train student --teacher data/runs/pruned` distils it.
    """
    from allaprima.train.recovery import prune_denoiser

    _threads(threads)
    report = prune_denoiser(teacher=teacher, folder=folder, bank=bank, budget=budget, minutes=minutes, steps=steps,
                            batch=batch, lr=lr, seed=seed)  # fmt: skip
    typer.echo(json.dumps(report))


def search(
    trials: Annotated[int, typer.Option(min=1, help="Shapes to train in all, over all calls.")] = 12,
    repeat: Annotated[int, typer.Option(min=0, help="Shapes to train again with another seed.")] = 3,
    seconds: Annotated[float, typer.Option(help="Processor time of each proxy training.")] = 25.0,
    budget: Annotated[float, typer.Option(help="A shape may take this share of the shipped one's time.")] = 1.15,
    minutes: Annotated[float | None, typer.Option(help="Stop after these; the same command goes on.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the study lives.")] = Path("data/runs/search"),
    bank: Bank = Path("data/bank"),
    plot: Annotated[Path, typer.Option(help="The picture of loss and time, an SVG.")] = Path("docs/shape-search.svg"),
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Search widths, block counts and places of attention under a latency budget.

    First every part is measured on this machine (latency.json beside the study's folder), and their sum is compared
    with whole networks.

    Then each trial trains a shape from nothing at half its widths for equal processor time. The picture marks the
    shapes that no other beats, and the shipped one.
    """
    from allaprima.errors import TrainingError

    try:
        from allaprima.train.search import open_study, points, search_shapes
    except ModuleNotFoundError as error:
        raise TrainingError(f"{error.name} is not installed: pip install 'allaprima[search]'") from None
    from allaprima.train.pareto_picture import drawn

    _threads(threads)
    report = search_shapes(folder=folder, bank=bank, trials=trials, repeat=repeat, seconds=seconds, budget=budget,
                           minutes=minutes, seed=seed)  # fmt: skip
    if tried := points(open_study(folder, seed)):
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(drawn(tried), encoding="utf-8")
        report["plot"] = str(plot)
    typer.echo(json.dumps(report))
