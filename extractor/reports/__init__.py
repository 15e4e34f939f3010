"""What a person reads: the command line prints it, the API serves it.

Every report takes the database and answers with a frozen model; accounts are masked except in `accounts`, which is
for the person who keeps them. The other half, what a person does, is `extractor.operations`.
"""

from extractor.reports.history import AttemptReport, History, RowReport, history
from extractor.reports.overview import Overview, SourceReport, overview, sources
from extractor.reports.processes import (
    AccountReport,
    BridgeReport,
    Condition,
    WorkerReport,
    accounts,
    bridges,
    workers,
)
from extractor.reports.spending import Cost, Costs, PaidAttempt, PaidTwice, Spending, spending, spent_today
from extractor.reports.why import Reason, Why, why

__all__ = [
    "AccountReport",
    "AttemptReport",
    "BridgeReport",
    "Condition",
    "Cost",
    "Costs",
    "History",
    "Overview",
    "PaidAttempt",
    "PaidTwice",
    "Reason",
    "RowReport",
    "SourceReport",
    "Spending",
    "Why",
    "WorkerReport",
    "accounts",
    "bridges",
    "history",
    "overview",
    "sources",
    "spending",
    "spent_today",
    "why",
    "workers",
]
