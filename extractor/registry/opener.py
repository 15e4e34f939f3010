"""How this program itself, and not the browser, opens an address of the site: `plain_post.py`, `file_transfer.py`."""

from __future__ import annotations

import ssl
import urllib.request
from functools import cache

import httpx


def opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """For http and https only: the site names addresses, and must not name a file of this machine.

    With the proxies of the environment. It opens a line for each request, and repeats none.
    """
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=_tls()),
        *handlers,
    ):
        director.add_handler(handler)
    return director


@cache
def _tls() -> ssl.SSLContext:
    """Once per process: to read the certificates takes 20 ms, and a paid click would wait for it."""
    return httpx.create_ssl_context()


def as_header(text: str) -> str:
    """A header's value whose bytes are those that a browser sends: urllib writes letters as ISO-8859-1."""
    return text.encode().decode("latin-1")
