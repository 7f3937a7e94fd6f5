"""`allaprima judge steps`: a thin command over `judge.steps`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from allaprima.judge.commands import CORPUS, Bundle, Threads, app, drawings_of, shown_progress


@app.command("steps")
def steps_(
    prompts: Annotated[int, typer.Option(min=2, max=1000, help="How many single things to ask for.")] = 40,
    most: Annotated[int, typer.Option(min=1, max=32, help="The most steps to take.")] = 32,
    memory: Annotated[float | None, typer.Option(min=0, max=1, help="0 paints from words alone.")] = None,
    bundle: Bundle = None,
    corpus: Annotated[Path, typer.Option(help="The drawings to compare with, where built.")] = CORPUS,
    threads: Threads = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Quality and milliseconds at 1 to 32 steps: the denoiser in equal steps and on its learned grid, the student."""
    from allaprima.engine.painter import Painter
    from allaprima.judge import features
    from allaprima.judge import steps as judging
    from allaprima.judge.references import seen

    painter = Painter(bundle, threads=threads)
    drawings, cache = drawings_of(corpus, painter)
    net = features.EfficientNetLite2(threads)
    with shown_progress() as progress:
        references = seen(drawings, net, net.name, cache, progress)
        report = judging.judge(painter, references, net, prompts=prompts, memory=memory, progress=progress,
                               counts=[count for count in judging.COUNTS if count <= most])  # fmt: skip
    report = {"model": {"name": painter.bundle.name, "sha256": painter.bundle.sha256}, "features": net.name, **report}
    if as_json:
        print(json.dumps(report))
    else:
        print("\n".join(judging.lines(report)))
