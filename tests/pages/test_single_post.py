"""A click that may be charged reaches the wire once, however the line ends; a plain click does not."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from extractor.browser.chromium import Browser
from extractor.registry.paid_press import press_once
from extractor.registry.single_post import SinglePost
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Visit

from .client import PACE

FORM = b"""<html><body><img src=/1.png><img src=/2.png><img src=/3.png>
<form method=post action=/pay><input name=x value=1><input type=submit id=pay></form></body></html>"""
TWICE = b"""<html><body><form method=post action=/pay><input type=submit id=pay onclick="this.form.submit()"></form>"""


@dataclass
class Till:
    """A server that counts what it would bill, and cuts the line instead of answering."""

    url: str
    posts: list[bytes] = field(default_factory=list)
    cut_after: float | None = None
    keeps_alive: bool = True
    page: bytes = FORM


@pytest.fixture
def till() -> Iterator[Till]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self._answer(200, one.page if self.path == "/" else b"<title>there</title>")

        def do_POST(self) -> None:
            one.posts.append(self.rfile.read(int(self.headers["content-length"])))
            if one.cut_after is None:
                self._answer(302, b"", location="/document")
                return
            time.sleep(one.cut_after)
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        def _answer(self, status: int, body: bytes, location: str | None = None) -> None:
            self.send_response(status)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            if location:
                self.send_header("location", location)
            if not one.keeps_alive:
                self.send_header("connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one = Till(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield one
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(browser: Browser, till: Till) -> Iterator[Visit]:
    page = browser.new_page()
    yield Visit(page, base_url=till.url, site=load_site_map(), pace=PACE)
    page.context.close()


@pytest.mark.parametrize("keeps_alive", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("cut_after", [0, 3])
def test_a_paid_click_is_sent_once_when_the_line_is_cut(
    till: Till, visit: Visit, cut_after: float, keeps_alive: bool
) -> None:
    till.cut_after, till.keeps_alive = cut_after, keeps_alive
    visit.page.goto(till.url)

    post = SinglePost(timeout=6)
    with suppress(PlaywrightTimeout):
        press_once(visit, post, "#pay", on_answer=lambda: None)

    assert till.posts == [b"x=1"]
    assert post.failure is not None
    assert not post.was_never_sent


def test_a_plain_click_is_repeated_by_the_browser(till: Till, visit: Visit) -> None:
    till.cut_after = 0
    visit.page.goto(till.url)

    with suppress(PlaywrightTimeout):
        visit.press("#pay", timeout=6)

    assert len(till.posts) > 1  # why `press_once` is there


def test_a_paid_click_follows_where_it_is_led(till: Till, visit: Visit) -> None:
    visit.page.goto(till.url)

    post = SinglePost(timeout=6)
    led_to: list[str | None] = []
    press_once(visit, post, "#pay", on_answer=lambda: led_to.append(post.location))

    assert post.failure is None
    assert led_to == [f"{till.url}/document"]  # a crash while that page is waited for does not lose it
    assert visit.page.title() == "there"
    assert visit.navigation.paths == ("/pay", "/document")
    assert till.posts == [b"x=1"]


def test_a_paid_click_that_is_given_up_is_not_sent_again(till: Till, visit: Visit) -> None:
    till.cut_after = 3
    visit.page.goto(till.url)

    with pytest.raises(PlaywrightTimeout), SinglePost(timeout=2).of(visit.page.context):
        visit.press("#pay", timeout=1)
    visit.pause(0.5)

    assert till.posts == [b"x=1"]


def test_a_page_that_submits_twice_sends_one(till: Till, visit: Visit) -> None:
    till.page = TWICE
    visit.page.goto(till.url)

    with suppress(PlaywrightTimeout):
        press_once(visit, SinglePost(timeout=3), "#pay", on_answer=lambda: None)

    assert len(till.posts) == 1
