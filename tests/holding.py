"""Holding a painter at a certain model call, so that tests say when it goes on instead of hoping to be in time.

held = hold(4)            # the fixture of conftest.py: before its fourth call of the denoiser the painter waits
held.wait()               # until it stands there
held.release()
"""

from __future__ import annotations

import threading
from typing import Any

import pytest

PATIENCE_S = 120.0  # on a machine that is busy with other things


class Held:
    """A painter's backend that waits before its `at`-th call of the denoiser, and before all after it."""

    def __init__(self, painter: Any, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.calls = 0
        self.timed_out = False
        self._at = at
        self._reached, self._gate = threading.Event(), threading.Event()
        self._run = painter.backend.run
        monkeypatch.setattr(painter.backend, "run", self._held)

    def wait(self) -> None:
        """Until the painter stands still."""
        assert self._reached.wait(PATIENCE_S), f"only {self.calls} calls of the denoiser, and none held"

    def release(self) -> None:
        """Let it go on, for good."""
        self._gate.set()

    def _held(self, name: str, feeds: Any) -> Any:
        if name == "denoiser":
            self.calls += 1
            if self.calls >= self._at:
                self._reached.set()
                self.timed_out |= not self._gate.wait(PATIENCE_S)
        return self._run(name, feeds)
