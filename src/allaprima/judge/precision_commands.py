"""`allaprima judge precision`: a thin command over `judge.precision`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from allaprima.errors import UserError
from allaprima.judge.commands import CORPUS, Bundle, Json, Threads, app, drawings_of, shown_progress


@app.command()
def precision(
    prompts: Annotated[int, typer.Option(min=2, max=1000, help="How many single things to ask for.")] = 60,
    steps: Annotated[int, typer.Option(min=1, max=4, help="The student's steps: 1, 2 or 4.")] = 4,
    only: Annotated[str, typer.Option(help="Part of the forms' names, as int8, to leave the others out.")] = "",
    bundle: Bundle = None,
    corpus: Annotated[Path, typer.Option(help="The drawings to compare with, where built.")] = CORPUS,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """What int8 and bfloat16 cost in quality and save in time, files and memory, against float32.

    The shipped graphs are widened to float32, then made int8 in other ways, calibrated over all steps of the student's
    grids. About five minutes on one thread.
    """
    from allaprima.engine.bundle import Bundle as Opened
    from allaprima.judge import features
    from allaprima.judge import precision as judging
    from allaprima.judge.references import seen

    shipped = Opened.open(bundle)
    if shipped.student is None or steps not in shipped.student.grids:
        raise UserError("This bundle has no student for so many steps: take 1, 2 or 4, and a bundle that has one.")
    with tempfile.TemporaryDirectory() as aside, shown_progress() as progress:
        opened = judging.forms(shipped, Path(aside), judging.calibration(shipped), threads, lambda name: only in name)
        drawings, cache = drawings_of(corpus, opened[0].painter)
        net = features.EfficientNetLite2(threads)
        references = seen(drawings, net, net.name, cache, progress)
        report = judging.judge(opened, references, net, prompts=prompts, steps=steps, progress=progress)
    report = {"model": {"name": shipped.name, "sha256": shipped.sha256}, "features": net.name, **report}
    print(json.dumps(report) if as_json else "\n".join(judging.lines(report)))
