"""How soon a row goes on after SIGKILL killed its worker: `python -m tests.chaos.rescue [--times 10]`."""

from __future__ import annotations

import argparse
import statistics
import sys

from tests.chaos.machine import FLEET, LEASE_SECONDS, SESSIONS, Machine
from tests.chaos.scenario import Scenario

STANDBY = "standby"
POINT = "before:jobs.record_consultation"
BOUND_LEASES = 2.0


def main() -> int:
    """Lose a worker's host again and again while another stands by; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args().times
    with Machine() as machine:
        machine.bridge()
        machine.worker(STANDBY, sessions=1)
        machine.wait_ready(STANDBY, 1)
        leases = [_rescued_after(machine) / LEASE_SECONDS for _ in range(times)]
    print(  # noqa: T201
        f"{times} kills of a worker: its row was claimed by another after {statistics.median(leases):.2f} leases"
        f" (median), {max(leases):.2f} at worst; {BOUND_LEASES:g} are promised, a lease is {LEASE_SECONDS:g} s"
    )
    return 0 if max(leases) < BOUND_LEASES else 1


def _rescued_after(machine: Machine) -> float:
    """Seconds from the kill to the next claim of the row, by the database's clock."""
    machine.worker(FLEET, sessions=SESSIONS)
    machine.wait_ready(FLEET, SESSIONS)
    machine.pause(machine.children(STANDBY)[0])  # so that the row goes to the one that will be killed
    scenario = Scenario(machine)
    job_id = scenario.row(arm=(f"HOLD {POINT}",))
    scenario.arming.wait_for("HOLD", POINT, job_id)
    machine.resume(machine.children(STANDBY)[0])
    moment = scenario.sql.execute("SELECT clock_timestamp()").fetchone()
    machine.lose(FLEET)
    machine.arming.disarm()
    scenario.finish()
    claimed = scenario.attempts(job_id)[1]["started_at"]
    assert moment is not None
    seconds: float = (claimed - moment[0]).total_seconds()
    print(f"{seconds:.1f} s", flush=True)  # noqa: T201
    return seconds


if __name__ == "__main__":
    sys.exit(main())
