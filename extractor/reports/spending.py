"""What was spent: consultations, each perhaps charged, and the rows that may have been paid twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from pydantic import computed_field

from extractor.models import DOCUMENT_SOURCE, Ended, Frozen, RowId, Source
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.reports.clicks import Click, clicks
from extractor.reports.report import DELETED, FILE, account_of
from extractor.words import dollars

# This many rows are named at most; all are counted.
MAX_TWICE = 50
# This many clicks are shown; `extractor show` shows all of a row.
MAX_CLICKS = 20

Row = Mapping[str, Any]


class Cost(Frozen):
    """A number of consultations; all clicks from one submit of a form to the next are one."""

    consultations: int

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def dollars(self) -> Decimal:
        """If each was charged."""
        return dollars(self.consultations)


class Costs(Frozen):
    """Today and this month by the registry's calendar (Québec's), and ever; of all, of an account or of a source."""

    name: str
    today: Cost
    this_month: Cost
    ever: Cost


class PaidAttempt(Frozen):
    """A consultation that is not known to be free, and how its attempt ended; one attempt may have several."""

    attempt_id: int
    consultation: int
    """Within the attempt, from 1."""
    account: str | None
    consultation_at: datetime
    outcome: Ended | None
    error_code: str | None
    message: str | None


class PaidTwice(Frozen):
    """A row with more than one consultation."""

    job_id: RowId
    source: Source | str = DOCUMENT_SOURCE
    document_number: str | None
    attempts: tuple[PaidAttempt, ...]


class Spending(Frozen):
    """`extractor spend`."""

    total: Costs
    by_account: tuple[Costs, ...]
    by_source: tuple[Costs, ...]
    twice_rows: int
    """How many rows were perhaps paid more than once; `twice` names the latest of them."""
    twice: tuple[PaidTwice, ...]
    latest: tuple[Click, ...]
    """The last clicks of all rows, the last one last."""


def spending(database: Database) -> Spending:
    """Sum up every consultation that was ever recorded."""
    queries = Queries(database, FILE)
    rows = queries.records("consultations", {})
    twice = queries.records("paid_twice", {"limit": MAX_TWICE})
    return Spending(
        total=_costs("total", rows),
        by_account=_grouped(rows, key=lambda row: str(row["account_id"]), name=_account_name),
        by_source=_grouped(rows, key=lambda row: str(row["source"]), name=lambda row: str(row["source"])),
        twice_rows=twice[0]["rows"] if twice else 0,
        twice=tuple(_paid_twice([*attempts]) for _, attempts in groupby(twice, key=lambda row: row["job_id"])),
        latest=clicks(database, limit=MAX_CLICKS),
    )


def spent_today(database: Database) -> Cost:
    """Today's consultations, as the daily limit counts them."""
    row = Queries(database, FILE).record("consultations_today", {})
    return Cost(consultations=row["consultations"] if row else 0)


def is_day_spent(consultations: int, limit: int | None) -> bool:
    """Whether a day with this many consultations is at its limit, so that rows wait for the next one."""
    return limit is not None and consultations >= limit


def _grouped(rows: list[dict[str, Any]], key: Callable[[Row], str], name: Callable[[Row], str]) -> tuple[Costs, ...]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return tuple(_costs(name(group[0]), group) for group in groups.values())


def _costs(name: str, rows: Iterable[Row]) -> Costs:
    rows = [*rows]
    sums = {period: Cost(consultations=sum(row[period] for row in rows)) for period in ("today", "this_month", "ever")}
    return Costs(name=name, **sums)


def _account_name(row: Row) -> str:
    return account_of(row) or DELETED


def _paid_twice(rows: list[Row]) -> PaidTwice:
    attempts = tuple(PaidAttempt.model_validate({**row, "account": account_of(row)}) for row in rows)
    return PaidTwice.model_validate({**rows[0], "attempts": attempts})
