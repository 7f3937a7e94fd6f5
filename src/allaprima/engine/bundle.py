"""The model bundle: a folder of graphs and tables that is opened whole or refused with a sentence.

`bundle.json` lists the sha256 of every file and carries its own, so that one flipped byte anywhere is noticed
before anything is painted. Knows nothing of how the graphs are run; nothing in a bundle is ever unpickled.

    bundle = Bundle.open()                       # the one that came with the package
    bundle.grid(8)                               # its nine times from 1.0 down to 0.0
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import schedule, settings
from allaprima.errors import BundleError

FORMAT = 1
MANIFEST = "bundle.json"
GRAPHS = ("text_encoder", "denoiser", "decoder", "encoder")
REQUIRED = (*(f"{graph}.onnx" for graph in GRAPHS), "tokenizer.json", "library.json", "library.bin",
            "library_vectors.npy", "CREDITS.md")  # fmt: skip
MODELS = Path(__file__).resolve().parent.parent / "models"
DEFAULT_NAME = "first-light"

_BLANK = "0" * 64
_DIGEST = re.compile(rb'"sha256": "([0-9a-f]{64})"')
_MEND = "Install the package again, or point --bundle (or ALLAPRIMA_BUNDLE) at a complete bundle."


@dataclass(frozen=True)
class FewSteps:
    """What the student in student.onnx was taught: its grids by step count, and the guidance that is folded in."""

    grids: Mapping[int, tuple[float, ...]]
    guidance_scale: float
    guidance_interval: tuple[float, float]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> FewSteps:
        """From the manifest's entry; raises KeyError, TypeError or ValueError when it is not one."""
        low, high = told["guidance_interval"]
        grids = {int(n): schedule.checked(grid, int(n)) for n, grid in told["grids"].items()}
        return cls(grids, float(told["guidance_scale"]), (float(low), float(high)))


@dataclass(frozen=True)
class Bundle:
    """An opened, verified bundle. `sha256` is the manifest's own digest and so names the whole model."""

    folder: Path
    name: str
    licence: str
    sha256: str
    latent_shape: tuple[int, int, int]  # channels, rows, columns
    picture_sizes: tuple[tuple[int, int], ...]  # width, height; the first is the native one
    time_grids: Mapping[int, tuple[float, ...]]
    churn: Mapping[int, tuple[float, ...]]  # per step count: the share of each step's noise that is made anew
    guidance_scale: float
    guidance_interval: tuple[float, float]
    memory: float
    preview_matrix: NDArray[np.float32]  # [channels, 3]
    preview_bias: NDArray[np.float32]  # [3]
    styles: Mapping[str, tuple[str, ...]]
    info: Mapping[str, Any]  # the manifest as it was written
    student: FewSteps | None = None
    formerly: tuple[str, ...] = ()  # digests of bundles that paint the same: this one before something was added

    @classmethod
    def open(cls, folder: str | os.PathLike[str] | None = None) -> Bundle:
        """Open and verify the bundle in `folder` (None: the setting, else the package's own).

        Raises BundleError, with what to do about it, for a missing or damaged file and for a newer format.
        """
        where = Path(folder) if folder else default_folder()
        info, digest = read_manifest(where)
        files = _mapping(info, "files", where)
        for name in (*REQUIRED, *(["student.onnx"] if "student" in info else [])):
            if name not in files:
                raise BundleError(f"The bundle {where} lists no {name}. {_MEND}")
        for name, expected in files.items():
            _verify(where, name, str(expected))
        try:
            return cls._from_manifest(where, info, digest)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise BundleError(f"The bundle {where} has a manifest that cannot be read ({reason}). {_MEND}") from error

    @classmethod
    def _from_manifest(cls, folder: Path, info: Mapping[str, Any], digest: str) -> Bundle:
        preview = info["preview"]
        low, high = info.get("guidance_interval", (0.0, 1.0))
        channels, rows, columns = info["latent"]["shape"]
        return cls(
            folder=folder,
            name=str(info["name"]),
            licence=str(info["licence"]),
            sha256=digest,
            latent_shape=(int(channels), int(rows), int(columns)),
            picture_sizes=tuple((int(width), int(height)) for width, height in info["picture_sizes"]),
            time_grids={int(n): schedule.checked(grid, int(n)) for n, grid in info["time_grids"].items()},
            churn={int(n): tuple(float(c) for c in each) for n, each in info.get("churn", {}).items()},
            guidance_scale=float(info["guidance_scale"]),
            guidance_interval=(float(low), float(high)),
            memory=float(info.get("memory", 1.0)),
            preview_matrix=np.asarray(preview["matrix"], np.float32).reshape(channels, 3),
            preview_bias=np.asarray(preview["bias"], np.float32).reshape(3),
            styles={str(name): tuple(words) for name, words in info.get("styles", {}).items()},
            info=info,
            student=FewSteps.of(info["student"]) if "student" in info else None,
            formerly=tuple(str(each) for each in info.get("formerly", ())),
        )

    def path(self, file: str) -> Path:
        """Where `file` lies; raises BundleError when the manifest does not list it."""
        if file not in self.info["files"]:
            raise BundleError(f"The bundle {self.folder} holds no {file}. {_MEND}")
        return self.folder / file

    @property
    def graphs(self) -> tuple[str, ...]:
        """The graphs that painting takes."""
        return GRAPHS if self.student is None else (*GRAPHS, "student")

    @property
    def knows_regions(self) -> bool:
        """Whether its denoiser was taught to paint a part of a picture whose rest it is given."""
        training = self.info.get("training")
        return isinstance(training, Mapping) and training.get("regions") is True

    def paints_as(self, sha256: str) -> bool:
        """Whether this bundle paints what the bundle of that digest paints."""
        return sha256 == self.sha256 or sha256 in self.formerly

    def grid(self, steps: int) -> tuple[float, ...]:
        """The `steps` + 1 times of a run, from 1.0 down to 0.0: the bundle's own, or its neighbours' bent."""
        return schedule.grid_for(steps, self.time_grids)


