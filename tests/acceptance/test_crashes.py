"""A process is killed, paused or cut off: its row is found again, and nothing is bought twice."""

from __future__ import annotations

import psycopg
import redis

from tests.support.rows import column, insert_account, insert_job, ready_sessions, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

LEASE_SECONDS = "5"


def test_job_of_a_killed_child_is_done_by_another_within_two_lease_periods(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given two ready children, and a row in progress at one of them, before its paid click
    insert_account(sql, "99X0001")
    insert_account(sql, "99X0002")
    system.bridge()
    worker = system.worker("w", concurrency=2, LEASE_SECONDS=LEASE_SECONDS)
    eventually(lambda: ready_sessions(sql) == 2, "two sessions are ready")
    standin.set_variants(slow_pages_ms=1000)
    job_id = insert_job(sql)
    eventually(lambda: column(sql, job_id, "status") == "En traitement", "the row is in progress")
    victim = sql.execute(
        "SELECT pid FROM worker_status WHERE worker_id = (SELECT worker_id FROM extraction_queue)"
    ).fetchone()
    assert victim is not None

    # When its process is killed
    ((killed_at,),) = sql.execute("SELECT now()").fetchall()
    worker.kill_child(victim[0])
    standin.set_variants()

    # Then another has claimed it within two lease periods, and finishes it
    eventually(lambda: statuses(sql) == {"Complété": 1}, "the row is Complété")
    lost, done = sql.execute(
        "SELECT worker_id, outcome, started_at, consultation_at FROM extraction_attempts ORDER BY id"
    ).fetchall()
    assert (lost[1], done[1]) == ("lost", "completed")
    assert (done[2] - killed_at).total_seconds() < 2 * float(LEASE_SECONDS)
    assert lost[3] is None
    assert len(standin.consultations()) == 1


def test_bought_document_outlives_the_process_that_could_not_store_it(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given a document that was bought while storage went away: a file lies where the bucket should be
    insert_account(sql)
    system.bridge()
    worker = system.worker("w")
    eventually(lambda: ready_sessions(sql) == 1, "the session is ready")
    standin.set_variants(every_document_waits=True, waiting_seconds=2)
    job_id = insert_job(sql)
    eventually(lambda: len(standin.consultations()) == 1, "the document is paid")
    bucket = system.storage / "index"
    bucket.rmdir()
    bucket.touch()
    eventually(lambda: column(sql, job_id, "error_code") == "storage", "the upload fails")

    # When the process is killed, and storage comes back
    (pid,) = worker.child_pids()
    worker.kill_child(pid)
    bucket.unlink()
    bucket.mkdir()

    # Then the next process uploads what was bought, and buys nothing
    eventually(lambda: column(sql, job_id, "status") == "Complété", "the row is Complété")
    assert len(standin.consultations()) == 1
    assert column(sql, job_id, "attemtps") == 1


def test_rows_whose_messages_redis_lost_are_done(sql: psycopg.Connection, system: System, redis_url: str) -> None:
    insert_account(sql)
    system.bridge()
    jobs = [insert_job(sql, document_number=f"5 200 {n:03}") for n in range(3)]
    with redis.Redis.from_url(redis_url) as broker:
        eventually(lambda: broker.llen("index") == len(jobs), "the messages lie on the broker")
        broker.flushall()

    system.worker("w")

    eventually(lambda: statuses(sql) == {"Complété": 3}, "all rows are Complété")
