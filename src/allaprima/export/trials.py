"""Trials of cheaper forms of the graphs: int8 weights as storage, int8 arithmetic as speed.

A form is judged by the pictures it paints of the same seeds as float32 does, and int8 arithmetic by its time as well.
What is taken and what is not, and why, goes into the report. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
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

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stored:
    """The denoiser with int8 weights (float32 arithmetic), and how its pictures compare with float32's, in dB."""

    model: onnx.ModelProto
    psnr: float
    lowest: float

    @property
    def taken(self) -> bool:
        return self.psnr >= PSNR_FLOOR


def stored_in_eight_bits(denoiser: onnx.ModelProto, decoder: onnx.ModelProto, scenes: RealInputs) -> Stored:
    """Narrows the denoiser's weights to int8 and paints the scenes with both."""
    narrow = weights.narrowed(denoiser, eight_bits=True, exempt=EXEMPT_WEIGHTS)
    likeness = compare_pictures(parity.session(denoiser), parity.session(narrow), parity.session(decoder), scenes)
    return Stored(narrow, float(np.median(likeness)), float(likeness.min()))


def compare_pictures(first: Any, second: Any, decoder: Any, scenes: RealInputs) -> np.ndarray:
    """dB between the pictures two denoisers' sessions paint, with hints for one half of the scenes."""
    few, half = scenes.part(0, SCENES), SCENES // 2
    painted = []
    for session in (first, second):
        denoise = same_seed.denoiser_of(session)
        latents = [
            same_seed.sample(denoise, part, schedule.linear(STEPS), hinted=hinted)
            for part, hinted in ((few.part(0, half), True), (few.part(half, SCENES), False)) if len(part)
        ]  # fmt: skip
        painted.append(np.concatenate([decoder.run(["picture"], {"latent": each})[0] for each in latents]))
    return same_seed.psnr(painted[0], painted[1])


def denoiser_trial(
    denoiser: onnx.ModelProto, decoder: onnx.ModelProto, scenes: RealInputs, *, repeats: int = quantise.REPEATS
) -> tuple[Trial, onnx.ModelProto]:
    """Int8 arithmetic for the denoiser, calibrated on scenes that are not those it is judged on."""
    session = parity.session(denoiser)
    calibration: list[quantise.Feeds] = []
    others = scenes.part(SCENES, 2 * SCENES) if len(scenes) >= 2 * SCENES else scenes
    for hinted in (True, False):
        same_seed.sample(same_seed.denoiser_of(session), others, schedule.linear(STEPS), hinted=hinted,
                         watch=calibration.append)  # fmt: skip
    model = quantise.quantised(denoiser, calibration, exempt=EXEMPT_NODES)
    int8 = parity.session(model)
    guided = {name: value[:2] for name, value in calibration[STEPS // 2].items()}
    speed = quantise.measure(session, int8, guided, repeats=repeats)
    likeness = compare_pictures(session, int8, parity.session(decoder), scenes)
    return Trial("denoiser", speed, float(np.median(likeness)), float(likeness.min())), model


def decoder_trial(
    decoder: onnx.ModelProto, scenes: RealInputs, *, repeats: int = quantise.REPEATS
) -> tuple[Trial, onnx.ModelProto]:
    """Int8 arithmetic for the decoder, judged on the scenes' own latents."""
    judged, others = scenes.latents[:SCENES], scenes.latents[SCENES : 3 * SCENES]
    calibration = [{"latent": each[None]} for each in (others if len(others) else judged)]
    model = quantise.quantised(decoder, calibration, exempt=EXEMPT_NODES)
    sessions = parity.session(decoder), parity.session(model)
    speed = quantise.measure(*sessions, {"latent": judged[:1]}, repeats=repeats)
    exact, rough = (session.run(["picture"], {"latent": judged})[0] for session in sessions)
    likeness = same_seed.psnr(exact, rough)
    return Trial("decoder", speed, float(np.median(likeness)), float(likeness.min())), model
