"""The judge: all that look at a picture, and what they see together.

The structured judge finds the things of a picture; what each is say an ImageNet network's features and the drawings
that are laid over it; its style say the asked concept's drawings. Knows nothing of prompts or painters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allaprima.judge.catalogue import Catalogue
from allaprima.judge.checking import LOOKED_AT, Witness
from allaprima.judge.copying import Shelf
from allaprima.judge.eye import Eye, Thing
from allaprima.judge.recognising import Recogniser, cut
from allaprima.judge.references import Progress

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]

TOGETHER = 32


@dataclass(frozen=True)
class Judge:
    """Those that look. Without a catalogue features alone say what things are, without a shelf the structured judge
    tells styles; both are of the recogniser's concepts.
    """

    eye: Eye
    recogniser: Recogniser
    shelf: Shelf | None = None
    catalogue: Catalogue | None = None

    def witness(
        self,
        pictures: Sequence[Pixels],
        needs_concepts: Sequence[bool],
        without: Sequence[Sequence[str]] | None = None,
        progress: Progress | None = None,
        what: str = "looking",
        styled: Sequence[str] | None = None,
    ) -> list[Witness]:
        """What pictures uint8 [h, w, 3] show. `without`: for each the sha256 of drawings that may not recognise it in
        its strict scores. `styled`: for each the concept whose drawings tell its style, or nothing.
        """
        found: list[Witness] = []
        count = len(self.recogniser.number)
        for start in range(0, len(pictures), TOGETHER):
            sights = self.eye.look(pictures[start : start + TOGETHER])
            looks: list[tuple[int, Thing]] = [
                (place, thing)
                for place, sight in enumerate(sights, start)
                if needs_concepts[place]
                for thing in sight.things[: min(max(sight.count, 1), LOOKED_AT)]
            ]
            own = [without[place] if without else () for place, _ in looks]
            scores, strict = self.scores([(pictures[place], thing) for place, thing in looks], own)
            owners = np.asarray([place for place, _ in looks], np.intp)
            for place, sight in enumerate(sights, start):
                rows = np.flatnonzero(owners == place)
                # Nobody asks what it is: one row, so that its first thing can be spoken of.
                nothing = np.zeros((1, count), np.float32)
                concept = styled[place] if styled else ""
                style = self.shelf.style(pictures[place], concept) if self.shelf and concept else None
                found.append(
                    Witness(sight, scores[rows], style, strict[rows])
                    if len(rows)
                    else Witness(sight, nothing, style, nothing)
                )
            if progress:
                progress(what, min(start + TOGETHER, len(pictures)), len(pictures))
        return found

    def scores(self, things: Sequence[tuple[Pixels, Thing]], without: Sequence[Sequence[str]]) -> tuple[Array, Array]:
        """How much each thing of a picture looks like each concept, by all drawings and `without` those of these
        sha256: [things, concepts] twice.
        """
        seen = self.recogniser.seen([cut(picture, thing.box) for picture, thing in things])
        own = [_rows(self.recogniser.rows_of_hash, hashes) for hashes in without]
        scores, strict = self.recogniser.scores(seen), self.recogniser.scores(seen, own)
        if self.catalogue is not None:
            for place, (picture, thing) in enumerate(things):
                likeness = self.catalogue.look(picture, thing.box)
                # Both are cosines of a kind, and weigh the same.
                scores[place] += self.catalogue.concepts(likeness)
                likeness[_rows(self.catalogue.rows_of_hash, without[place])] = -1.0
                strict[place] += self.catalogue.concepts(likeness)
        return scores, strict


def _rows(rows_of_hash: dict[str, list[int]], hashes: Sequence[str]) -> list[int]:
    return [row for sha in hashes for row in rows_of_hash.get(sha, ())]
