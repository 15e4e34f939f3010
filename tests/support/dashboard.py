"""What the tests of the dashboard do with its page."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Page, expect


def show(page: Page, client: httpx.Client, address: str = "") -> None:
    """Open the page and wait until it shows facts; `address` is a query or a row."""
    page.goto(f"{client.base_url}/{address}")
    expect(page.locator("body")).to_have_attribute("data-state", "live")


def texts(page: Page, selector: str) -> list[str]:
    """Each element's text in one line."""
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def violations(page: Page, axe: str) -> list[str]:
    """What axe finds on the page as it is now: the rule, and the first element that breaks it."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(({violations}) => violations)"
    )
    return [f"{rule['id']}: {rule['nodes'][0]['html']} {rule['nodes'][0]['failureSummary']}" for rule in found]
