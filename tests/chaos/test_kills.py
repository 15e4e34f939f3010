"""Processes that die: nothing is lost, nothing is bought twice, and no person has to help."""

from __future__ import annotations

from tests.chaos.machine import DOCUMENT_SECONDS, FLEET, LEASE_SECONDS, SESSIONS
from tests.chaos.scenario import COMPLETED, FAILED, Scenario, fresh_number

# Every boundary between two steps; beside it, the consultations that a kill there may cost at most.
BOUNDARIES = {
    "before:jobs.claim": 1,
    "after:jobs.claim": 1,
    "before:jobs.record_consultation": 1,
    "after:jobs.record_consultation": 1,
    "after:visit.press": 2,
    "before:spool.keep": 2,
    "after:spool.keep": 1,
    "before:spool.put": 1,
    "after:spool.put": 1,
    "before:store.upload": 1,
    "after:store.upload": 1,
    "before:jobs.complete": 1,
    "after:jobs.complete": 1,
}


def test_child_killed_at_every_boundary(scenario: Scenario) -> None:
    for point, consultations in BOUNDARIES.items():
        marks = 1 if point == "after:jobs.record_consultation" else 0
        scenario.row(arm=(f"KILL {point}",), consultations=consultations, unclicked=marks)

    scenario.finish(seconds=150)

    assert scenario.kills == len(BOUNDARIES)


def test_child_that_dies_while_it_judges(scenario: Scenario) -> None:
    # Given bytes that were paid: sound, long to read, or half of them
    points = ("before:jobs.bind_to_spool", "before:judge", "after:judge")
    deaths = {fresh_number(): (fault, point) for fault in (None, "strokes", "half") for point in points}
    scenario.standin.set_variants(
        rules=[{"number": number, "file_fault": fault} for number, (fault, _) in deaths.items() if fault]
    )
    codes = {}
    for number, (fault, point) in deaths.items():
        end, code = (FAILED, "document_refused") if fault == "half" else (COMPLETED, None)
        codes[scenario.row(document_number=number, ends=(end,), arm=(f"KILL {point}",))] = code

    scenario.finish()

    # Then the next attempt finds them, and each was bought once
    assert scenario.kills == len(codes)
    assert {job_id: scenario.column(job_id, "error_code") for job_id in codes} == codes


def test_child_that_dies_at_the_paid_click(scenario: Scenario) -> None:
    # Given rows that may be bought once, and rows that may be bought twice
    once, twice = {"max_consultations": 1, "ends": (COMPLETED, FAILED)}, {"consultations": 2}
    for milliseconds, limit in ((0, once), (50, once), (50, twice), (500, once), (500, twice)):
        scenario.row(ending="413", arm=(f"KILL clicked+{milliseconds}",), unclicked=1, **limit)

    scenario.finish()

    # Then none of the first was bought again, and those whose purchase is uncertain wait for a person
    assert scenario.kills == 5
    for row in scenario.rows:
        if scenario.column(row.id, "status") == FAILED:
            assert scenario.column(row.id, "error_code") == "consultation_limit"
            assert row.consultations == 1


def test_host_is_lost_and_its_worker_comes_back_under_the_same_name(scenario: Scenario) -> None:
    # Given three rows in progress, one of them bought and spooled
    machine = scenario.machine
    points = ("before:jobs.record_consultation", "before:site.request_document", "after:spool.put")
    jobs = [scenario.row(arm=(f"HOLD {point}",)) for point in points]
    for point, job_id in zip(points, jobs, strict=True):
        machine.arming.wait_for("HOLD", point, job_id)

    machine.lose(FLEET)
    machine.arming.disarm()
    machine.worker(FLEET, sessions=SESSIONS)
    scenario.finish()

    # Then the rows were found within two leases, the one that was clicked by the document's bound, and each bought once
    for job_id in jobs:
        lost, done = scenario.attempts(job_id)
        assert lost["outcome"] == "lost"
        found_from = lost["consultation_at"] or lost["started_at"]
        bound = DOCUMENT_SECONDS + LEASE_SECONDS if lost["consultation_at"] else 2 * LEASE_SECONDS
        assert (lost["finished_at"] - found_from).total_seconds() < bound
        assert done["outcome"] == "completed"


def test_killed_parent_takes_no_row_with_it(scenario: Scenario) -> None:
    machine = scenario.machine
    jobs = [scenario.row(arm=("HOLD before:jobs.record_consultation",)) for _ in range(SESSIONS)]
    for job_id in jobs:
        machine.arming.wait_for("HOLD", "before:jobs.record_consultation", job_id)

    machine.kill(machine[FLEET].pid)
    machine.worker(FLEET, sessions=SESSIONS)
    machine.arming.disarm()

    scenario.finish()


def test_row_that_kills_every_process_is_quarantined(scenario: Scenario) -> None:
    poison = scenario.row(consultations=0, ends=(FAILED,), arm=("KILL after:jobs.claim",))
    other = scenario.row()
    for kills in (1, 2):
        scenario.arming.wait_for_kills(kills, of=poison)
        scenario.arming.arm("KILL", "after:jobs.claim", poison)

    scenario.finish()

    assert scenario.column(poison, "error_code") == "poison_row"
    assert scenario.column(other, "status") == COMPLETED
