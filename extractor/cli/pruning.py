"""The command `prune`: it says what it would delete and what stays, then asks."""

from __future__ import annotations

import re
from typing import Annotated

import psycopg
import typer

from extractor import operations
from extractor.cli.connection import open_database
from extractor.cli.consent import consents
from extractor.cli.terminal import amount, print_json, say
from extractor.operations import Pruned
from extractor.operations.pruning import LEAST_DAYS
from extractor.postgres.database import Database
from extractor.settings import load_settings
from extractor.words import counted, moment

_AGE = re.compile(r"(\d{1,4}) ?([dy])")
_DAYS = {"d": 1, "y": 365}


def prune(
    older_than: Annotated[str, typer.Option(metavar="AGE", help="Rows that ended longer ago: 1y, or 400d.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this option it asks, or is a dry run.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON; does nothing without --yes.")
    ] = False,
) -> None:
    """Delete rows that ended long ago, with their attempts and clicks; what they cost stays in every sum.

    The documents in storage stay. So does a row whose document lies in a spool, and one that was perhaps paid twice.
    """
    days = _days(older_than, reuse_days=load_settings().reuse_days)
    with open_database() as database:
        if as_json:
            print_json(_delete(database, days) if yes else operations.plan_prune(database, days=days))
            return
        plan = operations.plan_prune(database, days=days)
        _print_plan(plan, older_than)
        if plan.rows and (yes or consents(f"Delete {counted(plan.rows, 'row')} for ever?")):
            say(f"{_counted(_delete(database, days))} deleted.")


def _days(age: str, *, reuse_days: int) -> int:
    match = _AGE.fullmatch(age.strip().lower())
    if match is None:
        raise typer.BadParameter(f"{age!r} is no age: write 1y or 400d.", param_hint="--older-than")
    days = int(match[1]) * _DAYS[match[2]]
    if days < LEAST_DAYS:
        raise typer.BadParameter(
            f"{age} is too short: charts and this month's spending look at the last {LEAST_DAYS} days.",
            param_hint="--older-than",
        )
    if days < reuse_days:
        raise typer.BadParameter(
            f"REUSE_DAYS is {reuse_days}: a row that is deleted earlier gives its document to no later row, which would"
            " buy it again.",
            param_hint="--older-than",
        )
    return days


def _print_plan(plan: Pruned, age: str) -> None:
    if not plan.rows:
        say(f"No row ended more than {age} ago, or each of them has a reason to stay.")
        return
    since = f"; the oldest ended {moment(plan.oldest_at)}" if plan.oldest_at else ""
    say(f"To delete: {_counted(plan)}{since}.")
    say(
        f"{counted(plan.consultations, 'consultation')} of them ({amount(plan.dollars)}) stay in the sums of"
        " `extractor spend`."
    )
    say(
        "Their documents stay in storage. Who finds a document by its row must note its path first:"
        " `extractor list --csv`."
    )


def _delete(database: Database, days: int) -> Pruned:
    rows = attempts = clicks = consultations = 0
    oldest_at = None
    try:
        for portion in operations.prune(database, days=days):
            rows += portion.rows
            attempts += portion.attempts
            clicks += portion.clicks
            consultations += portion.consultations
            oldest_at = oldest_at or portion.oldest_at
    except psycopg.errors.InsufficientPrivilege:
        typer.echo(
            "The role of DATABASE_URL may not delete rows, and nothing was deleted: run this command as the owner of"
            " the tables, as `extractor migrate`.",
            err=True,
        )
        raise typer.Exit(1) from None
    return Pruned(rows=rows, attempts=attempts, clicks=clicks, consultations=consultations, oldest_at=oldest_at)


def _counted(pruned: Pruned) -> str:
    return f"{counted(pruned.rows, 'row')}, {counted(pruned.attempts, 'attempt')} and {counted(pruned.clicks, 'click')}"
