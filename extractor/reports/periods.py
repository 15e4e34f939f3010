"""What was spent in a period, down to each consultation: to compare with the registry's bill, and to bill a dossier."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal

from pydantic import Field, computed_field

from extractor.models import Frozen, RowId
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.clicks import what_was_paid
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
    is_stored: bool
    """Storage has the document that it brought."""
    is_in_progress: bool
    """Its attempt is not over."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def what_came(self) -> str:
        """In a few words."""
        return what_was_paid(is_saved=self.is_saved, is_stored=self.is_stored, is_in_progress=self.is_in_progress)

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
    """The first one first; without those that `extractor prune` deleted."""
    pruned: Cost
    """Of those: in the sums above, and on no line. Each counts when its day begins in the period."""


def spending_between(database: Database, since: datetime | None, until: datetime | None) -> Period:
    """Every consultation since a moment and before another; each may be open."""
    queries, bounds = Queries(database, FILE), {"since": since, "until": until}
    found = tuple(
        Consultation.model_validate({**row, "document_source": row["source"], "account": account_of(row)})
        for row in queries.records("consultations_between", bounds)
    )
    pruned = queries.records("pruned_between", bounds)
    by_account = Counter(one.account or DELETED for one in found)
    by_source = Counter(one.source for one in found)
    for row in pruned:
        by_account[account_of(row) or DELETED] += row["consultations"]
        by_source[row["source"]] += row["consultations"]
    return Period(
        since=since,
        until=until,
        total=NamedCost(name="total", cost=Cost(consultations=by_source.total())),
        by_account=_named(by_account),
        by_source=_named(by_source),
        consultations=found,
        pruned=Cost(consultations=sum(row["consultations"] for row in pruned)),
    )


def registry_midnight(database: Database, day: date) -> datetime:
    """When the day begins in Québec, by whose days the registry counts."""
    row = Queries(database, FILE).record("registry_midnight", {"day": day})
    assert row is not None
    begins: datetime = row["begins"]
    return begins


def _named(counts: Counter[str]) -> tuple[NamedCost, ...]:
    return tuple(NamedCost(name=name, cost=Cost(consultations=counts[name])) for name in sorted(counts))
