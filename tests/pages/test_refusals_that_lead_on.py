"""A page that says no, and shows the document a moment later: its words prove nothing, and the click stays charged."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from starlette.responses import HTMLResponse, Response

from extractor.errors import RegistryMessage, SessionExpired
from extractor.registry import proof
from extractor.standin import addresses
from extractor.standin.exchange import Exchange
from extractor.standin.handlers import forms
from extractor.standin.purchases import Purchase
from tests.support import odd_site
from tests.support.odd_site import Page, PageForAWhile, html, leading_on, message, script
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge, index
from .conftest import NewClient

ON_ITS_WAY = message("Votre demande a été reçue. Le document suit.")
EXPIRES = message("Votre demande est en traitement. Si votre session est expirée, revenez plus tard.")
MISSING = message("Copie inexistante en mémoire, récupération en cours.")
CLOSES = message("Votre demande est en traitement. Le Service fermé la nuit remet les documents à l'ouverture.")


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client(logged_in=True, pace=replace(PACE, document_timeout=15))


def _form_again(exchange: Exchange, behind: str) -> Response:
    return exchange.html(forms._page(exchange).html(below=ON_ITS_WAY + behind))


def _with_refresh(exchange: Exchange, purchase: Purchase) -> Response:
    response = _form_again(exchange, "")
    response.headers["refresh"] = f"1; url={purchase.address}"
    return response


IN_PLACE: dict[str, Page] = {
    "form and a script": lambda exchange, purchase: _form_again(exchange, leading_on(purchase.address, seconds=1)),
    "form and a window": lambda exchange, purchase: _form_again(exchange, script(f"window.open('{purchase.address}')")),
    "form and a header": _with_refresh,
    "words of a session, and an attribute": lambda _, purchase: HTMLResponse(
        f"<html><body onload=\"setTimeout(function(){{location.replace('{purchase.address}')}},1000)\">{EXPIRES}"
    ),
    "inexistante": lambda _, purchase: html(MISSING, leading_on(purchase.address, seconds=1)),
    "words of a session": lambda _, purchase: html(EXPIRES, leading_on(purchase.address, seconds=1)),
    "words of a closed site": lambda _, purchase: html(CLOSES, leading_on(purchase.address, seconds=1)),
}


@pytest.mark.parametrize("page", IN_PLACE.values(), ids=IN_PLACE)
def test_the_document_comes_and_the_click_stays_charged(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    odd_site.selling(monkeypatch, page)

    assert_one_charge(client, standin)


def _at_the_document(text: str) -> PageForAWhile:
    return odd_site.until_ready(lambda _, _purchase: html(message(text)))


@pytest.mark.parametrize("text", ["Copie inexistante en mémoire, récupération en cours.", "Inexistante"])
def test_nothing_is_proved_where_only_a_document_that_was_sold_can_be(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    standin.set_variants(every_document_waits=True, waiting_seconds=1)
    odd_site.at_document(monkeypatch, _at_the_document(text))

    assert_one_charge(client, standin)


def test_a_form_that_only_says_no_is_believed_at_once(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd_site.selling(monkeypatch, lambda exchange, _: _form_again(exchange, ""))
    begun = time.monotonic()

    with pytest.raises(RegistryMessage, match="Le document suit"):
        client.fetch(index("2784195"))

    assert time.monotonic() - begun < proof.BELIEVED_AFTER / 2
    assert len(client.marks.free) == len(standin.consultations()) == 1


def test_a_form_that_leads_nowhere_is_believed_in_the_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "BELIEVED_AFTER", 1.0)
    odd_site.selling(monkeypatch, lambda exchange, _: _form_again(exchange, script("var nothing = 1")))

    with pytest.raises(RegistryMessage, match="Le document suit"):
        client.fetch(index("2784195"))

    assert len(client.marks.free) == 1


def test_a_login_behind_the_document_is_no_proof(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd_site.selling(monkeypatch, lambda _, purchase: html(EXPIRES, leading_on(purchase.address, seconds=0.7)))
    odd_site.at_document(monkeypatch, lambda *_: html("Un instant", leading_on(addresses.LOGIN, seconds=0.7)))

    with pytest.raises(SessionExpired):
        client.fetch(index("2784195"))

    assert client.marks.is_set
    assert len(standin.consultations()) == 1


def test_an_expired_session_that_leads_to_the_login_charged_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = html(message("Votre session est expirée."), leading_on(addresses.LOGIN, seconds=0.5))
    odd_site.selling(monkeypatch, lambda *_: expired)

    with pytest.raises(SessionExpired):
        client.fetch(index("2784195"))

    assert len(client.marks.free) == 1
