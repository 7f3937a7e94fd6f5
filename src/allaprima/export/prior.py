"""Puts a trained prior into a bundle that is there: `allaprima export prior`.

What is painted with the library stays the same; from words alone a bundle with another prior paints other pictures, so
it does not answer to its former digest. Knows nothing of how the prior was trained.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from allaprima.engine.backends import OnnxRuntime
from allaprima.engine.bundle import Bundle
from allaprima.engine.prior import GRAPH
from allaprima.engine.text import TextEncoder
from allaprima.engine.tokenizer import Tokenizer
from allaprima.errors import ExportError
from allaprima.export import parity, trials, weights
from allaprima.export.graph_files import prior_plan
from allaprima.export.placing import renewed
from allaprima.scene import vocabulary
from allaprima.train.prior_training import load_prior
from allaprima.train.text import parameters

FILE = f"{GRAPH}.onnx"

Say = Callable[[str], None]


def add_prior(bundle: Path, *, run: Path = Path("data/runs/prior"), say: Say = print) -> None:
    """Puts the prior of a run into a bundle, or in the place of the one it has; all else stays as it is.

    The prior must have been trained on the meanings of the bundle's own text encoder. Raises BundleError,
    TrainingError, or ExportError where the graph does not match torch, and then leaves the bundle as it was.
    """
    opened = Bundle.open(bundle)
    network, record = load_prior(run)
    if network.config.styles != len(vocabulary.STYLES):
        raise ExportError(f"the prior in {run} knows {network.config.styles} styles and the corpus has "
                          f"{len(vocabulary.STYLES)}: train it again with `allaprima train prior`")  # fmt: skip
    backend = OnnxRuntime(opened)
    meanings = TextEncoder(backend, Tokenizer(opened.path("tokenizer.json"))).encode(trials.SKETCHED).vector
    plan = prior_plan(network, meanings)
    exact, wanted = plan.make(), parity.reference(plan.network, plan.feeds)
    small, line = trials.prior_in_eight_bits(exact, plan.feeds, wanted)
    say(f"  {line}")
    with renewed(bundle, FILE) as (folder, info):
        weights.save(small, str(folder / FILE))
        parity.check(GRAPH, exact, str(folder / FILE), plan.feeds, wanted, allowed=parity.EIGHT_BITS, say=say)
        training = info["training"]
        counts = {**training["parameters"], GRAPH: parameters(network)}
        told = [each for each in training.get("trials", ()) if not each.startswith(f"{GRAPH}:")]
        info["training"] = {**training, GRAPH: record, "parameters": counts, "trials": [*told, line]}
        info[GRAPH] = {"styles": list(vocabulary.STYLES)}
        del info["formerly"]
    say(f"{bundle / FILE}: {(bundle / FILE).stat().st_size / 1e6:.1f} MB")
