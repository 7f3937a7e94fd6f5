"""The page reads prompts with the engine's words: web/src/edge/words.json is what the engine's tables say now."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "web" / "scripts" / "words.py"


def test_the_page_has_the_engines_words() -> None:
    if not SCRIPT.is_file():
        pytest.skip("the page's sources are not here")
    spec = importlib.util.spec_from_file_location("words", SCRIPT)
    assert spec is not None and spec.loader is not None
    words = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(words)
    assert words.FILE.read_text(encoding="utf-8") == words.written(), "write it anew: python web/scripts/words.py"
