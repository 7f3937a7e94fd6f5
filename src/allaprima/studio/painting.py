"""Painting as a job: the units of one order, and what they are expected to cost.

An order is words and options; its work is an iterator for the scheduler, one unit for each preparation, step and
decoding. Knows nothing of queues, of asyncio or of who watches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import recipe
from allaprima.engine.options import Options
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.step_count import at_most
from allaprima.engine.wish import Wish
from allaprima.studio.jobs import TURN_OVER, TurnOver, new_id


@dataclass(frozen=True)
class Order:
    """One job to paint. `options` go before what the prompt's own parameters say.

    `partials`: how many drafts (decoded predictions of earlier steps) to give out on the way, for each grid.
    `literal`: the prompt is words alone; what looks like a parameter in it is not one.
    `default_seed`: for prompts that name none; without it they take one by chance.
    `recipe`: paint this one again, instead of the prompt.
    """

    prompt: str
    options: Options = field(default_factory=lambda: Options())
    owner: str = "local"
    partials: int = 0
    literal: bool = False
    default_seed: int | None = None
    recipe: Mapping[str, Any] | None = None
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class Prepared:
    """The words of a grid are read and its drawings recalled; the first step comes next."""

    grid: int
    grids: int


@dataclass(frozen=True)
class Progress:
    """A step of grid `grid` (of `grids`) is done; `previews` uint8 [n, h, w, 3]. The state stands at time `t`."""

    grid: int
    grids: int
    index: int
    count: int
    t: float
    previews: NDArray[np.uint8]


@dataclass(frozen=True)
class Draft:
    """The grid as it is predicted after step `index`, decoded: the `partial`-th of those asked for."""

    grid: int
    partial: int
    index: int
    count: int
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Painted:
    """A grid is complete."""

    grid: int
    pictures: tuple[Picture, ...]


Unit = Prepared | Progress | Draft | Painted | TurnOver


@dataclass
class Rates:
    """What things cost here, in ms, learned while painting: a picture's step, and its decoding."""

    step: float = 60.0
    decode: float = 60.0

    def learn(self, kind: str, ms: float) -> None:
        """Take in a measurement; the recent ones count most."""
        setattr(self, kind, 0.8 * getattr(self, kind) + 0.2 * ms)

    def cost(self, wish: Wish, steps: int) -> float:
        """The expected ms of a grid."""
        count = int(wish.options.get("count") or 1)
        return count * (min(wish.stop_after, at_most(wish.options.get("steps"), steps)) * self.step + self.decode)


def work(painter: Painter, wishes: Sequence[Wish], partials: int, rates: Rates) -> Iterator[Unit]:
    """The units of an order, as the scheduler takes them; close the iterator and the work stops."""
    for grid, wish in enumerate(wishes):
        if grid:
            yield TURN_OVER
        sitting = painter.prepare(wish.parts, **wish.options)
        yield Prepared(grid, len(wishes))
        last = min(len(sitting.grid) - 1, wish.stop_after) - 1
        drafts = {index: turn for turn, index in enumerate(partial_steps(last + 1, partials))}
        for step in painter.run(sitting):
            count = len(step.clean)
            rates.learn("step", step.denoise_ms / (step.index + 1) / count)
            yield Progress(grid, len(wishes), step.index, last + 1, step.next_t, step.preview)
            if step.index >= last:
                break
            if step.index in drafts:
                yield Draft(grid, drafts[step.index], step.index, last + 1, painter.finish(step))
        start = time.perf_counter()
        pictures = painter.finish(step)
        rates.learn("decode", (time.perf_counter() - start) * 1000.0 / len(pictures))
        yield Painted(grid, pictures)


def partial_steps(count: int, wanted: int) -> tuple[int, ...]:
    """Indices of steps, rising and before the last, at which drafts are given out: as many as there is room for.

    They lie evenly: of 8 steps and 3 drafts, after steps 2, 4 and 6.
    """
    room = min(wanted, count - 1)
    return tuple(round((turn + 1) * count / (room + 1)) - 1 for turn in range(room))


def wish_of_recipe(painter: Painter, written: Mapping[str, Any]) -> tuple[Wish, int]:
    """The wish that repeats a recipe, and the picture of its batch that is meant. Raises UserError."""
    options = recipe.options(written, painter.bundle)
    prompt = options.pop("prompt")
    parts = ((prompt, 1.0),) if isinstance(prompt, str) else tuple(prompt)
    stop = int(written.get("stopped_after", options["steps"]))
    index = int((written.get("batch") or {"index": 0})["index"])
    text = prompt if isinstance(prompt, str) else ", ".join(text for text, _ in parts)
    return Wish(text, parts, Options(**options), stop), index  # type: ignore[typeddict-item]
