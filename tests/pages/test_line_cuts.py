"""What Chromium does when the line to the site is cut after a click: why Chromium must not send a paid request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Error as PlaywrightError

from extractor.browser.chromium import Browser
from extractor.standin import addresses
from extractor.standin.sessions import COOKIE
from tests.chaos.proxy import Proxies, Proxy
from tests.support.line_cut import LineCut, Lines
from tests.support.standin_client import StandinClient


@pytest.fixture
def proxy(base_url: str) -> Iterator[Proxy]:
    with Proxies() as proxies:
        yield proxies.add(int(base_url.rpartition(":")[2]))


@pytest.mark.parametrize(("lines", "charges"), [("warm", 2), ("cold", 1)])
def test_chromium_repeats_a_post_when_a_warm_line_ends_without_an_answer(
    browser: Browser, login: str, proxy: Proxy, standin: StandinClient, lines: Lines, charges: int
) -> None:
    standin.set_variants(cadastre_select="filled_after")
    if lines == "cold":
        proxy.cool(0.1)
    cut = proxy.cut_line(LineCut(containing=b"btnSoumt=Soumettre", moment="answered", lines=lines))
    site = f"http://127.0.0.1:{proxy.port}"
    page = browser.new_page()
    page.context.add_cookies([{"name": COOKIE, "value": login, "url": site}])
    page.goto(site + addresses.INDEX_FORM)
    with page.expect_navigation():
        page.locator("#selCadst").select_option("000001")
    page.locator("#txtNumrtLot").fill("2784195")
    if lines == "cold":
        while proxy.connections:
            page.wait_for_timeout(20)
    with suppress(PlaywrightError), page.expect_navigation():
        page.locator("#btnSoumt").click()

    page.context.close()
    assert cut.struck == 1
    assert len(standin.consultations()) == charges
