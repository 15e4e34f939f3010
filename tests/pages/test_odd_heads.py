"""Heads of answers to the paid POST that few clients read as a browser does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.responses import RedirectResponse

from extractor.errors import ExtractorError
from extractor.standin.purchases import Purchase
from tests.support import odd_site
from tests.support.odd_site import Raw, leading_on
from tests.support.raw_server import refusing_port
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge, index
from .conftest import NewClient


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client(logged_in=True, pace=replace(PACE, page_timeout=2, document_timeout=5))


def test_a_hop_that_leads_nowhere_leaves_the_click_recorded(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"http://127.0.0.1:{refusing_port()}/"
    odd_site.selling(monkeypatch, lambda *_: RedirectResponse(nowhere, 307))

    with pytest.raises(ExtractorError):
        client.fetch(index("2784195"))

    assert len(standin.consultations()) == 1
    assert client.marks.is_set


def _page(purchase: Purchase, *lines: str, end: str = "</body></html>") -> Raw:
    head = "\r\n".join(("HTTP/1.1 200 OK", "Content-Type: text/html", *lines, "", ""))
    return Raw(f"{head}<html><body>Demande{leading_on(purchase.address, seconds=0.3)}{end}".encode())


PAGES: dict[str, Callable[[Purchase], Raw]] = {
    "accent_in_the_name_of_a_header": lambda purchase: _page(purchase, "X-Numéro: 1"),
    "blank_in_the_name_of_a_header": lambda purchase: _page(purchase, "X Note: 1"),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_that_leads_on_is_shown_whatever_its_head_has(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, page: Callable[[Purchase], Raw]
) -> None:
    odd_site.selling(monkeypatch, lambda _, purchase: page(purchase))

    assert_one_charge(client, standin)
