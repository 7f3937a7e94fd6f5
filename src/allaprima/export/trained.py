"""The trained networks a bundle is made of, read from their runs. Knows nothing of graphs or files of a bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allaprima.errors import ExportError
from allaprima.train.autoencoder import Autoencoder
from allaprima.train.autoencoder_training import load_autoencoder
from allaprima.train.denoiser import Denoiser
from allaprima.train.denoiser_training import load_denoiser
from allaprima.train.grid_learning import read_grids
from allaprima.train.prior import Prior
from allaprima.train.prior_training import load_prior
from allaprima.train.student import Terms, load_student
from allaprima.train.text import TextEncoder, load_text_encoder
from allaprima.train.upscaler import Upscaler
from allaprima.train.upscaler_training import load_upscaler


@dataclass(frozen=True)
class Student:
    """The few-step student, what it promises, and what is known of its training."""

    network: Denoiser
    terms: Terms
    record: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """The networks of a bundle and what is known of their training."""

    text: TextEncoder
    autoencoder: Autoencoder
    denoiser: Denoiser
    tokenizer: Path
    record: dict[str, Any]
    student: Student | None = None
    grids: dict[int, tuple[float, ...]] = field(default_factory=dict)  # learned, by step count
    churn: dict[int, tuple[float, ...]] = field(default_factory=dict)  # learned shares of fresh noise, likewise
    upscaler: Upscaler | None = None
    prior: Prior | None = None

    @classmethod
    def load(cls, runs: Path, tokenizer: Path) -> Trained:
        """The averaged weights in runs/text, runs/autoencoder and runs/denoiser, and what there is of runs/student,
        runs/grid, runs/upscaler and runs/prior. Raises TrainingError."""
        if not tokenizer.is_file():
            raise ExportError(f"no tokenizer at {tokenizer}; `allaprima train text` writes it")
        text = load_text_encoder(runs / "text" / "checkpoint.pt")
        autoencoder = load_autoencoder(runs / "autoencoder")
        denoiser, record = load_denoiser(runs / "denoiser")
        student = Student(*load_student(runs / "student")) if (runs / "student" / "checkpoint.pt").exists() else None
        upscaler = None
        if (runs / "upscaler" / "checkpoint.pt").exists():
            upscaler, told = load_upscaler(runs / "upscaler")
            record = {**record, "upscaler": told}
        prior = None
        if (runs / "prior" / "checkpoint.pt").exists():
            prior, told = load_prior(runs / "prior")
            record = {**record, "prior": told}
        return cls(text, autoencoder, denoiser, tokenizer, record, student, *read_grids(runs / "grid"), upscaler, prior)
