"""Drawings added after training: things in a set that no corpus holds, put into a library of one's own and asked for
by name.

The set is fetched through its ordinary client where it is needed. Knows the painter by its public face and the
library by the studio's; nothing of how a picture is recognised but the recogniser's scores.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.errors import UserError
from allaprima.judge.catalogue import Catalogue, laid
from allaprima.judge.intervals import of_mean, of_share
from allaprima.judge.page import STYLE, img
from allaprima.judge.painting import Manner, Wanted, paint_all
from allaprima.judge.prompts import concept_prompt
from allaprima.judge.quick import MEMORIES, Codec
from allaprima.judge.recognising import TOP, cut
from allaprima.judge.references import ASIDE, VIEWS, Drawings, Progress, unit
from allaprima.scene.sources import Source

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.judge.looking import Judge

SOURCE = Source(
    "@iconify-json/streamline-ultimate-color", "1.2.2", "ultimate colour", "CC-BY-4.0", "Streamline", naming="icon"
)
NAMES = Path(__file__).with_name("added.tsv")
FIRST_SEED = 7_000_000
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Never:
    """A drawing that nobody has seen: its name and pixels, uint8 [256, 256, 4]."""

    name: str
    rgba: NDArray[np.uint8]


def fetched(packages: Path, count: int, known: Painter) -> tuple[Never, ...]:
    """The first `count` drawings of the list whose names the painter's library does not have.

    Raises CorpusError when the set cannot be fetched, UserError when it is not what it should be.
    """
    from allaprima.scene.fetching import fetch
    from allaprima.scene.rendering import iconify_svg, render_svg

    place = fetch(SOURCE, packages)
    try:
        table = json.loads((place / "icons.json").read_bytes())
        side = float(table.get("width", 16)), float(table.get("height", 16))
        bodies = {name: str(each["body"]) for name, each in table["icons"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{place} is damaged ({error}): remove that folder and try again.") from error
    found: list[Never] = []
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        icon, name = line.split("\t")
        if icon in bodies and not known.library.named(name) and len(found) < count:
            found.append(Never(name, render_svg(iconify_svg(bodies[icon], 0.0, 0.0, *side))))
    return tuple(found)


def remember(painter: Painter, drawings: Sequence[Never], home: Path) -> None:
    """Add the drawings as anybody would, a folder of pictures, into a library in `home`; the painter then knows them.
    """
    from allaprima.engine import own_drawings
    from allaprima.studio import own_library

    folder = home / "drawings"
    folder.mkdir(parents=True)
    for each in drawings:
        Image.fromarray(each.rgba).save(folder / f"{each.name}.png")
    own_library.add(folder, style=SOURCE.style, licence=SOURCE.licence, owner=SOURCE.author, home=home)
    encoder = str(painter.bundle.info["files"]["text_encoder.onnx"])
    painter.library = own_drawings.join(painter.library, encoder, painter.meaning, home / "library")


def judge(
    painter: Painter,
    looking: Judge,
    drawings: Sequence[Never],
    *,
    codec: Codec,
    manner: Manner,
    progress: Progress | None = None,
) -> tuple[dict[str, Any], dict[str, list[Pixels]]]:
    """Ask for each drawing by name: how often it is among the nearest five of all concepts and all added drawings.

    Returns the report and the first picture of each by way of painting. The ceiling is the drawing itself through the
    autoencoder.
    """
    recogniser = looking.recogniser
    views = [recogniser.seen([view.show(each.rgba) for each in drawings]) for view in VIEWS]
    own_catalogue = Catalogue(_as_drawings(drawings), np.stack([laid(each.rgba) for each in drawings]))

    def ranks(pictures: Sequence[Pixels]) -> NDArray[np.bool_]:
        """Whether drawing j is among picture i's nearest: [pictures, drawings]."""
        sights = looking.eye.look(pictures)
        things = [(one, sight.things[0]) for one, sight in zip(pictures, sights, strict=True)]
        known, _ = looking.scores(things, [()] * len(things))
        seen = recogniser.seen([cut(one, thing.box) for one, thing in things])
        own = np.max([unit(seen) @ view.T for view in views], axis=0)
        if looking.catalogue is not None:
            own = own + np.stack([own_catalogue.look(one, thing.box) for one, thing in things])
        scores = np.concatenate([known, own], 1)
        places = (scores[:, None, :] > scores[:, known.shape[1] :, None]).sum(2)
        return np.asarray(places < TOP)

    wanted = [Wanted(concept_prompt(each.name), FIRST_SEED + 16 * place) for place, each in enumerate(drawings)]
    report: dict[str, Any] = {
        "drawings": len(drawings),
        "source": f"{SOURCE.package} {SOURCE.version}",
        "top": TOP,
        "ways": {},
    }
    shown: dict[str, list[Pixels]] = {}
    coded = [each for start in range(0, len(drawings), 16)
             for each in codec(np.stack([ASIDE.show(one.rgba) for one in drawings[start : start + 16]]))]  # fmt: skip
    ceiling = np.diag(ranks(coded)).astype(np.float64)
    report["ceiling"] = of_mean(ceiling)
    for way, memory in MEMORIES.items():
        painted = paint_all(
            painter, wanted, memory, manner, what=f"painting {way.replace('_', ' ')}", progress=progress
        )
        shown[way] = [several[0].pixels for several in painted]
        found = ranks([each.pixels for several in painted for each in several]).reshape(
            len(drawings), manner.images, -1
        )
        own = np.stack([found[place, :, place] for place in range(len(drawings))]).mean(1)
        others = (found.sum(2) - np.stack([found[place, :, place] for place in range(len(drawings))])).mean(1)
        report["ways"][way] = {
            "score": of_mean(own),
            "floor": of_mean(others / max(len(drawings) - 1, 1)),
            "share_of_ceiling": of_share(own, ceiling),
        }
    return report, shown


def _as_drawings(drawings: Sequence[Never]) -> Drawings:
    """The drawings as references, each a concept of its own."""
    rows = tuple(_Row(f"{place:04d}", SOURCE.style, each.name) for place, each in enumerate(drawings))
    return Drawings("added", rows, lambda row: drawings[row].rgba)


@dataclass(frozen=True)
class _Row:
    concept: str
    style: str
    name: str

    @property
    def sha256(self) -> str:
        return self.concept


def page(drawings: Sequence[Never], shown: Mapping[str, Sequence[Pixels]], report: Mapping[str, Any]) -> str:
    """Each drawing beside what was painted for its name, as one HTML page."""
    rows = []
    for place, each in enumerate(drawings):
        tiles = "".join(f"<td>{img(shown[way][place], 96)}</td>" for way in MEMORIES)
        rows.append(f"<tr><td>{html.escape(each.name)}</td><td>{img(ASIDE.show(each.rgba), 96)}</td>{tiles}</tr>")
    heads = "".join(f"<th>{way.replace('_', ' ')}</th>" for way in MEMORIES)
    table = html.escape(json.dumps(dict(report), indent=1))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Added drawings</title><style>{STYLE}</style>"
        f"<h1>Added drawings</h1><details><summary>Report</summary><pre>{table}</pre></details>"
        f"<table><tr><th>name</th><th>the drawing</th>{heads}</tr>{''.join(rows)}</table></html>\n"
    )
