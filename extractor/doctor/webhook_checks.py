"""The check of the webhooks: whether the receiver takes what it is sent. It sends nothing itself."""

from __future__ import annotations

from contextlib import closing

from extractor.doctor.check import Verdict, ok, warning
from extractor.postgres.database import Database
from extractor.reports import webhooks
from extractor.settings import Settings
from extractor.words import counted, moment


def examine_webhooks(settings: Settings) -> Verdict:
    """What waits in the outbox, and why."""
    with closing(Database(settings.database_url.get_secret_value(), max_connections=1)) as database:
        report = webhooks(database)
    if report.undelivered:
        since = f", the oldest since {moment(report.since)}" if report.since else ""
        told = f"{counted(report.undelivered, 'event')} not delivered{since}."
        return warning(" ".join(filter(None, (told, report.problem, _remedy(settings)))))
    if settings.webhook_url is None:
        return ok("no WEBHOOK_URL, so nobody is told of ended rows.")
    if not report.is_wanted:
        return warning("No bridge has sent anything to WEBHOOK_URL: start the bridge again with these settings.")
    last = f"the last at {moment(report.delivered_at)}" if report.delivered_at else "there was none yet"
    return ok(f"the receiver took every event; {last}.")


def _remedy(settings: Settings) -> str:
    if settings.webhook_url is None:
        return "WEBHOOK_URL is not set here: set it for the bridge, which then delivers them."
    return f"The bridge goes on trying; after {counted(settings.event_days, 'day')} (EVENT_DAYS) an event is deleted."
