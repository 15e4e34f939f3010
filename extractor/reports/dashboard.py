"""What only the dashboard asks: the last days as its charts show them, and failures by their code."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import computed_field

from extractor.models import Frozen
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.words import DOLLARS_PER_CONSULTATION, dollars

FILE = "dashboard.sql"
DAYS = 30


class Day(Frozen):
    """One day of the registry's calendar (Québec's)."""

    day: date
    completed: int
    """Rows that reached `Complété`."""
    failed: int
    """Rows that stopped at `Erreur`, and are still there."""
    consultations: int
    """Each perhaps charged; one that goes on past midnight counts on both days, as in the daily limit."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def dollars(self) -> Decimal:
        """If each was charged."""
        return dollars(self.consultations)


class Days(Frozen):
    """Throughput and cost of the last days."""

    days: tuple[Day, ...]
    """The last 30, today last; a day without anything is there too."""
    dollars_per_consultation: Decimal = DOLLARS_PER_CONSULTATION
    """What one more row may cost, about."""


class Failure(Frozen):
    """The rows whose last failure has one code."""

    error_code: str
    stopped: int
    """At `Erreur`: they wait for a person."""
    waiting: int
    """At `En attente`: the system tries them again by itself."""
    latest_at: datetime
    latest_message: str | None
    """At most 200 characters of the latest one."""


def days(database: Database) -> Days:
    """Count the last days' rows and consultations."""
    rows = Queries(database, FILE).records("days", {"days": DAYS})
    return Days(days=tuple(Day.model_validate(row) for row in rows))


def failures(database: Database) -> tuple[Failure, ...]:
    """Group the rows that failed and are not completed by their code, the latest failure first."""
    return tuple(Failure.model_validate(row) for row in Queries(database, FILE).records("failures", {}))
