"""A person corrects a row: what changes, what stays counted, and which rows are left alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from uuid import uuid4

import psycopg
import pytest

from extractor import operations
from extractor.models import Job, RowId
from extractor.operations import AtLimit, Correction, InvalidRow, NotPossible, Unknown
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.reports import spending
from tests.support.jobs import take
from tests.support.rows import column, insert_job, record_clicks

edit = partial(operations.edit, max_consultations_per_job=2)
CADASTRE = Correction(cadastre="Paroisse de Saint-Hippolyte")


def stop(sql: psycopg.Connection, *, consultations: int = 0, **columns: object) -> RowId:
    """A row at Erreur that was consulted this often for what it asks for."""
    job_id = insert_job(sql, status="Erreur", **{"error_code": "name_not_matched", "error_message": "no", **columns})
    consult(sql, job_id, consultations)
    return job_id


def consult(sql: psycopg.Connection, job_id: RowId, times: int) -> None:
    for _ in range(times):
        sql.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at, outcome,"
            " request_key) SELECT id, 'index', 'worker-1', now(), 'hold', request_key FROM extraction_queue"
            " WHERE id = %s",
            [job_id],
        )
    record_clicks(sql)


def test_corrected_row_waits_as_a_new_one_and_is_sent(
    sql: psycopg.Connection, database: Database, dispatcher: Dispatcher
) -> None:
    job_id = stop(sql, attemtps=3, kills=2, worker_id="worker-1", cancel_requested_at="2026-01-01")

    edited = edit(database, job_id, Correction(cadastre="Paroisse de Saint-Hippolyte", designation_secondaire=" "))

    assert edited.before == {"cadastre": "Cadastre du Québec"}
    assert edited.after == {"cadastre": "Paroisse de Saint-Hippolyte"}
    assert (edited.cost, edited.paid) == (Decimal("1.50"), 0)
    assert [column(sql, job_id, name) for name in ("status", "cadastre", "attemtps", "kills", "error_code")] == [
        "En attente", "Paroisse de Saint-Hippolyte", 0, 0, None,
    ]  # fmt: skip
    assert take(dispatcher) == [job_id]


def test_what_was_paid_stays_counted_and_the_other_document_has_a_limit_of_its_own(
    sql: psycopg.Connection, database: Database
) -> None:
    job_id = stop(sql, consultations=2)

    edited = edit(database, job_id, CADASTRE)

    assert edited.paid == 2
    assert spending(database).total.ever.consultations == 2
    assert sql.execute("SELECT count(*) FROM extraction_attempts").fetchone() == (2,)
    assert column(sql, job_id, "max_consultations") is None


def test_row_that_asks_again_for_what_it_was_consulted_for_is_at_its_limit(
    sql: psycopg.Connection, database: Database
) -> None:
    job_id = stop(sql, consultations=2)
    edit(database, job_id, CADASTRE)
    back = Correction(cadastre="Cadastre du Québec")

    with pytest.raises(AtLimit, match="consulted 2 of 2 times for this document, each time perhaps charged, so"):
        edit(database, job_id, back)
    unchanged = column(sql, job_id, "cadastre")
    edit(database, job_id, back, allow_one_more=True)

    assert unchanged == "Paroisse de Saint-Hippolyte"
    assert (column(sql, job_id, "cadastre"), column(sql, job_id, "max_consultations")) == ("Cadastre du Québec", 3)


def test_waiting_row_that_was_sent_goes_as_a_new_one(sql: psycopg.Connection, database: Database) -> None:
    job_id = insert_job(sql, dispatched_at="2026-01-01", attemtps=1)

    edit(database, job_id, Correction(document_source="plan_cadastraux"))
    edit(database, job_id, Correction(document_number="2784196"))

    names = ("document_source", "document_number", "dispatched_at", "attemtps", "status", "max_consultations")
    assert [column(sql, job_id, name) for name in names] == [
        "plan_cadastraux", "2784196", None, 0, "En attente", None,
    ]  # fmt: skip


def test_row_in_work_and_row_with_its_document_stay_as_they_are(
    sql: psycopg.Connection, database: Database, claim: Callable[..., Job]
) -> None:
    running = claim().id
    completed = insert_job(sql, status="Complété", supabase_path="index/a.pdf", document_number="7")

    with pytest.raises(NotPossible, match="is being processed by worker-1, so nothing was changed"):
        edit(database, running, CADASTRE)
    with pytest.raises(NotPossible, match=r"is Complété: its document is at index/a\.pdf"):
        edit(database, completed, CADASTRE)
    with pytest.raises(Unknown):
        edit(database, str(uuid4()), CADASTRE)

    assert {column(sql, job_id, "cadastre") for job_id in (running, completed)} == {"Cadastre du Québec"}
    assert (column(sql, running, "status"), column(sql, completed, "status")) == ("En traitement", "Complété")


def test_call_that_is_repeated_sends_no_row_that_failed_in_between(sql: psycopg.Connection, database: Database) -> None:
    job_id = stop(sql)
    edit(database, job_id, CADASTRE)
    sql.execute("UPDATE extraction_queue SET status = 'Erreur', error_code = 'document_not_found'")

    with pytest.raises(NotPossible, match=f"asks for exactly this already.* extractor retry {job_id}$"):
        edit(database, job_id, CADASTRE)

    assert column(sql, job_id, "status") == "Erreur"


@pytest.mark.parametrize("change", [operations.edit, operations.plan_edit])
@pytest.mark.parametrize("correction", [{"document_number": "2784195"}, {"cadastre": " cadastre du Québec"}])
def test_correction_that_changes_nothing_of_a_waiting_row_is_refused(
    sql: psycopg.Connection,
    database: Database,
    correction: dict[str, str],
    change: Callable[..., operations.Edited],
) -> None:
    job_id = insert_job(sql, attemtps=1)
    before = sql.execute("SELECT to_jsonb(q) FROM extraction_queue q").fetchall()

    with pytest.raises(NotPossible, match=r"asks for exactly this already, so nothing was changed: it waits as before"):
        change(database, job_id, Correction.model_validate(correction), max_consultations_per_job=2)

    assert sql.execute("SELECT to_jsonb(q) FROM extraction_queue q").fetchall() == before


@pytest.mark.parametrize(
    ("correction", "sentence"),
    [
        ({"cadastre": None}, "^cadastre is missing: index needs one"),
        ({"document_source": "acte"}, "^acte_type is missing"),
        ({"document_number": "2784195E+06"}, "^document_number reads as"),
        ({"cadastre": "a\0b"}, "cannot contain NUL"),
    ],
)
def test_correction_is_refused_in_the_words_of_the_database(
    sql: psycopg.Connection, database: Database, correction: dict[str, str | None], sentence: str
) -> None:
    job_id = stop(sql)

    with pytest.raises(InvalidRow, match=sentence):
        edit(database, job_id, Correction.model_validate(correction))

    assert (column(sql, job_id, "status"), column(sql, job_id, "error_code")) == ("Erreur", "name_not_matched")


def test_plan_says_the_same_and_changes_nothing(sql: psycopg.Connection, database: Database) -> None:
    job_id = stop(sql, consultations=1)
    correction = Correction(document_number="227", cadastre="Nulle Part", circonscription_fonciere="Terrebonne")

    planned = operations.plan_edit(database, job_id, correction, max_consultations_per_job=2)
    unchanged = column(sql, job_id, "cadastre")
    edited = edit(database, job_id, correction)

    assert planned == edited
    assert (unchanged, column(sql, job_id, "cadastre")) == ("Cadastre du Québec", "Nulle Part")
    assert edited.doubt is not None
    assert column(sql, job_id, "doubt") == edited.doubt
