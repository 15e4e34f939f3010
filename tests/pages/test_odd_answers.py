"""Answers to the paid POST that other sites give: each leads to the document, and costs one charge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from extractor.errors import ExtractorError
from extractor.registry import patience
from extractor.standin.exchange import Exchange
from extractor.standin.purchases import Purchase
from extractor.standin.transfers import CutLine
from tests.support import odd_site
from tests.support.odd_site import Page, Raw, beside_address, html, leading_on, message, purchase_of, script
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge, index
from .conftest import NewClient

# Broad and slow: `make odd-sites` plays them.
pytestmark = pytest.mark.broad

SHORT = replace(PACE, page_timeout=4)
# Seconds. The pages of this file lead on after the first reload would be due.
RELOADS = (0.3, 0.5, 1.0)
LATER = 0.7


@pytest.fixture
def client(new_client: NewClient, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(patience, "RELOADS", RELOADS)
    return new_client(logged_in=True, pace=SHORT)


def _polling(_: Exchange, purchase: Purchase) -> Response:
    ask = f"r.open('GET','{beside_address('status', purchase)}&t='+Date.now())"
    come = f"r.onload=function(){{if(r.responseText=='pret')location.replace('{purchase.address}')}}"
    poll = f"setInterval(function(){{var r=new XMLHttpRequest();{ask};{come};r.send()}},200)"
    return html("Votre demande est reçue", script(poll))


def _in_a_frame(_: Exchange, purchase: Purchase) -> Response:
    return html(f"<iframe src='{beside_address('frame', purchase)}'></iframe>")


def _status(exchange: Exchange) -> Response:
    return PlainTextResponse("pret" if purchase_of(exchange).is_ready else "non")


def _frame(exchange: Exchange) -> Response:
    purchase = purchase_of(exchange)
    if purchase.is_ready:
        return html(script(f"top.location.replace('{purchase.address}')"))
    return html("...", leading_on(beside_address("frame", purchase), seconds=0.2))


def _refreshing(_: Exchange, purchase: Purchase) -> Response:
    return PlainTextResponse("Votre demande est reçue", headers={"Refresh": f"1; url={purchase.address}"})


def _saying(text: str) -> Page:
    return lambda _, purchase: html(text, leading_on(purchase.address, seconds=LATER))


IN_PLACE: dict[str, Page] = {
    "timer": _saying("<h1>Votre demande</h1>"),
    "patience": _saying("Veuillez patienter"),
    "message": _saying(message("Votre demande est en cours de traitement.")),
    "refresh_header": _refreshing,
    "xhr_poll": _polling,
    "iframe_poll": _in_a_frame,
    "window": lambda _, purchase: html(script(f"window.open('{purchase.address}')")),
}


@pytest.mark.parametrize("page", IN_PLACE.values(), ids=IN_PLACE)
def test_a_page_in_the_place_of_the_form_leads_on_by_itself(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    standin.set_variants(every_document_waits=page in (_polling, _in_a_frame), waiting_seconds=LATER)
    odd_site.beside(monkeypatch, "status", _status)
    odd_site.beside(monkeypatch, "frame", _frame)
    odd_site.selling(monkeypatch, page)

    assert_one_charge(client, standin)


def test_a_redirect_by_303_is_followed(client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch) -> None:
    odd_site.selling(monkeypatch, lambda _, purchase: RedirectResponse(purchase.address, 303))

    assert_one_charge(client, standin)


def test_a_redirect_that_demands_the_post_again_gets_it_once(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[tuple[str, str]] = []

    def again(exchange: Exchange) -> Response:
        came.append((exchange.request.method, exchange.fields["txtNumrtLot"].replace(" ", "")))
        return RedirectResponse(purchase_of(exchange).address, 302)

    odd_site.beside(monkeypatch, "again", again)
    odd_site.selling(monkeypatch, lambda _, purchase: RedirectResponse(beside_address("again", purchase), 307))

    assert_one_charge(client, standin)
    assert came == [("POST", "2784195")]


def test_a_post_that_is_demanded_again_is_sent_once_when_its_line_is_cut(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client(logged_in=True, pace=replace(SHORT, document_timeout=1.5))
    came: list[str] = []

    def again(exchange: Exchange) -> Response:
        came.append(exchange.request.method)
        return CutLine() if exchange.request.method == "POST" else html("Rien")

    odd_site.beside(monkeypatch, "again", again)
    odd_site.selling(monkeypatch, lambda _, purchase: RedirectResponse(beside_address("again", purchase), 307))

    with pytest.raises(ExtractorError):
        client.fetch(index("2784195"))

    assert came.count("POST") == len(standin.consultations()) == 1
    assert client.marks.is_set


@pytest.mark.parametrize("disposition", ["attachment", "inline"])
def test_the_file_itself_may_be_the_answer(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, disposition: str
) -> None:
    odd_site.selling(monkeypatch, lambda *about: odd_site.pdf(*about, disposition=disposition))

    assert_one_charge(client, standin)
    assert standin.documents() == []  # no save link was asked for


def _moved(*lines: str, body: bytes = b"", stays_open: bool = False, end: str = "\r\n") -> Callable[[str], Raw]:
    """A redirect with these header lines, to an address of ASCII letters."""

    def answer(address: str) -> Raw:
        head = end.join(("HTTP/1.1 302 Found", *lines, f"Location: {address}", "", ""))
        return Raw(head.encode() + body, stays_open=stays_open)

    return answer


def _located(address: str, codec: str) -> Raw:
    return Raw(f"HTTP/1.1 302 Found\r\nLocation: {address}&nom=Montréal\r\nContent-Length: 0\r\n\r\n".encode(codec))


PAGE = b"<h1>Object moved</h1>"
# tests/integration/registry/test_plain_post.py has more of them.
MOVED: dict[str, Callable[[str], Raw]] = {
    "length_too_long": _moved("Content-Length: 500", body=PAGE),
    "stalled_body": _moved("Content-Length: 500", body=PAGE, stays_open=True),
    "chunked_cut": _moved("Transfer-Encoding: chunked", body=b"5\r\n<h1>m\r\n"),
    "false_gzip": _moved("Content-Encoding: gzip", f"Content-Length: {len(PAGE)}", body=PAGE),
    "line_feeds": _moved("Content-Length: 0", end="\n"),
    "control_character": _moved("X-Note: a\x01b", "Content-Length: 0"),
    "blank_before_colon": _moved("X-Note : a", "Content-Length: 0"),
    "length_and_chunked": _moved("Content-Length: 10", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "header_of_20_kb": _moved(f"X-Big: {'a' * 20_000}", "Content-Length: 0"),
    "accent_in_utf_8": lambda address: _located(address, "utf-8"),
    "accent_in_latin_1": lambda address: _located(address, "latin-1"),
}


@pytest.mark.parametrize("moved", MOVED.values(), ids=MOVED)
def test_a_redirect_is_followed_however_it_is_written(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, moved: Callable[[str], Raw]
) -> None:
    odd_site.selling(monkeypatch, lambda _, purchase: moved(purchase.address))

    assert_one_charge(client, standin)
