"""Processes that are stopped, and go on when others have done their work."""

from __future__ import annotations

import pytest

from extractor.models import RowId
from tests.chaos.machine import ACCOUNTS, FLEET, SESSIONS
from tests.chaos.scenario import Scenario
from tests.support import processes
from tests.support.system import eventually


@pytest.mark.parametrize(
    "points",
    [
        {"before:jobs.record_consultation": 1, "after:visit.press": 2},
        {"before:store.upload": 1, "before:jobs.complete": 1},
    ],
    ids=["around the click", "around the upload"],
)
def test_process_that_slept_past_its_lease_changes_nothing(scenario: Scenario, points: dict[str, int]) -> None:
    # Given two processes that fall asleep at two points, and a third that does their rows
    stopped: dict[RowId, int] = {}
    for point, consultations in points.items():
        job_id = scenario.row(arm=(f"STOP {point}",), consultations=consultations)
        stopped[job_id] = scenario.arming.wait_for("STOP", point, job_id).pid
    scenario.finish()
    before = {job_id: scenario.column(job_id, "updated_at") for job_id in stopped}

    # When they wake and notice
    for pid in stopped.values():
        scenario.machine.resume(pid)
    scenario.logins = len(stopped)
    scenario.machine.wait_ready(FLEET, SESSIONS)
    assert set(stopped.values()) <= set(scenario.machine.children())

    # Then the rows are as they were
    assert {job_id: scenario.column(job_id, "updated_at") for job_id in stopped} == before


def test_idle_process_that_slept_does_not_fight_for_its_account(scenario: Scenario) -> None:
    machine = scenario.machine
    scenario.standin.set_variants(second_login="throws_first_out")
    scenario.logins = 3 * SESSIONS
    sleeper = machine.ready()[0]
    machine.pause(sleeper)
    account = scenario.sql.execute("SELECT account_id FROM worker_status WHERE pid = %s", [sleeper]).fetchone()
    assert account is not None

    # When its account is the only one left, and another process has it
    scenario.sql.execute("UPDATE worker_accounts SET is_active = false WHERE id <> %s", list(account))
    try:
        scenario.row()
        scenario.finish()
        machine.resume(sleeper)
        scenario.row()
        scenario.finish()
    finally:
        scenario.sql.execute("UPDATE worker_accounts SET is_active = true")

    assert len(scenario.standin.logins()) <= machine.logins + scenario.logins
    assert scenario.sql.execute("SELECT count(*) FROM worker_accounts").fetchone() == (ACCOUNTS,)


def test_browser_driver_and_child_stand_still_in_the_middle_of_a_job(scenario: Scenario) -> None:
    for action in ("STOP_DRIVER", "STOP_CHROMIUM", "STOP"):
        scenario.row(arm=(f"{action} before:jobs.record_consultation",), unclicked=1)
    scenario.logins = SESSIONS

    scenario.finish()


def test_browser_and_driver_are_killed_while_idle(scenario: Scenario) -> None:
    machine = scenario.machine
    first, second, _ = machine.ready()
    machine.kill(processes.below(first, "chrom")[0])
    machine.kill(processes.below(second, "node")[0])
    jobs = [scenario.row() for _ in range(SESSIONS)]

    scenario.finish()

    assert [scenario.column(job_id, "attemtps") for job_id in jobs] == [1] * SESSIONS
    assert {attempt["outcome"] for job_id in jobs for attempt in scenario.attempts(job_id)} == {"completed"}


def test_orphans_of_a_frozen_driver_are_ended(scenario: Scenario) -> None:
    machine = scenario.machine
    child = machine.ready()[0]
    (driver, *_), browsers = processes.below(child, "node"), processes.below(child, "chrom")
    machine.pause(driver)
    machine.kill(child)

    left = [driver, *browsers]
    eventually(lambda: all(map(processes.is_gone, left)), "no browser is left without an owner", 30)
