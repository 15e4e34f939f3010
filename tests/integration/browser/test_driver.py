"""What Playwright's driver and Chromium are started with."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser


def test_driver_is_small_and_keeps_what_it_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--no-warnings")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = dict(os.environ)

    with Browser(find_browser(), headless=True, action_timeout_seconds=30) as browser:
        browser.start()
        browser.start()  # it runs already

        assert dict(os.environ) == before
        (driver,) = (child for child in psutil.Process().children() if "driver" in " ".join(child.cmdline()))
        assert driver.environ()["NODE_OPTIONS"] == "--max-semi-space-size=1 --no-warnings"
        for chromium in driver.children():
            assert "NODE_OPTIONS" not in chromium.environ()

    assert any((tmp_path / "registre-extractor" / "node").iterdir())


def test_browser_that_does_not_close_is_ended_and_another_one_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_browser: object) -> None:
        raise PlaywrightError("Protocol error (Browser.close): nobody thought of this")

    with Browser(find_browser(), headless=True, action_timeout_seconds=30) as browser:
        browser.start()
        with monkeypatch.context() as patch:
            patch.setattr(Chromium, "close", fail)
            browser.close()
        assert browser.memory_mb() == 0

        assert browser.new_page().title() == ""
