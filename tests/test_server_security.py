"""Who is let in, and what is refused: the guard, keys, uploads, remote pictures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import socket
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs allaprima[serve]")
pytest.importorskip("httpx", reason="needs allaprima[dev]")

import httpx
from typer.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from allaprima.client import Done, LiveClient
from allaprima.errors import UserError
from allaprima.server import keys_commands, remote, uploads
from allaprima.server.commands import serve
from allaprima.server.keys import Keys
from allaprima.server.security import Policy, allowed_hosts, is_loopback
from holding import PATIENCE_S
from server_running import running


@pytest.fixture(scope="module")
def api(painter, tmp_path_factory):
    """A server as it is by default: on loopback, without keys."""
    policy = Policy(origins=("https://friend.example",), largest_body=200_000)
    with (
        running(painter, tmp_path_factory.mktemp("open"), keep=False, policy=policy) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def locked(painter, tmp_path_factory):
    """A server that asks for keys, and a key."""
    home = tmp_path_factory.mktemp("locked")
    key = Keys(home / "keys.json").add("ann")
    policy = Policy(hosts=(), needs_key=True)
    with (
        running(painter, home, keep=False, policy=policy) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as client,
    ):
        client.key, client.home = key, home
        yield client


def socket_status(url: str, **headers: str) -> int:
    """The HTTP status with which a WebSocket is refused; 101 when it is not."""

    async def knock() -> int:
        try:
            async with connect(url.replace("http", "ws") + "/api/live", additional_headers=headers, proxy=None):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    return asyncio.run(knock())


# ---- Host, Origin, CORS --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[::2]"])
def test_a_rebound_name_is_refused(api, host) -> None:
    assert api.get("/api/status", headers={"Host": host}).status_code in (400, 403)
    assert api.get("/", headers={"Host": host}).status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:7860", "LOCALHOST"])
def test_the_servers_own_names_are_taken(api, host) -> None:
    assert api.get("/api/status", headers={"Host": host}).status_code == 200


def test_other_sites_pages_are_refused_and_get_no_cors(api) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "file://"):
        answer = api.post("/api/jobs", json={"prompt": "fox"}, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert api.post("/api/parse", json={"prompt": "fox"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    own = str(api.base_url).rstrip("/")
    assert api.post("/api/parse", json={"prompt": "fox"}, headers={"Origin": own}).status_code == 200


def test_an_allowed_site_gets_cors_and_nobody_else(api) -> None:
    friend = {"Origin": "https://friend.example"}
    assert api.get("/api/status", headers=friend).headers["access-control-allow-origin"] == "https://friend.example"
    preflight = api.options("/api/jobs", headers={**friend, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204 and "POST" in preflight.headers["access-control-allow-methods"]
    assert api.options("/api/jobs", headers={"Origin": "https://evil.example"}).status_code == 403
    assert "access-control-allow-origin" not in api.get("/api/status").headers


def test_sockets_of_other_sites_are_refused(api) -> None:
    url = str(api.base_url).rstrip("/")
    assert socket_status(url) == 101
    assert socket_status(url, Origin=url) == 101
    assert socket_status(url, Origin="https://evil.example") == 403
    assert socket_status(url, Host="evil.example") in (400, 403)


def test_the_page_is_isolated_and_cannot_be_framed(api) -> None:
    headers = api.get("/").headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_models_files_are_there_for_the_page_and_no_others(api, painter) -> None:
    manifest = api.get("/bundle/bundle.json").json()
    for name, digest in manifest["files"].items():
        assert hashlib.sha256(api.get(f"/bundle/{name}").content).hexdigest() == digest
    for name in ("..%2fbundle.json", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "none.onnx", "."):
        assert api.get(f"/bundle/{name}").status_code == 404


def test_paths_lead_nowhere(api) -> None:
    for path in (
        "/../pyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2f..%2fetc/passwd",
        "//etc/passwd",
    ):
        answer = api.get(path)
        assert answer.status_code in (404, 405) or "Alla Prima" in answer.text
        assert "root:" not in answer.text and "[project]" not in answer.text


# ---- limits --------------------------------------------------------------------------------------------------


def test_large_bodies_are_refused_declared_or_not(api) -> None:
    answer = api.post("/api/recipes/read", content=b"x" * 300_000)
    assert answer.status_code == 413 and "MB" in answer.json()["error"]["message"]

    def pieces():
        for _ in range(30):
            yield b"x" * 10_000

    assert api.post("/api/recipes/read", content=pieces()).status_code == 413
    assert api.post("/api/jobs", content=pieces(), headers={"content-type": "application/json"}).status_code == 413


def test_a_lying_length_is_refused(api) -> None:
    with socket.create_connection((api.base_url.host, api.base_url.port), 20) as raw:
        raw.sendall(b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


# ---- keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/status", "/api/jobs", "/metrics", "/v1/models", "/sdapi/v1/options"])
def test_without_a_key_nothing_is_told(locked, path) -> None:
    answer = locked.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]
    assert "ap_" in answer.text and locked.key not in answer.text


def test_the_page_and_health_need_none(locked) -> None:
    assert locked.get("/").status_code == 200
    assert locked.get("/healthz").status_code == 200
    assert locked.get("/api/session").json() == {"needs_key": True, "owner": None}


def test_a_key_is_taken_as_bearer_as_password_and_as_cookie(locked) -> None:
    bearer = {"Authorization": f"Bearer {locked.key}"}
    assert locked.get("/api/status", headers=bearer).status_code == 200
    assert locked.get("/api/session", headers=bearer).json()["owner"] == "ann"
    assert locked.get("/api/status", auth=("anybody", locked.key)).status_code == 200
    for wrong in ({"Authorization": f"Bearer {locked.key}x"}, {"Authorization": "Basic !!"}, {"Authorization": "x"}):
        assert locked.get("/api/status", headers=wrong).status_code == 401
    with httpx.Client(base_url=locked.base_url, timeout=PATIENCE_S, trust_env=False) as browser:
        assert browser.post("/api/session", json={"key": "ap_wrong"}).status_code == 401
        answer = browser.post("/api/session", json={"key": locked.key})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and locked.key.lower() not in cookie
        assert browser.get("/api/status").status_code == 200
        browser.delete("/api/session")
        assert browser.get("/api/status").status_code == 401


def test_live_asks_for_the_key_too(locked) -> None:
    url = str(locked.base_url).rstrip("/")
    assert socket_status(url) == 401

    async def paint():
        async with LiveClient(url, key=locked.key) as live:
            return [event async for event in live.paint("a fox", steps=1)]

    assert isinstance(asyncio.run(paint())[-1], Done)


def test_owners_do_not_see_each_others_jobs(locked) -> None:
    other = Keys(locked.home / "keys.json").add("bob")
    ann, bob = ({"Authorization": f"Bearer {key}"} for key in (locked.key, other))
    id = locked.post("/api/jobs", json={"prompt": "fox", "steps": 1, "count": 1}, headers=ann).json()["id"]
    assert locked.get(f"/api/jobs/{id}", headers=ann).status_code == 200
    for method, path in (("GET", f"/api/jobs/{id}"), ("DELETE", f"/api/jobs/{id}"), ("GET", f"/api/jobs/{id}/events")):
        assert locked.request(method, path, headers=bob).status_code == 404
    assert locked.get("/api/jobs", headers=bob).json() == []
    Keys(locked.home / "keys.json").revoke("bob")
    assert locked.get("/api/jobs", headers=bob).status_code == 401  # at once


def test_keys_are_kept_as_hashes_alone(tmp_path) -> None:
    path = tmp_path / "deep" / "keys.json"
    keys = Keys(path)
    key = keys.add("ann")
    assert keys.owner(key) == "ann" and keys.owner(key[:-1]) is None and keys.owner("") is None
    assert key not in path.read_text() and oct(os.stat(path).st_mode & 0o777) == "0o600"
    with pytest.raises(UserError, match="already"):
        keys.add("ann")
    for bad in ("", "a b", "../x", "x" * 65):
        with pytest.raises(UserError):
            keys.add(bad)
    path.write_text("{broken")
    with pytest.raises(UserError, match="mend"):
        Keys(path).owner(key)


def test_keys_from_the_command_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path))
    made = CliRunner().invoke(keys_commands.app, ["add", "ann", "--json"])
    assert Keys(tmp_path / "keys.json").owner(json.loads(made.output)["key"]) == "ann"
    assert "ann" in CliRunner().invoke(keys_commands.app, ["list"]).output
    CliRunner().invoke(keys_commands.app, ["revoke", "ann"])
    assert Keys(tmp_path / "keys.json").all == ()


def test_an_open_address_without_keys_is_not_served(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path))
    for host in ("0.0.0.0", "::", "192.0.2.7"):
        with pytest.raises(UserError, match="allaprima keys add"):
            serve(host=host, port=0)


def test_a_taken_port_is_told_in_one_line(tmp_path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="--port"):
            serve(host="127.0.0.1", port=taken.getsockname()[1], home=tmp_path)


def test_which_hosts_an_address_answers_to() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("::1") and is_loopback("localhost") and is_loopback("127.9.9.9")
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.5", "example.org")))
    assert "evil.example" not in allowed_hosts("127.0.0.1", ())
    assert "studio.example" in allowed_hosts("127.0.0.1", ("Studio.example",))
    assert allowed_hosts("0.0.0.0", ()) == ()
    assert "192.168.1.5" in allowed_hosts("192.168.1.5", ()) and "[fd00::1]" in allowed_hosts("fd00::1", ())


# ---- uploads -------------------------------------------------------------------------------------------------


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises a size, with hardly any bytes behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def saved(format: str, **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), (200, 30, 40)).save(out, format, **options)
    return out.getvalue()


@pytest.mark.parametrize("format", ["PNG", "WEBP", "JPEG"])
def test_ordinary_pictures_are_opened(format) -> None:
    image = uploads.opened(saved(format))
    assert image.size == (20, 10) and image.mode == "RGB"


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", saved("GIF"), saved("TIFF"), saved("PNG")[:45], png_of(30_000, 30_000), png_of(60_000, 60_000)],
    ids=["empty", "cut", "gif", "tiff", "half", "large", "bomb"],
)
def test_other_files_damaged_ones_and_bombs_are_refused(data) -> None:
    with pytest.raises(UserError):
        uploads.opened(data)


def test_base64_with_and_without_its_head() -> None:
    data = saved("PNG")
    text = base64.b64encode(data).decode()
    assert uploads.from_base64(text) == uploads.from_base64(f"data:image/png;base64,{text}") == data
    for bad in ("data:image/png,abc", "&&&", "data:", "a" * (uploads.LARGEST_BYTES * 2)):
        with pytest.raises(UserError):
            uploads.from_base64(bad)


# ---- remote pictures -----------------------------------------------------------------------------------------

PRIVATE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%eth0",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known_as_such(address) -> None:
    assert not remote.is_public(address)


def test_public_addresses_are_too() -> None:
    assert all(map(remote.is_public, ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8")))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/x.png", "http://[::1]/", "http://169.254.169.254/latest/meta-data/",
     "http://0x7f000001/", "http://2130706433/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://0/",
     "file:///etc/passwd", "ftp://example.org/x", "gopher://x", "http://", "x", "http://example.org:22/",
     "http://example.org:99999/", "http://user@127.0.0.1/", "http://127.0.0.1#@example.org/", "http://\u2460.0.0.1/"],
)  # fmt: skip
def test_addresses_within_are_not_fetched(url) -> None:
    with pytest.raises(UserError):
        remote.fetch(url, seconds=5)


class Site(BaseHTTPRequestHandler):
    """A small site whose pictures, size and redirects are in its paths."""

    def do_GET(self) -> None:
        if self.path == "/large":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 50_000)
        elif self.path == "/within":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        elif self.path == "/picture":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(saved("PNG"))
        else:
            self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        pass


def test_the_fetch_itself(monkeypatch) -> None:
    """Against a site that counts as public for once: what it answers is limited, and its redirects looked at."""
    site = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    port = site.server_address[1]
    monkeypatch.setattr(remote, "PORTS", (80, 443, port))
    really = remote.is_public
    monkeypatch.setattr(remote, "is_public", lambda address: address == "127.0.0.1" or really(address))
    try:
        base = f"http://127.0.0.1:{port}"
        assert remote.fetch(f"{base}/picture") == saved("PNG")
        for path, said in (("/large", "too large"), ("/within", "private"), ("/round", "more than"), ("/no", "404")):
            with pytest.raises(UserError, match=said):
                remote.fetch(base + path, largest=10_000)
    finally:
        site.shutdown()
        thread.join()
        site.server_close()
