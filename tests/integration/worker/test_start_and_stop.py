"""A process starts even without Postgres or an account, and takes every step of its end."""

from __future__ import annotations

import threading
from functools import partial

import psycopg
import pytest

from extractor.errors import SiteClosed, StorageError
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker
from tests.support.system import eventually

# As `WorkerProcess.start` documents them: the session before the heartbeat that renews its account, Postgres last.
STEPS = [
    "watch.stop",
    "session.close",
    "housekeeping.stop",
    "heartbeat.stop",
    "status.show",
    "store.close",
    "database.close",
]


@pytest.fixture(autouse=True)
def no_orphans(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at every process of the machine takes longer than all the rest."""
    monkeypatch.setattr("extractor.browser.ownership.sweep", lambda: None)


def noting(worker: ScriptedWorker, taken: list[str], *, broken: str | None = None) -> ScriptedWorker:
    """Start it; each step of its end is noted, and one of them raises."""

    def note(step: str) -> None:
        taken.append(step)
        if step == broken:
            raise ZeroDivisionError

    for step in STEPS:
        if step != "status.show":
            worker.after(step, partial(note, step))
    worker.process.start()
    worker.after("status.show", partial(note, "status.show"))
    return worker


def test_start_shows_up_and_logs_in(sql: psycopg.Connection, start: Start, registry: ScriptedRegistry) -> None:
    worker = start()
    worker.parts.session.close()

    worker.process.start()

    assert sql.execute("SELECT worker_id, status, message FROM worker_status").fetchall() == [
        ("w-1", "idle", "logged in with 99•••01")
    ]
    assert registry.logins == ["99X0001"] * 2
    worker.process.stop()


def test_start_proves_storage_while_the_browser_starts(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = start()
    worker.parts.session.close()
    worker.parts.readiness.doubt_storage()
    together = threading.Barrier(2, timeout=30)
    prepare = worker.parts.store.prepare
    monkeypatch.setattr(worker.parts.store, "prepare", lambda: [together.wait(), prepare()])
    monkeypatch.setattr(worker.browser, "start", together.wait)

    worker.process.start()

    assert not together.broken
    assert worker.parts.readiness.check() is not None
    worker.process.stop()


def test_process_without_storage_starts_without_login_and_browser(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = start()
    worker.parts.session.close()
    worker.parts.readiness.doubt_storage()
    asked: list[str] = []

    def refuse() -> None:
        asked.append("prepare")
        raise StorageError("storage is away")

    monkeypatch.setattr(worker.parts.store, "prepare", refuse)

    worker.process.start()

    assert sql.execute("SELECT status, message FROM worker_status").fetchall() == [("error", "storage is away")]
    assert asked == ["prepare"]  # the wait for storage that hangs is not made twice
    assert registry.logins == ["99X0001"]
    assert not worker.browser.runs
    worker.process.stop()


def test_process_without_an_account_keeps_no_browser(sql: psycopg.Connection, start: Start) -> None:
    start()
    second = start("w-2")

    second.process.start()

    assert sql.execute("SELECT status FROM worker_status WHERE worker_id = 'w-2'").fetchall() == [("error",)]
    assert not second.browser.runs
    second.process.stop()


def test_stop_takes_its_steps_in_order(sql: psycopg.Connection, worker: ScriptedWorker, book: Book) -> None:
    taken: list[str] = []
    noting(worker, taken)

    worker.process.stop()
    worker.process.stop()  # has nothing left to do

    assert taken == STEPS
    assert book.session("user_code") is None
    status = sql.execute("SELECT status, message, account_id FROM worker_status").fetchone()
    assert status == ("offline", "stopped", None)


@pytest.mark.parametrize("broken", STEPS)
def test_stop_takes_every_step_when_one_raises(
    broken: str, sql: psycopg.Connection, worker: ScriptedWorker, book: Book
) -> None:
    taken: list[str] = []
    noting(worker, taken, broken=broken)

    with pytest.raises(ZeroDivisionError):
        worker.process.stop()

    assert taken == STEPS
    assert book.session("user_code") is None
    assert sql.execute("SELECT status FROM worker_status").fetchone() == ("offline",)


def test_start_waits_for_postgres(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.worker.process.DATABASE_POLL_SECONDS", 0)
    worker = start()
    worker.cut_postgres_at("status.register")

    worker.process.start()

    assert worker.parts.session.check_ready()
    worker.process.stop()


def test_start_without_an_account_says_so(sql: psycopg.Connection, start: Start) -> None:
    insert_account(sql, is_active=False)
    worker = start()

    worker.process.start()

    (status, message) = sql.execute("SELECT status, message FROM worker_status").fetchone() or ("", "")
    assert (status, message) == ("error", "No available accounts: of 1, 1 disabled.")
    worker.process.stop()


def test_rows_do_not_wait_for_what_a_process_shows(
    sql: psycopg.Connection, database_url: str, worker: ScriptedWorker
) -> None:
    worker.process.start()
    jobs = [insert_job(sql, document_number=f"5 200 00{number}") for number in range(2)]
    with psycopg.connect(database_url) as person:
        person.execute("SELECT FROM worker_status FOR UPDATE")

        answers = [worker.handle(job_id) for job_id in jobs]

        assert all(answer.startswith("Complété") for answer in answers)
        assert sql.execute("SELECT jobs_completed FROM worker_status").fetchone() == (0,)
    eventually(
        lambda: sql.execute("SELECT status, jobs_completed FROM worker_status").fetchone() == ("idle", 2),
        "it shows what it did",
    )
    worker.process.stop()


def test_next_message_does_not_wait_until_the_browser_is_measured(
    sql: psycopg.Connection, worker: ScriptedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_measured = threading.Event()
    monkeypatch.setattr(worker.browser, "memory_mb", lambda: int(is_measured.wait()))

    assert worker.handle(insert_job(sql)).startswith("Complété")
    assert worker.parts.session.check_ready()

    is_measured.set()
    worker.parts.session.close()


@pytest.mark.parametrize("write", ["status.show", "jobs.record_site_failure", "accounts.lease"])
def test_start_outlasts_an_outage_while_it_logs_in(
    write: str, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    worker = start()
    worker.parts.session.close()
    registry.plan(Step.LOGIN, SiteClosed("fermé"))
    worker.cut_postgres_at(write)

    worker.process.start()

    assert worker.handle(insert_job(sql)).startswith("handed back")
    worker.process.stop()


def test_start_keeps_evidence_of_a_login_that_failed(start: Start, registry: ScriptedRegistry, book: Book) -> None:
    worker = start()
    worker.parts.session.retire()
    registry.plan(Step.LOGIN, SiteClosed("fermé"))

    worker.process.start()

    assert all(name.startswith("site_closed-login-w-1-") for name in book.evidence())
    assert len(book.evidence()) == 3
    worker.process.stop()
