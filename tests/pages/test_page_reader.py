"""A page is read without Playwright's own script, whatever its frames and scripts do, and within a bound."""

from __future__ import annotations

import http.server
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser
from extractor.errors import BrowserLost
from extractor.registry import page_reader
from extractor.registry.page import PageKind
from extractor.registry.page_reader import PageReader
from extractor.registry.paid_press import press_once
from extractor.registry.single_post import SinglePost
from extractor.registry.site_map import load_site_map
from extractor.registry.visit import Visit

from .client import PACE

LINK = "<a href='/save' title='Sauvegarder'>Sauver</a>"
BUTTON = "<form method=post action=/pay><input type=submit id=pay></form>"
SPINNING = "setTimeout(() => { for (;;); }, 0)"
MOVING = "<script>setInterval(() => { pay.style.marginLeft = `${Date.now() % 97}px` }, 1)</script>"


class Pages:
    """A server whose pages a test writes; `localhost` and `127.0.0.1` are two sites to a browser."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.elsewhere = f"http://localhost:{port}"
        self.html: dict[str, str] = {}
        self.posts = 0


@pytest.fixture
def pages() -> Iterator[Pages]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            served.posts += 1
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(served.html.get(self.path, "").encode())

    server = http.server.ThreadingHTTPServer(("", 0), Handler)
    server.daemon_threads = True
    served = Pages(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.context.close()


@pytest.fixture
def isolating_page(page: Page) -> Iterator[Page]:
    """Of a browser that shows each site by a process of its own, as Chromium does with a window."""
    chromium = page.context.browser
    assert chromium is not None
    isolating = chromium.browser_type.launch(
        executable_path=find_browser(), args=["--site-per-process"], chromium_sandbox=os.geteuid() != 0
    )
    yield isolating.new_page()
    isolating.close()


def opened(page: Page, pages: Pages, html: str) -> PageReader:
    pages.html["/"] = html
    page.goto(pages.url)
    return PageReader(page)


@pytest.mark.parametrize("shown_by", ["one process", "a process per site"])
def test_every_frame_is_read_also_those_of_another_site_and_their_links(
    page: Page, pages: Pages, shown_by: str, request: pytest.FixtureRequest
) -> None:
    if shown_by == "a process per site":
        page = request.getfixturevalue("isolating_page")
    pages.html["/inner"] = f"<p>inside</p><iframe name=inmost src={pages.elsewhere}/inmost></iframe>"
    pages.html["/inmost"] = LINK
    reader = opened(
        page, pages, f"<frameset><frame name=Menu src=/inner><frame src={pages.elsewhere}/inmost></frameset>"
    )

    page.wait_for_load_state()
    frames = reader.frames(links="a[title]")

    assert [frame.url for frame in frames[:2]] == [f"{pages.url}/", f"{pages.url}/inner"]
    assert sorted((frame.name, frame.url) for frame in frames[1:]) == [
        ("", f"{pages.elsewhere}/inmost"), ("Menu", f"{pages.url}/inner"), ("inmost", f"{pages.elsewhere}/inmost")
    ]  # fmt: skip
    assert [len(list(frame.links)) for frame in frames] == [0, 0, 1, 1]
    with page.expect_response(f"{pages.elsewhere}/save"):
        next(frames[2].links).click("a[title]")


def test_a_page_cannot_change_what_is_read(page: Page, pages: Pages) -> None:
    reader = opened(
        page, pages, "<p>text</p><script>JSON.stringify = String; Array.prototype.toJSON = () => 0</script>"
    )

    content = reader.content(status=200)

    assert content is not None
    assert "<p>text</p>" in content.top.html


def test_a_page_that_is_replaced_while_it_is_read_is_no_page(
    page: Page, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.html["/frames"] = "<frameset><frame name=menu></frameset>"
    reader = opened(page, pages, "<p>before</p>")
    read_tree, trees = PageReader._tree, iter([True])

    def replaced(self: PageReader) -> list[dict[str, object]]:
        tree = read_tree(self)
        if next(trees, False):
            page.goto(f"{pages.url}/frames")
        return tree

    monkeypatch.setattr(PageReader, "_tree", replaced)

    assert reader.content(status=200) is None
    content = reader.content(status=200)
    assert content is not None
    assert [frame.name for frame in content.frames] == ["", "menu"]


def test_a_page_whose_script_never_ends_is_given_up(page: Page, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_reader, "READING_TIMEOUT", 0.2)
    reader = opened(page, pages, "<p>text</p>")
    page.evaluate(SPINNING)

    started = time.monotonic()

    assert reader.content(status=200) is None
    assert not reader.answers()
    assert time.monotonic() - started < 2


def test_a_page_that_crashed_is_a_lost_browser(page: Page, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_reader, "READING_TIMEOUT", 0.2)
    reader = opened(page, pages, "<p>text</p>")
    assert reader.answers()

    with page.expect_event("crash"), suppress(PlaywrightError):
        page.goto("chrome://crash")

    with pytest.raises(BrowserLost):
        reader.answers()


def test_what_earlier_pages_left_is_given_back(page: Page, pages: Pages) -> None:
    reader = opened(page, pages, "<p>text</p>")
    page.evaluate("window.left = new WeakRef(new Array(100))")

    reader.free_memory()

    assert page.evaluate("left.deref() === undefined")


@pytest.mark.parametrize(
    ("html", "is_sure"),
    [
        (BUTTON, True),
        ("<div style='position: fixed; inset: 0'></div>" + BUTTON, False),
        (f"<fieldset disabled>{BUTTON}</fieldset>", False),
        (f"<div style='visibility: hidden'>{BUTTON}</div>", False),
        (f"<div style='height: 9999px'></div>{BUTTON}", False),
        (f"<style>@keyframes k {{ to {{ margin: 9px }} }} form {{ animation: k 9s }}</style>{BUTTON}", False),
        ("<p>text</p>", False),
    ],
    ids=["plain", "covered", "disabled", "hidden", "out of sight", "moving", "absent"],
)
def test_what_can_surely_be_pressed(page: Page, pages: Pages, html: str, *, is_sure: bool) -> None:
    assert opened(page, pages, html).can_be_pressed("#pay") is is_sure


def test_a_button_that_never_lies_still_sends_nothing_and_is_known_to(page: Page, pages: Pages) -> None:
    opened(page, pages, BUTTON + MOVING)
    visit = Visit(page, base_url=pages.url, site=load_site_map(), pace=PACE)
    page.set_default_timeout(500)

    post = SinglePost(timeout=PACE.page_timeout)
    press_once(visit, post, "#pay", on_answer=lambda: None)

    assert post.sent_nothing
    assert visit.state().kind is PageKind.UNKNOWN
    assert pages.posts == 0
