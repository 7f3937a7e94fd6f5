"""Going on from shipped weights: unpacks the file that `allaprima export resume` wrote into run folders.

Training then starts from these weights instead of from nothing; optimisers begin anew. Nothing is unpickled. Knows
nothing of bundles.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from allaprima.errors import TrainingError

FORMAT = 1
RUNS = ("text", "autoencoder", "denoiser")
OPTIONAL_RUNS = ("upscaler", "prior")


def unpack(file: Path, runs: Path) -> dict[str, bool]:
    """Writes the checkpoint.pt of each run in the file where there is none yet; says which were written.

    Raises TrainingError when the file is missing, damaged or of another format; nothing is written then.
    """
    import torch

    record, weights = read(file)
    written: dict[str, bool] = {}
    for name in (*RUNS, *(each for each in OPTIONAL_RUNS if each in weights)):
        path = runs / name / "checkpoint.pt"
        written[name] = not path.exists()
        if not written[name]:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {key: torch.from_numpy(value) for key, value in weights[name].items()}
        aside = path.with_name(f"{path.name}.part")
        torch.save(checkpoint(name, record[name], tensors), aside)
        os.replace(aside, path)
    return written


def checkpoint(name: str, record: dict[str, Any], tensors: dict[str, Any]) -> dict[str, Any]:
    """The state that the run's own training and loading functions accept, without an optimiser."""
    shape = {key: tuple(value) if isinstance(value, list) else value for key, value in record["config"].items()}
    record = {**record, "config": shape}
    if name == "text":
        return {**record, "summary": {}, "sentences": "", "network": tensors}
    copies = {key: value.clone() for key, value in tensors.items()}
    return {"step": 0, "scenes": 0, "minutes": 0.0, **record, "model": tensors, "ema": copies}


def read(file: Path) -> tuple[dict[str, Any], dict[str, dict[str, np.ndarray]]]:
    """The record, and float32 weights by run and name."""
    weights: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    try:
        with open(file, "rb") as raw, np.load(raw, allow_pickle=False) as arrays:
            record: dict[str, Any] = json.loads(arrays["record.json"].tobytes())
            if record.get("format") != FORMAT:
                raise TrainingError(f"{file} has format {record.get('format')}, this version reads {FORMAT}")
            for entry in arrays.files:
                place, _, kind = entry.rpartition(":")
                run, _, name = place.partition("/")
                if kind == "f4":
                    weights[run][name] = arrays[entry]
                elif kind == "f2":
                    planes = arrays[entry]
                    half = np.ascontiguousarray(planes.reshape(2, -1).T).view("<f2")
                    weights[run][name] = half.reshape(planes.shape[1:]).astype(np.float32)
                elif kind == "i1":
                    weights[run][name] = arrays[entry].astype(np.float32) * arrays[f"{place}:scale"]
    except FileNotFoundError:
        raise TrainingError(f"{file} is not there; it is written by `allaprima export resume`") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{file} is damaged ({error}); fetch it again") from error
    missing = [name for name in RUNS if name not in weights]
    if missing:
        raise TrainingError(f"{file} lacks {', '.join(missing)}; export it again")
    return record, dict(weights)
