"""The oracle sees what it must: with one guard of the product switched off, the same faults break an invariant.

These scenarios are expected to go wrong, so the tests compare the oracle's sentences instead of reporting them.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from extractor.models import Account
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import Jobs
from extractor.postgres.migrate import migrate
from tests.chaos.machine import TIMES, Machine
from tests.chaos.oracle import MAX_KILLS, Oracle, lost_too_often
from tests.chaos.scenario import Row, Scenario
from tests.support.jobs import job_limits
from tests.support.rows import insert_account, insert_job, lease_account
from tests.support.system import eventually

# Three failures open the breaker; each costs a session, and so may the probes that follow at once.
LOGINS_WITH_BREAKER = 5


@pytest.fixture
def broken(machine: Machine) -> Iterator[Scenario]:
    """A scenario that the oracle does not judge; what it cost beyond the budget is added to the budget afterwards."""
    scenario = Scenario(machine)
    yield scenario
    machine.heal()
    machine.ensure()
    machine.logins = max(machine.logins + scenario.kills, Oracle(machine, []).posts())


def sentences(scenario: Scenario) -> str:
    return "\n".join(Oracle(scenario.machine, scenario.rows, since=scenario.since).violations())


def test_without_the_fence_a_sleeper_buys_again(broken: Scenario) -> None:
    point = "before:jobs.record_consultation"
    job_id = broken.row(arm=(f"STOP {point}",))
    sleeper = broken.arming.wait_for("STOP", point, job_id).pid
    broken.finish()
    with broken.arming.guard_off("fence"):
        broken.machine.resume(sleeper)
        eventually(lambda: broken.bought(job_id) > 1, "the sleeper buys", 20)

    assert "was consulted 2 times; 1 was allowed" in sentences(broken)


def test_without_the_spool_a_kill_before_the_upload_buys_again(broken: Scenario) -> None:
    with broken.arming.guard_off("spool"):
        broken.row(arm=("KILL before:store.upload",))
        broken.finish()

    assert "was consulted 2 times; 1 was allowed" in sentences(broken)


def test_without_a_look_into_storage_a_lost_disk_buys_again(broken: Scenario) -> None:
    with broken.arming.guard_off("storage_lookup"), broken.arming.guard_off("spool"):
        broken.row(arm=("KILL after:store.upload",))
        broken.finish()
    assert "was consulted 2 times; 1 was allowed" in sentences(broken)

    # With it, the lost disk costs nothing
    with broken.arming.guard_off("spool"):
        spared = broken.row(arm=("KILL after:store.upload",))
        broken.finish()
    assert broken.bought(spared) == 1


def test_without_the_breaker_a_site_that_is_down_is_hammered_with_logins(broken: Scenario) -> None:
    broken.standin.set_variants(error_status=503, error_at="form")
    broken.machine.logins = Oracle(broken.machine, []).posts() + LOGINS_WITH_BREAKER
    with broken.arming.guard_off("breaker"):
        for _ in range(6):
            broken.row()
        eventually(lambda: "(d)" in sentences(broken), "the oracle counts the logins", 40)
        broken.standin.set_variants()
        broken.finish()


def test_without_the_proof_a_deaf_bridge_says_that_it_listens(broken: Scenario) -> None:
    broken.machine.stop("bridge")
    broken.machine.bridge()
    eventually(lambda: "arrive: listening" in broken.machine.log("bridge"), "the bridge listens", 20)
    with broken.arming.guard_off("self_notify"):
        oracle = Oracle(broken.machine, [])
        eventually(lambda: "last heard itself" in str(oracle.remains()), "the oracle sees the old proof", 40)


@pytest.fixture
def own_database(machine: Machine) -> Iterator[str]:
    """A database that no bridge looks at."""
    name = "guards"
    machine.servers.sql.execute(f"CREATE DATABASE {name}")
    url = machine.servers.database_url.rpartition("/")[0] + f"/{name}"
    migrate(url)
    yield url
    machine.servers.sql.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("is_off", [False, True], ids=["with", "without"])
def test_row_that_takes_processes_with_it(own_database: str, *, is_off: bool) -> None:
    database = Database(own_database)
    limits = job_limits(retry_backoff_seconds=0, snooze_seconds=0, max_kills=int(TIMES["MAX_KILLS"]))
    jobs, dispatcher = Jobs(database, limits), Dispatcher(database, limits)
    with psycopg.connect(own_database, autocommit=True) as sql:
        account = _lease(sql)
        job_id = insert_job(sql)
        for _ in range(MAX_KILLS + 1):
            jobs.claim(job_id, worker_id="w", account=account, spool_id=None)
            sql.execute("UPDATE extraction_queue SET lease_expires_at = now() - interval '1 s'")
            sql.execute("UPDATE extraction_attempts SET alive_until = now() - interval '1 s'")
            if is_off:
                sql.execute("UPDATE extraction_queue SET kills = 0")
            dispatcher.rescue()
        row = Row(job_id, "index", "2784195", consultations=1, ends=(), unclicked=0)

        assert bool(lost_too_often(sql, row)) == is_off
    database.close()


def _lease(sql: psycopg.Connection) -> Account:
    account_id = insert_account(sql)
    lease_id = lease_account(sql, holder="w")
    return Account.model_validate(
        {"id": account_id, "username": "99X0001", "password": "standin", "lease_id": lease_id}
    )
