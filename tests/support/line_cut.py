"""When a line to the site is cut: after which request, at which moment, on lines of which age."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

Moment = Literal["forwarded", "answered", "halfway"]
Lines = Literal["any", "warm", "cold"]


@dataclass
class LineCut:
    """A cut to come. The server gets the whole request and bills it; the client does not get the whole answer.

    One field per thing that a test chooses; each has a default.
    """

    beginning: bytes = b"POST "
    """How the requests begin that it strikes."""
    containing: bytes = b""
    """What stands somewhere in them, head and body."""
    moment: Moment = "forwarded"
    """Once the request has been passed on; once the answer has begun, before a byte of it is passed; in its middle."""
    after_seconds: float = 0
    """How long after that moment; the line is silent meanwhile."""
    lines: Lines = "any"
    """Only on a line that has carried an answer before (as keep-alive lines do), or only on a new one."""
    times: int | None = 1
    """How many requests it strikes; None means all."""
    struck: int = 0
    """How many it has struck."""

    def strikes(self, request: bytes, *, is_warm: bool) -> bool:
        """Tell whether this whole request is struck, and count it."""
        if self.times is not None and self.struck >= self.times:
            return False
        is_meant = request.startswith(self.beginning) and self.containing in request
        if not is_meant or self.lines == ("cold" if is_warm else "warm"):
            return False
        self.struck += 1
        return True


class Requests:
    """The requests of one line, put together from what its client sends."""

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, data: bytes) -> bytes | None:
        """Return a request once it is whole; a client sends the next one after the answer."""
        self._begun += data
        head, blank, body = self._begun.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or len(body) < int(length[1] if length else 0):
            return None
        whole, self._begun = self._begun, b""
        return whole
