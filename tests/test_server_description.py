"""What /api/openapi.json says is so: schemathesis asks a running server everything that is described there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")
pytest.importorskip("schemathesis", reason="needs allaprima[dev]")

import httpx

from holding import PATIENCE_S
from server_running import Process

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Pictures are painted, so examples cost something: few of them at chance, and every border of every field once.
EXAMPLES = os.environ.get("ALLAPRIMA_TEST_EXAMPLES", "3")
# Where a picture is painted for nearly each border there are examples at chance alone, unless more are asked for.
DEAR = "images/(edits|variations)|2img|extra-|operations/|describe|shorten"


def painted(api: httpx.Client) -> dict[str, str]:
    """A job and a picture of it in the gallery, for whatever wants an id."""
    job = api.post("/api/jobs", json={"prompt": "a red fox", "steps": 1, "count": 1}).json()
    until = time.monotonic() + PATIENCE_S
    while job["state"] != "done":
        assert time.monotonic() < until, job
        time.sleep(0.05)
        job = api.get(f"/api/jobs/{job['id']}").json()
    return {"job": job["id"], "entry": job["pictures"][0]["entry"]}


def configured(there: dict[str, str], lost: dict[str, str]) -> str:
    """Schemathesis's settings: which ids there are, and which it may delete."""
    rows = [
        ("/api/jobs/{id}", {"path.id": there["job"]}),
        ("/api/jobs/{id}/events", {"path.id": there["job"]}),
        ("/api/jobs/{id}/pictures/{index}", {"path.id": there["job"], "path.index": 0}),
        ("/api/gallery/{id}/picture", {"path.id": there["entry"]}),
        ("/api/gallery/{id}/recipe", {"path.id": there["entry"]}),
        ("/api/gallery/{id}/lineage", {"path.id": there["entry"]}),
        ("/v1/models/{name}", {"path.name": "tiny"}),
    ]
    lines = []
    if int(EXAMPLES) <= 3:
        lines += ["[[operations]]", f'include-path-regex = "{DEAR}"', "phases.coverage.enabled = false", ""]
    for path, parameters in rows:
        inside = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in parameters.items())
        lines += ["[[operations]]", f"include-path = {json.dumps(path)}", f"parameters = {{ {inside} }}", ""]
    for method, id in (("GET", there["entry"]), ("PATCH", there["entry"]), ("DELETE", lost["entry"])):
        lines += ["[[operations]]", f'include-name = "{method} /api/gallery/{{id}}"']
        lines += [f'parameters = {{ "path.id" = "{id}" }}', ""]
    return "\n".join(lines)


@pytest.mark.slow
def test_schemathesis_finds_nothing(tiny_bundle: Path, tmp_path: Path) -> None:
    with Process(tiny_bundle, tmp_path / "home") as server:
        with httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as api:
            settings = configured(painted(api), painted(api))
            operations = sum(len(each) for each in api.get("/api/openapi.json").json()["paths"].values())
        (tmp_path / "schemathesis.toml").write_text(settings)
        command = [
            sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()",
            "--config-file", str(tmp_path / "schemathesis.toml"), "--no-color",
            "run", f"{server.url}/api/openapi.json", "--url", server.url, "--phases", "examples,coverage,fuzzing",
            "--max-examples", EXAMPLES, "--checks", ",".join(CHECKS), "--continue-on-failure", "--max-failures", "50",
            "--request-timeout", str(PATIENCE_S), "--seed", "1", "--generation-database", "none",
        ]  # fmt: skip
        asked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=3000)
        assert asked.returncode == 0, asked.stdout[-20_000:] + asked.stderr[-2000:]
        assert f"Tested: {operations}" in asked.stdout, asked.stdout[-3000:]
        assert server.stop() == 0
