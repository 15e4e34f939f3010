"""Every metric that is read from the tables: its name, its meaning and the columns of `metrics.sql` behind it.

Several bridges and the API report the same values: take `max` over instances, never `sum`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How Prometheus reads it."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True)
class Family:
    """One metric: rows with the same labels are summed, NULL values make no sample."""

    name: str
    help: str
    column: str | None
    """The column of the values; None counts rows."""
    labels: tuple[str, ...] = ()
    kind: Kind = Kind.GAUGE


@dataclass(frozen=True)
class Part:
    """Queries that are read together."""

    name: str
    queries: tuple[str, ...]
    families: dict[str, tuple[Family, ...]]
    """By the query that they are read from; by the `kind` of its rows where these have one."""


def _counter(name: str, help_text: str, column: str, labels: tuple[str, ...]) -> Family:
    return Family(name, help_text, column, labels, Kind.COUNTER)


_SOURCE = ("source",)

NOW = Part(
    "now",
    ("rows", "lag", "held", "sources", "workers", "bridges", "webhooks", "accounts"),
    {
        "rows": (
            Family("registre_rows", "Rows of extraction_queue.", "rows", ("source", "status")),
            Family("registre_due_rows", "Waiting rows that a worker could take now.", "due", _SOURCE),
            Family("registre_spooled_rows", "Waiting rows whose bought document lies on a spool.", "spooled", _SOURCE),
            Family(
                "registre_oldest_row_age_seconds",
                "Since the INSERT of the oldest row that is not finished; 0 without one.",
                "age",
                ("source", "status"),
            ),
        ),
        "lag": (
            Family(
                "registre_dispatch_lag_seconds",
                "The longest that a row sent in the last 5 minutes was due before it was sent.",
                "lag",
                _SOURCE,
            ),
        ),
        "held": (Family("registre_held_rows", "Rows in Erreur, by error_code.", "rows", ("source", "code")),),
        "sources": (
            Family("registre_source_paused", "1 while the source is paused.", "paused", _SOURCE),
            Family(
                "registre_source_stopped",
                "1 while it is paused since consultations brought no documents.",
                "stopped",
                _SOURCE,
            ),
            Family("registre_breaker_open", "1 from the site's failures to the next success.", "broken", _SOURCE),
            Family("registre_site_failures", "Failures of the site in a row.", "site_failures", _SOURCE),
            Family(
                "registre_ready_sessions",
                "Sessions that serve the source; one that serves several counts in each.",
                "sessions",
                _SOURCE,
            ),
        ),
        "workers": (
            Family("registre_worker_processes", "Worker processes, by what they show.", "processes", ("state",)),
        ),
        "bridges": (
            Family("registre_bridge_listening", "1 when notifications reach this bridge.", "listening", ("bridge",)),
            Family(
                "registre_listener_proof_age_seconds",
                "Since this bridge's own notification last came back.",
                "proof_age",
                ("bridge",),
            ),
        ),
        "webhooks": (
            Family(
                "registre_undelivered_event_age_seconds",
                "Since the oldest event that the receiver of webhooks has not taken; 0 without one.",
                "age",
            ),
        ),
        "accounts": (Family("registre_accounts", "Accounts, each in one condition.", None, ("condition",)),),
    },
)

HISTORY = Part(
    "history",
    ("history", "money", "logins"),
    {
        "attempt": (
            _counter(
                "registre_attempts_total",
                "Finished attempts; outcome lost is a rescue: the lease of a dead worker has passed.",
                "number",
                ("source", "outcome", "code"),
            ),
            _counter("registre_uploads_total", "Documents that storage took.", "uploads", _SOURCE),
        ),
        "consultation": (
            _counter(
                "registre_consultations_total",
                "Consultations, each perhaps charged, by how their attempt ended; unfinished: nobody ended it.",
                "number",
                ("source", "outcome"),
            ),
            _counter("registre_dollars_total", "What those cost if each was charged, in CAD.", "dollars", _SOURCE),
        ),
        "money": (
            Family("registre_consultations_today", "As the daily limit counts them (Québec's day).", "today"),
            Family("registre_rows_paid_twice", "Rows with more than one consultation, ever.", "twice"),
        ),
        "logins": (_counter("registre_logins_total", "Logins at the site, by their end.", "logins", ("result",)),),
    },
)
