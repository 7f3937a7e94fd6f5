"""What is needed to go on training, in one file: the averaged weights of the networks, nothing pickled.

The counterpart is `train.resume.unpack`. The file is an ordinary .npz: for each weight its two byte planes (float16
sorted by byte packs a fifth smaller), or int8 rows with scales for the table of words and the prior's matrices, which
are large and forgiving; and one JSON record.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch

from allaprima.errors import ExportError
from allaprima.export.weights import int8_of
from allaprima.train.autoencoder_training import load_autoencoder
from allaprima.train.denoiser_training import load_denoiser
from allaprima.train.prior_training import load_prior
from allaprima.train.resume import FORMAT
from allaprima.train.run import Run
from allaprima.train.text import load, load_text_encoder
from allaprima.train.upscaler_training import load_upscaler

LARGEST = 40_000_000  # bytes
ROW_TABLES = ("text/embedding.weight",)


def pack(runs: Path, out: Path, *, largest: int = LARGEST) -> dict[str, Any]:
    """Writes the runs' averaged weights to `out`; returns the record with the file's size.

    Raises TrainingError when a run is missing, ExportError when the file would be too large (none is written then).
    """
    autoencoder = load_autoencoder(runs / "autoencoder")
    denoiser, record = load_denoiser(runs / "denoiser")
    text = load_text_encoder(runs / "text" / "checkpoint.pt")
    state = load(runs / "text" / "checkpoint.pt")
    seen = Run(runs / "autoencoder", None).load() or {"step": 0}
    told: dict[str, Any] = {
        "format": FORMAT,
        "text": {"config": state["config"], "size": state["size"], "step": state["step"], "minutes": state["minutes"],
                 "format": state["format"], "seed": state["seed"]},
        "autoencoder": {"config": autoencoder.config.to_dict(), "step": seen["step"]},
        "denoiser": {"config": denoiser.config.to_dict(), **record},
    }  # fmt: skip
    networks = {"text": text, "autoencoder": autoencoder, "denoiser": denoiser}
    if (runs / "upscaler" / "checkpoint.pt").exists():
        networks["upscaler"], known = load_upscaler(runs / "upscaler")
        told["upscaler"] = {"config": known["config"], "step": known["steps"], "crops": known["crops"]}
    if (runs / "prior" / "checkpoint.pt").exists():
        networks["prior"], known = load_prior(runs / "prior")
        told["prior"] = known
    arrays: dict[str, np.ndarray] = {}
    for name, network in networks.items():
        for key, value in network.state_dict().items():
            arrays |= packed(f"{name}/{key}", value)
    arrays["record.json"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.name}.part")
    with open(aside, "wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    size = aside.stat().st_size
    if size > largest:
        aside.unlink()
        raise ExportError(f"{out} would be {size / 1e6:.1f} MB, more than {largest / 1e6:.0f} MB: take a smaller size")
    os.replace(aside, out)
    return {**told, "bytes": size}


def packed(name: str, value: torch.Tensor) -> dict[str, np.ndarray]:
    """One weight's entries: `name:f2` uint8 [2, ...] byte planes, or `name:i1` with `name:scale`, or `name:f4`."""
    array = value.detach().contiguous().float().numpy()
    if name in ROW_TABLES or (name.startswith("prior/") and array.ndim == 2):
        small, scale = int8_of(array, 0)
        return {f"{name}:i1": small, f"{name}:scale": scale}
    if array.size < 256:
        return {f"{name}:f4": array}
    half = array.astype("<f2")
    if not np.isfinite(half).all():
        raise ExportError(f"{name} does not fit into float16")
    planes = half.reshape(-1).view(np.uint8).reshape(-1, 2).T
    return {f"{name}:f2": np.ascontiguousarray(planes.reshape(2, *array.shape))}
