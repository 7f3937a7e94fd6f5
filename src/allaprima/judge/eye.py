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
from allaprima.judge.tints import tints
from allaprima.judge.truths import COLOURS, CUT_SIDE, GRID, LOOKS, SCENERIES, STYLES, TIMES

if TYPE_CHECKING:
    import torch

    from allaprima.judge.network import Network
    from allaprima.judge.textures import StyleHead

FORMAT = 1
SHIPPED = Path(__file__).with_name("judge.npz")
SIDE = 128
THRESHOLD = 0.8  # of the blurred heat: where counts on scenes of its lessons come out right most often
TINT = 3.0  # how much the pixels' colours weigh beside the network's logits; from its lessons too
SAME_PLACE = 0.3  # boxes that overlap more than this (intersection over union) are one thing
BATCH = 32
MOST_SEEN = 8
TEXTURE_SIDE = 96
_HEAD = "texture."

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
        table, weights = saved(file)
        self.record: dict[str, Any] = table["record"]
        self.admission: dict[str, Any] = table.get("admission", {})
        self.file = file
        self._head, self._textures = None, None
        head = {name.removeprefix(_HEAD): weights.pop(name) for name in list(weights) if name.startswith(_HEAD)}
        if head:
            from allaprima.judge.features import EarlyFeatures
            from allaprima.judge.textures import StyleHead

            self._head, self._textures = StyleHead(**head), EarlyFeatures(torch.get_num_threads())
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
                out = self._network.survey(_planes(_both_ways(small)))
                heat = blurred(_joined(torch.sigmoid(out.heat[:, 0])).numpy())
                sides = torch.sigmoid(out.box)
                # Mirrored back, a middle's offset counts from the cell's other edge.
                sides[len(small) :, 0] = 1.0 - sides[len(small) :, 0]
                boxes = _joined(sides).numpy()
                n = len(small)
                around = tuple(((each[:n] + each[n:]) / 2).numpy() for each in (out.scenery, out.time, out.look))
                found = [peaks(heat[i], boxes[i]) for i in range(n)]
                cuts = np.stack(
                    [cut(small[i], box, side=CUT_SIDE) for i, places in enumerate(found) for _, box in places]
                )
                k = len(cuts)
                styles, colours = (
                    ((each[:k] + each[k:]) / 2).numpy() for each in self._network.closer(_planes(_both_ways(cuts)))
                )
            if self._head is not None and self._textures is not None:
                large = [cut(small[i], box, side=TEXTURE_SIDE) for i, places in enumerate(found) for _, box in places]
                styles = self._head.logits(self._textures(np.stack(large)))
            row = 0
            for i, places in enumerate(found):
                things = tuple(
                    Thing(sureness, box, colours[row + j] + TINT * tints(small[i], box), styles[row + j])
                    for j, (sureness, box) in enumerate(places)
                )
                row += len(things)
                scenery, time, look = (
                    kinds[int(logits[i].argmax())]
                    for kinds, logits in zip((SCENERIES, TIMES, LOOKS), around, strict=True)
                )
                seen.append(Sight(things, sum(each.sureness >= THRESHOLD for each in things), scenery, time, look))
        return seen


def blurred(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Heat [n, 16, 16] with half of each neighbour's added: a middle on a cell's edge is half in either."""
    padded = np.pad(heat, ((0, 0), (1, 1), (1, 1)))
    across = padded[:, :, 1:-1] + 0.5 * (padded[:, :, :-2] + padded[:, :, 2:])
    return np.asarray(across[:, 1:-1] + 0.5 * (across[:, :-2] + across[:, 2:]), np.float32)


def _both_ways(pictures: Pixels) -> Pixels:
    """Pictures [n, h, w, 3] and their mirror images: [2 n, h, w, 3]. A guess made twice is right more often."""
    return np.concatenate([pictures, pictures[:, :, ::-1]])


def _joined(planes: torch.Tensor) -> torch.Tensor:
    """The mean of planes [2 n, ..., w] of pictures and of their mirror images, turned back: [n, ..., w]."""
    n = len(planes) // 2
    return (planes[:n] + planes[n:].flip(-1)) / 2


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
    table, weights = saved(file)
    _write(file, {**table, "admission": dict(admission)}, weights)


def with_head(file: Path, head: StyleHead) -> None:
    """Put a head that tells styles by texture into a judge's file."""
    table, weights = saved(file)
    # As float64, which the file keeps whole.
    _write(file, table, {**weights, **{_HEAD + name: value for name, value in vars(head).items()}})


def _write(file: Path, table: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> None:
    from allaprima.judge.files import write_whole

    out = io.BytesIO()
    halves = {name: each.astype(np.float16) if each.dtype == np.float32 else each for name, each in weights.items()}
    np.savez_compressed(out, table=np.frombuffer(json.dumps(table).encode(), np.uint8), **halves)  # type: ignore[arg-type]
    write_whole(file, out.getvalue())


def saved(file: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The table and the weights of a judge's file, as float32; raises UserError when it is missing or damaged."""
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
