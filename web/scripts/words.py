"""Writes src/edge/words.json: the tables by which the engine reads prompts, for a page that paints by itself.

    python web/scripts/words.py            # write it
    python web/scripts/words.py --check    # exit 1 if it is not what the engine says now

The page reads prompts with the engine's own words, so that there is one vocabulary; tests/test_web_words.py holds the
file to the engine's tables.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from allaprima.engine import library, reading, recall, recolouring
from allaprima.scene import colours

FILE = Path(__file__).parents[1] / "src" / "edge" / "words.json"


def tables() -> dict[str, Any]:
    """Everything that reading and recall look up, in an order that does not change from run to run."""
    claims, longest = reading._claims()
    return {
        "claims": [[" ".join(key), kind, name] for key, (kind, name) in claims.items()],
        "longest": longest,
        "stop": sorted(reading._STOP),
        "measures": sorted(reading._MEASURES),
        "circumstances": sorted(reading._CIRCUMSTANCES),
        "things_in_ing": sorted(reading._THINGS_IN_ING),
        "adjectives": sorted(reading._ADJECTIVES),
        "parts": sorted(reading._PARTS),
        "several": reading._SEVERAL,
        "irregular": reading._IRREGULAR,
        "plain_styles": list(recall.PLAIN_STYLES),
        "plainest": library.PLAINEST,
        "called_styles": sorted(library.CALLED_STYLES),
        "joins": sorted(recall._JOINS),
        "colour_rgb": colours.COLOUR_RGB,
        "vivid": list(colours.VIVID),
        "recoloured": list(recolouring.SOURCES),
    }


def written() -> str:
    """The file's text: one table a line."""
    lines = [f" {json.dumps(key)}: {json.dumps(table, ensure_ascii=False)}" for key, table in tables().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if FILE.is_file() and FILE.read_text(encoding="utf-8") == written() else 1)
    FILE.write_text(written(), encoding="utf-8")
