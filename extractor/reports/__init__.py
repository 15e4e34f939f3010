"""What a person reads: the command line prints it, the API serves it.

Every report takes the database and answers with a frozen model; accounts are masked except in `accounts`, which is
for the person who keeps them. The other half, what a person does, is `extractor.operations`.
"""

from extractor.reports.clicks import Click, clicks
from extractor.reports.dashboard import Day, Days, Failure, days, failures
from extractor.reports.equals import EqualRow, equal_rows
from extractor.reports.evidence import PageEvidence, read_page
from extractor.reports.evidence import folder_of as evidence_folder
from extractor.reports.extractions import (
    Extraction,
    Group,
    Place,
    check_tables,
    count_rows,
    every_row,
    find_row,
    has_error_code,
    list_rows,
    now,
)
from extractor.reports.filters import Filter, is_no_period
from extractor.reports.history import AttemptReport, History, history
from extractor.reports.overview import Overview, SourceReport, overview, sources
from extractor.reports.periods import Consultation, NamedCost, Period, registry_midnight, spending_between
from extractor.reports.places import KnownCadastre, KnownPlaces, places
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
from extractor.reports.webhooks import WebhookReport, webhooks
from extractor.reports.why import Reason, Why, why

__all__ = [
    "AccountReport",
    "AttemptReport",
    "BridgeReport",
    "Click",
    "Condition",
    "Consultation",
    "Cost",
    "Costs",
    "Day",
    "Days",
    "EqualRow",
    "Extraction",
    "Failure",
    "Filter",
    "Group",
    "History",
    "KnownCadastre",
    "KnownPlaces",
    "NamedCost",
    "Overview",
    "PageEvidence",
    "PaidAttempt",
    "PaidTwice",
    "Period",
    "Place",
    "Reason",
    "SourceReport",
    "Spending",
    "WebhookReport",
    "Why",
    "WorkerReport",
    "accounts",
    "bridges",
    "check_tables",
    "clicks",
    "count_rows",
    "days",
    "equal_rows",
    "every_row",
    "evidence_folder",
    "failures",
    "find_row",
    "has_error_code",
    "history",
    "is_no_period",
    "list_rows",
    "now",
    "overview",
    "places",
    "read_page",
    "registry_midnight",
    "sources",
    "spending",
    "spending_between",
    "spent_today",
    "webhooks",
    "why",
    "workers",
]
