"""Runs the stand-in under uvicorn, in the foreground."""

from __future__ import annotations

import socket
import sys
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from extractor.local.listening import address

_GRACE: Final = 1  # seconds; a held answer must not hold the shutdown


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens, once it does."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        super().__init__(configuration(app))
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"stand-in ready on {self._address}\n")
        sys.stdout.flush()


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then close the listener."""
    with listener:
        _AnnouncingServer(app, address(listener)).run(sockets=[listener])


def configuration(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves it: quiet, and without a wait for answers that are held back on purpose."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE,
    )
