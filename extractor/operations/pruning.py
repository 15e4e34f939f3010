"""Deletes what ended long ago, and keeps what it cost: a table that only grows makes backups and disks expensive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from pydantic import computed_field

from extractor.models import Frozen
from extractor.postgres.database import Database
from extractor.postgres.days import STEP_BOUNDS
from extractor.postgres.sql import Queries
from extractor.words import dollars

# What the dashboard's charts and this month's spending look back at, and a month of leisure.
LEAST_DAYS = 62
# A statement of this many takes less than a second, and holds no row that anybody works on.
PORTION = 1000


class Pruned(Frozen):
    """What was deleted, or would be."""

    rows: int
    """Of extraction_queue, each at Complété or Erreur."""
    attempts: int
    clicks: int
    consultations: int
    """Among these clicks, each perhaps charged: their number stays in every sum."""
    oldest_at: datetime | None
    """When the oldest of the rows ended."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def dollars(self) -> Decimal:
        """If each consultation was charged."""
        return dollars(self.consultations)


def plan_prune(database: Database, *, days: int) -> Pruned:
    """What `prune` would delete now; nothing is changed."""
    rows = Queries(database, "prune.sql").records("count", {"days": days})
    return Pruned.model_validate(rows[0])


def prune(database: Database, *, days: int) -> Iterator[Pruned]:
    """Delete rows that ended more than this many days ago, and yield what each portion deleted.

    Each portion is committed by itself, with the sums of what it cost. A kill loses nothing, and another call goes on.
    The caller must be the tables' owner: psycopg.errors.InsufficientPrivilege for another one.
    """
    parameters = {"days": days, "limit": PORTION, "bounds": list(STEP_BOUNDS)}
    while True:
        portion = Pruned.model_validate(Queries(database, "prune.sql").records("prune", parameters)[0])
        if not portion.rows:
            return
        yield portion
