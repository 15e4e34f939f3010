"""What people ask for while rows run: stop, cancel, pause, watch."""

from __future__ import annotations

import httpx

from extractor.local.embedded_server import free_port
from tests.chaos.machine import FLEET
from tests.chaos.scenario import COMPLETED, FAILED, Scenario
from tests.support.system import eventually


def test_worker_is_asked_to_stop_at_every_step(scenario: Scenario) -> None:
    # Given one row before its click, one after it, one before its upload
    machine = scenario.machine
    points = ("before:jobs.record_consultation", "after:visit.press", "before:store.upload")
    jobs = [scenario.row(arm=(f"HOLD {point}",)) for point in points]
    for point, job_id in zip(points, jobs, strict=True):
        scenario.arming.wait_for("HOLD", point, job_id)

    # When the worker has to end sooner than a document may take
    machine.terminate(FLEET)
    eventually(lambda: scenario.attempts(jobs[0])[0]["outcome"] is not None, "the row before its click goes back", 20)
    scenario.arming.disarm()
    machine.wait_for_end(FLEET)

    # Then that row went back without an attempt, and the row after its click was finished; what is in the spool waits
    assert scenario.attempts(jobs[0])[0]["outcome"] == "returned"
    assert scenario.column(jobs[0], "attemtps") == 0
    assert scenario.column(jobs[1], "status") == COMPLETED
    assert scenario.sql.execute("SELECT count(*) FROM registry_sessions WHERE lease_expires_at > now()").fetchone() == (
        0,
    )
    machine.ensure()
    scenario.finish()


def test_row_is_cancelled_before_and_after_its_click(scenario: Scenario) -> None:
    early = scenario.row(arm=("HOLD before:jobs.record_consultation",), consultations=0, ends=(FAILED,))
    late = scenario.row(arm=("HOLD after:visit.press",))
    for job_id, point in ((early, "before:jobs.record_consultation"), (late, "after:visit.press")):
        with scenario.arming.held(point, job_id):
            scenario.sql.execute("UPDATE extraction_queue SET cancel_requested_at = now() WHERE id = %s", [job_id])

    scenario.finish()

    assert scenario.column(early, "error_code") == "cancelled"
    assert scenario.column(late, "error_code") == "cancelled_late"


def test_source_is_paused_while_a_row_of_it_runs(scenario: Scenario) -> None:
    running = scenario.row(arm=("HOLD before:jobs.record_consultation",))
    with scenario.arming.held("before:jobs.record_consultation", running):
        scenario.sql.execute("UPDATE source_control SET paused = true WHERE document_source = 'index'")
        waiting = scenario.row()
    scenario.wait_for(running, COMPLETED)
    assert scenario.attempts(waiting) == []

    scenario.sql.execute("UPDATE source_control SET paused = false")

    scenario.finish()


def test_monitor_is_closed_to_strangers_and_no_part_needs_it(scenario: Scenario) -> None:
    machine, port = scenario.machine, free_port()
    machine.flower(port)
    eventually(lambda: _status(port, "/healthcheck") == 200, "Flower answers", 40)
    assert _status(port, "/api/workers") in (401, 403)
    job_id = scenario.row(arm=("HOLD before:jobs.record_consultation",))
    with scenario.arming.held("before:jobs.record_consultation", job_id):
        machine.kill(machine["flower"].pid)

    scenario.finish()


def _status(port: int, path: str) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5, trust_env=False).status_code
    except httpx.TransportError:
        return 0
