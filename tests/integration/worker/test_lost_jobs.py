"""A row that was rescued, or deleted, under a process that goes on: each of its writes is dropped."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.errors import ExtractorError, PaperOnly, RegistryMessage, SiteClosed, Stopping
from extractor.models import RowId
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker

Rescue = Callable[[], list[RowId]]

# The write that finds the row lost, the error that leads to it, and what was billed by then.
WRITES = [
    ("jobs.record_consultation", None, 0),
    ("jobs.record_document", None, 1),
    ("jobs.complete", None, 1),
    ("jobs.retry", RegistryMessage("?"), 0),
    ("jobs.snooze", SiteClosed("fermé"), 0),
    ("jobs.hold", PaperOnly("?"), 0),
    ("jobs.return_job", Stopping("?"), 0),
]


@pytest.mark.parametrize(("write", "error", "billed"), WRITES, ids=[write for write, *_ in WRITES])
def test_rescued_row_keeps_what_the_rescue_wrote(
    write: str,
    error: ExtractorError | None,
    billed: int,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    start: Start,
    rescue: Rescue,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FORM, error)
    worker.before(write, rescue)

    assert worker.handle(job_id).startswith("dropped: ")

    assert book.row(job_id) == ("En attente", 0, "worker_lost")
    assert book.attempts() == ["lost"]
    assert len(registry.bills) == billed == book.marks()
    sql.execute("UPDATE source_control SET broken_until = NULL, site_failures = 0")
    start("w-2").handle(job_id)
    assert book.row(job_id) == ("Complété", 1, None)
    assert (len(registry.bills), len(book.stored())) == (1, 1)


@pytest.mark.parametrize(("write", "error", "billed"), WRITES, ids=[write for write, *_ in WRITES])
def test_deleted_row_stays_deleted_and_its_money_known(
    write: str,
    error: ExtractorError | None,
    billed: int,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    registry.plan(Step.FORM, error)
    worker.before(write, lambda: sql.execute("DELETE FROM extraction_queue"))

    assert worker.handle(job_id).startswith("dropped: ")

    assert sql.execute("SELECT count(*) FROM extraction_queue").fetchone() == (0,)
    assert len(registry.bills) == billed == book.marks()
