"""The commands about rows: add, examples, cancel."""

from __future__ import annotations

from typing import Annotated

import typer

from extractor import operations, reports
from extractor.cli.completion import sources
from extractor.cli.connection import open_database, sentences
from extractor.cli.doubted import warn_in
from extractor.cli.equals import name_equal_rows
from extractor.cli.groups import OfBatch, OfReference, group_of
from extractor.cli.person import current_user
from extractor.cli.terminal import note, say
from extractor.language.sentences import Sentence
from extractor.models import RowId
from extractor.operations import Cancelled, CancelledGroup
from extractor.operations.rows import typed_id
from extractor.operations.short_ids import is_whole
from extractor.reports.extractions import EVERY_ROW
from extractor.settings import load_settings
from extractor.words import counted


def _typed(context: typer.Context, job_id: str | None) -> RowId | None:
    """Before anything is done: the id that is meant by its beginning; what no row has is a row that is not there."""
    if job_id is None or context.resilient_parsing:  # while a shell completes words, nothing is asked
        return job_id
    with sentences():
        if is_whole(typed_id(job_id)):
            return job_id
        with open_database() as database:
            meant = operations.whole_id(database, job_id)
    if meant != job_id:
        note(f"Row {meant}")
    return meant


JobId = Annotated[
    RowId, typer.Argument(metavar="ID", help="The row's id, or its beginning.", show_default=False, callback=_typed)
]
OneRow = Annotated[
    str | None,  # a RowId; typer would print its type whole
    typer.Argument(metavar="[ID]", help="One row, by its id or its beginning.", show_default=False, callback=_typed),
]
Text = Annotated[str | None, typer.Option(show_default=False)]
OwnReference = Annotated[
    str | None, typer.Option("--reference", help="Your own dossier, kept with the row.", show_default=False)
]


def add(
    source: Annotated[
        str, typer.Option(autocompletion=sources, help="acte, index or plan_cadastraux.", show_default=False)
    ],
    number: Annotated[str, typer.Option(help="The lot or the inscription number.", show_default=False)],
    circonscription: Text = None,
    cadastre: Annotated[str | None, typer.Option(help="Required for index and plan_cadastraux.")] = None,
    designation: Annotated[str | None, typer.Option(help="Désignation secondaire.")] = None,
    acte_type: Annotated[
        str | None, typer.Option(help="Required for acte: Acte, Avis d'adresse, Radiation or Acte divers.")
    ] = None,
    priority: Annotated[int, typer.Option(help="Higher goes first.", min=-(2**31), max=2**31 - 1)] = 0,
    reference: OwnReference = None,
) -> None:
    """Add one row and print its id; the document may cost a consultation."""
    row = operations.NewRow(
        document_source=source,
        document_number=number,
        circonscription_fonciere=circonscription,
        cadastre=cadastre,
        designation_secondaire=designation,
        acte_type=acte_type,
        priority=priority,
        reference=reference,
    )
    settings = load_settings()
    reuse_days = settings.reuse_days
    with open_database() as database:
        job_id = operations.add(database, row, language=settings.language)
        say(str(job_id))
        name_equal_rows(job_id, reports.equal_rows(database, job_id, reuse_days=reuse_days), reuse_days)
    if doubt := row.doubt:
        warn_in(settings.language, Sentence("The row {doubt}.", doubt=doubt))
        added = Sentence("It was added: the registry decides. A name that it refuses is not charged.")
        warn_in(settings.language, added)


def examples() -> None:
    """Add three test rows, one of each source, and print their ids; at the real site each costs a consultation."""
    with open_database() as database:
        for row in operations.EXAMPLES:
            say(f"{operations.add(database, row)}  {row.document_source} {row.document_number}")


def cancel(
    job_id: OneRow = None,
    batch: OfBatch = None,
    reference: OfReference = None,
) -> None:
    """Stop a row, or all of a batch: at once while it waits, before its consultation while it runs."""
    group = group_of(batch, reference)
    if (job_id is None) == (group == EVERY_ROW):
        raise typer.BadParameter("Name one row, or give --batch or --reference; one of the two, not both.")
    with open_database() as database:
        if job_id is not None:
            say(_cancelled(operations.cancel(database, job_id, by=current_user())))
        else:
            _print_group(operations.cancel_group(database, group, by=current_user()))


def _cancelled(cancelled: Cancelled) -> str:
    before = f" It was consulted {counted(cancelled.consultations, 'time')} before." if cancelled.consultations else ""
    if cancelled.at_once:
        return f"Cancelled: the row is at Erreur.{before}"
    if cancelled.is_paid:
        return (
            f"{cancelled.worker_id} has made the consultation: the document is paid, will be stored, and the row marked"
            " cancelled_late."
        )
    return f"{cancelled.worker_id} runs it and will stop before the consultation, unless it makes it this moment."


def _print_group(cancelled: CancelledGroup) -> None:
    say(f"{counted(cancelled.at_once, 'waiting row')} cancelled: at Erreur now.")
    if cancelled.asked:
        say(f"{counted(cancelled.asked, 'running row')} asked to stop before the consultation.")
    if cancelled.is_paid:
        say(f"{counted(cancelled.is_paid, 'running row')} paid already: stored, and marked cancelled_late.")
