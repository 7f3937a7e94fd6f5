"""Running the app on uvicorn, from a bound socket to the last request, with one line that says where it is."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from allaprima.errors import AllaPrimaError
from allaprima.server import log
from allaprima.server.live import LONGEST_MESSAGE


class Server(uvicorn.Server):
    """Uvicorn's server, which leaves the signals to us: it would raise them anew when it is done, in the middle of
    our own tidying up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = []
        for each in (signal.SIGINT, signal.SIGTERM):
            # Not everywhere can a loop do that; there Ctrl+C ends the process without our tidying up.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(each, self._stop)
                caught.append(each)
        try:
            yield
        finally:
            for each in caught:
                loop.remove_signal_handler(each)

    def _stop(self) -> None:
        """Once: stop when all is answered. Twice: stop now."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def run(app: FastAPI, listener: socket.socket, host: str) -> None:
    """Serve until told to stop (Ctrl+C or SIGTERM). Raises AllaPrimaError when the app cannot start."""
    log.set_up()
    server = Server(uvicorn.Config(
        app, log_config=None, access_log=False, ws_max_size=LONGEST_MESSAGE, ws_max_queue=32,
        ws_per_message_deflate=False, timeout_graceful_shutdown=3, server_header=False, lifespan="off",
    ))  # fmt: skip
    # The lifespan is entered here and not by uvicorn, which would tell a missing model as a traceback.
    async with app.router.lifespan_context(app):
        # What is there now stays until the end. The garbage collector would look through all of it now and then, with
        # every thread standing still: 12 ms alone on the machine, ten times that when others want to run.
        gc.collect()
        gc.freeze()
        port = listener.getsockname()[1]
        shown = "127.0.0.1" if host in ("0.0.0.0", "") else "[::1]" if host == "::" else host
        shown = f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        if not task.done():
            print(f"Alla Prima paints at http://{shown}:{port}  (Ctrl+C stops it)", flush=True)
        await task
    if not server.started:
        raise AllaPrimaError("The server could not start; its log says why.")
