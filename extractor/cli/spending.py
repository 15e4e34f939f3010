"""The command `spend`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from extractor import reports
from extractor.cli.connection import open_database
from extractor.cli.moments import FORMS, TypedMoment, check_period, read_moment
from extractor.cli.spending_screen import print_period, print_period_as_csv, print_spending
from extractor.cli.terminal import print_json
from extractor.postgres.database import Database
from extractor.reports import Period

ONE_DAY = timedelta(days=1)


def spend(
    since: Annotated[
        TypedMoment | None,
        typer.Option(parser=read_moment, metavar="WHEN", help=f"Consultations since then: {FORMS}."),
    ] = None,
    until: Annotated[
        TypedMoment | None,
        typer.Option(parser=read_moment, metavar="WHEN", help="Consultations until then; a day is a day of Québec."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print each consultation as CSV, as Excel opens it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as JSON.")] = False,
) -> None:
    """Show consultations and dollars, and what was perhaps paid twice."""
    if as_json and as_csv:
        raise typer.BadParameter("Choose --json or --csv, not both.")
    with open_database() as database:
        if since is None and until is None and not as_csv:
            spending = reports.spending(database)
            print_json(spending) if as_json else print_spending(spending)
            return
        period = _period(database, since, until)
    if as_json:
        print_json(period)
    elif as_csv:
        print_period_as_csv(period)
    else:
        print_period(period)


def _period(database: Database, since: TypedMoment | None, until: TypedMoment | None) -> Period:
    now = reports.now(database)
    begins = _moment(database, since, now, days_later=0) if since else None
    ends = _moment(database, until, now, days_later=1) if until else None
    check_period(begins, ends)
    return reports.spending_between(database, begins, ends)


def _moment(database: Database, typed: TypedMoment, now: datetime, *, days_later: int) -> datetime:
    """A day is one of the registry's calendar, which is Québec's, wherever this machine is."""
    if typed.day is not None:
        return reports.registry_midnight(database, typed.day + days_later * ONE_DAY)
    return typed.begins(now)
