"""Trials of cheaper forms of the graphs: int8 weights as storage, int8 arithmetic as speed.

A form is judged by the pictures it paints of the same seeds as float32 does, and int8 arithmetic by its time as well.
What is taken and what is not, and why, goes into the report. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from allaprima.engine import schedule
from allaprima.export import parity, quantise, same_seed, weights
from allaprima.export.quantise import PSNR_FLOOR, Trial
from allaprima.export.real_inputs import RealInputs

STEPS = 8
SCENES = 4
EXEMPT_NODES = ("/stem/", "/out/", "/head/")  # first and last layers stay in float
EXEMPT_WEIGHTS = ("stem.", "out.")
SKETCHED = ("fox", "pizza", "sailboat", "violin", "cactus", "rocket", "owl", "umbrella", "red apple", "castle", "bee",
            "guitar", "snowman", "penguin", "bicycle")  # fmt: skip
WORD_TABLE, TIME_TABLE = "embedding.weight", "time.table"

Say = Callable[[str], None]
# How a denoiser paints scenes: (denoise, scenes, hinted=, watch=) -> latents.
Painting = Callable[..., np.ndarray]


def as_teacher(denoise: same_seed.Denoise, scenes: RealInputs, **options: Any) -> np.ndarray:
    """Guided steps, as the engine takes with the denoiser."""
    return same_seed.sample(denoise, scenes, schedule.linear(STEPS), **options)


def as_student(grid: Sequence[float]) -> Painting:
    """The student's steps along its grid."""
    return lambda denoise, scenes, **options: same_seed.jumped(denoise, scenes, grid, **options)


@dataclass(frozen=True)
class Stored:
    """The denoiser with int8 weights (float32 arithmetic), and how its pictures compare with float32's, in dB."""

    model: onnx.ModelProto
    psnr: float
    lowest: float

    @property
    def taken(self) -> bool:
        return self.psnr >= PSNR_FLOOR


def stored_in_eight_bits(
    denoiser: onnx.ModelProto, decoder: onnx.ModelProto, scenes: RealInputs, painting: Painting = as_teacher
) -> Stored:
    """Narrows the denoiser's weights to int8 and paints the scenes with both."""
    narrow = in_eight_bits(denoiser)
    sessions = parity.session(denoiser), parity.session(narrow), parity.session(decoder)
    likeness = compare_pictures(*sessions, scenes, painting)
    return Stored(narrow, float(np.median(likeness)), float(likeness.min()))


def in_eight_bits(denoiser: onnx.ModelProto) -> onnx.ModelProto:
    """A denoiser or student, in int8 arithmetic or not, with all in int8 that is still wider and may be narrowed."""
    return weights.narrowed(denoiser, courses=(TIME_TABLE,), eight_bits=True, exempt=EXEMPT_WEIGHTS)


def compare_pictures(
    first: Any, second: Any, decoder: Any, scenes: RealInputs, painting: Painting = as_teacher
) -> np.ndarray:
    """dB between the pictures two denoisers' sessions paint, with hints for one half of the scenes."""
    few, half = scenes.part(0, SCENES), SCENES // 2
    painted = []
    for session in (first, second):
        denoise = same_seed.denoiser_of(session)
        latents = [
            painting(denoise, part, hinted=hinted)
            for part, hinted in ((few.part(0, half), True), (few.part(half, SCENES), False)) if len(part)
        ]  # fmt: skip
        painted.append(np.concatenate([decoder.run(["picture"], {"latent": each})[0] for each in latents]))
    return same_seed.psnr(painted[0], painted[1])


