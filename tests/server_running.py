"""A real server on a free port of 127.0.0.1 for tests, in a thread of this process or in one of its own.

with running(painter, tmp_path) as server:
    httpx.get(server.url + "/api/status")
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from allaprima.server.app import Configuration, create_app


@dataclass
class Server:
    """Where it is, and its app (in a thread) to look inside."""

    url: str
    app: Any


@contextlib.contextmanager
def running(painter: Any, home: Path, **changes: Any) -> Iterator[Server]:
    """The app in a thread of this process, with the tests' painter."""
    configuration = Configuration(home=home, **({"batch": 2} | changes))
    app = create_app(lambda: painter, configuration)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, ws_max_size=64 * 1024, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    until = time.monotonic() + 180
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    try:
        yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join(120)
        listener.close()


class Process:
    """`allaprima serve` as a process of its own, to be killed."""

    def __init__(self, bundle: Path, home: Path, **environment: str) -> None:
        command = [sys.executable, "-m", "allaprima.cli", "serve", "--port", "0", "--threads", "1"]
        self._process = subprocess.Popen(
            [*command, "--bundle", str(bundle), "--home", str(home)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "ALLAPRIMA_BATCH": "1", "ALLAPRIMA_BACKEND": "onnxruntime", **environment},
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"the server said {line!r} and ended with {self._process.poll()}"
        self.url = found[0]

    @property
    def id(self) -> int:
        """The process's own."""
        return self._process.pid

    def kill(self) -> None:
        """As nobody can prepare for."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(120)

    def stop(self) -> int:
        """As Ctrl+C does; the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(120)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is None:
            self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
