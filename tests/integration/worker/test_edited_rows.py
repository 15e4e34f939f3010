"""What a person does by plain SQL to a row of which the system is making something: no document of another request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from extractor.errors import PaperOnly, StorageError
from extractor.models import RowId
from extractor.postgres.dispatcher import Dispatcher
from tests.integration.worker.conftest import Book
from tests.support.jobs import take
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker

EDITS = {
    "document_source": "plan_cadastraux",
    "document_number": "2 784 196",
    "circonscription_fonciere": "Terrebonne",
    "cadastre": "Paroisse de Saint-Hippolyte",
    "designation_secondaire": "Rang 5",
    "acte_type": "Acte",
}


class Person:
    """Edits one column of one row, and sends it again."""

    def __init__(self, sql: psycopg.Connection, job_id: RowId, column: str) -> None:
        self._sql, self._job_id, self._column = sql, job_id, column

    def edit(self) -> None:
        self._sql.execute(
            f"UPDATE extraction_queue SET {self._column} = %s WHERE id = %s", [EDITS[self._column], self._job_id]
        )

    def send(self) -> None:
        self._sql.execute(
            "UPDATE extraction_queue SET status = 'En attente', available_at = now() WHERE id = %s", [self._job_id]
        )


def waiting(_worker: ScriptedWorker, _job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    person.edit()


def sent(_worker: ScriptedWorker, job_id: RowId, person: Person, dispatcher: Dispatcher) -> None:
    assert take(dispatcher) == [job_id]
    person.edit()


def before_the_click(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.before("jobs.record_consultation", person.edit)
    assert "and asks for another document. Nothing was charged" in worker.handle(job_id)


def after_the_click(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.after(Step.BILLED, person.edit)
    assert "earlier request is kept at index/2784195-" in worker.handle(job_id)


def just_before_it_is_complete(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.before("jobs.complete", person.edit)
    assert "earlier request is kept at index/2784195-" in worker.handle(job_id)


def spooled(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.before("store.upload", partial(_raise, StorageError("storage is away")))
    assert "storage is away" in worker.handle(job_id)
    person.edit()
    person.send()
    assert "earlier request is kept at index/2784195-" in worker.handle(job_id)


def spooled_and_not_judged(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.after("jobs.bind_to_spool", partial(_raise, StorageError("the process stops")))
    assert "the process stops" in worker.handle(job_id)
    person.edit()
    person.send()
    assert "earlier request is kept at index/2784195-" in worker.handle(job_id)


def at_erreur(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.registry.plan(Step.TURNED_AWAY, PaperOnly("Ce document est sur papier."))
    worker.handle(job_id)
    person.edit()
    assert worker.handle(job_id).startswith("nothing to do")
    person.send()


def completed(worker: ScriptedWorker, job_id: RowId, person: Person, _dispatcher: Dispatcher) -> None:
    worker.handle(job_id)
    person.edit()
    assert worker.handle(job_id).startswith("nothing to do")
    person.send()


# Beside each state: how many documents were bought for the row as it was.
STATES: dict[Callable[[ScriptedWorker, RowId, Person, Dispatcher], None], int] = {
    waiting: 0,
    sent: 0,
    before_the_click: 0,
    after_the_click: 1,
    just_before_it_is_complete: 1,
    spooled: 1,
    spooled_and_not_judged: 1,
    at_erreur: 0,
    completed: 1,
}


@pytest.mark.parametrize("column", EDITS)
@pytest.mark.parametrize(("state", "earlier"), STATES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_edited_row_gets_the_document_it_asks_for_now(
    column: str,
    state: Callable[[ScriptedWorker, RowId, Person, Dispatcher], None],
    earlier: int,
    sql: psycopg.Connection,
    dispatcher: Dispatcher,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    state(worker, job_id, Person(sql, job_id, column), dispatcher)

    for _ in range(2):  # a process that doubts storage proves it first, and hands the message back
        worker.handle(job_id)

    # Then each request was charged once, each document has its own name, and the row shows the one it asks for
    assert len(registry.bills) == earlier + 1
    status, path = book.row(job_id, "status, supabase_path")
    assert status == "Complété"
    stored = book.stored()
    assert len(stored) == earlier + 1
    assert stored[str(path)] == registry.file_of(registry.bills[-1].number)
    assert [found for found in book.attempts("supabase_path") if found is not None] == [
        *sorted(stored.keys() - {path}),
        path,
    ]
    assert book.spooled() == []


@pytest.mark.parametrize("column", EDITS)
def test_completed_row_that_is_edited_shows_no_document(
    column: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.handle(job_id)
    (path,) = book.row(job_id, "supabase_path")

    Person(sql, job_id, column).edit()

    assert book.row(job_id, "status, error_code, supabase_path") == ("Erreur", "request_changed", None)
    (message,) = book.row(job_id, "error_message")
    assert f"stays at {path}" in str(message)
    assert len(registry.bills) == 1


def test_other_case_and_blanks_are_no_edit(sql: psycopg.Connection, worker: ScriptedWorker, book: Book) -> None:
    job_id = insert_job(sql)
    worker.handle(job_id)

    sql.execute("UPDATE extraction_queue SET cadastre = ' CADASTRE DU QUÉBEC', document_number = '2784195'")

    assert book.row(job_id, "status") == ("Complété",)


def test_row_that_is_edited_back_finds_what_was_bought(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.handle(job_id)
    before = book.row(job_id, "supabase_path")
    sql.execute("UPDATE extraction_queue SET cadastre = 'Paroisse de Saint-Hippolyte'")
    sql.execute("UPDATE extraction_queue SET cadastre = 'Cadastre du Québec', status = 'En attente'")

    worker.handle(job_id)

    assert book.row(job_id, "supabase_path") == before
    assert len(registry.bills) == 1


def test_limit_is_that_of_what_the_row_asks_for(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql, max_consultations=1)
    worker.after(Step.BILLED, Person(sql, job_id, "document_number").edit)
    worker.handle(job_id)

    worker.handle(job_id)

    assert book.row(job_id, "status") == ("Complété",)
    assert [bill.number for bill in registry.bills] == ["2784195", "2784196"]


@pytest.mark.parametrize("status", ["En attente", "Erreur", "Complété"])
def test_running_row_stays_with_its_worker(
    status: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    reset = "UPDATE extraction_queue SET status = %s, attemtps = 0, worker_id = NULL, error_message = 'reset'"
    worker.after(Step.BILLED, lambda: sql.execute(reset, [status]))

    worker.handle(job_id)

    assert book.row(job_id, "status, attemtps") == ("Complété", 1)
    assert book.row(job_id, "error_code") == ("cancelled_late" if status == "Erreur" else None,)
    assert len(registry.bills) == 1


def test_person_who_sets_a_running_row_to_erreur_stops_it_before_its_click(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.before("jobs.record_consultation", lambda: sql.execute("UPDATE extraction_queue SET status = 'Erreur'"))

    worker.handle(job_id)

    assert book.row(job_id, "status, error_code") == ("Erreur", "cancelled")
    assert registry.bills == []


def test_row_whose_holder_is_dead_can_be_sent_again(sql: psycopg.Connection, book: Book) -> None:
    job_id = insert_job(sql)
    sql.execute("UPDATE extraction_queue SET status = 'En traitement', lease_expires_at = now() - interval '1 s'")

    sql.execute("UPDATE extraction_queue SET status = 'En attente'")

    assert book.row(job_id, "status") == ("En attente",)


def test_one_bad_row_does_not_undo_an_update_of_all(sql: psycopg.Connection, book: Book) -> None:
    good, running = insert_job(sql, status="Erreur"), insert_job(sql)
    bad = insert_job(sql, status="Erreur", cadastre=None)
    sql.execute(
        "UPDATE extraction_queue SET status = 'En traitement', lease_expires_at = now() + interval '1 min'"
        " WHERE id = %s", [running],
    )  # fmt: skip

    updated = sql.execute("UPDATE extraction_queue SET status = 'En attente'").rowcount

    assert updated == 3
    assert book.row(good, "status, error_code") == ("En attente", None)
    assert book.row(running, "status") == ("En traitement",)
    assert book.row(bad, "status, error_code") == ("Erreur", "invalid_request")
    assert book.row(bad, "error_message LIKE 'cadastre is missing: index needs one%%'") == (True,)


def test_running_row_may_be_edited_into_one_that_cannot_be_asked(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    job_id = insert_job(sql)
    worker.after(Step.BILLED, lambda: sql.execute("UPDATE extraction_queue SET document_number = '12 13'"))

    worker.handle(job_id)

    assert book.row(job_id, "status, error_code") == ("Erreur", "invalid_request")
    assert len(registry.bills) == len(book.stored()) == 1


def _raise(error: Exception) -> None:
    raise error
