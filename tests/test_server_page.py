"""The model's files for a page that paints by itself: how large each is, and packed where that helps."""

from __future__ import annotations

import gzip

import pytest

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")

import httpx

from holding import PATIENCE_S
from server_running import running


@pytest.fixture(scope="module")
def api(painter, tmp_path_factory):
    with (
        running(painter, tmp_path_factory.mktemp("page"), keep=False) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as client,
    ):
        yield client


def sent(api: httpx.Client, path: str, **headers: str) -> tuple[httpx.Headers, bytes]:
    """An answer as it goes over the line."""
    with api.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join(answer.iter_raw())


def test_the_index_tells_what_goes_over_the_line(api, painter) -> None:
    sizes = api.get("/bundle/index").json()
    assert set(painter.bundle.info["files"]) <= set(sizes)
    for name in ("tokenizer.json", "text_encoder.onnx", "library.json"):
        headers, body = sent(api, f"/bundle/{name}", **{"accept-encoding": "gzip"})
        assert len(body) == sizes[name]
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        assert plain == painter.bundle.path(name).read_bytes()
    assert sizes["library.json"] < painter.bundle.path("library.json").stat().st_size


def test_whoever_cannot_unpack_gets_the_file_as_it_is(api, painter) -> None:
    headers, body = sent(api, "/bundle/library.json", **{"accept-encoding": "identity"})
    assert "content-encoding" not in headers
    assert body == painter.bundle.path("library.json").read_bytes()


def test_webassembly_that_is_not_there_is_not_found(api) -> None:
    for name in ("none.wasm", "..%2fnone.wasm", "%2e%2e.wasm"):
        assert api.get(f"/assets/{name}").status_code == 404
