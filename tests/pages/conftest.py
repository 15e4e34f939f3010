"""One browser and one stand-in per test process; for each test the site plays its defaults, with an empty ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Page

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser
from extractor.registry.site_map import SiteMap
from extractor.registry.visit import Pace
from extractor.standin.ledger import Entry
from extractor.standin.sessions import COOKIE
from tests.support.odd_site import create_odd_app
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running
from tests.unit.standin.visitor import Visitor

from .client import PACE, Client


class Rehearsal(StandinClient):
    """A stand-in that starts over for each test without ending any session."""

    _earlier = 0

    def start_over(self) -> None:
        self.set_variants()
        self._earlier = len(super().ledger())

    def ledger(self) -> list[Entry]:
        return super().ledger()[self._earlier :]


class NewClient(Protocol):
    def __call__(self, *, logged_in: bool = False, site: SiteMap | None = None, pace: Pace = PACE) -> Client: ...


@pytest.fixture(scope="package")  # Playwright's loop runs in this thread until then, and no second one can start
def browser() -> Iterator[Browser]:
    with Browser(find_browser(), headless=True, action_timeout_seconds=PACE.page_timeout) as browser:
        yield browser


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    with running(create_odd_app()) as url:
        yield url


@pytest.fixture(scope="session")
def rehearsal(base_url: str) -> Iterator[Rehearsal]:
    with Rehearsal(base_url) as client:
        yield client


@pytest.fixture
def standin(rehearsal: Rehearsal) -> StandinClient:
    """The site after a reset, with an empty ledger."""
    rehearsal.start_over()
    return rehearsal


@pytest.fixture(scope="session")
def login(base_url: str) -> str:
    """The cookie of a login that all tests of the process share; nothing they do may end it."""
    with Visitor(base_url) as visitor:
        assert visitor.log_in("99X1111").is_logged_in
        return visitor.http.cookies[COOKIE]


@pytest.fixture
def new_client(
    browser: Browser,
    base_url: str,
    standin: StandinClient,  # noqa: ARG001 - the site starts over first
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[NewClient]:
    """Opens clients, strangers to the site unless they share the login."""
    pages: list[Page] = []

    def open_client(*, logged_in: bool = False, site: SiteMap | None = None, pace: Pace = PACE) -> Client:
        page = browser.new_page()
        pages.append(page)
        if logged_in:
            page.context.add_cookies([{"name": COOKIE, "value": request.getfixturevalue("login"), "url": base_url}])
        return Client(page, base_url, tmp_path, site=site, pace=pace)

    yield open_client
    for page in pages:
        if not page.is_closed():
            page.unroute_all(behavior="ignoreErrors")
        page.context.close()


@pytest.fixture
def client(new_client: NewClient) -> Client:
    """A client that shares the login."""
    return new_client(logged_in=True)


@pytest.fixture
def mortal_client(new_client: NewClient) -> Client:
    """A client with a login of its own, for what ends its session."""
    client = new_client()
    client.log_in()
    return client
