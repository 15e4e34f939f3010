"""One POST on a line of its own, sent once, and as much of its answer as comes: it may have been charged.

Browsers take answers that are not quite right: a wrong Content-Length, a header with a stray blank, an encoding that is
said and not meant. Playwright's client refuses them and throws the answer away, with the address of a document that is
paid. `file_transfer.py` does the same for files.
"""

from __future__ import annotations

import http
import http.client
import re
import socket
import ssl
import string
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from extractor.registry.inflation import inflated
from extractor.registry.opener import as_header, opener

REDIRECTS = (301, 302, 303, 307, 308)
# A browser repeats the POST at the new address.
POST_AGAIN = (307, 308)
MAX_HOPS = 5
# No page or file was seen above 5 MB; a longer answer is something else.
MAX_BYTES = 64 * 2**20
CHUNK_BYTES = 64 * 1024
# Seconds without a byte, after which a body is taken as it is.
STALL_SECONDS = 30.0
# The same once as much came as Content-Length says.
EXTRA_SECONDS = 0.5
WITHOUT_BODY = (204, 205, 304)
# What a header's name is made of; and what no value of one may hold.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What the new connection is about, and what was undone here.
_OF_THE_LINE = {
    "accept-encoding", "connection", "content-encoding", "content-length", "keep-alive", "proxy-connection",
    "transfer-encoding",
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
        if urlsplit(answer.location).netloc != urlsplit(url).netloc:
            headers = {name: value for name, value in headers.items() if name.lower() != "cookie"}
        try:
            answer = _send(answer.location, headers, body, method=method, seconds=seconds)
        except NeverSent as error:  # this hop was not, and the first request was
            raise OSError(f"The site led to {hops[-1]}: {error}") from error
        if cookies is not None:
            answer.headers[_SET_COOKIE] = "\n".join(filter(None, (cookies, answer.headers.get(_SET_COOKIE))))
    if answer.status in POST_AGAIN and answer.location is not None:
        raise OSError(f"The site led on more than {MAX_HOPS} times.")
    answer.hops = hops
    return answer


def _send(url: str, headers: Mapping[str, str], body: bytes | None, *, method: str, seconds: float) -> PostAnswer:
    asked = {name: as_header(value) for name, value in headers.items() if name.lower() not in _OF_THE_LINE}
    asked["accept-encoding"] = "identity"
    request = urllib.request.Request(url, data=body or b"", headers=asked, method=method)  # noqa: S310 -- see opener.py
    try:
        response = opener(_AnyStatus()).open(request, timeout=seconds)
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, _BEFORE_SENDING):
            raise NeverSent(str(error.reason)) from error
        raise
    if not isinstance(response, http.client.HTTPResponse):
        raise NeverSent(f"{url} is no web address.")
    with response:
        try:
            return _read(url, response, seconds=seconds)
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from error


def _read(url: str, response: http.client.HTTPResponse, *, seconds: float) -> PostAnswer:
    _skip_hints(response)
    headers = _headers_of(response)
    answer = PostAnswer(response.status, headers)
    if response.status in REDIRECTS and "location" in headers:
        answer.location = headers["location"] = _whole_address(url, headers["location"])
        return answer
    if response.status in WITHOUT_BODY:
        return answer
    _set_timeout(response, min(STALL_SECONDS, seconds))
    raw, came_to_its_end = _body_of(response)
    answer.body = inflated(raw, encoding=response.headers.get("content-encoding", ""))
    answer.is_whole = came_to_its_end or _has_end(answer.body)
    return answer


def _skip_hints(response: http.client.HTTPResponse) -> None:
    """An answer may be announced by others (103 Early Hints); Python's client skips only 100."""
    while 100 < response.status < 200 and response.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
        vars(response)["headers"] = None
        response.begin()


def _headers_of(response: http.client.HTTPResponse) -> dict[str, str]:
    """By small names; also those behind a line that Python's parser takes for the end of the headers."""
    behind = str(response.headers.get_payload() or "").splitlines()
    odd = [(name, value) for name, colon, value in (line.partition(":") for line in behind) if colon]
    headers: dict[str, str] = {}
    for name, value in (*response.headers.items(), *odd):
        key = name.strip().lower()
        if key == _SET_COOKIE and key in headers:
            headers[key] += f"\n{value.strip()}"
        elif key not in _OF_THE_LINE and _NAME.fullmatch(key):
            headers[key] = _CONTROLS.sub("", value.strip())
    return headers


def _whole_address(url: str, location: str) -> str:
    """As a browser asks for it: what is no ASCII goes out byte for byte."""
    in_ascii = quote(location.encode("latin-1"), safe=string.punctuation)
    try:
        return urljoin(url, in_ascii)
    except ValueError:  # no address: the browser says so
        return in_ascii


def _body_of(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """What came, and whether it came to its end as far as the line says."""
    said = response.headers.get("content-length", "")
    length = int(said) if said.isdigit() and not response.chunked else None
    if not response.chunked:
        response.length = None  # a wrong Content-Length would end the body too early, or make its end an error
    body = bytearray()
    try:
        while len(body) < MAX_BYTES:
            if length is not None and len(body) >= length:
                _set_timeout(response, EXTRA_SECONDS)  # the line may stay open, or more may come
            if not (chunk := response.read1(CHUNK_BYTES)):
                return bytes(body), length is None or len(body) >= length
            body += chunk
    except http.client.IncompleteRead as error:
        body += error.partial
    except (http.client.HTTPException, OSError):
        return bytes(body), length is not None and len(body) >= length
    return bytes(body), False


def _has_end(body: bytes | bytearray) -> bool:
    """Whether the last thing in it is the end of a page or of a PDF, whatever the headers promised."""
    end = bytes(body[-1024:]).rstrip().lower()
    return end.endswith((b"</html>", b"%%eof"))


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
