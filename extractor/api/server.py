"""The server of the API: when it is asked to stop, the calls that wait answer first."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI


class Server(uvicorn.Server):
    """uvicorn tells the app of the end after every open answer, and a stream of events never ends by itself."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, after the calls that wait were woken."""
        self._app.state.bell.end()
        await super().shutdown(sockets)
