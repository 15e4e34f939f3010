"""The drain, after everything else: nothing is left of what was done to the system."""

from __future__ import annotations

from tests.chaos.machine import FLEET, LEASE_SECONDS, SESSIONS
from tests.chaos.oracle import Oracle
from tests.chaos.scenario import Scenario
from tests.support.system import eventually

# Housekeeping touches files only when they are older than two jobs may take.
SWEPT_SECONDS = 60


def test_nothing_is_left_after_the_drain(scenario: Scenario) -> None:
    machine, sql = scenario.machine, scenario.sql
    scenario.row()
    scenario.finish()
    leftovers = Oracle(machine, scenario.rows).leftovers

    def abandoned() -> list[str]:
        """Without the files of the living, whose browsers may start and end meanwhile."""
        living = [f"-{child}-" for child in machine.children()]
        return [left for left in leftovers() if not any(owner in left for owner in living)]

    def leased() -> int:
        return len(sql.execute("SELECT FROM registry_sessions WHERE lease_expires_at > now()").fetchall())

    eventually(lambda: not abandoned(), "what the killed left is swept", SWEPT_SECONDS, shows=abandoned)
    eventually(lambda: leased() == SESSIONS, "the leases of the killed have passed", 2 * LEASE_SECONDS, shows=leased)

    machine.stop(FLEET)
    machine.stop("bridge")

    assert leftovers() == []
    assert machine.orphans() == []
    assert leased() == 0
    assert sql.execute("SELECT count(*) FROM extraction_queue WHERE status = 'En traitement'").fetchone() == (0,)
    assert sql.execute("SELECT DISTINCT status FROM worker_status WHERE worker_id LIKE 'fleet-%'").fetchall() == [
        ("offline",)
    ]
    assert machine.servers.broker.hlen("unacked") == 0
