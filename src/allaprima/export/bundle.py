"""Weights to a bundle: trained runs in, a folder that the engine opens out, or a refusal with numbers.

    report = export_bundle(Path("src/allaprima/models/first-light"))

The folder is written aside and renamed, so that a refusal or a kill leaves the old bundle as it was. Knows neither
training nor painting.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from allaprima.engine import schedule
from allaprima.engine.bundle import write_manifest
from allaprima.engine.tokenizer import Tokenizer
from allaprima.errors import ExportError
from allaprima.export import graphs, library, preview, time_table
from allaprima.export.credits import credits
from allaprima.export.graph_files import Written, write_graphs
from allaprima.export.parity import Parity
from allaprima.export.placing import put_in_place
from allaprima.export.real_inputs import RealInputs, read_scenes
from allaprima.export.trained import Trained
from allaprima.export.upscaler import with_upscaler
from allaprima.scene import vocabulary
from allaprima.scene.corpus import Corpus
from allaprima.train.autoencoder import Autoencoder
from allaprima.train.text import parameters

STEP_COUNTS = (1, 2, 4, 8, 16, 32)
LARGEST = 60_000_000  # bytes, everything together
PREVIEW_SCENES = 128
MANIFEST_BYTES = 20_000
# Width and height of pictures, the square first: the shorter side stays as it was trained.
PICTURE_SIZES = (
    (256, 256),
    *((side, 256) for side in (320, 384, 448, 512)),
    *((256, side) for side in (320, 384, 448, 512)),
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Choices:
    """What is decided when a bundle is made. `shift` bends the time grids that were not learned towards the noise
    (1: equal steps)."""

    name: str = "first-light"
    shift: float = 1.0
    guidance_scale: float = 3.0
    guidance_interval: tuple[float, float] = (0.1, 1.0)
    memory: float = 1.0
    largest: int = LARGEST
    int8: bool = True  # whether int8 arithmetic is tried
    extra: dict[str, Any] = field(default_factory=dict)  # further entries of the manifest


@dataclass(frozen=True)
class Report:
    """What was written and how closely it matches torch."""

    folder: Path
    parities: tuple[Parity, ...]
    trials: tuple[str, ...]  # what was tried with int8 and why it was taken or not
    sizes: dict[str, int]  # bytes by file
    table_rows: int
    table_error: float
    preview_error: float
    library: dict[str, Any]

    @property
    def total(self) -> int:
        return sum(self.sizes.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder), "bytes": self.total, "files": self.sizes, "library": self.library,
            "time_table": {"rows": self.table_rows, "error": self.table_error}, "preview_error": self.preview_error,
            "trials": list(self.trials),
            "parity": [
                {"graph": p.graph, "output": p.output, "kind": p.kind, "largest": p.largest, "relative": p.relative,
                 "allowed": p.allowed} for p in self.parities
            ],
        }  # fmt: skip


def export_bundle(
    out: Path,
    *,
    runs: Path = Path("data/runs"),
    corpus: Path = Path("data/corpus"),
    bank: Path = Path("data/bank"),
    tokenizer: Path = Path("data/text/tokenizer.json"),
    cache: Path | None = Path("data/export"),
    choices: Choices | None = None,
    trained: Trained | None = None,
    alter: Callable[[str, onnx.ModelProto], onnx.ModelProto] | None = None,
    say: Say = print,
) -> Report:
    """Makes the bundle in `out` from the runs (or from `trained`), replacing one that is there.

    `alter` may change a graph before parity is checked: tests tamper with it. Raises ExportError when a graph does
    not match torch or the bundle would be too large, and CorpusError or TrainingError when something is missing.
    """
    choices = choices or Choices()
    trained = trained or Trained.load(runs, tokenizer)
    drawings = Corpus.open(corpus)
    scenes = read_scenes(bank, PREVIEW_SCENES)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as aside:
        folder = Path(aside) / out.name
        folder.mkdir()
        rows, table_error = time_table.fitting_rows(trained.denoiser.time)
        say(f"time table: {rows} rows, error {table_error:.2%}")
        written = write_graphs(folder, trained, scenes, rows, int8=choices.int8, alter=alter, say=say)
        written = with_upscaler(folder, trained, scenes, written, int8=choices.int8, say=say)
        _copy_compact(trained.tokenizer, folder / "tokenizer.json")
        (folder / "CREDITS.md").write_text(credits(drawings.drawings, packages=corpus / "packages"), encoding="utf-8")
        shown = _library(folder, drawings, trained, choices.largest, cache, say)
        colours = preview.fit(*_preview_pairs(trained.autoencoder, scenes.part(0, PREVIEW_SCENES)))
        say(f"preview matrix: root mean square error {colours.error:.3f}")
        write_manifest(folder, _manifest(trained, choices, colours, shown, rows, written))
        sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        total = sum(sizes.values())
        if total > choices.largest:
            told = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sizes.items())
            allowed = choices.largest / 1e6
            raise ExportError(f"the bundle would be {total / 1e6:.1f} MB, more than {allowed:.0f} MB: {told}")
        put_in_place(folder, out)
    say(f"{out}: {total / 1e6:.1f} MB")
    return Report(out, written.parities, written.trials, sizes, rows, table_error, colours.error, shown)


def _library(
    folder: Path, drawings: Corpus, trained: Trained, largest: int, cache: Path | None, say: Say
) -> dict[str, Any]:
    """Packs the drawings as well as what is left of the bundle's size allows."""
    spoken = Tokenizer(trained.tokenizer)

    @torch.no_grad()
    def vectors(texts: Any) -> np.ndarray:
        ids = torch.from_numpy(spoken.encode(texts))
        return np.concatenate([trained.text(part)[1].numpy() for part in ids.split(256)])

    taken = sum(path.stat().st_size for path in folder.iterdir())
    taken += library.table_bytes(drawings.drawings) + MANIFEST_BYTES
    packing = library.choose_packing(drawings, budget=min(library.BUDGET, largest - taken))
    say(f"library: {len(drawings)} drawings at {packing.side} px, quality {packing.quality}")
    return library.write_library(folder, drawings, library.pack(drawings, packing, cache=cache), vectors)


