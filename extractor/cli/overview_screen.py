"""`status` and `workers` on 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table

from extractor.cli.terminal import add_row, amount, console, new_table, say
from extractor.reports import BridgeReport, Condition, Overview, SourceReport, WorkerReport
from extractor.words import counted, duration, moment

WORKER_STATES = ("idle", "busy", "error", "silent", "offline")
NAME_WIDTH = 10


def print_overview(overview: Overview) -> None:
    """Print the backlog as a table, then everything else line by line."""
    console.print(backlog_table(overview.sources))
    say()
    if overview.is_day_spent:
        _line(
            "limit",
            f"DAILY_CONSULTATION_LIMIT={overview.daily_consultation_limit} is reached: rows wait until tomorrow, or for"
            " a higher limit",
        )
    for source in overview.sources:
        _print_hindrance(source)
    if overview.doubtful:
        doubtful = counted(overview.doubtful, "waiting row")
        _line("doubtful", f"{doubtful} will probably be refused; the view extraction_queue_doubtful says why")
    _line("sessions", _counts(overview.workers, WORKER_STATES) or "no worker was ever started")
    _line("accounts", _counts(overview.accounts, tuple(Condition)) or "none: extractor accounts add USERNAME")
    _print_bridges(overview.bridges)
    if (waiting := overview.webhooks).undelivered:
        since = f" since {moment(waiting.since)}" if waiting.since else ""
        events = counted(waiting.undelivered, "event")
        _line("webhooks", f"{events} not delivered{since}. {waiting.problem or ''}".rstrip())
    cost = overview.spent_today
    _line("today", f"{counted(cost.consultations, 'consultation')}, {amount(cost.dollars)}")


def backlog_table(sources: Iterable[SourceReport]) -> Table:
    numbers = ("En attente", "En traitement", "Complété", "Erreur", "oldest waits")
    table = new_table("source", *numbers, right=numbers)
    for source in sources:
        oldest = duration(source.oldest_waiting_seconds) if source.oldest_waiting_seconds is not None else ""
        add_row(
            table,
            source.source,
            *(f"{count:,}".replace(",", " ") for count in (source.waiting, source.running)),
            *(f"{count:,}".replace(",", " ") for count in (source.completed, source.failed)),
            oldest,
        )
    return table


def print_workers(workers: Iterable[WorkerReport]) -> None:
    """Print one line per worker process, with what it does or waits for."""
    table = new_table("worker", "state", "queues", "account", "done", "failed", "says", right=["done", "failed"])
    for worker in workers:
        says = f"row {worker.current_job_id}" if worker.current_job_id else worker.message
        queues = ",".join(worker.queues) if worker.queues else "all"
        done, failed = worker.jobs_completed, worker.jobs_failed
        add_row(table, worker.worker_id, worker.state, queues, worker.account, done, failed, says)
    console.print(table)


def _print_hindrance(source: SourceReport) -> None:
    if source.paused:
        since = f" since {moment(source.since)}" if source.since else ""
        by = source.paused_by or "an unknown person"
        _line("paused", f"{source.source}{since} by {by}: {source.reason or 'no reason'}")
    if source.broken_until:
        _line("broken", f"{source.source} until {moment(source.broken_until)}: {source.broken_reason}")
    elif source.is_probed:
        _line("probed", f"{source.source}, one row at a time, after: {source.broken_reason}")


def _print_bridges(bridges: Iterable[BridgeReport]) -> None:
    """Print one line per bridge that runs or went silent; one that was stopped is left out."""
    present = [bridge for bridge in bridges if bridge.state != "offline"]
    for bridge in present:
        message = f": {bridge.message}" if bridge.message else ""
        _line("bridge", f"{bridge.bridge_id} {bridge.state}, {bridge.messages_sent} sent{message}")
    if not present:
        _line("bridge", "none is running: celery -A tasks bridge")


def _counts(counts: Mapping[str, int], order: Iterable[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in order if counts.get(name))


def _line(name: str, text: str) -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=NAME_WIDTH, style="bold")
    table.add_column()
    add_row(table, name, text)
    console.print(table)
