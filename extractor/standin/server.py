"""Runs the stand-in under uvicorn: in the foreground for the command line, in a thread for tests."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from extractor.local.listening import address, listen

_GRACE: Final = 1  # seconds; a held answer must not hold the shutdown


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        super().__init__(_config(app))
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"stand-in ready on {self._address}\n")
        sys.stdout.flush()


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then close the listener."""
    with listener:
        _AnnouncingServer(app, address(listener)).run(sockets=[listener])


@contextlib.contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve in a thread on a free port of this machine; give the base address."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(_config(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="stand-in")
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield address(listener)
        finally:
            server.should_exit = True
            thread.join()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE,
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the stand-in did not start; its log says why")
        time.sleep(0.01)
