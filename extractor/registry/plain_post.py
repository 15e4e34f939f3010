"""One POST on a line of its own, sent once, and as much of its answer as comes: it may have been charged.

Browsers take answers that are not quite right: a wrong Content-Length, a header with a stray blank, an encoding that is
said and not meant. Playwright's client refuses them and throws the answer away, with the address of a document that is
paid. `file_transfer.py` does the same for files.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import string
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin

import httpx

REDIRECTS = (301, 302, 303, 307, 308)
# A browser repeats the POST at the new address.
POST_AGAIN = (307, 308)
MAX_HOPS = 5
# No page or file was seen above 5 MB; a longer answer is something else.
MAX_BYTES = 64 * 2**20
CHUNK_BYTES = 64 * 1024
# Seconds without a byte, after which a body is taken as it is.
STALL_SECONDS = 30.0
# What the new connection is about, and what was undone here.
_OF_THE_LINE = {
    "connection", "content-encoding", "content-length", "keep-alive", "proxy-connection", "transfer-encoding"
}  # fmt: skip
_SET_COOKIE = "set-cookie"
# Nothing was sent when one of these ends the try.
_BEFORE_SENDING = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


class NeverSent(OSError):
    """The request surely did not reach the site."""


@dataclass
class PostAnswer:
    """What the site answered; only GETs follow from here."""

    status: int
    headers: dict[str, str]
    """Set-Cookie joined by line breaks, as Playwright takes it."""
    location: str | None = None
    """Where a redirect leads, as a whole address of ASCII letters."""
    body: bytes = b""
    is_whole: bool = True
    """Whether the body came to its end, as far as the line and its own marks say."""
    hops: list[str] = field(default_factory=list)
    """The addresses to which the request was sent again, as the site demanded (307, 308)."""

    @property
    def is_pdf(self) -> bool:
        """Whether the body is the document itself."""
        return b"%PDF-" in self.body[:1024]


def post(url: str, headers: Mapping[str, str], body: bytes | None, *, method: str, seconds: float) -> PostAnswer:
    """Send the request once, and again only where the site says so; raises NeverSent, or OSError for a lost answer.

    The body of a redirect is not waited for.
    """
    answer = _send(url, headers, body, method=method, seconds=seconds)
    hops: list[str] = []
    while answer.status in POST_AGAIN and answer.location is not None and len(hops) < MAX_HOPS:
        hops.append(answer.location)
        cookies = answer.headers.get(_SET_COOKIE)
        answer = _send(answer.location, headers, body, method=method, seconds=seconds)
        if cookies is not None:
            answer.headers[_SET_COOKIE] = "\n".join(filter(None, (cookies, answer.headers.get(_SET_COOKIE))))
    answer.hops = hops
    return answer


def _send(url: str, headers: Mapping[str, str], body: bytes | None, *, method: str, seconds: float) -> PostAnswer:
    asked = {name: value for name, value in headers.items() if name.lower() not in (*_OF_THE_LINE, "accept-encoding")}
    asked["Accept-Encoding"] = "identity"
    request = urllib.request.Request(url, data=body or b"", headers=asked, method=method)  # noqa: S310 -- see _opener
    try:
        response = _opener().open(request, timeout=seconds)
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, _BEFORE_SENDING):
            raise NeverSent(str(error.reason)) from error
        raise
    if not isinstance(response, http.client.HTTPResponse):
        raise NeverSent(f"{url} is no web address.")
    with response:
        return _read(url, response, seconds=seconds)


def _read(url: str, response: http.client.HTTPResponse, *, seconds: float) -> PostAnswer:
    headers = _headers_of(response)
    answer = PostAnswer(response.status, headers)
    if response.status in REDIRECTS and "location" in headers:
        answer.location = headers["location"] = urljoin(url, _in_ascii(headers["location"]))
        return answer
    _set_timeout(response, min(STALL_SECONDS, seconds))
    raw, is_whole = _body_of(response)
    answer.body, answer.is_whole = _decoded(raw, response.headers.get("content-encoding", "")), is_whole
    return answer


def _headers_of(response: http.client.HTTPResponse) -> dict[str, str]:
    """By small names; also those behind a line that Python's parser takes for the end of the headers."""
    behind = str(response.headers.get_payload() or "").splitlines()
    odd = [(name, value) for name, colon, value in (line.partition(":") for line in behind) if colon]
    headers: dict[str, str] = {}
    for name, value in (*response.headers.items(), *odd):
        key = name.strip().lower()
        if key == _SET_COOKIE and key in headers:
            headers[key] += f"\n{value.strip()}"
        elif key not in _OF_THE_LINE:
            headers[key] = "".join(letter for letter in value.strip() if letter.isprintable())
    return headers


def _in_ascii(location: str) -> str:
    """As a browser asks for it: what is no ASCII goes out byte for byte."""
    return quote(location.encode("latin-1"), safe=string.punctuation)


def _body_of(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """What came until the line ended, and whether that is all."""
    if not response.chunked:
        response.length = None  # a wrong Content-Length would end the body too early, or make its end an error
    said = response.headers.get("content-length", "")
    body, is_cut = bytearray(), False
    try:
        while len(body) < MAX_BYTES and (chunk := response.read1(CHUNK_BYTES)):
            body += chunk
            if said.isdigit() and not response.chunked and len(body) >= int(said) and _has_end(body):
                break  # the line may stay open
    except http.client.IncompleteRead as error:
        body += error.partial
        is_cut = True
    except OSError:
        is_cut = True
    is_short = said.isdigit() and not response.chunked and len(body) < int(said)
    return bytes(body), _has_end(body) or not (is_cut or is_short)


def _has_end(body: bytes | bytearray) -> bool:
    """Whether the last thing in it is the end of a page or of a PDF, whatever the headers promised."""
    end = bytes(body[-1024:]).rstrip().lower()
    return end.endswith((b"</html>", b"%%eof"))


def _decoded(body: bytes, encoding: str) -> bytes:
    """Undo an encoding that nobody asked for, where it is really there."""
    for bits in (
        (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS) if encoding.strip().lower() in ("gzip", "deflate", "x-gzip") else ()
    ):
        try:
            return zlib.decompressobj(bits).decompress(body)
        except zlib.error:
            continue
    return body


def _set_timeout(response: http.client.HTTPResponse, seconds: float) -> None:
    """From here on per read: urllib has bounded the wait for the head."""
    raw = getattr(response.fp, "raw", None)
    line = getattr(raw, "_sock", None)
    if isinstance(line, socket.socket):
        line.settimeout(seconds)


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Every status is an answer; nothing is followed."""

    def http_response(
        self,
        request: urllib.request.Request,  # noqa: ARG002 -- urllib's own signature
        response: http.client.HTTPResponse,
    ) -> http.client.HTTPResponse:
        return response

    https_response = http_response


def _opener() -> urllib.request.OpenerDirector:
    """For http and https only, with the proxies of the environment. It opens a line per request, and repeats none."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=httpx.create_ssl_context()),
        _AnyStatus(),
    ):
        opener.add_handler(handler)
    return opener
