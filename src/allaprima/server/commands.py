"""`allaprima serve`: what it takes, what it refuses, and the address it prints."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Annotated

import typer

from allaprima.errors import UserError


def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; default 7860, 0 takes a free one.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Another model bundle's folder.")] = None,
    backend: Annotated[str, typer.Option(help="auto, onnxruntime or openvino.")] = "",
    threads: Annotated[int, typer.Option(help="For one model call; 0 takes every core.")] = 0,
    home: Annotated[Path | None, typer.Option(help="Folder for keys, database and kept pictures.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep the pictures of jobs in the gallery.")] = True,
) -> None:
    """Serve the studio: the page, the live painter and the APIs."""
    from allaprima.server import security
    from allaprima.server.app import Configuration, create_app
    from allaprima.server.keys import Keys
    from allaprima.studio import configuration as settings
    from allaprima.studio.studio import Painter

    host = settings.text("host") if host is None else host
    port = int(settings.number("port")) if port is None else port
    folder = settings.home() if home is None else home
    needs_key = not security.is_loopback(host) or bool(settings.number("require_key"))
    if needs_key and not Keys(folder / "keys.json").all:
        raise UserError(
            f"Serving on {host} asks for API keys, and there are none in {folder}: make one with "
            "`allaprima keys add NAME`, or serve on 127.0.0.1."
        )
    queue = int(settings.number("queue"))
    configuration = Configuration(
        home=folder,
        policy=security.Policy(
            hosts=security.allowed_hosts(host, settings.listed("hosts")),
            origins=settings.listed("origins"),
            needs_key=needs_key,
            largest_body=int(settings.number("upload_mb") * 1e6),
        ),
        queue_size=queue,
        per_owner=max(queue // 2, 1),
        batch=int(settings.number("batch")),
        gallery=settings.text("gallery"),
        store=settings.text("store"),
        keep=keep,
    )
    listener = _listen(host, port)
    app = create_app(lambda: Painter(bundle, backend, threads=threads), configuration)
    from allaprima.server.running import run

    asyncio.run(run(app, listener, host))


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, before the model is opened, so that a taken port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"Cannot serve on {host}:{port}: {reason}. Is it running already? --port chooses another port."
        ) from error
    return listener
