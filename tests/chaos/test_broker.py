"""The broker fails for a moment, forgets, hangs: its messages only wake workers, so only time is lost."""

from __future__ import annotations

from celery import Celery

from tests.chaos.machine import FLEET, SESSIONS, VISIBILITY_SECONDS
from tests.chaos.scenario import Scenario
from tests.support.system import eventually

PHASES = (
    "after:jobs.claim",
    "before:jobs.record_consultation",
    "after:visit.press",
    "before:spool.keep",
    "before:store.upload",
    "before:jobs.complete",
)
BLIPS = 20


def occupied(scenario: Scenario) -> None:
    """Let every process of the fleet be held in a row, so that what comes next stays on the broker."""
    jobs = [scenario.row(arm=("HOLD before:jobs.record_consultation",)) for _ in range(SESSIONS)]
    for job_id in jobs:
        scenario.arming.wait_for("HOLD", "before:jobs.record_consultation", job_id)


def queued(scenario: Scenario, count: int) -> None:
    """Insert rows, and wait until their messages lie on the broker."""
    for _ in range(count):
        scenario.row()
    broker = scenario.machine.servers.broker
    eventually(lambda: broker.llen("index") >= count, f"{count} messages lie on the broker", 20)


def test_broker_blips_in_every_phase_of_a_job(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    job_id = scenario.row(arm=tuple(f"HOLD {point}" for point in PHASES))
    for point in PHASES:
        with scenario.arming.held(point, job_id):
            servers.broker.client_kill_filter(_type="normal", skipme=True)
            servers.valkey_of_workers.cut()

    scenario.finish()

    assert scenario.column(job_id, "attemtps") == 1
    assert len(scenario.attempts(job_id)) == 1


def test_job_outlives_the_visibility_timeout_of_its_message(scenario: Scenario) -> None:
    scenario.standin.set_variants(waiting_seconds=VISIBILITY_SECONDS + 2)
    jobs = [scenario.row(ending="413") for _ in range(2)]

    scenario.finish()

    assert [len(scenario.attempts(job_id)) for job_id in jobs] == [1, 1]


def test_bridge_dies_between_sending_and_marking(scenario: Scenario) -> None:
    machine = scenario.machine
    for point in ("before:bridge.send", "after:bridge.send"):
        scenario.arming.arm("KILL", point)
        scenario.row()
        scenario.arming.wait_for("KILL", point)
        eventually(lambda: not machine.is_running("bridge"), "the bridge is gone", 10)
        machine.bridge()

    scenario.finish()


def test_broker_forgets_everything(scenario: Scenario) -> None:
    occupied(scenario)
    queued(scenario, 3)

    scenario.machine.servers.broker.flushall()
    scenario.arming.disarm()

    scenario.finish()


def test_broker_is_killed_with_messages_on_it(scenario: Scenario) -> None:
    machine = scenario.machine
    occupied(scenario)
    queued(scenario, 3)

    machine.kill(machine.servers.valkey.pid)
    machine.servers.restart_valkey()
    scenario.arming.disarm()

    scenario.finish()


def test_broker_has_no_memory_left(scenario: Scenario) -> None:
    broker = scenario.machine.servers.broker
    complaints = scenario.machine.log("bridge").count("Redis:")
    broker.config_set("maxmemory", "1")
    scenario.row()
    eventually(lambda: scenario.machine.log("bridge").count("Redis:") > complaints, "the bridge complains", 20)

    broker.config_set("maxmemory", "0")

    # A worker that took a message at that moment has ended: Celery cannot go on then, and a supervisor starts it again.
    scenario.logins = SESSIONS

    def is_done() -> bool:
        scenario.machine.supervise()
        return not scenario.unfinished()

    eventually(is_done, "the row is at an end", 90)


def test_worker_is_deaf_on_a_line_that_fell_silent(scenario: Scenario) -> None:
    machine = scenario.machine
    machine.servers.valkey_of_workers.blackhole()
    scenario.row()
    scenario.logins = 2 * SESSIONS  # the worker starts itself again

    # Its silence is noticed, its children end, it starts and logs in again: half a minute and more on a busy machine.
    eventually(lambda: machine.supervise() or not scenario.unfinished(), "the row is at an end", 90)


def test_broker_is_frozen_for_a_while(scenario: Scenario) -> None:
    machine = scenario.machine
    complaints = machine.log("bridge").count("Redis:")
    machine.pause(machine.servers.valkey.pid)
    scenario.row()
    eventually(lambda: machine.log("bridge").count("Redis:") > complaints, "the bridge gives up waiting", 30)

    machine.resume(machine.servers.valkey.pid)

    scenario.finish()


def test_broker_blips_twenty_times_while_rows_flow(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    for _ in range(3):
        scenario.row()
    for _ in range(BLIPS):
        servers.valkey_of_workers.cut()
        servers.valkey_of_bridge.cut()
        eventually(lambda: servers.valkey_of_workers.connections > 0, "a worker is back at the broker", 20)

    scenario.finish()


def test_nothing_interrupts_playwright_and_no_login_is_taken_for_a_dead_child(scenario: Scenario) -> None:
    # The test asks the running worker: what it runs with is what counts.
    with Celery(broker=scenario.machine.servers.valkey.url) as app:
        (conf,) = (app.control.inspect(timeout=5).conf() or {}).values()

    assert conf.get("task_soft_time_limit") is None
    assert conf["worker_proc_alive_timeout"] > conf["task_time_limit"]
    assert conf["task_acks_late"] is False
    assert scenario.machine.is_running(FLEET)
