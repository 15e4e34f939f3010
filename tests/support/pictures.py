"""Pages as a person sees them, in real Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import HttpCredentials, Page, ViewportSize, sync_playwright

from extractor.browser.finder import find_browser

SIZE: ViewportSize = {"width": 1280, "height": 800}


@contextmanager
def open_page(address: str, *, user: str | None = None, password: str = "") -> Iterator[Page]:
    """A window at this address; with a user it answers HTTP's request for a password."""
    credentials: HttpCredentials | None = {"username": user, "password": password} if user else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(viewport=SIZE, http_credentials=credentials)
        page.goto(address)
        yield page
        browser.close()
