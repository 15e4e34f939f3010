"""The logout on the wire: one GET with the login's cookies, and an end whatever the site does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from extractor.registry import logout
from extractor.registry.logout import Logout
from tests.support.raw_server import RawServer, refusing_port


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n"]
)
def test_it_is_one_get_with_the_cookies(server: RawServer, answer: bytes) -> None:
    server.answers = [answer]

    Logout(f"{server.url}/fermer.asp?a=1", "Mozilla", "ASP=1; b=é").send()

    (request,) = server.requests
    assert request.startswith(b"GET /fermer.asp?a=1 HTTP/1.1\r\n")
    assert "Cookie: ASP=1; b=é\r\n".encode() in request


NO_ADDRESSES = ("http://127.0.0.1:99999/", "http://host.invalid/", "ftp://127.0.0.1/", "http://a b/", "http://a/\n")


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_cannot_be_asked_is_an_os_error(address: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        Logout(address, "Mozilla", "a=1").send()


def test_site_that_refuses_the_line_is_an_os_error() -> None:
    with pytest.raises(OSError, match="refused"):
        Logout(f"http://127.0.0.1:{refusing_port()}/", "Mozilla", "a=1").send()


@pytest.fixture(params=[b"", b"X-A: b\r\n"], ids=["silent", "a header now and then"])
def slow_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A site whose answer never ends. One that sends a little each time passes every bound of a single read."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                line.sendall(b"HTTP/1.1 200 OK\r\n" if request.param else b"")
                while not stop.wait(0.05):
                    line.sendall(request.param)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stop.set()
        thread.join()


def test_answer_that_never_ends_is_not_waited_for(slow_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logout, "LOGOUT_TIMEOUT", 0.3)

    with pytest.raises(OSError, match=r"no answer in 0\.3 s|timed out"):
        Logout(slow_url, "Mozilla", "a=1").send()
