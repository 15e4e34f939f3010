"""Sends a form to a raw server, and writes that server's answers."""

from __future__ import annotations

from typing import Final

from extractor.registry import plain_post
from extractor.registry.plain_post import PostAnswer
from tests.support.raw_server import RawServer

FORM: Final = {"content-type": "application/x-www-form-urlencoded", "cookie": "SESSION=1", "content-length": "3"}
PAGE = b"<html><body>Montr\xe9al</body></html>"
HALF = PAGE[:20]
TO = "Location: /document"


def send(url: str, *, seconds: float = 5) -> PostAnswer:
    return plain_post.post(url, FORM, b"a=1", method="POST", seconds=seconds)


def answered(server: RawServer, *answers: bytes) -> PostAnswer:
    """Post to an address inside the site, and prove that each answer was asked for once."""
    server.answers = [*answers]
    answer = send(f"{server.url}/Sirf/form.asp")
    assert server.answers == []
    assert len(server.requests) == len(answers)
    return answer


def moved(*lines: str, body: bytes = b"", end: str = "\r\n") -> bytes:
    return end.join(("HTTP/1.1 302 Found", *lines, "", "")).encode() + body


def page(*lines: str, body: bytes = PAGE) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", "Content-Type: text/html", *lines, "", "")).encode() + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