def default_folder() -> Path:
    """The folder the settings name, else the bundle that came with the package."""
    named = settings.text("bundle")
    if named:
        return Path(named)
    if (MODELS / DEFAULT_NAME / MANIFEST).is_file():
        return MODELS / DEFAULT_NAME
    found = sorted(path.parent for path in MODELS.glob(f"*/{MANIFEST}"))
    if not found:
        raise BundleError(f"No model bundle lies in {MODELS}. {_MEND}")
    return found[0]


def read_manifest(folder: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    """The manifest of `folder` with its digest, checked against itself but not yet against the files."""
    path = Path(folder) / MANIFEST
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"No model bundle in {folder}: {MANIFEST} is missing. {_MEND}") from None
    except OSError as error:
        raise BundleError(f"Cannot read {path}: {error.strerror or error}. {_MEND}") from error
    try:
        info = json.loads(raw)
        if not isinstance(info, dict):
            raise ValueError("not an object")
    except ValueError:
        raise BundleError(f"{path} is damaged: it is not the JSON it was written as. {_MEND}") from None
    version = info.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise BundleError(
            f"The bundle {folder} has format {version}; this version reads up to {FORMAT}. "
            "Upgrade the package: pip install --upgrade allaprima."
        )
    stated = _DIGEST.search(raw)
    if version != FORMAT or stated is None or _self_digest(raw) != stated[1].decode():
        raise BundleError(f"{path} is damaged: it does not match its own sha256. {_MEND}")
    return info, stated[1].decode()


def write_manifest(folder: str | os.PathLike[str], info: Mapping[str, Any]) -> Path:
    """Write `bundle.json` for the files that lie in `folder` now, and return its path.

    `info` holds name, licence, latent, picture_sizes, time_grids, guidance_scale, preview and whatever else
    is worth keeping; `format`, `files` and `sha256` are filled in here. Raises BundleError when a required
    file is missing or the result could not be opened again; the old manifest, if any, then stays as it was.
    """
    where = Path(folder)
    names = sorted(path.name for path in where.iterdir() if path.is_file() and _is_content(path.name))
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise BundleError(f"{where} cannot become a bundle: it lacks {', '.join(missing)}. Export the missing parts.")
    whole: dict[str, Any] = {"sha256": _BLANK, "format": FORMAT}
    whole |= {key: value for key, value in info.items() if key not in ("sha256", "format", "files")}
    whole["files"] = {name: _file_digest(where / name) for name in names}
    try:
        raw = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        Bundle._from_manifest(where, json.loads(raw), _BLANK)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BundleError(f"This manifest could not be read again ({reason}). Mend the entry it names.") from error
    raw = raw.replace(_BLANK.encode(), _self_digest(raw).encode(), 1)
    aside = where / f".{MANIFEST}.part"
    aside.write_bytes(raw)
    os.replace(aside, where / MANIFEST)
    return where / MANIFEST


def _is_content(name: str) -> bool:
    return name != MANIFEST and not name.startswith(".") and not name.endswith((".part", ".tmp"))


def _self_digest(raw: bytes) -> str:
    """The manifest's digest: over its own bytes with the first stated sha256 blanked out."""
    return hashlib.sha256(_DIGEST.sub(b'"sha256": "' + _BLANK.encode() + b'"', raw, count=1)).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(folder: Path, name: str, expected: str) -> None:
    if Path(name).name != name:
        raise BundleError(f"The bundle {folder} lists {name!r}, which lies outside it. {_MEND}")
    try:
        found = _file_digest(folder / name)
    except FileNotFoundError:
        raise BundleError(f"The bundle {folder} is incomplete: {name} is missing. {_MEND}") from None
    except OSError as error:
        raise BundleError(f"Cannot read {folder / name}: {error.strerror or error}. {_MEND}") from error
    if found != expected:
        raise BundleError(f"The bundle {folder} is damaged: {name} does not match its sha256. {_MEND}")


def _mapping(info: Mapping[str, Any], key: str, folder: Path) -> Mapping[str, Any]:
    value = info.get(key)
    if not isinstance(value, dict):
        raise BundleError(f"The bundle {folder} has a manifest without {key}. {_MEND}")
    return value
