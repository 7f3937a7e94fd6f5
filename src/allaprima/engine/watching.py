"""Watching a picture form in the terminal: half-block colours redrawn in place over a bar, on stderr.

Knows how to show steps and pictures, and nothing of how they are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from allaprima.engine.picture import Picture
from allaprima.engine.preview import HalfBlocks
from allaprima.engine.sitting import Step

COLUMNS = 64  # of one picture; two pixels to a cell make it 64 x 64
MOST_SHOWN = 4  # pictures of a batch side by side


class Watcher:
    """Shows one sitting, or nothing at all when it is not `shown`; a context manager."""

    def __init__(self, shown: bool, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live = live if shown else None

    def __enter__(self) -> Watcher:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, words: str) -> None:
        """What is being done before there is anything to see."""
        self._draw(Text(f"{words} ...", style="dim"))

    def show(self, step: Step) -> None:
        """A step's cheap preview and how far it is."""
        if self._live is None:
            return
        done = step.index + 1
        columns = self._columns(len(step.clean))
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=step.count, completed=done, width=max(columns - 14, 8))
        line.add_row(bar, Text(f"step {done} of {step.count}", style="dim"))
        self._draw(Group(HalfBlocks(_beside(step.preview), columns), line))

    def finish(self, title: str, pictures: Sequence[Picture]) -> None:
        """The pictures themselves."""
        if self._live is None:
            return
        columns = self._columns(len(pictures))
        words = f"{title}  {pictures[0].timing_ms['total']:.0f} ms"
        line = Text(words, style="dim", overflow="ellipsis", no_wrap=True)
        self._draw(Group(HalfBlocks(_beside([each.pixels for each in pictures]), columns), line))

    def _columns(self, count: int) -> int:
        """As wide as the window allows, and no taller than it either."""
        shown = min(count, MOST_SHOWN)
        by_height = max(self._console.height - 4, 4) * 2
        return max(min(COLUMNS, by_height, self._console.width // shown), 4) * shown

    def _draw(self, what: RenderableType) -> None:
        if self._live:
            self._live.update(what, refresh=True)


def _beside(pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate(list(pictures[:MOST_SHOWN]), axis=1)
