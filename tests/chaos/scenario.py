"""One scenario: its rows with numbers of their own, what may become of them, and what its faults may cost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.models import RowId
from tests.chaos.machine import Machine
from tests.support.rows import column, insert_job
from tests.support.system import eventually

COMPLETED = "Complété"
FAILED = "Erreur"
TERMINAL = (COMPLETED, FAILED)
ROWS_SECONDS = 90.0
_numbers = itertools.count()


@dataclass(frozen=True)
class Row:
    """What the oracle may find for one row: the most consultations, the end, the marks without a click."""

    id: RowId
    source: str
    number: str
    consultations: int
    ends: tuple[str, ...]
    unclicked: int
    earlier: tuple[str, ...] = ()
    """The numbers that it asked for before it was edited."""


def fresh_number(ending: str = "001") -> str:
    """A lot number that no other row has; its ending chooses what the stand-in does (see its manual)."""
    count = next(_numbers)
    return f"{1 + count // 900} {100 + count % 900} {ending}"


class Scenario:
    """What a test acts through. `logins` is what it may cost beyond one login for each kill and each worker started."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.sql = machine.servers.sql
        self.standin = machine.servers.standin
        self.arming = machine.arming
        self.rows: list[Row] = []
        self.logins = 0
        self.started = time.monotonic()
        ledger = self.standin.ledger()
        self.since = ledger[-1].id if ledger else 0
        self._kills_before = self._all_kills()

    @property
    def kills(self) -> int:
        """The processes killed so far, by hand and by crash points."""
        return self._all_kills() - self._kills_before

    def row(
        self,
        *,
        ending: str = "001",
        consultations: int = 1,
        ends: Sequence[str] = (COMPLETED,),
        unclicked: int = 0,
        arm: tuple[str, ...] = (),
        **columns: Any,
    ) -> RowId:
        """Insert a row; `arm` holds `ACTION point` pairs for this row alone, armed before any worker can have it."""
        number = str(columns.get("document_number") or fresh_number(ending))
        # Held back until its crash points are armed: their names contain its id.
        held_back = {"available_at": "infinity"} if arm else {}
        job_id = insert_job(self.sql, **({"document_number": number} | held_back | columns))
        source = str(columns.get("document_source", "index"))
        self.rows.append(Row(job_id, source, "".join(number.split()), consultations, tuple(ends), unclicked))
        for wanted in arm:
            action, _, point = wanted.partition(" ")
            self.arming.arm(action, point, job_id)
        if arm:
            self.sql.execute(
                "UPDATE extraction_queue SET available_at = now(), status = status WHERE id = %s", [job_id]
            )
        return job_id

    def edit(self, job_id: RowId, number: str) -> None:
        """Let a person ask for another number with this row."""
        self.sql.execute("UPDATE extraction_queue SET document_number = %s WHERE id = %s", [number, job_id])
        at = next(at for at, row in enumerate(self.rows) if row.id == job_id)
        row = self.rows[at]
        self.rows[at] = replace(row, number="".join(number.split()), earlier=(*row.earlier, row.number))

    def close(self) -> None:
        """Add what this scenario may cost to the budget of all."""
        self.machine.logins += self.logins + self.kills

    def column(self, job_id: RowId, name: str) -> object:
        """One column of one row, as it is now."""
        return column(self.sql, job_id, name)

    def wait_for(self, job_id: RowId, status: str, seconds: float = ROWS_SECONDS) -> None:
        """Wait until the row has this status."""
        eventually(lambda: self.column(job_id, "status") == status, f"row {job_id} is {status}", seconds)

    def finish(self, seconds: float = ROWS_SECONDS) -> None:
        """Wait until every row of the scenario is at an end."""
        eventually(lambda: not self.unfinished(), f"{len(self.rows)} rows are at an end", seconds)

    def unfinished(self) -> list[RowId]:
        """The rows that are neither Complété nor Erreur."""
        ids = [row.id for row in self.rows]
        rows = self.sql.execute(
            "SELECT id FROM extraction_queue WHERE id = ANY(%s) AND status <> ALL(%s)", [ids, list(TERMINAL)]
        ).fetchall()
        return [str(job_id) for (job_id,) in rows]

    def attempts(self, job_id: RowId) -> list[dict[str, Any]]:
        """The row's attempts, oldest first."""
        cursor = self.sql.execute(
            "SELECT outcome, error_code, consultation_at, started_at, finished_at, worker_id"
            " FROM extraction_attempts WHERE job_id = %s ORDER BY id",
            [job_id],
        )
        assert cursor.description is not None
        names = [described.name for described in cursor.description]
        return [dict(zip(names, record, strict=True)) for record in cursor.fetchall()]

    def holder(self, job_id: RowId) -> int:
        """The process that holds a running row."""
        record = self.sql.execute(
            "SELECT s.pid FROM worker_status s JOIN extraction_queue q USING (worker_id) WHERE q.id = %s", [job_id]
        ).fetchone()
        assert record is not None
        return int(record[0])

    def bought(self, job_id: RowId) -> int:
        """How often the site billed the row's document."""
        row = next(row for row in self.rows if row.id == job_id)
        return self._billed(row.source, row.number)

    def bought_earlier(self, job_id: RowId) -> int:
        """How often the site billed what the row asked for before it was edited."""
        row = next(row for row in self.rows if row.id == job_id)
        return sum(self._billed(row.source, number) for number in row.earlier)

    def _billed(self, source: str, number: str) -> int:
        return sum((entry.source, entry.number) == (source, number) for entry in self.standin.consultations())

    def _all_kills(self) -> int:
        return self.machine.kills + self.arming.kills()
