"""What was spent in a period, down to each consultation: to compare with the registry's bill, and to bill a dossier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal

from pydantic import Field, computed_field

from extractor.models import Frozen, RowId
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.report import DELETED, FILE, account_of
from extractor.reports.spending import Cost
from extractor.words import dollars


class Consultation(Frozen):
    """One consultation that is not known to be free."""

    consultation_at: datetime
    """Of its last click."""
    job_id: RowId
    source: str = Field(alias="document_source")
    document_number: str | None
    """As the row has it now; None when the row was deleted."""
    reference: str | None
    account: str | None
    """Masked."""
    attempt_id: int
    consultation: int
    """Within the attempt, from 1."""
    is_saved: bool

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def what_came(self) -> str:
        """In a few words."""
        return "paid, a document" if self.is_saved else "perhaps paid, no document"

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def dollars(self) -> Decimal:
        """If it was charged."""
        return dollars(1)


class NamedCost(Frozen):
    """Of all, of an account or of a source."""

    name: str
    cost: Cost


class Period(Frozen):
    """`extractor spend --since --until`."""

    since: datetime | None
    until: datetime | None
    total: NamedCost
    by_account: tuple[NamedCost, ...]
    by_source: tuple[NamedCost, ...]
    consultations: tuple[Consultation, ...]
    """The first one first."""


def spending_between(database: Database, since: datetime | None, until: datetime | None) -> Period:
    """Every consultation since a moment and before another; each may be open."""
    rows = Queries(database, FILE).records("consultations_between", {"since": since, "until": until})
    found = tuple(
        Consultation.model_validate({**row, "document_source": row["source"], "account": account_of(row)})
        for row in rows
    )
    return Period(
        since=since,
        until=until,
        total=NamedCost(name="total", cost=Cost(consultations=len(found))),
        by_account=_grouped(found, lambda one: one.account or DELETED),
        by_source=_grouped(found, lambda one: one.source),
        consultations=found,
    )


def registry_midnight(database: Database, day: date) -> datetime:
    """When the day begins in Québec, by whose days the registry counts."""
    row = Queries(database, FILE).record("registry_midnight", {"day": day})
    assert row is not None
    begins: datetime = row["begins"]
    return begins


def _grouped(found: Iterable[Consultation], name: Callable[[Consultation], str]) -> tuple[NamedCost, ...]:
    counts: dict[str, int] = {}
    for one in found:
        counts[name(one)] = counts.get(name(one), 0) + 1
    return tuple(NamedCost(name=key, cost=Cost(consultations=counts[key])) for key in sorted(counts))