def denoiser_trial(
    denoiser: onnx.ModelProto, decoder: onnx.ModelProto, scenes: RealInputs, painting: Painting = as_teacher, *,
    name: str = "denoiser", repeats: int = quantise.REPEATS,
) -> tuple[Trial, onnx.ModelProto]:  # fmt: skip
    """Int8 arithmetic for the denoiser (or the student), calibrated on scenes that are not those it is judged on."""
    session = parity.session(denoiser)
    calibration: list[quantise.Feeds] = []
    others = scenes.part(SCENES, 2 * SCENES) if len(scenes) >= 2 * SCENES else scenes
    for hinted in (True, False):
        painting(same_seed.denoiser_of(session), others, hinted=hinted, watch=calibration.append)
    model = quantise.quantised(denoiser, calibration, exempt=EXEMPT_NODES)
    int8 = parity.session(model)
    rows = 2 if painting is as_teacher else 1
    call = {key: value[:rows] for key, value in calibration[len(calibration) // 4].items()}
    speed = quantise.measure(session, int8, call, repeats=repeats)
    likeness = compare_pictures(session, int8, parity.session(decoder), scenes, painting)
    return Trial(name, speed, float(np.median(likeness)), float(likeness.min())), model


def decoder_trial(
    decoder: onnx.ModelProto, scenes: RealInputs, *, repeats: int = quantise.REPEATS
) -> tuple[Trial, onnx.ModelProto]:
    """Int8 arithmetic for the decoder, judged on the scenes' own latents."""
    return _picture_trial("decoder", decoder, "latent", scenes.latents, lambda latents, model: model(latents), repeats)


def encoder_trial(
    encoder: onnx.ModelProto, decoder: onnx.ModelProto, scenes: RealInputs, *, repeats: int = quantise.REPEATS
) -> tuple[Trial, onnx.ModelProto]:
    """Int8 arithmetic for the encoder, judged by what the float32 decoder makes of its latents."""
    opened = parity.session(decoder)

    def seen(pictures: np.ndarray, model: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.asarray(opened.run(["picture"], {"latent": model(pictures)})[0])

    return _picture_trial("encoder", encoder, "picture", scenes.pictures, seen, repeats)


def _picture_trial(
    name: str, exact: onnx.ModelProto, feed: str, inputs: np.ndarray, see: Callable[..., np.ndarray], repeats: int
) -> tuple[Trial, onnx.ModelProto]:
    """Int8 arithmetic for one half of the autoencoder, calibrated on inputs that it is not judged on."""
    judged, others = inputs[:SCENES], inputs[SCENES : 3 * SCENES]
    calibration = [{feed: each[None]} for each in (others if len(others) else judged)]
    model = quantise.quantised(exact, calibration, exempt=EXEMPT_NODES)
    sessions = parity.session(exact), parity.session(model)
    speed = quantise.measure(*sessions, {feed: judged[:1]}, repeats=repeats)
    fine, rough = (see(judged, lambda x, of=each: of.run(None, {feed: x})[0]) for each in sessions)
    likeness = same_seed.psnr(fine, rough)
    return Trial(name, speed, float(np.median(likeness)), float(likeness.min())), model


def prior_in_eight_bits(
    prior: onnx.ModelProto, feeds: parity.Feeds, wanted: Sequence[np.ndarray]
) -> tuple[onnx.ModelProto, str]:
    """The prior with its matrices in int8, or in float16 where that strays too far; and the choice in a sentence."""
    narrow = weights.narrowed(prior, eight_bits=True)
    checks = parity.compare("prior", narrow, feeds, wanted, kind="written", allowed=parity.EIGHT_BITS)
    taken = all(each.holds for each in checks)
    errors = ", ".join(f"{each.output} {each.relative:.2%}" for each in checks)
    told = f"prior: weights {'stored in int8' if taken else 'kept in float16'}: relative error {errors}"
    return narrow if taken else weights.narrowed(prior), f"{told}, {parity.EIGHT_BITS:.0%} allowed"


def text_in_eight_bits(
    text: onnx.ModelProto, feeds: parity.Feeds, wanted: Sequence[np.ndarray]
) -> tuple[onnx.ModelProto, bool, str]:
    """The text encoder with its matrices in int8 as well as its word table; whether it is as near to torch as stored
    weights have to be; and that in a sentence."""
    narrow = weights.narrowed(text, tables=(WORD_TABLE,), eight_bits=True)
    checks = parity.compare("text_encoder", narrow, feeds, wanted, kind="written", allowed=parity.STORED)
    taken = all(each.holds for each in checks)
    errors = ", ".join(f"{each.output} {each.relative:.2%}" for each in checks)
    told = f"text_encoder: weights {'stored in int8' if taken else 'kept in float16'}: relative error {errors}"
    return narrow, taken, f"{told}, {parity.STORED:.0%} allowed"
