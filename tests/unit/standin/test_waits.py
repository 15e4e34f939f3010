"""Waiting pages of unknown shapes, seen from outside: in the end the address has the document, for one price."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from extractor.standin import addresses
from extractor.standin.pages import waits
from tests.support.standin_client import StandinClient

from .html_page import Page
from .visitor import Visitor, text_of

KNOWN_WORDS = "Veuillez patienter"
SLOW = {"every_document_waits": True, "waiting_seconds": 0.5}


def until_ready(visitor: Visitor, address: str, is_ready: Callable[[Page], object]) -> Page:
    """Load an address again until the page is another."""
    deadline = time.monotonic() + 5
    while not is_ready(page := visitor.get(address)):
        assert time.monotonic() < deadline, page.source
    return page


def has_document(page: Page) -> bool:
    return set(page.frames) == {"menu", "page"}


@pytest.mark.parametrize(
    ("waiting", "status", "mark", "is_silent"),
    [
        ("reload", 200, 'http-equiv="refresh"', False),
        ("blank_script", 200, "location.reload()", True),
        ("blank_refresh", 200, 'http-equiv="refresh"', True),
        ("foreign_frame", 200, '<frame name="attente"', True),
        ("foreign_frame_mute", 200, '<frame name="attente"', True),
        ("interstitial", 200, "location.reload()", True),
        ("script_hops", 200, "location.replace", True),
        ("error_502", 502, "502 Bad Gateway", True),
        ("error_503", 503, "503 Service Unavailable", True),
        ("empty", 200, "", True),
        ("mute", 200, "Votre demande", True),
    ],
)
def test_the_address_of_a_waiting_page_has_the_document_later(
    visitor: Visitor, standin: StandinClient, waiting: str, status: int, mark: str, is_silent: bool
) -> None:
    standin.set_variants(waiting=waiting, **SLOW)
    page = visitor.search("index", "2784195")

    assert (page.status, page.url.path) == (status, addresses.FRAMESET)
    assert mark in page.source
    assert (KNOWN_WORDS not in page.source) is is_silent
    page = until_ready(visitor, str(page.url), has_document)
    text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


def test_an_empty_answer_has_no_bytes(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="empty", **SLOW)

    assert visitor.search("index", "2784195").source == ""


@pytest.mark.parametrize(("waiting", "says_so"), [("foreign_frame", True), ("foreign_frame_mute", False)])
def test_a_foreign_frame_leads_the_window_to_the_document(
    visitor: Visitor, standin: StandinClient, waiting: str, says_so: bool
) -> None:
    standin.set_variants(waiting=waiting, every_document_waits=True, waiting_seconds=1)
    page = visitor.search("index", "2784195")
    (frame,) = page.frames.values()
    assert (KNOWN_WORDS in visitor.get(frame).source) is says_so

    inner = until_ready(visitor, frame, lambda inner: "top.location.replace" in inner.source)

    assert standin.consultations()[0].address in inner.source


def test_script_hops_go_through_several_addresses_to_the_document(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="script_hops", every_document_waits=True, waiting_seconds=1)
    page = visitor.search("index", "2784195")
    passed = []
    while not has_document(page):
        address = page.source.split("location.replace('")[1].split("'")[0]
        passed.append(address)
        page = visitor.get(address)

    assert len(set(passed)) == waits.HOPS
    assert page.url.path == addresses.FRAMESET


def test_the_link_of_the_interstitial_gives_the_paid_document_up(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="interstitial", **SLOW)
    page = visitor.search("index", "2784195")
    (link,) = page.links.values()

    visitor.get(link["href"])

    assert visitor.get(str(page.url)).message == "Aucune demande n'est en cours."
    assert [entry.kind for entry in standin.ledger()][-2:] == ["consultation", "abandoned"]
    assert {entry.reference for entry in standin.ledger()[-2:]} == {standin.consultations()[0].reference}


def test_only_slow_documents_wait(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="mute", waiting_seconds=60)

    assert has_document(visitor.search("index", "2784195"))
    assert not has_document(visitor.search("index", "2784413"))
