"""A page is judged when it has come whole: half of one reads like another, and one whose line was cut never ends."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from extractor.browser.chromium import Browser
from extractor.registry.page import PageKind
from extractor.registry.paid_press import press_once
from extractor.registry.single_post import SinglePost
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Visit

from .client import PACE

FORM = b"<html><body><form method=post action=/pay><input type=submit id=pay></form></body></html>"
HALF = b"<html><body><input name=txtVaCodeUtils><input type=password name=txtMotPasse>"
REST = b"</body></html>"


@dataclass
class Server:
    """Answers a click with a login page in two halves."""

    url: str
    cuts: int = 0
    """How many times the line is cut in the middle of the page."""
    held: int = 0
    """How many times the second half waits for `released`."""
    released: threading.Event = field(default_factory=threading.Event)
    posts: int = 0


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            one.posts += 1
            self.send_response(302)
            self.send_header("location", "/page")
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            if self.path == "/page":
                self._begin(HALF, promised=len(HALF + REST))
                self._end()
            else:
                self._begin(FORM, promised=len(FORM))

        def _begin(self, body: bytes, *, promised: int) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(promised))
            self.end_headers()
            self.wfile.write(body)

        def _end(self) -> None:
            if one.cuts:
                one.cuts -= 1
                self.close_connection = True
                return
            if one.held:
                one.held -= 1
                one.released.wait()
            self.wfile.write(REST)

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.daemon_threads = True
    one = Server(f"http://127.0.0.1:{served.server_port}")
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield one
    one.released.set()
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    page = browser.new_page()
    page.goto(server.url)
    yield Visit(page, base_url=server.url, site=load_site_map(), pace=PACE)
    page.context.close()


def test_half_a_page_is_one_that_waits_until_the_rest_comes(server: Server, visit: Visit) -> None:
    server.held = 1

    visit.press("#pay", timeout=PACE.page_timeout)
    visit.page.wait_for_selector("[type=password]", state="attached")

    assert visit.state().kind is PageKind.WAITING
    server.released.set()
    assert visit.settle(timeout=PACE.page_timeout).kind is PageKind.LOGIN


def test_a_page_whose_line_is_cut_is_unavailable_until_it_is_loaded_again(server: Server, visit: Visit) -> None:
    server.cuts = 1

    press_once(visit, SinglePost(timeout=PACE.page_timeout), "#pay", on_answer=lambda: None)
    cut = visit.settle(timeout=PACE.page_timeout)
    visit.load_again(timeout=PACE.page_timeout)

    assert (cut.kind, cut.detail) == (PageKind.UNAVAILABLE, "net::ERR_CONTENT_LENGTH_MISMATCH")
    assert visit.state().kind is PageKind.LOGIN
    assert server.posts == 1
