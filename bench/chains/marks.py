"""How a worker of any chain says at which moment it had a row, and when it was done with it."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

MARKS = "BENCH_MARKS"
BEGUN, DONE = "begun", "done"


def mark(row: object, what: str) -> None:
    """In a worker: now. Datagrams on a socket of this machine, which cost microseconds and wake the other side."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(json.dumps([what, str(row), time.time()]).encode(), os.environ[MARKS])


class Marks:
    """In the measuring process: waits for them, without a look at any database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(path))
        self._seen: dict[tuple[str, str], float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()
        self._path.unlink()

    def wait_for(self, rows: list[str], what: str, *, seconds: float) -> list[float]:
        """The moments of these rows, in their order; raises TimeoutError when no mark comes in that time."""
        self._line.settimeout(seconds)
        wanted = [(what, row) for row in rows]
        missing = set(wanted) - set(self._seen)
        while missing:
            kind, row, moment = json.loads(self._line.recv(1000))
            self._seen[kind, row] = moment
            missing.discard((kind, row))
        return [self._seen[one] for one in wanted]
