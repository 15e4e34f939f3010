"""Learned requests at the stand-in: when one POST replaces the form, and what it posts."""

from __future__ import annotations

import pytest

from tests.support.standin_client import StandinClient

from .conftest import LEARNED, Start, Wire, Worker

FORMS = {
    "index": "pf_13_01_11_02_indx_immbl.asp",
    "acte": "pf_13_01_11_08_reqst.asp",
    "plan_cadastraux": "pf_13_01_11_10_plan_cadst.asp",
}
NUMBERS = ("2784195", "2784196", "2784197")
ACTE = {"cadastre": None, "acte_type": "Acte"}


@pytest.mark.parametrize(
    "source", [source if source == "index" else pytest.param(source, marks=pytest.mark.broad) for source in FORMS]
)
def test_after_two_documents_a_request_is_the_same_post_without_the_form(
    worker: Worker, standin: StandinClient, wire: Wire, source: str
) -> None:
    columns = {"document_source": source, **(ACTE if source == "acte" else {})}
    for number in NUMBERS[:2]:
        worker.do(document_number=number, **columns)
    headers, body = next(post for post in reversed(wire.posts) if "2+784+196" in post[1] or NUMBERS[1] in post[1])
    wire.take()

    row = worker.do(document_number=NUMBERS[2], **columns)

    assert worker.row(row) == ("Complété", None)
    assert [request for request in wire.requests if FORMS[source] in request] == [f"POST {FORMS[source]}"]
    assert wire.requests[0] == f"POST {FORMS[source]}"
    assert wire.posts[0] == (headers, body.replace("2+784+196", "2+784+197").replace(NUMBERS[1], NUMBERS[2]))
    assert LEARNED in worker.steps(row)
    assert [entry.number for entry in standin.consultations()] == list(NUMBERS)
    assert worker.control("verified, hindrance", source) == (1, None)


def test_another_login_proves_its_own_form_first(start: Start, wire: Wire) -> None:
    first, second = start(), start("w-2", user_code="99X0002")
    for number in NUMBERS:
        first.do(document_number=number)
    wire.take()

    rows = [second.do(document_number=number) for number in ("2784190", "2784191")]

    assert [LEARNED in second.steps(row) for row in rows] == [False, True]


@pytest.mark.broad
def test_a_combination_that_was_not_posted_goes_through_the_form(worker: Worker) -> None:
    for number in NUMBERS:
        worker.do(document_number=number)
    elsewhere = {"circonscription_fonciere": "Terrebonne", "cadastre": "Paroisse de Saint-Hippolyte"}
    rang = {**elsewhere, "designation_secondaire": "Rang 5 Canton Abercrombie"}

    other = [worker.do(document_number=number, **elsewhere) for number in ("227", "228", "229", "2310")]
    designated = [worker.do(document_number=number, **rang) for number in ("230", "231")]

    # 2310 is written as the form's script was not yet seen to write a number.
    assert [LEARNED in worker.steps(row) for row in other] == [False, False, True, False]
    assert [LEARNED in worker.steps(row) for row in designated] == [False, True]
    assert {worker.row(row) for row in (*other, *designated)} == {("Complété", None)}


@pytest.mark.broad
def test_a_row_that_failed_before_goes_through_the_form(worker: Worker) -> None:
    for number in NUMBERS[:2]:
        worker.do(document_number=number)
    row = worker.insert(document_number=NUMBERS[2], attemtps=1)

    worker.again(row)

    assert worker.row(row) == ("Complété", None)
    assert LEARNED not in worker.steps(row)


@pytest.mark.broad
def test_what_is_old_goes_through_the_form_and_is_fresh_again(worker: Worker) -> None:
    for number in NUMBERS[:2]:
        worker.do(document_number=number)
    old = 'regexp_replace(learned::text, \'"combinations": \\{"(.*?)": "20\', \'"combinations": {"\\1": "19\')::jsonb'
    assert worker.sql.execute(f"UPDATE learned_forms SET learned = {old} WHERE cadastre <> '*'").rowcount == 1

    rows = [worker.do(document_number=number) for number in ("2784190", "2784191")]

    assert [LEARNED in worker.steps(row) for row in rows] == [False, True]


@pytest.mark.broad
def test_with_form_nothing_is_learned(start: Start) -> None:
    worker = start(requests="form")

    rows = [worker.do(document_number=number) for number in NUMBERS]

    assert [LEARNED in worker.steps(row) for row in rows] == [False] * 3
    assert worker.sql.execute("SELECT FROM learned_forms").rowcount == 0
