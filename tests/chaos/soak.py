"""Random faults from a seed while rows flow: `python -m tests.chaos.soak --minutes 10 --seed 7`.

With `--consultations 1` no row may be bought twice, whatever was killed.

Ends with the suite's last line, and with exit code 1 when an invariant broke. A row is bought again only for a kill
between its click and its spool: the attempt that bought before was lost without a document.
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
from typing import Any

from tests.chaos.faults import FaultDice
from tests.chaos.load import Load
from tests.chaos.machine import Machine
from tests.chaos.oracle import Oracle
from tests.chaos.report import Totals, spent
from tests.chaos.scenario import TERMINAL, Row

ROWS_A_MINUTE = 32.0
SECONDS_BETWEEN_FAULTS = 2.8
# Rows are held after so many deaths; the soak kills without regard to rows, and a row may meet several by chance.
MAX_KILLS = 20
DRAIN_SECONDS = 180.0


def main() -> int:
    """Run the soak; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--consultations", type=int, default=2, help="MAX_CONSULTATIONS_PER_JOB of the run")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.minutes:g} minutes, {options.consultations} a row", flush=True)  # noqa: T201
    limits = {"MAX_KILLS": str(MAX_KILLS), "MAX_CONSULTATIONS_PER_JOB": str(options.consultations)}
    with Machine(**limits, REUSE_DAYS="0") as machine:
        machine.ensure()
        dice = FaultDice(machine, options.seed)
        with Load(machine, rows_a_minute=ROWS_A_MINUTE, consultations=options.consultations) as load:
            struck = _strike(dice, seconds=60 * options.minutes)
        dice.settle()
        machine.heal()
        _drain(machine, load.rows)
        violations = [*_violations(machine, load.rows), *_unexplained(machine, load.rows)]
        return _report(machine, load.rows, struck, violations)


def _strike(dice: FaultDice, *, seconds: float) -> Counter[str]:
    """Faults until the time is up; what was killed, by fault."""
    struck: Counter[str] = Counter()
    pause, end = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < end:
        pause.wait(SECONDS_BETWEEN_FAULTS)
        name, kills = dice.strike()
        struck[name] += 1
        struck["killed"] += kills
    return struck


def _drain(machine: Machine, rows: list[Row]) -> None:
    """Wait until every row is at an end; what is not, the oracle tells."""
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
    if count := _open_rows(machine, rows):
        yield f"(b) {count} rows are stuck."
    held = machine.servers.sql.execute(
        "SELECT id, error_code, error_message FROM extraction_queue"
        " WHERE id = ANY(%s) AND status = 'Erreur' AND error_code <> 'consultation_limit'",
        [[row.id for row in rows]],
    )
    for job_id, code, message in held.fetchall():
        yield f"(b) row {job_id} is Erreur ({code}): {message}"


def _unexplained(machine: Machine, rows: list[Row]) -> Iterator[str]:
    """Each consultation beyond the first follows one whose attempt ended without a document."""
    attempts = machine.servers.sql.execute(
        "SELECT job_id, document_saved_at IS NOT NULL, outcome FROM extraction_attempts"
        " WHERE job_id = ANY(%s) AND consultation_at IS NOT NULL ORDER BY id",
        [[row.id for row in rows]],
    ).fetchall()
    by_row: dict[Any, list[tuple[bool, str]]] = {}
    for job_id, saved, outcome in attempts:
        by_row.setdefault(job_id, []).append((saved, outcome))
    for job_id, bought in by_row.items():
        if any(saved for saved, _ in bought[:-1]):
            yield f"(a) row {job_id} was bought again although an earlier attempt had spooled it: {bought}"


def _report(machine: Machine, rows: list[Row], struck: Counter[str], violations: list[str]) -> int:
    billed, stored = spent(machine, rows)
    totals = Totals()
    totals.add(kills=struck.pop("killed"), consultations=billed, documents=stored, violations=violations)
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
