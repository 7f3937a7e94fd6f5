"""A thing in a picture is named by the drawing that is laid over it, moved, mirrored and in other colours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("torch")

from allaprima.judge.catalogue import Catalogue
from allaprima.judge.references import Drawings


@dataclass(frozen=True)
class Row:
    concept: str
    style: str
    name: str

    @property
    def sha256(self) -> str:
        return self.name


def drawn(number: int) -> np.ndarray:
    """An unlikely shape, the same for the same number: RGBA [96, 96]."""
    rng = np.random.default_rng(number)
    image = Image.new("RGBA", (96, 96))
    pencil = ImageDraw.Draw(image)
    corners = [(48 + 44 * rng.uniform(0.3, 1.0) * np.cos(a), 48 + 44 * rng.uniform(0.3, 1.0) * np.sin(a))
               for a in np.linspace(0, 2 * np.pi, 9, endpoint=False)]  # fmt: skip
    pencil.polygon(corners, fill=(40, 90, 200, 255))
    x, y = rng.uniform(36, 60, 2)
    pencil.ellipse((x - 9, y - 9, x + 9, y + 9), fill=(240, 230, 90, 255))
    return np.asarray(image)


@pytest.fixture(scope="module")
def drawings() -> Drawings:
    return Drawings("made", tuple(Row(f"thing {n}", "flat", f"drawing {n}") for n in range(24)), drawn)


def scene(number: int, box: tuple[int, int, int, int], *, mirrored: bool, tinted: bool) -> np.ndarray:
    cut = Image.fromarray(drawn(number))
    cut = cut.crop(cut.getchannel("A").getbbox())
    if mirrored:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if tinted:
        r, g, b, a = cut.split()
        cut = Image.merge("RGBA", (b, r, g, a))
    side = max(box[2] - box[0], box[3] - box[1]) / max(cut.size)
    cut = cut.resize((round(cut.width * side), round(cut.height * side)), Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (256, 256), (150, 200, 150))
    picture.paste(cut, ((box[0] + box[2] - cut.width) // 2, (box[1] + box[3] - cut.height) // 2), cut)
    return np.asarray(picture)


@pytest.mark.parametrize("number", range(0, 24, 4))
@pytest.mark.parametrize(("mirrored", "tinted"), [(False, False), (True, False), (False, True)])
def test_the_drawing_that_was_pasted_is_found(drawings: Drawings, number: int, mirrored: bool, tinted: bool) -> None:
    picture = scene(number, (60, 80, 180, 200), mirrored=mirrored, tinted=tinted)
    guessed = ((60 - 7) / 256, (80 + 6) / 256, (180 + 4) / 256, (200 + 9) / 256)  # a box that is off by a little
    catalogue = Catalogue.of(drawings)
    likeness = catalogue.look(picture, guessed)
    assert likeness.shape == (24,) and int(likeness.argmax()) == number
    concepts = catalogue.concepts(likeness)
    assert drawings.concepts[int(concepts.argmax())] == f"thing {number}"


def test_without_its_own_drawing_something_else_is_likest(drawings: Drawings) -> None:
    catalogue = Catalogue.of(drawings)
    likeness = catalogue.look(scene(3, (60, 80, 180, 200), mirrored=False, tinted=False), (0.23, 0.31, 0.7, 0.78))
    likeness[catalogue.rows_of_hash["drawing 3"]] = -1.0
    assert drawings.concepts[int(catalogue.concepts(likeness).argmax())] != "thing 3"


def test_what_was_laid_is_kept_and_a_torn_file_is_made_anew(drawings: Drawings, tmp_path: Path) -> None:
    picture = scene(5, (60, 80, 180, 200), mirrored=False, tinted=False)
    box = (0.23, 0.31, 0.7, 0.78)
    first = Catalogue.of(drawings, tmp_path).look(picture, box)
    (kept,) = tmp_path.glob("catalogue-*.npy")
    kept.write_bytes(kept.read_bytes()[:200])
    assert np.array_equal(Catalogue.of(drawings, tmp_path).look(picture, box), first)
