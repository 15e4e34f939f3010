"""One browser and one stand-in a test process; for each test the site plays its defaults, with an empty ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from extractor.browser import Browser
from extractor.local.chromium import find_browser
from extractor.registry.site_map import SiteMap
from extractor.registry.visit import Pace
from extractor.standin import server
from extractor.standin.app import create_app
from extractor.standin.client import StandinClient
from extractor.standin.ledger import Entry

from .client import PACE, Client


class Rehearsal(StandinClient):
    """A stand-in that starts over for each test without ending the sessions of those who are logged in."""

    _earlier = 0

    def start_over(self) -> None:
        self.set_variants()
        self._earlier = len(super().ledger())

    def ledger(self) -> list[Entry]:
        return super().ledger()[self._earlier :]


class NewClient(Protocol):
    def __call__(self, *, site: SiteMap | None = None, pace: Pace = PACE) -> Client: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with Browser(find_browser(), headless=True, action_timeout_seconds=PACE.page_timeout) as browser:
        yield browser


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    with server.running(create_app()) as url:
        yield url


@pytest.fixture(scope="session")
def rehearsal(base_url: str) -> Iterator[Rehearsal]:
    with Rehearsal(base_url) as client:
        yield client


@pytest.fixture
def standin(rehearsal: Rehearsal) -> StandinClient:
    """The site as new, with an empty ledger."""
    rehearsal.start_over()
    return rehearsal


@pytest.fixture
def new_client(browser: Browser, base_url: str, standin: StandinClient, tmp_path: Path) -> Iterator[NewClient]:  # noqa: ARG001 - it resets the site
    """Opens clients that have not logged in yet."""
    closers: list[Callable[[], None]] = []

    def open_client(*, site: SiteMap | None = None, pace: Pace = PACE) -> Client:
        page = browser.new_page()
        closers.append(page.context.close)
        return Client(page, base_url, tmp_path, site=site, pace=pace)

    yield open_client
    for close in closers:
        close()


@pytest.fixture
def client(new_client: NewClient) -> Client:
    """A client that is logged in; variants that a test sets come after that."""
    client = new_client()
    client.log_in()
    return client


@pytest.fixture(scope="module")
def lasting_client(
    browser: Browser, base_url: str, rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A client that stays logged in from test to test, for what does not hurt its session."""
    rehearsal.start_over()
    page = browser.new_page()
    client = Client(page, base_url, tmp_path_factory.mktemp("documents"), site=None, pace=PACE)
    client.log_in()
    yield client
    page.context.close()
