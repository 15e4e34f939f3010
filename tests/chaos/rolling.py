"""Rolling restarts of two workers under load: `python -m tests.chaos.rolling [--times 20]`.

A deployment costs nothing: no row uses a second attempt, none ends in Erreur, none is bought twice.
"""

from __future__ import annotations

import argparse
import sys
import threading

from tests.chaos.load import Load
from tests.chaos.machine import Machine
from tests.chaos.oracle import Oracle
from tests.chaos.report import spent
from tests.support.system import eventually

NAMES = ("left", "right")
ROWS_PER_MINUTE = 30.0
DRAIN_SECONDS = 120.0


def main() -> int:
    """Restart one worker after the other; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    with Machine(SHUTDOWN_GRACE_SECONDS="15") as machine:
        machine.bridge()
        for name in NAMES:
            machine.worker(name, sessions=1)
        with Load(machine, rows_per_minute=ROWS_PER_MINUTE, consultations=1) as load:
            for turn in range(times):
                _restart(machine, NAMES[turn % len(NAMES)])
        eventually(lambda: not _unfinished(machine), "every row is at an end", DRAIN_SECONDS)
        oracle = Oracle(machine, load.rows)
        broken = [*oracle.money(), *oracle.states(), *oracle.bytes(), *oracle.sessions(), *_spoilt(machine)]
        billed, stored, unrecorded = spent(machine, load.rows)
    print(  # noqa: T201
        *broken,
        f"{times} restarts, {len(load.rows)} rows, consultations {billed} for {stored} documents,"
        f" charges beyond the ledger {unrecorded}",
        sep="\n",
    )
    return 1 if broken else 0


def _restart(machine: Machine, name: str) -> None:
    machine.terminate(name)
    machine.wait_for_end(name)
    machine.worker(name, sessions=1)
    machine.wait_ready(name, 1)
    threading.Event().wait(1)  # so that it is at work when its next turn comes


def _unfinished(machine: Machine) -> bool:
    waiting = "SELECT 1 FROM extraction_queue WHERE status IN ('En attente', 'En traitement')"
    return bool(machine.servers.sql.execute(waiting).fetchone())


def _spoilt(machine: Machine) -> list[str]:
    rows = machine.servers.sql.execute(
        "SELECT id, status, attemtps, error_code FROM extraction_queue WHERE attemtps <> 1 OR status <> 'Complété'"
    ).fetchall()
    return [f"(b) row {job_id} is {status} after {used} attempts ({code})" for job_id, status, used, code in rows]


if __name__ == "__main__":
    sys.exit(main())
