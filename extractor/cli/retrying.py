"""The command `retry`: it names the price, then asks; so a filter that is too wide costs nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import typer
from pydantic import ValidationError

from extractor import operations
from extractor.cli.completion import sources
from extractor.cli.connection import open_database
from extractor.cli.consent import consents
from extractor.cli.filters import OfErrorCode, refuse_unknown_code
from extractor.cli.groups import OfBatch, OfReference, group_of
from extractor.cli.rows import OneRow
from extractor.cli.terminal import amount, say
from extractor.models import RowId
from extractor.operations import Retry, Selection, StoppedRow
from extractor.reports import Group
from extractor.settings import load_settings
from extractor.words import counted, dollars

# Of the rows that go this many are named, the others only counted; all rows that stay are named.
MAX_NAMED = 20
_AGO = re.compile(r"(\d+) ?(min|h|d)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days"}


def retry(
    job_id: OneRow = None,
    error_code: OfErrorCode = None,
    source: Annotated[str | None, typer.Option(autocompletion=sources, help="All of this source.")] = None,
    since: Annotated[str | None, typer.Option(help="Stopped since then: 30min, 2h, 3d, or 2026-11-03[T14:00].")] = None,
    batch: OfBatch = None,
    reference: OfReference = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this option it asks, or is a dry run.")] = False,
    allow_one_more: Annotated[
        bool, typer.Option("--allow-one-more", help="Let rows at their limit be consulted once more.")
    ] = False,
) -> None:
    """Send rows at Erreur again: one by its id, or all that fit the filters."""
    selection = _selection(job_id, error_code, source, since, group_of(batch, reference))
    limit = load_settings().max_consultations_per_job
    with open_database() as database:
        refuse_unknown_code(database, error_code)
        plan = partial(operations.plan_retry, max_consultations_per_job=limit, allow_one_more=allow_one_more)
        send = partial(operations.retry, max_consultations_per_job=limit, allow_one_more=allow_one_more)
        answer = (send if yes else plan)(database, selection)
        _print(answer, done=yes)
        if not yes and answer.rows and consents(_question(answer)):
            sent = send(database, selection, only=answer.rows)
            say(f"{counted(len(sent.rows), 'row')} set to En attente.")
    if answer.at_limit or answer.unaskable:
        raise typer.Exit(1)


def _question(plan: Retry) -> str:
    return f"Send {counted(len(plan.rows), 'row')} again, for at most {amount(plan.cost)}?"


def _selection(
    job_id: RowId | None, error_code: str | None, source: str | None, since: str | None, group: Group
) -> Selection:
    within, moment = _since(since) if since else (None, None)
    filters = {"error_code": error_code, "source": source, "within": within, "since": moment, **group.model_dump()}
    try:
        return Selection.model_validate({"job_id": job_id, **filters})
    except ValidationError as error:
        messages = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        raise typer.BadParameter(" ".join(messages)) from error


def _since(text: str) -> tuple[timedelta | None, datetime | None]:
    """Read a time ago, which counts by the database's clock, or a moment, by default in this machine's time zone."""
    if ago := _AGO.fullmatch(text.strip()):
        return timedelta(**{_UNITS[ago[2]]: int(ago[1])}), None
    try:
        return None, datetime.fromisoformat(text.strip()).astimezone()
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is none of 30min, 2h, 3d, 2026-11-03 or 2026-11-03T14:00.") from error


def _print(answer: Retry, *, done: bool) -> None:
    rows = counted(len(answer.rows), "row")
    cost = (
        f"; may cost {amount(answer.cost)}"
        if answer.cost
        else "; costs nothing, since it is bought already"
        if answer.rows
        else ""
    )
    say(f"{rows} set to En attente{cost}." if done else f"{rows} would be set to En attente{cost}.")
    for row in answer.rows[:MAX_NAMED]:
        say(_line(row, f"{row.error_code}: {row.error_message}{_paid(row)}"))
    if len(answer.rows) > MAX_NAMED:
        say(f"  … and {len(answer.rows) - MAX_NAMED} more")
    for row in answer.unaskable:
        say(_line(row, f"stays: {row.problem}"))
    if answer.at_limit:
        _print_limits(answer.at_limit)


def _print_limits(rows: tuple[StoppedRow, ...]) -> None:
    say(
        f"{counted(len(rows), 'row')} already consulted to the limit, each time perhaps charged: look at the account's"
        f" billing history, then add --allow-one-more, which may cost {amount(dollars(len(rows)))}:"
    )
    for row in rows:
        say(_line(row, f"stays: consulted {row.consultations} of {row.allowed} ({amount(dollars(row.consultations))})"))


def _paid(row: StoppedRow) -> str:
    if not row.consultations:
        return ""
    return f" (consulted {counted(row.consultations, 'time')} before: {amount(dollars(row.consultations))})"


def _line(row: StoppedRow, what: str) -> str:
    return f"  {row.id}  {row.source} {row.document_number}  {what}"
