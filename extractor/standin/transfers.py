"""How an answer is sent: whole and correctly described, or not.

A server corrects what it sends, so a wrong transfer is written onto the line itself, past the server (`server`).
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from extractor.standin.kinds import FileFault

LINE: Final = "standin.line"
"""Where a scope has the transport of its line."""
_TOO_SHORT: Final = 8  # bytes: `%%EOF` and its line ends
_TOO_LONG: Final = 1000  # bytes
_TRAILER: Final = 8  # bytes: how a gzip stream ends
PDF: Final = "application/pdf"


class CutLine(Response):
    """No answer: the line is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Close the line, and wait until that is done."""
        line: asyncio.Transport = scope[LINE]
        line.close()
        await _end(receive)


class OddTransfer(Response):
    """An answer whose Content-Length is not the length of its body; `is_closed` says what follows the last byte.

    `packed` is what goes onto the line where that is not the body itself.
    """

    def __init__(
        self,
        body: bytes,
        headers: Mapping[str, str],
        *,
        length: int,
        is_closed: bool = True,
        packed: bytes | None = None,
    ) -> None:
        super().__init__(body, headers=headers, media_type=PDF)
        self.headers["content-length"] = str(length)
        self._is_closed = is_closed
        self._sent = body if packed is None else packed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Write onto the line, and wait for its end: the server must send nothing more on it."""
        line: asyncio.Transport = scope[LINE]
        lines = (b"%b: %b\r\n" % header for header in self.raw_headers)
        line.write(b"HTTP/1.1 200 OK\r\n" + b"".join(lines) + b"\r\n" + self._sent)
        if self._is_closed:
            line.close()
        await _end(receive)


async def _end(receive: Receive) -> None:
    """Wait until a line is closed: before that, the server would send something on it."""
    while (await receive())["type"] != "http.disconnect":
        pass


def transfer(content: bytes, fault: FileFault | None, headers: Mapping[str, str]) -> Response:
    """Return the answer that carries a file; its `body` is what the visitor can get of it."""
    length, half = len(content), content[: len(content) // 2]
    match fault:
        case "cut":
            return OddTransfer(half, headers, length=length)
        case "stall":
            return OddTransfer(half, headers, length=length, is_closed=False)
        case "length_too_long":
            return OddTransfer(content, headers, length=length + _TOO_LONG)
        case "length_too_short":
            return OddTransfer(content, headers, length=length - _TOO_SHORT)
        case "gzip_cut":
            packed = gzip.compress(content)
            described = {**headers, "content-encoding": "gzip"}
            return OddTransfer(content, described, length=len(packed), packed=packed[:-_TRAILER])
        case "type_html" | "html":
            return Response(content, headers=headers, media_type="text/html")
        case "type_octet_stream":
            return Response(content, headers=headers, media_type="application/octet-stream")
        case "whole_206":
            ranged = {**headers, "content-range": f"bytes 0-{length - 1}/{length}"}
            return Response(content, HTTPStatus.PARTIAL_CONTENT, ranged, PDF)
        case "whole_500":
            return Response(content, HTTPStatus.INTERNAL_SERVER_ERROR, headers, PDF)
        case _:
            return Response(content, headers=headers, media_type=PDF)
