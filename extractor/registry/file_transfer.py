"""One file by its address, as much of it as comes: the document is paid, so a wrong header must not lose it.

Chromium and Playwright's client throw a body away when the line is cut or when Content-Length is wrong. This one writes
what arrives until the line ends. `extractor/documents/` judges the bytes.
"""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from extractor.browser.downloads import LATE
from extractor.registry.inflation import inflate
from extractor.registry.opener import as_header, opener

# No document was seen above 5 MB; a longer answer is something else.
MAX_BYTES = 256 * 2**20
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Visitor:
    """The headers that the browser would send."""

    user_agent: str
    referer: str
    cookies: Callable[[str], str]
    """The Cookie header for an address: after a redirect, the one of the new host."""


@dataclass(frozen=True)
class Transfer:
    """What came; the bytes are in the target."""

    address: str
    """Where it came from, after redirects."""
    status: int
    end: str
    """`end of the line`, or why the transfer was broken off."""


def transfer(address: str, target: Path, visitor: Visitor, *, stall_seconds: float, seconds: float) -> Transfer:
    """GET the file and write what comes, whatever the status and the headers are; raises OSError when no answer comes.

    So does an address that is none, here or in a redirect: the site wrote it. What is compressed is written unpacked. A
    line without a byte for `stall_seconds` is broken off, and so is a transfer that is not over after `seconds`.
    """
    headers = {"User-Agent": visitor.user_agent, "Referer": visitor.referer, "Accept-Encoding": "identity"}
    deadline = time.monotonic() + seconds
    try:
        request = _prepared(urllib.request.Request(address, headers=headers), visitor)  # noqa: S310 -- see opener.py
        answer = opener(urllib.request.HTTPDefaultErrorHandler(), _Redirects(visitor), _AnyStatus()).open(
            request, timeout=min(stall_seconds, seconds)
        )
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    if not isinstance(answer, http.client.HTTPResponse):
        raise OSError(f"{address} is not a web address.")
    with answer, target.open("wb") as file:
        end = _copy(answer, file, deadline)
    inflate(target, encoding=answer.headers.get("Content-Encoding", ""))
    return Transfer(answer.geturl(), answer.status, end)


def _copy(answer: http.client.HTTPResponse, file: IO[bytes], deadline: float) -> str:
    if not answer.chunked:
        answer.length = None  # a wrong Content-Length would end the file too early, or make its end an error
    try:
        while chunk := answer.read1(CHUNK_BYTES):
            file.write(chunk)
            if file.tell() > MAX_BYTES:
                return f"more than {MAX_BYTES} bytes came"
            if time.monotonic() > deadline:
                return LATE
    except http.client.IncompleteRead as error:
        file.write(error.partial)
        return "the line was cut"
    except TimeoutError:
        return "the transfer stalled"
    except OSError as error:
        return f"the line was cut ({error.strerror or error})"
    return "end of the line"


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        return _prepared(following, self._visitor) if following else None


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Follows redirects, and takes an error's body like any other."""

    def http_response(
        self, request: urllib.request.Request, response: http.client.HTTPResponse
    ) -> http.client.HTTPResponse:
        if response.status not in (301, 302, 303, 307, 308):
            return response
        followed: http.client.HTTPResponse = super().http_response(request, response)
        return followed

    https_response = http_response


def _prepared(request: urllib.request.Request, visitor: Visitor) -> urllib.request.Request:
    """The request with its cookies; raises ValueError for an address that is none."""
    _ = urlsplit(request.full_url).port  # one that cannot be would leave a socket open
    if cookies := visitor.cookies(request.full_url):
        request.add_unredirected_header("Cookie", as_header(cookies))
    return request
