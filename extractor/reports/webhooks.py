"""How the webhooks are: what the receiver has not taken, and what it last said."""

from __future__ import annotations

from datetime import datetime

from extractor.models import Frozen
from extractor.postgres.database import Database
from extractor.postgres.events import FILE
from extractor.postgres.sql import Queries


class WebhookReport(Frozen):
    """The outbox, as `extractor status` and `extractor doctor` show it."""

    undelivered: int
    """Events that the receiver has not taken yet."""
    since: datetime | None
    """Of the oldest of these."""
    is_wanted: bool
    """A bridge with a WEBHOOK_URL was there lately, so that events get deliveries."""
    delivered_at: datetime | None
    """When the receiver last took one."""
    problem: str | None
    """What the last try met; None after a success."""


def webhooks(database: Database) -> WebhookReport:
    """Look at the outbox."""
    return WebhookReport.model_validate(Queries(database, FILE).record("undelivered", {}))
