"""People write plain SQL on their own table while rows run: edits, resets, open transactions, an outage."""

from __future__ import annotations

import pytest

from tests.chaos.scenario import COMPLETED, Scenario, fresh_number
from tests.support.system import eventually

# Where an edit meets the row; beside it, how many documents are bought.
EDITS = {
    "before:jobs.record_consultation": 1,
    "after:visit.press": 2,
    "before:store.upload": 2,
    "before:jobs.complete": 2,
}


def test_row_is_edited_at_every_step(scenario: Scenario) -> None:
    jobs = {point: scenario.row(arm=(f"HOLD {point}",)) for point in EDITS}
    for point, job_id in jobs.items():
        with scenario.arming.held(point, job_id):
            scenario.edit(job_id, fresh_number())

    scenario.finish()

    # Then each has the document that it asks for now, and what was bought for the earlier request is on its attempt
    for point, job_id in jobs.items():
        assert scenario.column(job_id, "status") == COMPLETED
        assert (scenario.bought(job_id), scenario.bought_earlier(job_id)) == (1, EDITS[point] - 1)
        stored = scenario.sql.execute(
            "SELECT count(DISTINCT supabase_path) FROM extraction_attempts WHERE job_id = %s", [job_id]
        ).fetchone()
        assert stored == (EDITS[point],)


@pytest.mark.parametrize("point", ["before:jobs.record_consultation", "after:visit.press", "before:jobs.complete"])
def test_running_row_is_set_to_waiting(scenario: Scenario, point: str) -> None:
    job_id = scenario.row(arm=(f"HOLD {point}",))
    with scenario.arming.held(point, job_id):
        scenario.sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [job_id])
        assert scenario.column(job_id, "status") == "En traitement"

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_open_transaction_locks_a_running_row_for_longer_than_a_lease(scenario: Scenario) -> None:
    job_id = scenario.row(arm=("HOLD before:jobs.record_consultation",))
    with scenario.arming.held("before:jobs.record_consultation", job_id):
        with scenario.sql.transaction():
            scenario.sql.execute("UPDATE extraction_queue SET priority = 1 WHERE id = %s", [job_id])
            passed = "SELECT clock_timestamp() > lease_expires_at + interval '1 s' FROM extraction_queue WHERE id = %s"
            eventually(lambda: scenario.sql.execute(passed, [job_id]).fetchone() == (True,), "its lease has passed", 20)
        eventually(lambda: scenario.column(job_id, "lease_expires_at > now()") is True, "it is renewed", 10)

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_postgres_is_away_for_longer_than_a_lease_before_the_click(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    job_id = scenario.row(arm=("HOLD before:jobs.record_consultation",))
    with scenario.arming.held("before:jobs.record_consultation", job_id):
        for line in (servers.postgres_of_workers, servers.postgres_of_bridge):
            line.refuse()
        eventually(lambda: scenario.column(job_id, "lease_expires_at < now()") is True, "its lease has passed", 20)
        servers.proxies.heal()
        eventually(lambda: scenario.column(job_id, "lease_expires_at > now()") is True, "it is renewed", 10)

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1
