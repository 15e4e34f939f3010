"""The stand-in in a thread of the test, on a free port."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from extractor.local.listening import address, listen
from extractor.standin.server import configuration


@contextlib.contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve in a thread on a free port of this machine; give the base address."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(configuration(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="stand-in")
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield address(listener)
        finally:
            server.should_exit = True
            thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the stand-in did not start; its log says why")
        time.sleep(0.01)
