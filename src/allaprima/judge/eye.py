"""The structured judge ready to look: pictures in, the things in them and their surroundings out.

Weights are one .npz file of half precision. Knows nothing of prompts, of what was asked, or of how the network was
trained.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.errors import UserError
from allaprima.judge.recognising import cut
from allaprima.judge.truths import COLOURS, CUT_SIDE, GRID, LOOKS, SCENERIES, STYLES, TIMES

if TYPE_CHECKING:
    import torch

    from allaprima.judge.network import Network

FORMAT = 1
SHIPPED = Path(__file__).with_name("judge.npz")
SIDE = 128
THRESHOLD = 0.35  # of the heat; where counts on composed scenes come out right most often
SAME_PLACE = 0.5  # boxes that overlap more than this (intersection over union) are one thing
BATCH = 32
MOST_SEEN = 8

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Thing:
    """One thing that was seen: how surely, where (x0, y0, x1, y1 in 0..1), and its logits of colour [13] and style
    [15].
    """

    sureness: float
    box: Box
    colours: NDArray[np.float32]
    styles: NDArray[np.float32]

    @property
    def middle(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def colour(self) -> str:
        return COLOURS[int(self.colours.argmax())]

    @property
    def style(self) -> str:
        return STYLES[int(self.styles.argmax())]


@dataclass(frozen=True)
class Sight:
    """What one picture shows; `things` begin with the surest, and hold one at least: the best guess where nothing is
    sure.

    `count`: how many of them are sure.
    """

    things: tuple[Thing, ...]
    count: int
    scenery: str
    time: str
    look: str


class Eye:
    """The network with its weights. `record` says how it was trained, `admission` how it fares (see admission.py)."""

    def __init__(self, file: Path = SHIPPED) -> None:
        """Raises UserError when the weights are missing, damaged or newer, or torch is not installed."""
        try:
            import torch

            from allaprima.judge.network import Network, NetworkConfig
        except ImportError as error:
            raise UserError(
                f"The judge needs {error.name}, which is not installed: pip install 'allaprima[judge]'."
            ) from None
        table, weights = _read(file)
        self.record: dict[str, Any] = table["record"]
        self.admission: dict[str, Any] = table.get("admission", {})
        self.file = file
        network = Network(NetworkConfig(**table["config"]))
        network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
        self._network = network.eval()

    def look(self, pictures: Sequence[Pixels]) -> list[Sight]:
        """What pictures uint8 [h, w, 3] of any size show."""
        import torch

        seen: list[Sight] = []
        for start in range(0, len(pictures), BATCH):
            small = np.stack([shrunk(each) for each in pictures[start : start + BATCH]])
            with torch.inference_mode():
                out = self._network.survey(_planes(small))
                heat, boxes = torch.sigmoid(out.heat[:, 0]).numpy(), torch.sigmoid(out.box).numpy()
                around = (out.scenery.numpy(), out.time.numpy(), out.look.numpy())
                found = [peaks(heat[i], boxes[i]) for i in range(len(small))]
                cuts = [cut(small[i], box, side=CUT_SIDE) for i, places in enumerate(found) for _, box in places]
                styles, colours = (each.numpy() for each in self._network.closer(_planes(np.stack(cuts))))
            row = 0
            for i, places in enumerate(found):
                things = tuple(
                    Thing(sureness, box, colours[row + j], styles[row + j]) for j, (sureness, box) in enumerate(places)
                )
                row += len(things)
                scenery, time, look = (
                    kinds[int(logits[i].argmax())]
                    for kinds, logits in zip((SCENERIES, TIMES, LOOKS), around, strict=True)
                )
                seen.append(Sight(things, sum(each.sureness >= THRESHOLD for each in things), scenery, time, look))
        return seen


def _planes(pictures: Pixels) -> torch.Tensor:
    """Pictures uint8 [n, h, w, 3] as RGB [n, 3, h, w] in [-1, 1]."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def shrunk(picture: Pixels) -> Pixels:
    """A picture uint8 [h, w, 3] as the network takes it: uint8 [128, 128, 3]."""
    if picture.shape[:2] == (SIDE, SIDE):
        return picture
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX))


def peaks(heat: NDArray[np.float32], boxes: NDArray[np.float32]) -> list[tuple[float, Box]]:
    """The peaks of heat [16, 16] with their boxes, from boxes [4, 16, 16]: the surest first, one at least, none
    twice.
    """
    padded = np.pad(heat, 1)
    around = np.stack([padded[i : i + GRID, j : j + GRID] for i in range(3) for j in range(3)]).max(0)
    found: list[tuple[float, Box]] = []
    for place in np.argsort(-heat, axis=None):
        row, column = divmod(int(place), GRID)
        sureness = float(heat[row, column])
        if found and (sureness < THRESHOLD / 2 or len(found) == MOST_SEEN):
            break
        if sureness < around[row, column]:
            continue
        dx, dy, width, height = boxes[:, row, column]
        x, y = (column + dx) / GRID, (row + dy) / GRID
        edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        x0, y0, x1, y1 = (float(min(max(edge, 0.0), 1.0)) for edge in edges)
        if all(overlap((x0, y0, x1, y1), other) < SAME_PLACE for _, other in found):
            found.append((sureness, (x0, y0, x1, y1)))
    return found


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


# ---- the file ----------------------------------------------------------------------------------------------


def save_weights(file: Path, network: Network, record: Mapping[str, Any]) -> None:
    """The network's weights in half precision with their table, written aside and renamed."""
    weights = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    table = {"format": FORMAT, "config": asdict(network.config), "record": dict(record)}
    _write(file, table, weights)


def admit(file: Path, admission: Mapping[str, Any]) -> None:
    """Write what the judge was admitted for into its file."""
    table, weights = _read(file)
    _write(file, {**table, "admission": dict(admission)}, weights)


def _write(file: Path, table: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> None:
    from allaprima.judge.files import write_whole

    out = io.BytesIO()
    halves = {name: each.astype(np.float16) if each.dtype == np.float32 else each for name, each in weights.items()}
    np.savez_compressed(out, table=np.frombuffer(json.dumps(table).encode(), np.uint8), **halves)  # type: ignore[arg-type]
    write_whole(file, out.getvalue())


def _read(file: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    try:
        with open(file, "rb") as raw, np.load(raw, allow_pickle=False) as arrays:
            table: dict[str, Any] = json.loads(arrays["table"].tobytes())
            if int(table["format"]) > FORMAT:
                raise UserError(f"The judge in {file} is of a newer version: pip install --upgrade allaprima.")
            weights = {name: arrays[name] for name in arrays.files if name != "table"}
    except FileNotFoundError:
        raise UserError(f"There is no judge in {os.fspath(file)}: train one with `allaprima judge train`.") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"The judge in {file} is damaged ({error}): train it again with `allaprima judge train`."
        ) from error
    return table, {
        name: each.astype(np.float32) if each.dtype == np.float16 else each for name, each in weights.items()
    }
