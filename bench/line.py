"""A process that does one measured thing per line of its input, and answers with one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Line:
    """The measuring side of such a process."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log
        self.first = self._read()

    def ask(self, **what: object) -> dict[str, Any]:
        """Send one request, wait for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._read()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        if not text:
            raise RuntimeError(f"{self._process.args!r} ended without an answer:\n{self._log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(text)
        return answer


@contextmanager
def talking_to(module: str, environment: Mapping[str, str], log: Path) -> Iterator[Line]:
    """Start `python -m module`, and give the line to it once its first answer came; the end of its input ends it."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=dict(environment),
        ) as process,
    ):
        try:
            yield Line(process, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)


def answer(**what: object) -> None:
    """The other side: one answer."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def requests() -> Iterator[dict[str, Any]]:
    """What is asked for, until the end of the input."""
    for text in sys.stdin:
        request: dict[str, Any] = json.loads(text)
        yield request
