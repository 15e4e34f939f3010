"""What a run prints: one line per scenario, and the line that says whether anything was lost, stuck or bought twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos.machine import Machine
from tests.chaos.scenario import COMPLETED, Row

KINDS = {"(a)": "duplicates", "(b)": "stuck", "(c)": "lost"}


@dataclass
class Totals:
    """The numbers of the last line, over all scenarios."""

    scenarios: int = 0
    kills: int = 0
    consultations: int = 0
    documents: int = 0
    unrecorded: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    def add(
        self, *, kills: int, consultations: int, documents: int, unrecorded: int, violations: Iterable[str]
    ) -> None:
        self.scenarios += 1
        self.kills += kills
        self.consultations += consultations
        self.documents += documents
        self.unrecorded += unrecorded
        self.broken.update(KINDS.get(sentence[:3], "other") for sentence in violations)

    def line(self) -> str:
        """The last line of a run."""
        return (
            f"{self.scenarios} scenarios, {self.kills} kills, consultations {self.consultations} for"
            f" {self.documents} documents, lost {self.broken['lost']}, stuck {self.broken['stuck']},"
            f" duplicates {self.broken['duplicates']}, charges beyond the ledger {self.unrecorded}"
        )


class Spent(NamedTuple):
    """What rows cost, and what they brought."""

    billed: int
    """Consultations that the site billed."""
    stored: int
    """Documents that the rows have."""
    unrecorded: int
    """Charges of the site beyond the consultations in `extraction_clicks`, row by row."""


def spent(machine: Machine, rows: Iterable[Row]) -> Spent:
    """Compare the site's bill with the ledger of clicks and with the documents."""
    rows = list(rows)
    bill: Counter[tuple[str | None, str]] = Counter(
        (entry.source, entry.number) for entry in machine.servers.standin.consultations()
    )
    billed: Counter[tuple[str, str]] = Counter()
    for row in rows:
        billed[row.source, row.number] = bill[row.source, row.number] + sum(
            bill[row.source, old] for old in row.earlier
        )
    recorded: Counter[tuple[str, str]] = Counter()
    for row in rows:
        recorded[row.source, row.number] += _recorded(machine, row)
    stored = machine.servers.sql.execute(
        "SELECT count(*) FROM extraction_queue WHERE id = ANY(%s) AND status = %s",
        [[row.id for row in rows], COMPLETED],
    ).fetchone()
    return Spent(
        billed=sum(billed.values()),
        stored=stored[0] if stored else 0,
        unrecorded=sum(max(charges - recorded[document], 0) for document, charges in billed.items()),
    )


def _recorded(machine: Machine, row: Row) -> int:
    record = machine.servers.sql.execute(
        "SELECT count(DISTINCT (attempt_id, consultation)) FROM extraction_clicks"
        " WHERE job_id = %s AND free_at IS NULL",
        [row.id],
    ).fetchone()
    return int(record[0]) if record else 0
