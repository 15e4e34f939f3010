"""The heartbeat: it renews what the process holds, up to the bound of a job, and sees what was lost."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.local.waiting import wait_until
from extractor.models import RowId
from extractor.postgres.dispatcher import Dispatcher
from tests.integration.conftest import LIMITS
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step
from tests.support.scripted_worker import ScriptedWorker

# LEASE_SECONDS is 30.
RENEWED = "lease_expires_at > now() + interval '25 s'"


def shorten_leases(sql: psycopg.Connection) -> None:
    sql.execute("UPDATE registry_sessions SET lease_expires_at = now() + interval '5 s'")
    sql.execute("UPDATE extraction_queue SET lease_expires_at = now() + interval '5 s' WHERE status = 'En traitement'")


@pytest.mark.parametrize(("bound", "is_renewed"), [(540, True), (0, False)], ids=["within the bound", "past it"])
def test_beat_renews_account_and_job(
    bound: float,
    is_renewed: bool,
    sql: psycopg.Connection,
    start: Start,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    worker = start(job_timeout_seconds=bound)
    job_id = insert_job(sql)
    seen: list[object] = []

    def beat() -> None:
        shorten_leases(sql)
        worker.parts.heartbeat.beat()
        seen.extend((*(book.session(RENEWED) or ()), *book.row(job_id, RENEWED)))

    registry.plan(Step.FORM, beat)

    worker.handle(job_id)

    assert seen == [True, is_renewed]


def test_beat_between_rows_renews_the_account_alone(
    sql: psycopg.Connection, worker: ScriptedWorker, book: Book
) -> None:
    worker.handle(insert_job(sql))
    shorten_leases(sql)
    sql.execute("UPDATE worker_status SET last_heartbeat = now() - interval '1 h'")

    worker.parts.heartbeat.beat()

    assert book.session(RENEWED) == (True,)
    assert sql.execute("SELECT last_heartbeat > now() - interval '1 min' FROM worker_status").fetchone() == (True,)


def test_person_s_open_transaction_over_the_row_costs_neither_account_nor_row(
    sql: psycopg.Connection,
    database_url: str,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    job_id = insert_job(sql)
    seen: list[object] = []

    def beat() -> None:
        shorten_leases(sql)
        with psycopg.connect(database_url) as person:
            person.execute("UPDATE extraction_queue SET priority = 5")
            worker.parts.heartbeat.beat()
            seen.extend(book.session(RENEWED) or ())
        sql.execute("UPDATE extraction_queue SET lease_expires_at = now() - interval '1 s'")
        seen.append(Dispatcher(worker.parts.database, LIMITS).rescue())

    registry.plan(Step.FORM, beat)

    assert worker.handle(job_id).startswith("Complété")

    assert seen == [True, []]


def test_beat_sees_a_lost_account_and_stops_renewing_it(
    sql: psycopg.Connection, worker: ScriptedWorker, book: Book
) -> None:
    lease = worker.parts.session.lease
    assert lease is not None
    sql.execute("UPDATE registry_sessions SET lease_id = gen_random_uuid()")
    worker.parts.heartbeat.beat()
    assert lease.is_lost

    # Too late: another process held it meanwhile.
    sql.execute("UPDATE registry_sessions SET lease_id = %s", [lease.account.lease_id])
    shorten_leases(sql)
    worker.parts.heartbeat.beat()

    assert book.session(RENEWED) == (False,)
    assert worker.parts.readiness.check() is None
    assert worker.parts.session.lease is None


def test_beat_does_not_renew_a_rescued_row(
    sql: psycopg.Connection,
    worker: ScriptedWorker,
    registry: ScriptedRegistry,
    rescue: Callable[[], list[RowId]],
    book: Book,
) -> None:
    job_id = insert_job(sql)

    def lose() -> None:
        rescue()
        worker.parts.heartbeat.beat()

    registry.plan(Step.FILLED, lose)

    worker.handle(job_id)

    assert book.row(job_id, "status, lease_expires_at") == ("En attente", None)
    assert registry.bills == []


def test_thread_outlasts_an_outage(start: Start, sql: psycopg.Connection) -> None:
    worker = start(heartbeat_seconds=0.001)
    worker.cut_postgres_at("status.beat")
    sql.execute("UPDATE worker_status SET last_heartbeat = now() - interval '1 h'")

    worker.parts.heartbeat.start()

    def has_beaten() -> bool:
        row = sql.execute("SELECT last_heartbeat > now() - interval '1 min' FROM worker_status").fetchone()
        return row == (True,)

    wait_until(has_beaten, what="it beats again", seconds=20)
    worker.parts.heartbeat.stop()
    worker.parts.heartbeat.stop()
