"""Postgres goes away, turns read-only, or no longer rings; clocks differ; several bridges run."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.machine import FLEET, LEASE_SECONDS, Machine
from tests.chaos.proxy import Proxy
from tests.chaos.scenario import Scenario, fresh_number
from tests.chaos.servers import DATABASE, Servers
from tests.support.system import eventually

SKEWED = str(Path(__file__).parent / "skewed")
HOUR = 3600
PAIRS = 5


def terminate(servers: Servers) -> None:
    """End every connection of the system."""
    servers.sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        [DATABASE],
    )


def read_only(servers: Servers, *, on: bool) -> None:
    """Let the database take no writes, as a standby or a full disk does; the test's connection keeps its setting."""
    servers.sql.execute(f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = {'on' if on else 'off'}")
    terminate(servers)


def parted_bridge(machine: Machine) -> Proxy:
    """Start a bridge that can be parted from the database alone."""
    servers = machine.servers
    own = servers.proxies.add(servers.postgres.port, speaks_postgres=True)
    url = servers.of_bridge()["DATABASE_URL"].replace(f":{servers.postgres_of_bridge.port}/", f":{own.port}/")
    machine.bridge("parted", DATABASE_URL=url)
    return own


def test_database_takes_no_writes_after_the_document_is_stored(scenario: Scenario) -> None:
    machine = scenario.machine
    job_id = scenario.row(arm=("HOLD before:jobs.complete",))
    try:
        with scenario.arming.held("before:jobs.complete", job_id):
            read_only(machine.servers, on=True)
        eventually(lambda: "read-only" in machine.log(FLEET), "the worker meets the read-only database", 20)
    finally:
        read_only(machine.servers, on=False)

    scenario.finish()


def test_database_is_gone_for_longer_than_a_lease_after_the_document_was_bought(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    job_id = scenario.row(arm=("HOLD before:jobs.record_document",))
    with scenario.arming.held("before:jobs.record_document", job_id):
        servers.postgres_of_workers.refuse()
    eventually(lambda: bool(scenario.attempts(job_id)[0]["outcome"]), "the row is rescued", 20)

    servers.proxies.heal()

    scenario.finish()


def test_every_database_connection_is_terminated_in_each_phase(scenario: Scenario) -> None:
    phases = ("after:jobs.claim", "after:visit.press", "before:jobs.record_document", "before:jobs.complete")
    job_id = scenario.row(arm=tuple(f"HOLD {point}" for point in phases))
    for point in phases:
        with scenario.arming.held(point, job_id):
            terminate(scenario.machine.servers)

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_row_rings_while_no_bridge_hears(scenario: Scenario) -> None:
    machine = scenario.machine
    machine.kill(machine["bridge"].pid)
    scenario.row()
    machine.bridge()
    scenario.finish()

    terminate(machine.servers)
    scenario.row()
    scenario.finish(seconds=20)


def test_bridge_is_half_open(scenario: Scenario) -> None:
    scenario.machine.servers.postgres_of_bridge.blackhole()
    scenario.row()

    scenario.finish(seconds=40)


def test_bridge_behind_a_transaction_pooler_polls_and_says_so(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    servers.postgres_of_bridge.swallow_notifications()
    scenario.machine.stop("bridge")
    scenario.machine.bridge()
    scenario.row()

    scenario.finish()

    eventually(
        lambda: (
            servers.sql.execute("SELECT mode FROM bridge_status ORDER BY started_at DESC").fetchone() == ("polling",)
        ),
        "the bridge says that it polls",
        20,
    )


def test_clocks_of_a_worker_and_a_bridge_are_an_hour_off(scenario: Scenario) -> None:
    machine = scenario.machine
    machine.worker("fast", sessions=1, PYTHONPATH=SKEWED, CHAOS_CLOCK_SKEW_SECONDS=str(HOUR))
    machine.bridge("slow", PYTHONPATH=SKEWED, CHAOS_CLOCK_SKEW_SECONDS=str(-HOUR))
    machine.wait_ready("fast", 1)
    held = scenario.row(arm=("HOLD before:jobs.complete",))
    for _ in range(4):
        scenario.row()

    # No other worker takes a row that a living worker holds for longer than a lease
    with scenario.arming.held("before:jobs.complete", held):
        eventually(
            lambda: bool(
                scenario.sql.execute(
                    "SELECT 1 FROM extraction_queue"
                    " WHERE id = %s AND processing_started_at < now() - make_interval(secs => %s)",
                    [held, 1.5 * LEASE_SECONDS],
                ).fetchone()
            ),
            "more than a lease passes",
            20,
        )
    scenario.finish()

    assert all(len(scenario.attempts(row.id)) == 1 for row in scenario.rows)
    machine.lose("slow")
    machine.lose("fast")


def test_three_bridges_of_which_one_is_parted_send_equal_rows_once(scenario: Scenario) -> None:
    # Given two more bridges, one of them behind a proxy of its own
    machine = scenario.machine
    machine.bridge("second")
    own = parted_bridge(machine)
    eventually(lambda: "istening" in machine.log("parted") + machine.log("second"), "they listen", 60)

    # When pairs of equal rows come, and one bridge is parted in the middle
    for _ in range(PAIRS):
        number = fresh_number()
        scenario.row(document_number=number)
        scenario.row(document_number=number)
    own.blackhole()
    scenario.finish()

    # Then each document was bought once, and both of its rows have it
    for row in scenario.rows:
        assert scenario.bought(row.id) == 1
    machine.lose("parted")
    machine.stop("second")


def test_bridge_is_parted_while_it_holds_rows_locked(scenario: Scenario) -> None:
    # Given a bridge between marking and committing, whose line dies without a word
    machine = scenario.machine
    machine.stop("bridge")
    own = parted_bridge(machine)
    scenario.arming.arm("HOLD", "before:bridge.send")
    scenario.row()
    with scenario.arming.held("before:bridge.send"):
        own.blackhole()
    machine.bridge()

    # Then the server lets go of the rows in time for others
    try:
        scenario.finish(seconds=40)
    finally:
        machine.lose("parted")
