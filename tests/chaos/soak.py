"""Random faults from a seed while rows flow and people change them: `python -m tests.chaos.soak --minutes 10 --seed 7`.

With `--consultations 1` no request may be bought twice, whatever was killed.

Ends with the suite's last line, and with exit code 1 when an invariant broke. A request is bought again only after a
kill between its click and its spool: the attempt that bought before was lost without a document. A row that a person
sends again gets the document that storage has.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.faults import FaultDice
from tests.chaos.load import Load
from tests.chaos.machine import Machine
from tests.chaos.oracle import Oracle
from tests.chaos.people import People
from tests.chaos.report import Totals, spent
from tests.chaos.scenario import TERMINAL, Row

ROWS_PER_MINUTE = 32.0
SECONDS_BETWEEN_FAULTS = 2.8
# Rows are held after this many deaths. The soak kills without regard to rows, and a row may meet several by chance.
MAX_KILLS = 20
DRAIN_SECONDS = 180.0


def main() -> int:
    """Run the soak; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--consultations", type=int, default=2, help="MAX_CONSULTATIONS_PER_JOB of the run")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.minutes:g} minutes, {options.consultations} per row", flush=True)  # noqa: T201
    limits = {"MAX_KILLS": str(MAX_KILLS), "MAX_CONSULTATIONS_PER_JOB": str(options.consultations)}
    with Machine(**limits, REUSE_DAYS="0") as machine:
        machine.ensure()
        dice = FaultDice(machine, options.seed)
        with Load(machine, rows_per_minute=ROWS_PER_MINUTE, consultations=options.consultations) as load:
            people = People(machine, load.rows, options.seed)
            struck = _strike(dice, people, seconds=60 * options.minutes)
        dice.settle()
        people.settle()
        machine.heal()
        _drain(machine, load.rows)
        violations = [*_violations(machine, load.rows), *_unexplained(machine, load.rows)]
        return _report(machine, load.rows, struck, violations)


def _strike(dice: FaultDice, people: People, *, seconds: float) -> Counter[str]:
    """Faults until the time is up, and acts of people between them; how often each, and how many were killed."""
    struck: Counter[str] = Counter()
    pause, end = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < end:
        pause.wait(SECONDS_BETWEEN_FAULTS)
        name, kills = dice.strike()
        struck[name] += 1
        struck["killed"] += kills
        if struck.total() % 2:
            struck[people.act()] += 1
    return struck


def _drain(machine: Machine, rows: list[Row]) -> None:
    """Wait until every row is at an end; the oracle reports those that are not."""
    pause, end = threading.Event(), time.monotonic() + DRAIN_SECONDS
    while _open_rows(machine, rows) and time.monotonic() < end:
        machine.supervise()
        pause.wait(1)


def _open_rows(machine: Machine, rows: list[Row]) -> int:
    record = machine.servers.sql.execute(
        "SELECT count(*) FROM extraction_queue WHERE id = ANY(%s) AND status <> ALL(%s)",
        [[row.id for row in rows], list(TERMINAL)],
    ).fetchone()
    return record[0] if record else 0


def _violations(machine: Machine, rows: list[Row]) -> Iterator[str]:
    oracle = Oracle(machine, rows)
    for check in (oracle.money, oracle.bytes, oracle.sessions):
        yield from check()
    stuck = machine.servers.sql.execute(
        "SELECT q.id, q.status, t.outcome, t.error_code, t.message FROM extraction_queue q"
        " LEFT JOIN extraction_attempts t ON t.id = q.attempt_id WHERE q.id = ANY(%s) AND q.status <> ALL(%s)",
        [[row.id for row in rows], list(TERMINAL)],
    )
    for job_id, status, outcome, code, message in stuck.fetchall():
        yield f"(b) row {job_id} is stuck at {status}; its last attempt: {outcome}, {code}: {message}"
    held = machine.servers.sql.execute(
        "SELECT id, error_code, error_message FROM extraction_queue"
        " WHERE id = ANY(%s) AND status = 'Erreur' AND error_code <> 'consultation_limit'",
        [[row.id for row in rows]],
    )
    for job_id, code, message in held.fetchall():
        yield f"(b) row {job_id} is Erreur ({code}): {message}"


def _unexplained(machine: Machine, rows: list[Row]) -> Iterator[str]:
    """A second consultation of a request is explained only when the first one had no document in the spool by then.

    A process that stood still past its lease, between its click and its spool, may wake up and spool afterwards.
    """
    attempts = machine.servers.sql.execute(
        "SELECT later.job_id, earlier.document_saved_at, later.consultation_at, earlier.outcome"
        " FROM extraction_attempts earlier JOIN extraction_attempts later USING (job_id)"
        " WHERE job_id = ANY(%s) AND earlier.id < later.id AND earlier.document_saved_at < later.consultation_at"
        " AND earlier.request_key = later.request_key",
        [[row.id for row in rows]],
    )
    for job_id, saved_at, bought_at, outcome in attempts.fetchall():
        yield f"(a) row {job_id} was bought at {bought_at} although it was spooled at {saved_at} ({outcome})"


def _report(machine: Machine, rows: list[Row], struck: Counter[str], violations: list[str]) -> int:
    billed, stored, unrecorded = spent(machine, rows)
    totals = Totals()
    totals.add(
        kills=struck.pop("killed"), consultations=billed, documents=stored, unrecorded=unrecorded, violations=violations
    )
    if violations:
        kept = Path(tempfile.mkdtemp(prefix="chaos-soak-"))
        for log in machine.directory.glob("*.log"):
            shutil.copy(log, kept)
        print(*violations, f"logs: {kept}", sep="\n")  # noqa: T201
    print(f"{len(rows)} rows; faults: {dict(struck)}")  # noqa: T201
    print(totals.line(), flush=True)  # noqa: T201
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
