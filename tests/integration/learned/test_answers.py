"""What a learned request is answered with, and what becomes of the row, of its money, and of learned requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from starlette.responses import RedirectResponse, Response

from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.registry import answers
from extractor.registry.paid_press import press_once
from extractor.standin import addresses
from extractor.standin.exchange import Exchange
from extractor.standin.handlers import forms
from tests.integration.conftest import LIMITS
from tests.support import odd_site, pdfs
from tests.support.scripted_worker import Killed
from tests.support.standin_client import StandinClient

from .conftest import LEARNED, PACE, Start, Wire, Worker

BACK = "back to the form"
ROWS = ("2784190", "2784191", "2784192")
OTHER_DOCUMENT = "2784417"


@pytest.fixture
def taught(worker: Worker, wire: Wire) -> Worker:
    """A worker whose next request is a learned one."""
    return teach(worker, wire)


def teach(worker: Worker, wire: Wire) -> Worker:
    for number in ("2784195", "2784196"):
        worker.do(document_number=number)
    wire.take()
    return worker


def answering(monkeypatch: pytest.MonkeyPatch, wire: Wire, page: Callable[[Exchange], Response]) -> None:
    """Answer a submit with this page when no page came before it; a form's submit is answered as ever."""
    plain = forms._submit

    async def submit(exchange: Exchange) -> Response:
        return page(exchange) if len(wire.requests) == 1 else await plain(exchange)

    monkeypatch.setattr(forms, "_submit", submit)


STRANGE: dict[str, Callable[[Exchange], Response]] = {
    "message": lambda exchange: exchange.html(forms._page(exchange).html(text="Erreur de séquence.")),
    "not_found": lambda exchange: exchange.html(forms._page(exchange).html(text="La fiche demandée est inexistante")),
    "login": lambda _: RedirectResponse(addresses.LOGIN, 302),
}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name, marks=() if name == "message" else pytest.mark.broad)
        for name, page in STRANGE.items()
    ],
)
def test_two_answers_that_the_form_does_not_get_close_learned_requests_for_a_day(
    taught: Worker,
    standin: StandinClient,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    page: Callable[[Exchange], Response],
) -> None:
    answering(monkeypatch, wire, page)

    rows = []
    for number in ROWS:
        rows.append(taught.do(document_number=number))
        wire.take()

    assert [taught.row(row) for row in rows] == [("Complété", None)] * 3
    assert [LEARNED in taught.steps(row) for row in rows] == [True, True, False]
    assert [BACK in taught.steps(row) for row in rows] == [True, True, False]
    assert [entry.number for entry in standin.consultations()][2:] == list(ROWS)
    assert taught.control("closed_until > now() + interval '23 hours', verified") == (True, 0)


def test_the_registrys_own_refusal_is_confirmed_by_the_form_and_closes_nothing(
    taught: Worker, standin: StandinClient
) -> None:
    missing = [taught.do(document_number=number) for number in ("2784404", "2785404")]

    assert [taught.row(row) for row in missing] == [("Erreur", "document_not_found")] * 2
    assert [LEARNED in taught.steps(row) and BACK in taught.steps(row) for row in missing] == [True, True]
    assert len(standin.consultations()) == 2
    assert taught.control("closed_until, unexpected, trial_until") == (None, 0, None)


def test_another_document_closes_learned_requests_at_once(taught: Worker, standin: StandinClient) -> None:
    row = taught.do(document_number=OTHER_DOCUMENT)

    assert taught.row(row) == ("Erreur", "wrong_document")
    assert len(standin.consultations()) == 3
    assert taught.control("closed_until > now(), closed_why LIKE '%%another document%%'") == (True, True)


@pytest.mark.broad
def test_a_first_document_that_says_nothing_of_itself_closes_them_and_is_stored(
    taught: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd_site.selling(monkeypatch, lambda *_: Response(pdfs.pdf_bytes(""), media_type="application/pdf"))

    row = taught.do(document_number=ROWS[0])

    assert taught.row(row, "status, identity") == ("Complété", "unchecked")
    assert taught.control("closed_until > now()") == (True,)


def test_no_answer_that_may_have_been_charged_is_asked_for_again(taught: Worker, standin: StandinClient) -> None:
    worker = taught
    worker.parts.session.site._visit.pace = replace(PACE, document_timeout=3)
    standin.set_variants(charge_then="cut", down_seconds=60)

    row = worker.do(document_number=ROWS[0])

    assert worker.row(row)[0] == "En attente"
    assert LEARNED in worker.steps(row)
    assert BACK not in worker.steps(row)
    assert len(standin.consultations()) == 3
    assert worker.control("unexpected") == (1,)


def test_the_form_again_is_no_proof_that_nothing_was_charged(
    taught: Worker, standin: StandinClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught.parts.session.site._visit.pace = replace(PACE, document_timeout=3)
    answering(monkeypatch, wire, lambda exchange: exchange.html(forms._page(exchange).html()))

    row = taught.do(document_number=ROWS[0])

    assert taught.row(row) == ("En attente", "document_timeout")  # no breaker opens for it
    assert BACK not in taught.steps(row)
    assert taught.control("unexpected") == (1,)

    wire.take()
    monkeypatch.undo()
    taught.sql.execute("UPDATE extraction_queue SET available_at = now() WHERE status = 'En attente'")
    for _ in range(2):  # the first message finds no session, and logs in
        taught.again(row)
    assert taught.row(row) == ("Complété", None)
    assert taught.steps(row).count(LEARNED) == 1  # the second attempt went through the form
    assert [entry.number for entry in standin.consultations()].count(ROWS[0]) == 1


@pytest.mark.parametrize("requests", [pytest.param("form", marks=pytest.mark.broad), "learned"])
def test_a_kill_between_the_click_and_its_answer_pays_no_second_time(
    start: Start,
    wire: Wire,
    standin: StandinClient,
    sql: psycopg.Connection,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    requests: str,
) -> None:
    worker = teach(start(requests=requests), wire)

    def press_and_die(*arguments: object, **options: object) -> None:
        press_once(*arguments, **options)  # type: ignore[arg-type]  # as its caller calls it
        raise Killed

    row = worker.insert(document_number=ROWS[0], max_consultations=1)
    with monkeypatch.context() as patch:
        patch.setattr(answers, "press_once", press_and_die)
        with pytest.raises(Killed):
            worker.process.handle(row)
    sql.execute("UPDATE registry_sessions SET lease_expires_at = now() - interval '1 s'")
    sql.execute("UPDATE extraction_queue SET lease_expires_at = now() - interval '1 s' WHERE status = 'En traitement'")
    sql.execute("UPDATE extraction_attempts SET alive_until = now() - interval '1 s'")
    assert Dispatcher(database, LIMITS).rescue() == [row]

    again = start("w-2", user_code="99X0002")
    again.again(row)

    assert again.row(row) == ("Erreur", "consultation_limit")
    assert [entry.number for entry in standin.consultations()].count(ROWS[0]) == 1
