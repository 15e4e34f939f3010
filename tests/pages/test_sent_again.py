"""A page that would be posted again by itself: the registry bills the form once, and nobody but a press sends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.errors import ExtractorError
from tests.support import odd_site
from tests.support.odd_site import html, script
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge, index
from .conftest import NewClient

AGAIN = "<form method=post><input name=txtNumrtLot value=2784195><input name=btnSoumt value=Soumettre></form>"
PAGES = {
    "reloads itself": script("setTimeout(function(){location.reload()},500)"),
    "goes nowhere in its history": script("history.go(0)"),
    "goes back and forth": script(
        "setTimeout(function(){history.back();setTimeout(function(){history.forward()},300)},500)"
    ),
    "submits itself": AGAIN + script("setTimeout(function(){document.forms[0].submit()},500)"),
    "submits itself into a window": AGAIN.replace("<form ", "<form target=_blank ")
    + script("setTimeout(function(){document.forms[0].submit()},500)"),
    "submits itself into a frame": AGAIN.replace("<form ", "<form target=inner ")
    + "<iframe name=inner></iframe>"
    + script("setTimeout(function(){document.forms[0].submit()},500)"),
}


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client(logged_in=True, pace=replace(PACE, document_timeout=4))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_was_posted_is_never_posted_by_the_page(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    odd_site.selling(monkeypatch, lambda *_: html("Un instant", page))

    with pytest.raises(ExtractorError):
        client.fetch(index("2784195"))

    assert len(standin.consultations()) == 1
    assert client.marks.is_set


def test_the_next_row_is_posted(client: Client, standin: StandinClient) -> None:
    assert_one_charge(client, standin)

    assert "2784196" in client.fetch(index("2784196"))

    assert len(standin.consultations()) == 2
