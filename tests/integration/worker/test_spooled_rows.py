"""A bought document lies on the spool until storage has it: it is uploaded without an account, never bought again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from extractor.models import RowId
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import column, insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, good_pdf
from tests.support.scripted_worker import ScriptedWorker

NUMBER = "2784195"


@pytest.fixture
def bucket(book: Book) -> Path:
    """Where storage keeps an index."""
    assert book.settings.storage_dir is not None
    return book.settings.storage_dir / "index"


def break_storage(bucket: Path) -> None:
    bucket.rmdir()
    bucket.touch()


def mend_storage(bucket: Path) -> None:
    bucket.unlink()
    bucket.mkdir()


@pytest.fixture
def spooled(sql: psycopg.Connection, worker: ScriptedWorker, bucket: Path) -> RowId:
    """A row whose document was bought, while storage took nothing; it waits until it may try again."""
    job_id = insert_job(sql)
    worker.before("store.upload", lambda: break_storage(bucket))
    worker.handle(job_id)
    mend_storage(bucket)
    return job_id


def make_due(sql: psycopg.Connection) -> None:
    sql.execute("UPDATE extraction_queue SET available_at = now()")


def test_storage_that_fails_costs_no_attempt_and_no_document(
    spooled: RowId, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    assert book.row(spooled) == ("En attente", 0, "storage")
    assert book.row(spooled, "spooled_on, spooled_until > now()") == (worker.parts.spool.id, True)
    assert book.spooled() == [".json", ".pdf"]
    assert (len(registry.bills), book.marks()) == (1, 1)


@pytest.mark.usefixtures("spooled")
def test_storage_that_failed_is_proven_before_the_next_row(
    sql: psycopg.Connection, worker: ScriptedWorker, bucket: Path, book: Book
) -> None:
    other = insert_job(sql, document_number="5 200 001")
    break_storage(bucket)

    assert worker.handle(other).startswith("handed back: STORAGE_DIR cannot be used")
    assert book.row(other, "status, attemtps") == ("En attente", 0)
    assert sql.execute("SELECT status FROM worker_status").fetchone() == ("error",)

    mend_storage(bucket)
    assert worker.handle(other) == "handed back: logged in first"
    assert worker.handle(other).startswith("Complété")


def test_storage_that_cannot_be_read_is_asked_before_anything_is_bought(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, bucket: Path, book: Book
) -> None:
    job_id = insert_job(sql)
    break_storage(bucket)

    worker.handle(job_id)

    assert book.row(job_id) == ("En attente", 0, "storage")
    assert (registry.bills, book.marks()) == ([], 0)


@pytest.mark.parametrize(
    "hindrance",
    [
        "UPDATE worker_accounts SET is_active = false",
        "UPDATE source_control SET paused = true",
        "UPDATE source_control SET broken_until = now() + interval '1 h', site_failures = 3",
    ],
    ids=["no account", "paused source", "open breaker"],
)
def test_upload_needs_neither_account_nor_site(
    hindrance: str,
    spooled: RowId,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    start: Start,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    worker.parts.session.close()
    sql.execute(hindrance)
    make_due(sql)
    registry.logins.clear()
    other = start("w-2")
    registry.logins.clear()

    assert other.handle(spooled).startswith("Complété")

    assert list(book.stored().values()) == [good_pdf(NUMBER)]
    assert book.attempts("outcome, account_id IS NULL") == [("snooze", False), ("completed", True)]
    assert book.row(spooled, "status, attemtps, spooled_on") == ("Complété", 1, None)
    assert (len(registry.bills), book.marks(), registry.logins) == (1, 1, [])
    assert book.spooled() == []


def test_second_message_for_a_waiting_document_leaves_the_row_to_its_spool(
    spooled: RowId, worker: ScriptedWorker, book: Book
) -> None:
    worker.make_ready()

    assert worker.handle(spooled).startswith("nothing to do")

    assert book.row(spooled, "spooled_on") == (worker.parts.spool.id,)


@pytest.mark.parametrize("written", [str.upper, "{{{}}}".format], ids=["capitals", "braces"])
def test_id_that_a_person_writes_in_another_way_finds_the_same_bytes(
    spooled: RowId,
    written: Callable[[str], str],
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    make_due(sql)

    assert worker.handle(written(spooled)).startswith("Complété")

    assert (book.row(spooled, "status"), len(registry.bills), book.spooled()) == (("Complété",), 1, [])


def test_message_about_no_row_changes_nothing(spooled: RowId, worker: ScriptedWorker, book: Book) -> None:
    for text in ("7", "no-row", str(uuid4())):
        assert worker.handle(text) == f"nothing to do: there is no row {text}"

    assert book.row(spooled, "spooled_on") == (worker.parts.spool.id,)


def test_second_message_during_the_upload_leaves_the_row_to_its_spool(
    sql: psycopg.Connection, worker: ScriptedWorker, start: Start, book: Book
) -> None:
    job_id = insert_job(sql)
    insert_account(sql, "99X0002")
    neighbour = start("w-2")
    seen: list[object] = []

    def ring_again() -> None:
        seen.extend((neighbour.handle(job_id).partition(":")[0], column(sql, job_id, "spooled_on")))

    worker.before("store.upload", ring_again)

    worker.handle(job_id)

    assert seen == ["nothing to do", worker.parts.spool.id]
    assert book.row(job_id) == ("Complété", 1, None)


def test_row_whose_document_is_not_on_its_spool_may_go_anywhere(
    spooled: RowId, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    for path in worker.settings.spool_dir.glob(f"{spooled}.*"):
        path.unlink()
    make_due(sql)
    worker.make_ready()

    assert worker.handle(spooled).startswith("nothing to do")

    assert book.row(spooled, "spooled_on, spooled_until, dispatched_at") == (None, None, None)
    assert worker.handle(spooled).startswith("Complété")
    assert (len(registry.bills), book.marks()) == (2, 2)


def test_row_that_waited_in_vain_for_its_spool_finds_the_document_there_all_the_same(
    spooled: RowId, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    make_due(sql)
    sql.execute("UPDATE extraction_queue SET spooled_on = NULL, spooled_until = NULL")
    worker.make_ready()

    assert worker.handle(spooled).startswith("Complété")
    assert len(registry.bills) == 1


def test_document_whose_bytes_changed_on_the_spool_is_not_stored(
    spooled: RowId, sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry, book: Book
) -> None:
    (worker.settings.spool_dir / f"{spooled}.pdf").write_bytes(good_pdf("1234567"))
    make_due(sql)

    worker.handle(spooled)

    assert book.row(spooled) == ("Erreur", 1, "document_refused")
    assert (book.stored(), len(registry.bills)) == ({}, 1)


def test_document_of_a_finished_row_is_not_touched(
    spooled: RowId, sql: psycopg.Connection, worker: ScriptedWorker, book: Book
) -> None:
    sql.execute("UPDATE extraction_queue SET status = 'Complété', spooled_on = NULL, spooled_until = NULL")
    worker.make_ready()

    assert worker.handle(spooled).startswith("nothing to do")
    assert book.spooled() == [".json", ".pdf"]


def test_full_disk_takes_no_row(sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book) -> None:
    worker = start(min_free_disk_mb=10**9)
    job_id = insert_job(sql)

    assert "MIN_FREE_DISK_MB is 1000000000" in worker.handle(job_id)

    assert book.row(job_id, "status, attemtps") == ("En attente", 0)
    assert registry.logins == []
