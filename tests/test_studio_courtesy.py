"""Painting threads stand behind others, and what they start does too."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from allaprima.studio.courtesy import courteously, give_way

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_work_and_the_threads_it_starts_give_way_and_the_caller_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_COURTESY", "3")
    before = niceness()

    def work() -> tuple[int, int]:
        seen: list[int] = []
        helper = threading.Thread(target=lambda: seen.append(niceness()))
        helper.start()
        helper.join()
        return niceness(), seen[0]

    expected = min(before + 3, 19)
    assert courteously(work) == (expected, expected)
    assert niceness() == before


def test_the_last_place_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_COURTESY", "19")

    def twice() -> int:
        give_way()
        return niceness()

    assert courteously(twice) == 19


def test_what_goes_wrong_is_the_callers_to_hear() -> None:
    with pytest.raises(ZeroDivisionError):
        courteously(lambda: 1 // 0)