def _copy_compact(source: Path, target: Path) -> None:
    """The same JSON without what is only for the eye: a third of the tokenizer's file."""
    whole = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


@torch.no_grad()
def _preview_pairs(autoencoder: Autoencoder, scenes: RealInputs) -> tuple[np.ndarray, np.ndarray]:
    latents = torch.from_numpy(scenes.latents)
    pictures = [torch.nn.functional.avg_pool2d(autoencoder.decode(part), 8) for part in latents.split(16)]
    return scenes.latents, torch.cat(pictures).clamp(-1, 1).numpy()


def _manifest(
    trained: Trained, choices: Choices, colours: preview.Preview, shown: dict[str, Any], rows: int, written: Written
) -> dict[str, Any]:
    channels = int(trained.autoencoder.mean.numel())
    grids = {str(n): list(trained.grids.get(n) or schedule.shifted(n, choices.shift)) for n in STEP_COUNTS}
    churn = {str(n): list(shares) for n, shares in trained.churn.items()}
    student = trained.student
    few = {} if student is None else {"student": {**student.terms.as_json(), "training": student.record}}
    return {
        "name": choices.name,
        "licence": "Apache-2.0",
        "latent": {"shape": [channels, graphs.SIDE, graphs.SIDE]},
        "picture_sizes": [list(size) for size in PICTURE_SIZES],
        "time_grids": grids,
        **({"churn": churn} if churn else {}),
        "guidance_scale": choices.guidance_scale,
        "guidance_interval": list(choices.guidance_interval),
        "memory": choices.memory,
        "preview": colours.as_json(),
        "styles": {name: list(words) for name, words in vocabulary.STYLES.items()},
        "training": {
            **trained.record,
            "parameters": {
                "text_encoder": parameters(trained.text), "denoiser": parameters(trained.denoiser),
                "decoder": parameters(trained.autoencoder.decoder), "encoder": parameters(trained.autoencoder.encoder),
                **({"student": parameters(student.network)} if student is not None else {}),
                **({"prior": parameters(trained.prior)} if trained.prior is not None else {}),
            },
            "library": shown, "time_table_rows": rows, "trials": list(written.trials),
        },
        **few,
        **({"prior": {"styles": list(vocabulary.STYLES)}} if trained.prior is not None else {}),
        **choices.extra,
    }  # fmt: skip
