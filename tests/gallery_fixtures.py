"""Fixtures for the gallery's tests: an empty gallery on SQLite and on a PostgreSQL server started for them.

A plugin that only those files load: `pytest_plugins = ("gallery_fixtures",)`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from allaprima.gallery import Gallery
from gallery_places import Place, Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of our own, gone when the tests are."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = programs[-1] if programs else shutil.which("postgres")
    if found is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="pip install 'allaprima[postgres]'")
    binaries = Path(found).parent
    # The server refuses to run as root. Its socket's path has to be short.
    user = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "nobody"
    folder = Path(tempfile.mkdtemp(prefix="gallery-pg-", dir="/tmp"))
    account: dict[str, Any] = (
        {} if os.geteuid() else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    )
    if account:
        shutil.chown(folder, user)
    quiet = {"LC_ALL": "C", "PATH": os.environ.get("PATH", ""), "TZ": "UTC"}
    try:
        made = subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", user, "-A", "trust", "-E", "UTF8", "--no-sync"],
            env=quiet,
            cwd=folder,
            capture_output=True,
            text=True,
            **account,
        )
        assert made.returncode == 0, made.stderr
        settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", *(f"--{k}={v}" for k, v in settings.items())],
                env=quiet,
                cwd=folder,
                stdout=log,
                stderr=log,
                **account,
            )
        try:
            _await(server, folder, user)
            yield Server(folder, user)
        finally:
            server.send_signal(signal.SIGQUIT)  # nothing in there is worth a shutdown
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(server: subprocess.Popen[bytes], folder: Path, user: str) -> None:
    import psycopg

    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, (folder / "log").read_text()
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"host={folder} user={user} dbname=postgres").close()
            return
        time.sleep(0.05)
    raise AssertionError((folder / "log").read_text())


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place on each database."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "gallery.sqlite3"), str(tmp_path / "files"))
    return Place(request.getfixturevalue("postgres").new_schema(), str(tmp_path / "files"))


@pytest.fixture
def gallery(place: Place) -> Iterator[Gallery]:
    """An empty gallery, on each database."""
    with place.open() as opened:
        yield opened
