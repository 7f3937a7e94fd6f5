"""The page in a real Chromium against a real server: each file of web/e2e by its name, run by Vitest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
from allaprima.server import bench_browser, bench_live, page

pytestmark = [pytest.mark.web, pytest.mark.slow]

WEB = page.IN_REPOSITORY.parent
# Painting by itself first, then what is built on it; what takes longest and needs most comes last.
FILES = sorted((WEB / "e2e").glob("*.test.ts"), key=lambda path: (path.name.startswith("edge"), path.name))


@pytest.fixture(scope="module")
def browser() -> str:
    """Chromium's path, where everything that the tests need is here."""
    try:
        _, executable = bench_browser.ready()
    except bench_browser.BrowserAway as away:
        pytest.skip(str(away))
    if not (page.IN_REPOSITORY / "index.html").is_file():
        pytest.skip("The page is not built: make page")
    return executable


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_page_in_chromium(browser: str, name: str) -> None:
    pytest.importorskip("onnx", reason="building the tiny bundle needs onnx: pip install 'allaprima[train]'")
    environment = {key: value for key, value in os.environ.items() if key != "ALLAPRIMA_E2E_BUNDLE"}
    environment |= {"CHROMIUM": browser, "ALLAPRIMA_PYTHON": sys.executable, "NO_COLOR": "1"}
    command = ["npm", "run", "--silent", "e2e", "--", f"e2e/{name}"]
    # A session of its own, so that server and browser go with it whatever happens.
    process = subprocess.Popen(
        command, cwd=WEB, env=environment, start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=3600)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 0, f"\n{said[-8000:]}"
    assert " passed" in said, f"no test ran:\n{said[-2000:]}"


def test_files_are_found() -> None:
    names = {path.name.removesuffix(".test.ts") for path in FILES}
    assert {"painting", "keeping", "access", "edge", "edge-shipped"} <= names


def test_bench_types_in_the_browser(browser: str, tiny_bundle: Path) -> None:
    with bench_live._server(tiny_bundle, 1, 1) as url:
        seen = bench_browser.type_at(url, ["a fox", "a red fox"], 0.05)
    assert seen["keys"] == len("a red fox") and seen["unfinished"] == 0
    assert len(seen["preview_ms"]) == seen["keys"] and min(seen["preview_ms"]) > 0
    assert len(seen["final_ms"]) == 1 and seen["final_ms"][0] > seen["rest_ms"][0] > 0
