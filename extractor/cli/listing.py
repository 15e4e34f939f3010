"""The command `list`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from extractor import reports
from extractor.cli.connection import open_database
from extractor.cli.filters import (
    CompletedSince,
    CompletedUntil,
    CreatedSince,
    OfErrorCode,
    OfSearch,
    OfSource,
    OfStatus,
    chosen_by,
)
from extractor.cli.groups import OfBatch, OfReference, group_of
from extractor.cli.listing_screen import print_rows, print_rows_as_csv
from extractor.cli.terminal import print_json_list, say

ON_A_SCREEN = 50


def list_rows(
    status: OfStatus = None,
    source: OfSource = None,
    error_code: OfErrorCode = None,
    search: OfSearch = None,
    batch: OfBatch = None,
    reference: OfReference = None,
    created_since: CreatedSince = None,
    completed_since: CompletedSince = None,
    completed_until: CompletedUntil = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="This many rows at most; by default 50 on the screen, all of them as CSV or JSON."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON, whole.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV, as Excel opens it.")] = False,
) -> None:
    """List rows, the latest first: those that fit every filter."""
    if as_json and as_csv:
        raise typer.BadParameter("Choose --json or --csv, not both.")
    group_of(batch, reference)  # refuses an empty reference before anything is asked
    with open_database() as database:
        chosen = chosen_by(
            database,
            status=status,
            source=source,
            error_code=error_code,
            search=search,
            batch=batch,
            reference=reference,
            created_since=created_since,
            completed_since=completed_since,
            completed_until=completed_until,
        )
        rows = reports.every_row(database, chosen)
        if as_json:
            print_json_list(islice(rows, limit))
        elif as_csv:
            print_rows_as_csv(islice(rows, limit))
        else:
            shown = tuple(islice(rows, limit or ON_A_SCREEN))
            print_rows(shown)
            say(_how_many(len(shown), reports.count_rows(database, chosen)))


def _how_many(shown: int, total: int) -> str:
    if not total:
        return "No row fits."
    return f"{shown} of {total} rows; --limit {total} shows all." if shown < total else f"{shown} of {total} rows."
