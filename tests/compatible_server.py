"""A real server on uvicorn in a thread, with the tiny bundle, for tests that speak other people's APIs.

with running(painter, tmp_path) as url:
    ...
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from allaprima.server.app import Configuration, create_app
from allaprima.server.keys import Keys
from allaprima.server.security import Policy


@contextlib.contextmanager
def running(painter: Any, home: Path, *, key: str | None = None, **options: Any) -> Iterator[str]:
    """Serve until the block ends; the base URL. With `key` (a name) keys are asked for, see `key_for`."""
    policy = Policy(needs_key=key is not None)
    app = create_app(lambda: painter, Configuration(home=home, policy=policy, batch=1, keep=False, **options))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    assert server.started, "the server did not start"
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(120.0)
        listener.close()


def key_for(home: Path, name: str = "tester") -> str:
    """A key of that name for the server of `home`."""
    return Keys(home / "keys.json").add(name)
