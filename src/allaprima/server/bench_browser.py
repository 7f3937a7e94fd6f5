"""The browser's part of `allaprima bench live`: from a key to the screen, in a real Chromium that shows the page.

Node and playwright-core do the typing (web/bench/typist.mjs); where one of what that needs is missing, it is said and
nothing is measured. Knows nothing of how the server paints, and draws no conclusions.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from allaprima.server import page

OLDEST_NODE = (20, 19)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TYPIST = page.IN_REPOSITORY.parent / "bench" / "typist.mjs"
PATIENCE_S = 1800.0


class BrowserAway(Exception):
    """The page could not be measured or tested here; the message says what is missing, in one line."""


def chromium() -> str:
    """The path of a Chromium, `CHROMIUM` first. Raises BrowserAway where there is none."""
    named = os.environ.get("CHROMIUM")
    for each in (named,) if named else BROWSERS:
        found = shutil.which(each)
        if found is not None:
            return found
    if named:
        raise BrowserAway(f"CHROMIUM names {named}, which is no program here")
    raise BrowserAway("Chromium is missing: install it (Debian: apt-get install chromium), or name one in CHROMIUM")


def node() -> str:
    """The path of a Node that is new enough. Raises BrowserAway where there is none."""
    wanted = ".".join(map(str, OLDEST_NODE))
    found = shutil.which("node")
    if found is None:
        raise BrowserAway(f"Node is missing: install Node {wanted} or newer")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=120).stdout.strip()
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_NODE:
        raise BrowserAway(f"Node is too old: {said or 'it does not say its version'}, and {wanted} is needed")
    return found


def ready() -> tuple[str, str]:
    """The paths of Node and Chromium, if the page is built and its packages are installed. Raises BrowserAway."""
    found = node(), chromium()
    web = page.IN_REPOSITORY.parent
    if not (web / "node_modules" / "playwright-core").is_dir():
        raise BrowserAway(f"What the page is tested with is not installed in {web}: make page")
    if page.folder() is None:
        raise BrowserAway("The page is not built: make page")
    return found


def type_at(url: str, texts: Sequence[str], key_s: float) -> dict[str, Any]:
    """Type these texts into the page at `url`, the first of them to warm up, `key_s` seconds from key to key.

    Returns what typist.mjs prints: `preview_ms` with one time for each key, `final_ms` and `rest_ms` (how long the page
    waits before it asks for the final picture) with one for each text, `keys`, `unfinished`, and the `browser`'s
    version. Raises BrowserAway where it cannot be done here.
    """
    program, executable = ready()
    given = {"url": url, "texts": list(texts), "keyMs": key_s * 1000.0, "executable": executable}
    try:
        done = subprocess.run(
            [program, str(TYPIST), json.dumps(given)], capture_output=True, text=True, timeout=PATIENCE_S,
            cwd=Path(TYPIST).parent,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BrowserAway(f"Chromium was not done after {PATIENCE_S:.0f} s") from None
    if done.returncode != 0:
        lines = done.stderr.splitlines() or ["it said nothing"]
        told = next((line for line in lines if "Error" in line), lines[-1])
        raise BrowserAway(f"Chromium could not be driven: {told.strip()}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report
