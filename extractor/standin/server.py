"""Runs the stand-in under uvicorn, in the foreground."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from extractor.local.listening import address
from extractor.standin.transfers import LINE

_GRACE: Final = 1  # seconds; an answer that is held back must not delay the shutdown


class _OpenLine(H11Protocol):
    """Gives the application its line, which it may write to and close in ways that no server allows."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        app = self.app

        async def with_line(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, LINE: transport}, receive, send)

        self.app = with_line


class _AnnouncingServer(uvicorn.Server):
    """Prints its address when it listens."""

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
    """Uvicorn without logs, and without a wait for answers that are held back on purpose."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        http=_OpenLine,
        loop="asyncio",  # where uvloop is installed, its transports are not those that _OpenLine expects
        timeout_graceful_shutdown=_GRACE,
    )
