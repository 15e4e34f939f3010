"""Postgres goes away at any write, for a moment or for long: these tables say how the row ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from extractor.errors import ExtractorError, PaperOnly, RegistryMessage, SiteClosed
from extractor.local.postgres import EmbeddedPostgres
from extractor.models import RowId
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker, end_backends

Rescue = Callable[[], list[RowId]]

COMPLETED = ("Complété", 1, None)
WAITING = ("En attente", 0, None)
SNOOZED = ("En attente", 0, "database_unavailable")
RETRIED = ("En attente", 1, "registry_message")
CLOSED = ("En attente", 0, "site_closed")
HELD = ("Erreur", 1, "paper_only")

MESSAGE, SITE, PAPER = RegistryMessage("?"), SiteClosed("fermé"), PaperOnly("?")

# The write at which the line breaks once, what happened at the form before it, and how the row ends. A claim whose
# answer was lost is rescued; a write about a row in progress is repeated, and a click is never made without its mark.
CUTS = [
    ("jobs.claim", None, WAITING),
    ("jobs.record_consultation", None, SNOOZED),
    ("jobs.clear_consultation", None, COMPLETED),
    ("jobs.note_address", None, COMPLETED),
    ("jobs.bind_to_spool", None, COMPLETED),
    ("jobs.record_document", None, COMPLETED),
    ("jobs.record_upload", None, COMPLETED),
    ("jobs.complete", None, COMPLETED),
    ("jobs.note_attempt", PAPER, HELD),
    ("jobs.retry", MESSAGE, RETRIED),
    ("jobs.snooze", SITE, CLOSED),
    ("jobs.record_site_failure", SITE, CLOSED),
    ("jobs.hold", PAPER, HELD),
]


@pytest.mark.parametrize(("write", "error", "row"), CUTS, ids=[write for write, *_ in CUTS])
def test_line_that_breaks_once(
    write: str,
    error: ExtractorError | None,
    row: tuple[object, ...],
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    registry.asks_to_confirm = True
    registry.plan(Step.FORM, error)
    worker.cut_postgres_at(write)

    worker.handle(job_id)

    assert book.row(job_id) == row
    assert len(registry.bills) == book.marks() == (1 if row == COMPLETED else 0)
    assert book.spooled() == []


# A write that Postgres took without the process hearing of it. A mark without a click counts as paid; a repetition of
# what ended the row matches none: the result is dropped, and the row has it already.
UNHEARD = [
    ("jobs.claim", None, ("En traitement", 1, None), 0, 0),
    ("jobs.record_consultation", None, SNOOZED, 1, 0),
    ("jobs.clear_consultation", None, COMPLETED, 1, 1),
    ("jobs.note_address", None, COMPLETED, 1, 1),
    ("jobs.bind_to_spool", None, COMPLETED, 1, 1),
    ("jobs.record_document", None, COMPLETED, 1, 1),
    ("jobs.record_upload", None, COMPLETED, 1, 1),
    ("jobs.complete", None, COMPLETED, 1, 1),
    ("jobs.note_attempt", PAPER, HELD, 0, 0),
    ("jobs.retry", MESSAGE, RETRIED, 0, 0),
    ("jobs.snooze", SITE, CLOSED, 0, 0),
    ("jobs.hold", PAPER, HELD, 0, 0),
]


@pytest.mark.parametrize(("write", "error", "row", "marks", "bills"), UNHEARD, ids=[write for write, *_ in UNHEARD])
def test_answer_that_is_lost(
    write: str,
    error: ExtractorError | None,
    row: tuple[object, ...],
    marks: int,
    bills: int,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    registry.asks_to_confirm = True
    registry.plan(Step.FORM, error)
    worker.lose_answer_at(write)

    worker.handle(job_id)

    assert book.row(job_id) == row
    assert (book.marks(), len(registry.bills)) == (marks, bills)
    assert len(book.stored()) == (1 if row == COMPLETED else 0)


@pytest.fixture
def cut_off(sql: psycopg.Connection, postgres: EmbeddedPostgres) -> Iterator[Callable[[ScriptedWorker], None]]:
    """Let Postgres take no connection any more, and end those of the worker."""
    name = sql.info.dbname
    with psycopg.connect(postgres.url, autocommit=True) as admin:

        def cut(worker: ScriptedWorker) -> None:
            worker.parts.database._pool.timeout = 0.01
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            found = admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = 'registre-extractor'",
                [name],
            )
            end_backends(admin, [pid for (pid,) in found.fetchall()])

        yield cut
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


RUNNING = ("En traitement", 1, None)
# The write from which on Postgres is away for longer than a write waits, and what the row says meanwhile.
AWAY = [
    ("jobs.claim", None, WAITING, "Postgres is away"),
    ("jobs.record_consultation", None, RUNNING, "Postgres is away"),
    ("jobs.clear_consultation", None, RUNNING, "Postgres is away"),
    ("jobs.note_address", None, RUNNING, "Postgres is away"),
    ("jobs.bind_to_spool", None, RUNNING, "Postgres is away"),
    ("jobs.record_document", None, RUNNING, "Postgres is away"),
    ("jobs.record_upload", None, RUNNING, "Postgres is away"),
    ("jobs.complete", None, RUNNING, "Postgres is away"),
    ("jobs.note_attempt", SITE, CLOSED, "Postgres is away"),
    ("jobs.retry", MESSAGE, RUNNING, "Postgres is away"),
    ("jobs.record_site_failure", SITE, CLOSED, "Postgres is away"),
    ("jobs.snooze", SITE, RUNNING, "Postgres is away"),
    ("jobs.hold", PAPER, RUNNING, "Postgres is away"),
]


@pytest.mark.parametrize(("write", "error", "row", "answer"), AWAY, ids=[write for write, *_ in AWAY])
def test_postgres_that_stays_away(
    write: str,
    error: ExtractorError | None,
    row: tuple[object, ...],
    answer: str,
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    start: Start,
    rescue: Rescue,
    cut_off: Callable[[ScriptedWorker], None],
    registry: ScriptedRegistry,
    book: Book,
    postgres: EmbeddedPostgres,
) -> None:
    # Given a process that meets the outage, and goes on living
    job_id = insert_job(sql)
    registry.asks_to_confirm = True
    registry.plan(Step.FORM, error)
    worker.before(write, lambda: cut_off(worker))
    assert worker.handle(job_id).startswith(answer)
    assert book.row(job_id) == row

    # When Postgres is back, and the lease has passed
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {sql.info.dbname} ALLOW_CONNECTIONS true")
    rescue()
    sql.execute("UPDATE source_control SET broken_until = NULL, site_failures = 0")
    sql.execute("UPDATE extraction_queue SET available_at = now()")
    start("w-2").handle(job_id)

    # Then nothing was lost, and nothing paid twice
    assert book.row(job_id) == COMPLETED
    assert (len(registry.bills), len(book.stored())) == (1, 1)


def test_idle_process_survives_an_outage(
    sql: psycopg.Connection, worker: ScriptedWorker, registry: ScriptedRegistry
) -> None:
    worker.cut_postgres_at("jobs.claim")
    job_id = insert_job(sql)

    assert worker.handle(job_id).startswith("Postgres is away")
    assert worker.handle(job_id).startswith("Complété")
    assert registry.logins == ["99X0001"]
