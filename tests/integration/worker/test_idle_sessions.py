"""A session that is idle is closed and its account freed; the next message logs in."""

from __future__ import annotations

import psycopg

from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step


def test_idle_session_frees_its_account_until_the_next_message(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker = start(session_idle_seconds=0)
    job_id = insert_job(sql)

    worker.parts.watch.look()

    assert book.session("user_code") is None
    assert book.account("failure_count") == (0,)
    assert worker.browser.page is None
    status = sql.execute("SELECT status, message, account_id FROM worker_status").fetchone()
    assert status == ("idle", "logs in with the next row: its session was idle", None)

    assert worker.handle(job_id) == "handed back: logged in first"
    assert worker.handle(job_id).startswith("Complété")
    assert registry.logins == ["99X0001"] * 2


def test_session_in_use_is_not_idle(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker = start(session_idle_seconds=0)
    job_id = insert_job(sql)
    registry.plan(Step.FORM, worker.parts.watch.look)

    worker.handle(job_id)

    assert book.row(job_id) == ("Complété", 1, None)
    assert registry.logins == ["99X0001"]


def test_session_that_was_used_lately_stays(start: Start, book: Book) -> None:
    worker = start(session_idle_seconds=60)

    worker.parts.watch.look()

    assert book.session("user_code") == ("99X0001",)


def test_process_without_a_session_has_nothing_to_close(sql: psycopg.Connection, start: Start) -> None:
    worker = start(session_idle_seconds=0)
    worker.parts.session.close()
    before = sql.execute("SELECT status, message FROM worker_status").fetchone()

    worker.parts.watch.look()

    assert sql.execute("SELECT status, message FROM worker_status").fetchone() == before
