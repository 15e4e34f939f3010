"""What a run prints: one line a scenario, and the line that says whether anything was lost, stuck or bought twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    broken: Counter[str] = field(default_factory=Counter)

    def add(self, *, kills: int, consultations: int, documents: int, violations: Iterable[str]) -> None:
        """Count one scenario."""
        self.scenarios += 1
        self.kills += kills
        self.consultations += consultations
        self.documents += documents
        self.broken.update(KINDS.get(sentence[:3], "other") for sentence in violations)

    def line(self) -> str:
        """The last line of a run."""
        return (
            f"{self.scenarios} scenarios, {self.kills} kills, consultations {self.consultations} for"
            f" {self.documents} documents, lost {self.broken['lost']}, stuck {self.broken['stuck']},"
            f" duplicates {self.broken['duplicates']}"
        )


def spent(machine: Machine, rows: Iterable[Row]) -> tuple[int, int]:
    """The consultations that the site billed for these rows, and the documents that they have."""
    rows = list(rows)
    wanted = {(row.source, row.number) for row in rows}
    billed = sum((entry.source, entry.number) in wanted for entry in machine.servers.standin.consultations())
    stored = machine.servers.sql.execute(
        "SELECT count(*) FROM extraction_queue WHERE id = ANY(%s) AND status = %s",
        [[row.id for row in rows], COMPLETED],
    ).fetchone()
    return billed, stored[0] if stored else 0
