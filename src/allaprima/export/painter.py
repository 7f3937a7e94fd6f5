"""Puts a denoiser that was trained on, and its student, into a bundle that is there: `allaprima export painter`.

Text encoder, autoencoder, library, prior and learned time grids stay as they are, so the runs must have gone on from
that bundle's. It paints other pictures then, and does not answer to its former digest. Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from allaprima.engine.bundle import Bundle
from allaprima.errors import ExportError
from allaprima.export import time_table
from allaprima.export.graph_files import write_graphs
from allaprima.export.placing import renewed
from allaprima.export.real_inputs import read_scenes
from allaprima.export.trained import Trained
from allaprima.train.text import parameters

GRAPHS = ("denoiser", "student")
SCENES = 16  # real ones, for parity
OWN = ("step", "scenes", "minutes", "region_scenes", "regions")  # what a denoiser's run tells of itself

Say = Callable[[str], None]


def add_painter(
    bundle: Path,
    *,
    runs: Path = Path("data/runs"),
    bank: Path = Path("data/bank"),
    trained: Trained | None = None,
    int8: bool = False,
    say: Say = print,
) -> None:
    """Puts denoiser and student of the runs (or of `trained`) into a bundle; all else stays as it is.

    `int8`: also try int8 arithmetic. Raises BundleError, TrainingError, or ExportError where the two do not belong
    together or a graph does not match torch, and then leaves the bundle as it was.
    """
    opened = Bundle.open(bundle)
    trained = trained or Trained.load(runs, opened.path("tokenizer.json"))
    student = trained.student
    if student is None:
        raise ExportError(f"no student in {runs / 'student'}; `allaprima train student` makes one of the denoiser")
    told = student.record.get("teacher", {}).get("scenes")
    if told is not None and told != trained.record["scenes"]:
        raise ExportError(f"the student learned from a denoiser of {told} scenes and the run has "
                          f"{trained.record['scenes']}: train it again with `allaprima train student`")  # fmt: skip
    rows, _ = time_table.fitting_rows(trained.denoiser.time)
    scenes = read_scenes(bank, SCENES)
    with renewed(bundle, *(f"{name}.onnx" for name in GRAPHS)) as (folder, info):
        written = write_graphs(folder, trained, scenes, rows, int8=int8, only=GRAPHS, say=say)
        before = info["training"]
        counts = {"denoiser": parameters(trained.denoiser), "student": parameters(student.network)}
        kept = [line for line in before.get("trials", ())
                if not line.startswith(tuple(f"{name}:" for name in GRAPHS))]  # fmt: skip
        info["training"] = {
            **before, **{key: trained.record[key] for key in OWN if key in trained.record},
            "parameters": {**before["parameters"], **counts}, "time_table_rows": rows,
            "trials": [*written.trials, *kept],
        }  # fmt: skip
        info["guidance_scale"] = student.terms.guidance_scale  # both paint what the other does
        info["student"] = {**student.terms.as_json(), "training": student.record}
        del info["formerly"]
    say(f"{bundle}: {sum(path.stat().st_size for path in bundle.iterdir()) / 1e6:.1f} MB")
