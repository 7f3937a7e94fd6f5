"""The graph files of a bundle: traced, compared with torch, made small, compared again, written.

Knows nothing of the bundle's other files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from allaprima.engine.tokenizer import Tokenizer
from allaprima.export import graphs, parity, trials, weights
from allaprima.export.parity import Feeds, Parity
from allaprima.export.real_inputs import RealInputs
from allaprima.export.trained import Trained
from allaprima.train.prior import Prior

PARITY_SCENES = 16

Alter = Callable[[str, onnx.ModelProto], onnx.ModelProto]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """How the graphs compare with torch, and what was tried to make them smaller and faster."""

    parities: tuple[Parity, ...]
    trials: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """One graph: how it is traced, the module it must equal, the network it stands for, real inputs."""

    make: Callable[[], onnx.ModelProto]
    traced: torch.nn.Module
    network: torch.nn.Module
    feeds: Feeds


def plans(trained: Trained, scenes: RealInputs, rows: int) -> dict[str, Plan]:
    """The graphs by name: four, and those of student and prior where there are such."""
    few = scenes.part(0, PARITY_SCENES)
    ids = Tokenizer(trained.tokenizer).encode([*few.captions, "puppy", "a"])
    text, painter, network = trained.text, trained.autoencoder, trained.denoiser
    decode, encode = graphs.Decode(painter), graphs.Encode(painter)
    folded = graphs.folded(network, rows=rows)
    latents = few.latents[: PARITY_SCENES // 4]
    made = {
        "text_encoder": Plan(lambda: graphs.text_encoder_graph(text), text, text, {"ids": ids}),
        "denoiser": Plan(lambda: graphs.denoiser_graph(network, rows=rows), folded, network, few.denoiser_feeds()),
        "decoder": Plan(lambda: graphs.decoder_graph(painter), decode, decode, {"latent": latents}),
        "encoder": Plan(lambda: graphs.encoder_graph(painter), encode, encode, {"picture": few.pictures}),
    }
    if trained.student is not None:
        student, jumps = trained.student.network, trained.student.terms.jumps()
        made["student"] = Plan(
            lambda: graphs.student_graph(student, jumps=jumps), graphs.folded_student(student, jumps=jumps),
            graphs.Jump(student), few.student_feeds(jumps),
        )  # fmt: skip
    if trained.prior is not None:
        with torch.no_grad():
            meanings = text(torch.from_numpy(Tokenizer(trained.tokenizer).encode(trials.SKETCHED)))[1].numpy()
        made["prior"] = prior_plan(trained.prior, meanings)
    return made


def prior_plan(prior: Prior, meanings: np.ndarray) -> Plan:
    """The prior's graph, to be tried on these meanings, float32 [n, 384]."""
    styles = graphs.prior_feeds(prior.config.styles, len(meanings))["style"].numpy()
    whole = graphs.Sketcher(prior).eval()
    return Plan(lambda: graphs.prior_graph(prior), whole, whole, {"vector": meanings, "style": styles})


def write_graphs(
    folder: Path, trained: Trained, scenes: RealInputs, rows: int, *, int8: bool, alter: Alter | None = None,
    only: Collection[str] | None = None, say: Say,
) -> Written:  # fmt: skip
    """Writes text_encoder, denoiser, decoder, encoder and perhaps student.onnx and prior.onnx into `folder`, or of
    these those in `only`.

    Raises ExportError, with the numbers, when one does not match torch. `int8`: also try int8 arithmetic. `alter` may
    change a graph once it is traced.
    """
    measured: list[Parity] = []
    exact: dict[str, onnx.ModelProto] = {}
    whole = {name: plan for name, plan in plans(trained, scenes, rows).items() if only is None or name in only}
    for name, plan in whole.items():
        model = plan.make()
        exact[name] = alter(name, model) if alter is not None else model
        wanted = parity.reference(plan.traced, plan.feeds)
        checks = parity.compare(name, exact[name], plan.feeds, wanted, kind="traced", allowed=parity.EXACT)
        for each in checks:
            say(f"  {each}")
        measured += checks
    parity.insist(measured)
    small = {name: weights.narrowed(model, tables=(trials.WORD_TABLE,)) for name, model in exact.items()}
    told, allowed = _made_small(small, exact, whole, trained, scenes, int8=int8, say=say)
    for name, plan in whole.items():
        path = str(folder / f"{name}.onnx")
        weights.save(small[name], path)
        wanted = parity.reference(plan.network, plan.feeds)
        checks = parity.compare(name, path, plan.feeds, wanted, kind="written", allowed=allowed[name])
        for each in checks:
            say(f"  {each}")
        measured += checks
    parity.insist(measured)
    return Written(tuple(measured), tuple(told))


def _made_small(
    small: dict[str, onnx.ModelProto], exact: dict[str, onnx.ModelProto], whole: dict[str, Plan], trained: Trained,
    scenes: RealInputs, *, int8: bool, say: Say,
) -> tuple[list[str], dict[str, float]]:  # fmt: skip
    """Puts into `small` what may be smaller than float16 or faster; returns what was tried, and the error allowed."""
    told: list[str] = []
    allowed = dict.fromkeys(small, parity.STORED)

    def tell(line: str) -> None:
        told.append(line)
        say(f"  {line}")

    if "text_encoder" in whole:
        text = whole["text_encoder"]
        narrow, taken, line = trials.text_in_eight_bits(exact["text_encoder"], text.feeds,
                                                        parity.reference(text.network, text.feeds))  # fmt: skip
        tell(line)
        if taken:
            small["text_encoder"] = narrow
    if "prior" in whole:
        sketch = whole["prior"]
        small["prior"], line = trials.prior_in_eight_bits(exact["prior"], sketch.feeds,
                                                          parity.reference(sketch.network, sketch.feeds))  # fmt: skip
        tell(line)
        allowed["prior"] = parity.EIGHT_BITS
    decoder = exact.get("decoder") or graphs.decoder_graph(trained.autoencoder)
    paintings = {"denoiser": trials.as_teacher} if "denoiser" in whole else {}
    if trained.student is not None and "student" in whole:
        grids = trained.student.terms.grids
        paintings["student"] = trials.as_student(grids[max(grids)])
    for name, painting in paintings.items():
        stored = trials.stored_in_eight_bits(exact[name], decoder, scenes, painting)
        tell(f"{name}: weights {'stored in int8' if stored.taken else 'kept in float16'}: same-seed pictures at "
             f"{stored.psnr:.1f} dB from float32 (lowest {stored.lowest:.1f})")  # fmt: skip
        if stored.taken:
            small[name], allowed[name] = stored.model, parity.EIGHT_BITS
    if int8:
        tried = [trials.denoiser_trial(exact[name], decoder, scenes, painting, name=name)
                 for name, painting in paintings.items()]  # fmt: skip
        if "decoder" in whole:
            tried.append(trials.decoder_trial(decoder, scenes))
        if "encoder" in whole:
            tried.append(trials.encoder_trial(exact["encoder"], decoder, scenes))
        for trial, model in tried:
            tell(trial.reason)
            if trial.taken:
                name = trial.graph
                small[name] = trials.in_eight_bits(model) if name in paintings else weights.narrowed(model)
                allowed[name] = parity.EIGHT_BITS
    return told, allowed
