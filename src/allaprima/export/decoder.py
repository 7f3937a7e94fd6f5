"""Puts a decoder that was trained on into a bundle that is there: `allaprima export decoder`.

`train autoencoder --decoder-only` leaves latents as they are, so all else in the bundle stays good; but it paints other
pictures then, and does not answer to its former digest. Knows nothing of how the decoder was trained.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from allaprima.engine.bundle import Bundle
from allaprima.errors import ExportError
from allaprima.export import graphs, parity, trials, weights
from allaprima.export.placing import renewed
from allaprima.export.real_inputs import read_scenes
from allaprima.train.autoencoder import Autoencoder
from allaprima.train.autoencoder_training import load_autoencoder
from allaprima.train.text import parameters

GRAPH = "decoder"
FILE = f"{GRAPH}.onnx"
SCENES = 16  # real ones, for parity and calibration

Say = Callable[[str], None]


def add_decoder(
    bundle: Path,
    *,
    run: Path = Path("data/runs/autoencoder"),
    bank: Path = Path("data/bank"),
    int8: bool = True,
    say: Say = print,
) -> None:
    """Puts the decoder of a run into a bundle; all else stays as it is.

    `int8`: also try int8 arithmetic, and take it where it is faster and paints the same. Raises BundleError,
    TrainingError, or ExportError where the run's encoder is not the bundle's or the graph does not match torch, and
    then leaves the bundle as it was.
    """
    opened = Bundle.open(bundle)
    painter = load_autoencoder(run)
    scenes = read_scenes(bank, SCENES)
    _insist_on_its_encoder(opened, painter, {"picture": scenes.pictures}, run)
    feeds, whole = {"latent": scenes.latents}, graphs.Decode(painter)
    exact, wanted = graphs.decoder_graph(painter), parity.reference(whole, feeds)
    small, allowed, told = weights.narrowed(exact), parity.STORED, f"{GRAPH}: weights kept in float16"
    if int8:
        trial, model = trials.decoder_trial(exact, scenes)
        told = trial.reason
        if trial.taken:
            small, allowed = weights.narrowed(model), parity.EIGHT_BITS
    say(f"  {told}")
    with renewed(bundle, FILE) as (folder, info):
        weights.save(small, str(folder / FILE))
        parity.check(GRAPH, exact, str(folder / FILE), feeds, wanted, allowed=allowed, say=say)
        training = info["training"]
        counts = {**training["parameters"], GRAPH: parameters(painter.decoder)}
        kept = [each for each in training.get("trials", ()) if not each.startswith(f"{GRAPH}:")]
        info["training"] = {**training, "parameters": counts, "trials": [*kept, told]}
        del info["formerly"]
    say(f"{bundle / FILE}: {(bundle / FILE).stat().st_size / 1e6:.1f} MB")


def _insist_on_its_encoder(opened: Bundle, painter: Autoencoder, feeds: parity.Feeds, run: Path) -> None:
    """The bundle's latents are what its own encoder gives: a decoder of other latents would paint noise."""
    wanted = parity.reference(graphs.Encode(painter), feeds)
    given = parity.compare("encoder", str(opened.path("encoder.onnx")), feeds, wanted, kind="kept",
                           allowed=parity.EIGHT_BITS)  # fmt: skip
    for each in given:
        if not each.holds:
            raise ExportError(f"the encoder in {run} gives other latents than the bundle's, {each.relative:.0%} apart: "
                              "train the bundle's own decoder on (`allaprima train unpack`, then `allaprima train "
                              "autoencoder --decoder-only`), or export everything")  # fmt: skip
