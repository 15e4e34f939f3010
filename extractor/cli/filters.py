"""The options that choose rows, for `list` and `download`: the same that the API's list has."""

from __future__ import annotations

import unicodedata
from typing import Annotated
from uuid import UUID

import typer

from extractor import reports
from extractor.cli.completion import error_codes
from extractor.cli.groups import group_of
from extractor.cli.moments import FORMS, TypedMoment, check_period, read_moment
from extractor.models import Source, Status
from extractor.postgres.database import Database
from extractor.reports import Filter

STATUS_WORDS = {
    "queued": Status.WAITING,
    "processing": Status.RUNNING,
    "completed": Status.COMPLETED,
    "failed": Status.FAILED,
}


def read_status(text: str) -> Status:
    """One of STATUS_WORDS, or a status of the table in any case, with or without accents; raises BadParameter."""
    words = STATUS_WORDS | {_plain(status): status for status in Status}
    if (status := words.get(_plain(text))) is None:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(STATUS_WORDS)}, {', '.join(Status)}.")
    return status


def _statuses(incomplete: str) -> list[str]:
    return [word for word in STATUS_WORDS if word.startswith(incomplete)]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


OfStatus = Annotated[
    Status | None,
    typer.Option(
        "--status",
        parser=read_status,
        autocompletion=_statuses,
        metavar="STATUS",
        help="queued, processing, completed or failed.",
    ),
]
OfSource = Annotated[Source | None, typer.Option("--source", help="All of this source.")]
OfErrorCode = Annotated[
    str | None,
    typer.Option("--error-code", autocompletion=error_codes, help="All rows that stopped with this error."),
]
OfSearch = Annotated[
    str | None,
    typer.Option("--search", help="Words of the number, a place, the type or the dossier: '2 784 195 montreal'."),
]
CreatedSince = Annotated[
    TypedMoment | None,
    typer.Option("--created-since", parser=read_moment, metavar="WHEN", help=f"Inserted since then: {FORMS}."),
]
CompletedSince = Annotated[
    TypedMoment | None,
    typer.Option("--completed-since", parser=read_moment, metavar="WHEN", help="Complété since then."),
]
CompletedUntil = Annotated[
    TypedMoment | None,
    typer.Option("--completed-until", parser=read_moment, metavar="WHEN", help="Complété until then, a day included."),
]


def refuse_unknown_code(database: Database, error_code: str | None) -> None:
    """Raise BadParameter for a code that this program never writes and no row has: that is a typing error.

    Rows may have other codes: of a later program, or of one's own.
    """
    known = error_codes("")
    if error_code is None or error_code in known or reports.has_error_code(database, error_code):
        return
    raise typer.BadParameter(f"no row has the code {error_code!r}, which is none of {', '.join(known)}.")


def chosen_by(
    database: Database,
    *,
    status: Status | None = None,
    source: Source | None = None,
    error_code: str | None = None,
    search: str | None = None,
    batch: UUID | None = None,
    reference: str | None = None,
    created_since: TypedMoment | None = None,
    completed_since: TypedMoment | None = None,
    completed_until: TypedMoment | None = None,
) -> Filter:
    """The filter of these options; a time ago counts by the database's clock. Raises BadParameter."""
    refuse_unknown_code(database, error_code)
    now = reports.now(database)
    completed_from = completed_since.begins(now) if completed_since else None
    completed_to = completed_until.ends(now) if completed_until else None
    check_period(completed_from, completed_to, named="completed-")
    return Filter(
        status=status,
        source=source,
        error_code=error_code,
        search=search,
        since=created_since.begins(now) if created_since else None,
        completed_since=completed_from,
        completed_until=completed_to,
        **group_of(batch, reference).model_dump(),
    )
