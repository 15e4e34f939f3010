"""The whole system on one screen: backlog, what keeps sources back, who works, what today cost."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import computed_field

from extractor.models import DOCUMENT_SOURCE, Frozen, Source
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports.extractions import EVERY_ROW, Group
from extractor.reports.processes import BridgeReport, accounts, bridges, workers
from extractor.reports.report import FILE
from extractor.reports.spending import Cost, is_day_spent, spent_today
from extractor.reports.webhooks import WebhookReport, webhooks


class SourceReport(Frozen):
    """One source: its rows by status, and what keeps it back."""

    source: Source | str = DOCUMENT_SOURCE
    waiting: int
    running: int
    completed: int
    failed: int
    oldest_waiting_seconds: float | None
    paused: bool
    paused_by: str | None
    reason: str | None
    since: datetime | None
    broken_until: datetime | None
    """The breaker is open until then."""
    is_probed: bool
    """The breaker's time has passed: one row at a time, until one succeeds."""
    site_failures: int
    broken_reason: str | None


class Overview(Frozen):
    """`extractor status`."""

    sources: tuple[SourceReport, ...]
    doubtful: int
    """Waiting rows that the registry will probably refuse."""
    workers: dict[str, int]
    """Worker processes by state."""
    accounts: dict[str, int]
    """Accounts by condition."""
    bridges: tuple[BridgeReport, ...]
    spent_today: Cost
    daily_consultation_limit: int | None
    """By the settings of whoever asks."""
    webhooks: WebhookReport

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def is_day_spent(self) -> bool:
        """The day's limit is reached: no row is sent until tomorrow, or until the limit is higher."""
        return is_day_spent(self.spent_today.consultations, self.daily_consultation_limit)


def overview(database: Database, viewpoint: Viewpoint, group: Group = EVERY_ROW) -> Overview:
    """Look at everything once; the sources count the rows of the group."""
    return Overview(
        sources=sources(database, group),
        doubtful=Queries(database, FILE).records("count_doubtful", group.model_dump())[0]["rows"],
        workers=dict(Counter(worker.state for worker in workers(database, viewpoint))),
        accounts=dict(Counter(account.condition.value for account in accounts(database, viewpoint))),
        bridges=bridges(database, viewpoint),
        spent_today=spent_today(database),
        daily_consultation_limit=viewpoint.daily_consultation_limit,
        webhooks=webhooks(database),
    )


def sources(database: Database, group: Group = EVERY_ROW) -> tuple[SourceReport, ...]:
    """The backlog alone: what `watch` repeats."""
    return tuple(SourceReport(**row) for row in Queries(database, FILE).records("sources", group.model_dump()))
