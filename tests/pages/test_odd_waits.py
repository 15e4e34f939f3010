"""What other sites show at the document's address before, or instead of, the document: one charge, and the document."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from extractor.registry import paid_press, patience
from extractor.standin import addresses
from extractor.standin.exchange import Exchange
from extractor.standin.handlers import forms
from extractor.standin.purchases import Purchase, at
from tests.support import odd_site
from tests.support.odd_site import Page, html, leading_on, message, until_ready
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge
from .conftest import NewClient

# Broad and slow: `make odd-sites` plays them.
pytestmark = pytest.mark.broad

# Seconds. Only the last is longer than what a page that counts down needs.
RELOADS = (0.3, 0.5, 2.0)
COUNTDOWN = 1.0
LOGOUT = f"<a href='{addresses.LOGOUT}'>Fermer la session</a>"


@pytest.fixture
def client(new_client: NewClient, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(patience, "RELOADS", RELOADS)
    monkeypatch.setattr(patience, "WAITING_RELOAD", RELOADS[0])
    monkeypatch.setattr(paid_press, "FOLLOW_AFTER", RELOADS)
    return new_client(logged_in=True, pace=replace(PACE, page_timeout=4))


FOR_A_WHILE: dict[str, Page] = {
    "welcome": lambda *_: html("Votre demande est en file d'attente.", LOGOUT),
    "404_with_a_logout_link": lambda *_: html("Page introuvable", LOGOUT, status=404),
    "message": lambda *_: html(message("Votre demande est en traitement.")),
    "closed": lambda *_: html(message("Le service est actuellement fermé pour une courte maintenance.")),
    "204": lambda *_: Response(status_code=204),
    "text_file": lambda *_: PlainTextResponse("attente", headers={"content-disposition": "attachment; filename=a.txt"}),
}


@pytest.mark.parametrize("page", FOR_A_WHILE.values(), ids=FOR_A_WHILE)
def test_what_is_at_the_address_for_a_while_is_waited_out(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    standin.set_variants(every_document_waits=True, waiting_seconds=0.7)
    odd_site.at_document(monkeypatch, until_ready(page))

    assert_one_charge(client, standin)


@pytest.mark.parametrize("text", ["Prêt dans une seconde", "Veuillez patienter une seconde"], ids=["mute", "patience"])
def test_a_countdown_that_is_longer_than_a_reload_comes_to_its_end(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def count_down(exchange: Exchange, purchase: Purchase) -> Response | None:
        if "pret" in exchange.request.query_params:
            return None
        return html(text, leading_on(f"{purchase.address}&pret=1", seconds=COUNTDOWN))

    odd_site.at_document(monkeypatch, count_down)

    assert_one_charge(client, standin)


def test_the_form_again_may_lead_on_by_its_script(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def form_again(exchange: Exchange, purchase: Purchase) -> Response:
        form = forms._page(exchange)
        return exchange.html(form.html(below=leading_on(purchase.address, seconds=COUNTDOWN)))

    odd_site.selling(monkeypatch, form_again)

    assert_one_charge(client, standin)


def test_the_file_itself_may_be_at_the_address(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd_site.at_document(monkeypatch, lambda *about: odd_site.pdf(*about, disposition="attachment"))

    assert_one_charge(client, standin)
    assert standin.documents() == []  # no save link was asked for


def test_a_login_in_the_frame_of_the_document_is_no_end_of_the_session(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frameset(_: Exchange, purchase: Purchase) -> Response:
        menu = f"<frame name=menu src='{at(addresses.MENU_FRAME, purchase.reference)}'>"
        page = f"<frame name=page src='{addresses.LOGIN}'>"
        return HTMLResponse(f"<html><frameset rows='60,*'>{menu}{page}</frameset></html>")

    odd_site.at_document(monkeypatch, frameset)

    assert_one_charge(client, standin)
