"""A web server that answers byte for byte what a test says, however wrong, and keeps what it was asked."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.support.line_cut import Requests

_POLL: Final = 0.02  # seconds


@dataclass
class RawServer:
    """Give the n-th request the n-th answer, and close its line. It closes a line without an answer for the others."""

    url: str
    answers: list[bytes] = field(default_factory=list)
    keeps_lines: bool = False
    """Whether it leaves each line open behind the answer."""
    requests: list[bytes] = field(default_factory=list)
    """Each whole request, head and body."""

    @property
    def first_lines(self) -> list[str]:
        return [request.partition(b"\r\n")[0].decode("latin-1") for request in self.requests]

    def serve(self, line: socket.socket) -> None:
        """Take one request and answer it."""
        begun = Requests()
        while data := line.recv(65536):
            if (request := begun.feed(data)) is not None:
                self.requests.append(request)
                line.sendall(self.answers.pop(0) if self.answers else b"")
                return


@contextlib.contextmanager
def running() -> Iterator[RawServer]:
    """Serve in a thread on a free port of this machine; one line after the other."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as kept:
        listener.settimeout(_POLL)
        server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def accept() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    line, _ = listener.accept()
                    kept.callback(line.close)
                    server.serve(line)
                    if not server.keeps_lines:
                        line.close()

        thread = threading.Thread(target=accept, name="raw-server")
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            thread.join()


def refusing_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
