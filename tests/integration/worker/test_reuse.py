"""REUSE_DAYS: a row that asks for what another row got lately gets the same document, and pays nothing."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.worker.conftest import Book, Start
from tests.support.rows import column, insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker


@pytest.fixture
def worker(start: Start) -> ScriptedWorker:
    return start(reuse_days=1)


def test_equal_row_is_linked(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    first, second = insert_job(sql), insert_job(sql, document_number="2784195")

    worker.handle(first)
    worker.handle(second)

    facts = "status, supabase_path, document_sha256, document_bytes, document_pages"
    assert book.row(second, facts) == book.row(first, facts)
    assert book.row(second, "fetched_as ->> 'why'") == (f"the same request as row {first}, which was completed before",)
    assert book.row(first, "fetched_as") == (None,)
    assert (len(registry.bills), book.marks(), len(book.stored())) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE extraction_queue SET completed_at = now() - interval '2 days' WHERE status = 'Complété'",
        "UPDATE extraction_queue SET circonscription_fonciere = 'Laval' WHERE status = 'En attente'",
        "DELETE FROM extraction_queue WHERE status = 'Complété'",
    ],
    ids=["too old", "another request", "deleted"],
)
def test_other_row_is_bought(
    change: str, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    first, second = insert_job(sql), insert_job(sql)
    worker.handle(first)
    sql.execute(change)

    worker.handle(second)

    assert book.row(second, "status, fetched_as") == ("Complété", None)
    assert (len(registry.bills), book.marks()) == (2, 2)


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "overwritten"])
def test_link_to_a_document_that_storage_no_longer_has_is_not_made(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book, *, is_lost: bool
) -> None:
    first, second = insert_job(sql), insert_job(sql)
    worker.handle(first)
    assert worker.settings.storage_dir is not None
    path = worker.settings.storage_dir / str(column(sql, first, "supabase_path"))
    if is_lost:
        path.unlink()
    else:
        path.write_bytes(b"another")

    worker.handle(second)

    assert book.row(second, "status, fetched_as") == ("Complété", None)
    assert len(registry.bills) == 2


def test_equal_row_waits_while_the_first_is_in_progress(
    sql: psycopg.Connection, worker: ScriptedWorker, start: Start, registry: ScriptedRegistry
) -> None:
    first, second = insert_job(sql), insert_job(sql)
    insert_account(sql, "99X0002")
    neighbour = start("w-2", reuse_days=1)
    seen: list[str] = []
    registry.plan(Step.BILLED, lambda: seen.append(neighbour.handle(second)))

    worker.handle(first)

    assert seen == ["nothing to do: another has the row, or it is not due"]
    assert neighbour.handle(second).startswith("Complété")
    assert len(registry.bills) == 1


def test_without_the_setting_each_row_is_bought(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker = start()

    for job_id in (insert_job(sql), insert_job(sql)):
        worker.handle(job_id)

    assert (len(registry.bills), book.marks(), len(book.stored())) == (2, 2, 2)
