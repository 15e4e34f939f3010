"""The doorbell proves that the bridge hears it, on a real connection."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from extractor.models import Job
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.doorbell import Doorbell
from extractor.postgres.jobs import Jobs
from tests.support.jobs import take
from tests.support.rows import insert_job


def test_rows_ring_and_its_own_proof_does_not(sql: psycopg.Connection, database_url: str, database: Database) -> None:
    with Doorbell(database_url, database, proof_seconds=60) as doorbell:
        before = doorbell.seconds_since_proof
        assert not doorbell.wait(5)
        assert before is None
        assert doorbell.seconds_since_proof is not None

        insert_job(sql)

        assert doorbell.wait(5)


def test_idle_bridge_and_heartbeats_ring_no_bridge(
    sql: psycopg.Connection,
    database_url: str,
    database: Database,
    jobs: Jobs,
    dispatcher: Dispatcher,
    claim: Callable[..., Job],
) -> None:
    job = claim()
    with Doorbell(database_url, database, proof_seconds=60) as doorbell:
        assert not doorbell.wait(5)

        dispatcher.rescue()
        jobs.renew(job)
        insert_job(sql)
        assert doorbell.wait(5)
        take(dispatcher)

        assert not doorbell.wait(0.5)


def test_proof_beside_a_ring_is_heard(sql: psycopg.Connection, database_url: str, database: Database) -> None:
    with Doorbell(database_url, database, proof_seconds=0.01) as doorbell:
        doorbell.wait(5)
        with sql.transaction():
            for _ in range(3):
                insert_job(sql)
        assert doorbell.wait(5)
        doorbell.wait(0.5)

        assert doorbell.seconds_since_proof is not None
        assert doorbell.seconds_since_proof < 5


def test_proofs_of_another_bridge_ring_no_bridge(database_url: str, database: Database) -> None:
    with (
        Doorbell(database_url, database, proof_seconds=60) as one,
        Doorbell(database_url, database, proof_seconds=60) as other,
    ):
        assert not other.wait(5)
        assert not one.wait(0.5)


def test_line_that_was_heard_and_is_cut_is_an_error(
    sql: psycopg.Connection, database_url: str, database: Database
) -> None:
    with Doorbell(database_url, database, proof_seconds=60) as doorbell:
        doorbell.wait(5)
        sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")

        with pytest.raises(psycopg.OperationalError):
            doorbell.wait(5)
