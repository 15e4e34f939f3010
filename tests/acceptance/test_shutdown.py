"""A worker that is asked to stop begins nothing that cannot end, gives back what it may, and takes no attempt."""

from __future__ import annotations

import psycopg

from tests.support.rows import column, insert_account, insert_job, ready_sessions, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually


def test_row_before_its_click_goes_back_at_once_and_no_attempt_is_used(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    insert_account(sql)
    system.bridge()
    worker = system.worker("w")
    eventually(lambda: ready_sessions(sql) == 1, "the session is ready")
    standin.set_variants(slow_pages_ms=30_000)
    job_id = insert_job(sql)
    eventually(lambda: column(sql, job_id, "status") == "En traitement", "the row is in progress")

    worker.process.stop()

    assert worker.process.returncode == 0
    assert (column(sql, job_id, "status"), column(sql, job_id, "attemtps")) == ("En attente", 0)
    assert sql.execute("SELECT outcome FROM extraction_attempts").fetchall() == [("returned",)]
    assert sql.execute("SELECT user_code FROM registry_sessions").fetchall() == []
    assert standin.consultations() == []


def test_row_after_its_click_is_finished(sql: psycopg.Connection, system: System, standin: StandinClient) -> None:
    insert_account(sql)
    system.bridge()
    worker = system.worker("w")
    eventually(lambda: ready_sessions(sql) == 1, "the session is ready")
    standin.set_variants(every_document_waits=True, waiting_seconds=2)
    job_id = insert_job(sql)
    eventually(lambda: len(standin.consultations()) == 1, "the document is paid")

    worker.process.stop()

    assert worker.process.returncode == 0
    assert column(sql, job_id, "status") == "Complété"
    assert sql.execute("SELECT user_code FROM registry_sessions").fetchall() == []
    assert sql.execute("SELECT status, account_id FROM worker_status").fetchall() == [("offline", None)]


def test_idle_session_frees_its_account_and_opens_again_with_the_next_row(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    insert_account(sql)
    system.bridge()
    system.worker("w", SESSION_IDLE_SECONDS="1")
    eventually(
        lambda: (
            sql.execute(
                "SELECT last_used IS NOT NULL, worker_accounts_holder(username) FROM worker_accounts"
            ).fetchone()
            == (True, None)
        ),
        "the account is free again",
    )

    insert_job(sql)

    eventually(lambda: statuses(sql) == {"Complété": 1}, "the row is Complété")
    assert len(standin.logins()) == 2
