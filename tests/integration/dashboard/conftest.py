"""The dashboard in a real browser: one browser, one API and one database for all these tests, which each empties."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from extractor.browser.finder import find_browser
from extractor.local.postgres import EmbeddedPostgres
from tests.conftest import TEMPLATE
from tests.support.api import api_settings, calling
from tests.support.databases import fresh_database

WAIT_MS = 30_000
ENGLISH, FRENCH = "en-CA", "fr-CA"
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
TABLES = (
    "extraction_queue, extraction_attempts, extraction_clicks, worker_status, bridge_status, worker_accounts,"
    " registry_sessions"
)
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# The viewer's zone, which is neither this machine's nor the registry's.
ZONE = "Asia/Tokyo"


@pytest.fixture(scope="package")  # Playwright's loop runs in this thread until then, and no second one can start
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shared_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    yield from fresh_database(postgres, TEMPLATE)


@pytest.fixture(scope="package")
def files_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Storage of the shared API; its evidence is in `evidence`."""
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture(scope="package")
def client(shared_url: str, files_directory: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(shared_url, files_directory, evidence_dir=files_directory / "evidence")) as client:
        yield client


@pytest.fixture
def sql(shared_url: str) -> Iterator[psycopg.Connection]:
    """A user's connection to the shared database, which is as new."""
    with psycopg.connect(shared_url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
        connection.execute("UPDATE source_control SET paused = false, paused_by = NULL, reason = NULL, since = NULL")
        yield connection


@pytest.fixture
def locale() -> str:
    return ENGLISH


@pytest.fixture
def size() -> ViewportSize:
    return WIDE


@pytest.fixture
def page(chromium: Browser, locale: str, size: ViewportSize) -> Iterator[Page]:
    """A tab whose clock a test can move forward. The browser must report nothing about the page in the whole test."""
    context = chromium.new_context(locale=locale, viewport=size, timezone_id=ZONE)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.clock.install()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    expect.set_options(timeout=WAIT_MS)
    yield page
    expect.set_options(timeout=5_000)
    context.close()
    assert [text for text in complaints if not _is_of_an_answer(text)] == []


def _is_of_an_answer(text: str) -> bool:
    """Chromium itself writes a line for each answer that is no success, and for each request while it is offline."""
    return text.startswith("Failed to load resource: ")
