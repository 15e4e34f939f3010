"""A worker behind a proxy: every request of the browser takes it, also a click that may be charged."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser
from extractor.registry.paid_press import press_once
from extractor.registry.single_post import SinglePost
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Pace, Visit

FORM = b"<title>form</title><form method=post action=/pay><input type=submit id=pay></form>"
SITE = "http://registry.invalid"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a proxy was asked for that is named in the environment; it answers itself."""
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_CONNECT(self) -> None:
            """A tunnel, whose other end this proxy plays itself."""
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            self._answer(FORM)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer(b"<title>paid</title>")

        def _answer(self, body: bytes) -> None:
            asked.append(f"{self.command} {urlsplit(self.path).path}")
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    for name in ("https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_request_takes_the_proxy_of_the_environment(asked: list[str]) -> None:
    pace = Pace(between_actions=0, page_timeout=10, document_timeout=10)
    with Browser(find_browser(), headless=True, action_timeout_seconds=10) as browser:
        visit = Visit(browser.new_page(), base_url=SITE, site=load_site_map(), pace=pace)
        visit.page.goto(SITE)

        post = SinglePost(timeout=10)
        press_once(visit, post, "#pay", on_answer=lambda: None)

        assert post.failure is None
        assert visit.page.title() == "paid"
    assert [line for line in asked if "favicon" not in line] == ["GET /", "POST /pay"]
