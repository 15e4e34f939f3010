"""What goes wrong at the site: the right error, and a mark that stays exactly when something may have been charged."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Route

from extractor.errors import (
    DocumentTimeout,
    ExtractorError,
    InvalidRequest,
    RegistryMessage,
    SessionExpired,
    SiteChanged,
    SiteClosed,
    SiteUnavailable,
)
from extractor.matching.request import Request
from tests.support.standin_client import StandinClient
from tests.unit.registry import saved_page

from .client import PACE, Client, acte, index, plan
from .conftest import NewClient

IMPATIENT = replace(PACE, document_timeout=2)
SEVERAL_PLANS = plan("2784411")  # passes every step that there is


def broad(*case: object) -> object:
    """A case that `make odd-sites` plays: the same step, or the same page, is in another one."""
    return pytest.param(*case, marks=pytest.mark.broad)


@pytest.mark.parametrize(
    ("step", "expired", "charged"),
    [
        ("form", "redirect", False),
        ("postback", "login_page", False),
        ("postback", "message", False),
        ("submit", "redirect", False),
        broad("submit", "login_page", False),
        broad("submit", "message", False),
        ("selection", "redirect", False),
        ("confirm", "redirect", False),
        broad("confirm", "message", False),
        ("document", "redirect", True),
        broad("document", "login_page", True),
        ("document", "message", True),
        ("download", "redirect", True),
        broad("download", "login_page", True),
        broad("download", "message", True),
    ],
)
def test_a_session_that_dies_keeps_the_mark_only_of_what_was_charged(
    mortal_client: Client, standin: StandinClient, step: str, charged: bool, expired: str
) -> None:
    standin.set_variants(expire_at=step, expired=expired)

    with pytest.raises(SessionExpired):
        mortal_client.fetch(SEVERAL_PLANS)

    assert len(standin.consultations()) == int(charged)
    assert mortal_client.marks.is_set is charged


@pytest.mark.parametrize("redirects", [1, 5])
def test_a_session_that_dies_after_the_charge_differs_from_one_that_died_before(
    mortal_client: Client, standin: StandinClient, redirects: int
) -> None:
    standin.set_variants(expire_at="document", redirects=redirects)

    with pytest.raises(SessionExpired):
        mortal_client.fetch(index("2784195"))

    assert len(standin.consultations()) == 1
    assert mortal_client.marks.is_set


def test_the_next_login_gets_the_document(mortal_client: Client, standin: StandinClient) -> None:
    standin.set_variants(expire_at="confirm")
    with pytest.raises(SessionExpired):
        mortal_client.fetch(SEVERAL_PLANS)

    mortal_client.log_in()

    assert "Numéro: 2784411" in mortal_client.fetch(SEVERAL_PLANS)
    assert len(standin.consultations()) == 1


def test_a_second_login_that_throws_the_first_out_is_an_expired_session(
    mortal_client: Client, new_client: NewClient, standin: StandinClient
) -> None:
    standin.set_variants(second_login="throws_first_out")
    new_client().log_in()

    with pytest.raises(SessionExpired):
        mortal_client.fetch(acte("25616321"))


def test_a_closed_site_is_not_the_fault_of_the_row(client: Client, standin: StandinClient) -> None:
    standin.set_variants(closed=True)

    with pytest.raises(SiteClosed, match="du lundi au vendredi"):
        client.fetch(acte("25616321"))


def test_a_site_that_closes_at_the_submit_charged_nothing(client: Client, standin: StandinClient) -> None:
    standin.set_variants(rules=[{"number": "25616321", "closed": True}])

    with pytest.raises(SiteClosed):
        client.fetch(acte("25616321"))

    assert not client.marks.is_set


@pytest.mark.parametrize(
    ("step", "status", "may_be_charged"),
    [
        ("form", 503, False),
        ("postback", 500, False),
        ("submit", 503, True),
        ("selection", 500, True),
        ("confirm", 503, True),
        ("document", 500, True),
    ],
)
def test_a_server_error_is_not_the_fault_of_the_row(
    new_client: NewClient, standin: StandinClient, status: int, step: str, may_be_charged: bool
) -> None:
    pace = replace(IMPATIENT, document_timeout=3)  # the error comes after several pages, on a machine that is busy
    client = new_client(logged_in=True, pace=pace)
    standin.set_variants(error_status=status, error_at=step)

    with pytest.raises(SiteUnavailable, match=str(status)):
        client.fetch(SEVERAL_PLANS)

    assert client.marks.is_set is may_be_charged
    assert len(standin.consultations()) == int(step == "document")


@pytest.mark.parametrize(("is_heard", "may_be_charged"), [(False, False), (True, True)])
def test_a_connection_that_fails_at_the_submit_keeps_the_mark_unless_nothing_was_sent(
    new_client: NewClient, silent_port: int, is_heard: bool, may_be_charged: bool
) -> None:
    client = new_client(logged_in=True, pace=IMPATIENT)
    port = silent_port if is_heard else 1  # nothing listens on port 1

    def lead_astray(route: Route) -> None:
        is_submit = "btnSoumt=" in (route.request.post_data or "")
        route.fallback(url=f"http://127.0.0.1:{port}/" if is_submit else None)

    client.page.route("**/*", lead_astray)

    with pytest.raises((SiteUnavailable, DocumentTimeout)):
        client.fetch(SEVERAL_PLANS)

    assert client.marks.is_set is may_be_charged


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that hears a request and closes the line without a byte."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        closing = threading.Event()

        def serve() -> None:
            while not closing.is_set():
                with suppress(TimeoutError):
                    line, _ = listener.accept()
                    with line:
                        line.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        closing.set()
        thread.join()


def test_a_number_that_the_form_cuts_off_is_the_fault_of_the_row(client: Client, standin: StandinClient) -> None:
    standin.set_variants(number_length=6)

    with pytest.raises(InvalidRequest, match="takes only “278419” of “2784195”"):
        client.fetch(index("2784195"))

    assert standin.consultations() == []


def test_a_confirmation_that_comes_again_is_not_confirmed_again(client: Client) -> None:
    clicks: list[str] = []

    def ask_again(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
            return
        clicks.append(route.request.url)
        route.fulfill(body=saved_page.load("confirmation").content.top.html, content_type="text/html; charset=utf-8")

    client.page.route("**/pf_13_01_13_confr_demnd.asp", ask_again)

    with pytest.raises(SiteChanged, match="circle"):
        client.fetch(plan("2784195"))

    assert len(clicks) == 1
    assert client.marks.is_set


SILENCES: dict[str, tuple[Request, dict[str, Any], type[ExtractorError]]] = {
    "answer that hangs": (index("2784195"), {"charge_then": "hang", "hang_seconds": 30}, DocumentTimeout),
    "answer that hangs after Confirmer": (
        plan("2784195"),
        {"charge_then": "hang", "hang_seconds": 30},
        DocumentTimeout,
    ),
    "bad gateway": (index("2784195"), {"charge_then": "502"}, SiteUnavailable),
    "bad gateway after Confirmer": (plan("2784195"), {"charge_then": "502"}, SiteUnavailable),
    "waiting page for ever": (index("2784413"), {"waiting": "reload", "waiting_seconds": 60}, DocumentTimeout),
    "held answer for ever": (index("2784413"), {"waiting": "held", "waiting_seconds": 60}, DocumentTimeout),
    "menu that never comes": (index("2784413"), {"waiting": "late_menu", "waiting_seconds": 60}, DocumentTimeout),
}


@pytest.mark.parametrize(("request_", "variants", "error"), SILENCES.values(), ids=SILENCES)
def test_what_was_charged_and_never_came_keeps_its_mark_and_is_not_asked_again(
    new_client: NewClient,
    standin: StandinClient,
    request_: Request,
    variants: dict[str, Any],
    error: type[ExtractorError],
) -> None:
    client = new_client(logged_in=True, pace=IMPATIENT)
    standin.set_variants(**variants)

    with pytest.raises(error):
        client.fetch(request_)

    assert len(standin.consultations()) == len(standin.searches()) == 1
    assert client.marks.is_set


def test_where_a_click_led_is_known_while_its_page_is_held_back(new_client: NewClient, standin: StandinClient) -> None:
    client = new_client(logged_in=True, pace=IMPATIENT)
    standin.set_variants(waiting="held", waiting_seconds=3)

    with pytest.raises(DocumentTimeout):
        client.fetch(index("2784413"))

    standin.set_variants()
    assert client.find(index("2784413"))
    assert len(standin.consultations()) == 1


def test_a_reload_that_is_never_answered_does_not_pass_the_bound(new_client: NewClient, standin: StandinClient) -> None:
    client = new_client(logged_in=True, pace=replace(PACE, document_timeout=3))
    standin.set_variants(waiting="reload", waiting_seconds=60)
    seen: list[str] = []

    def answer_once(route: Route) -> None:
        seen.append(route.request.url)
        if len(seen) == 1:
            route.continue_()

    client.page.route("**/pf_13_01_13_afich.asp*", answer_once)

    with pytest.raises(DocumentTimeout):
        client.fetch(index("2784413"))

    assert len(seen) == 2
    assert client.marks.is_set


def test_a_document_frame_that_never_loads_does_not_prevent_saving(client: Client, standin: StandinClient) -> None:
    client.page.route("**/pf_13_01_13_Docmn.asp*", lambda _route: None)

    assert "Numéro: 2784195" in client.fetch(index("2784195"))
    assert len(standin.consultations()) == 1


def test_a_form_that_sends_nothing_charged_nothing(client: Client, standin: StandinClient) -> None:
    client.page.add_init_script("""addEventListener("submit", (event) => {
        if (event.submitter?.id === "btnSoumt") { event.preventDefault(); alert("Numéro de lot invalide"); }
    }, true)""")

    with pytest.raises(RegistryMessage, match="said: Numéro de lot invalide"):
        client.fetch(index("2784195"))

    assert not client.marks.is_set
    assert standin.consultations() == []
