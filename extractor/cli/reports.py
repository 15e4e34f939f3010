"""The commands that only read, one per report: status, workers, show, why, places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extractor import operations, reports
from extractor.cli.connection import open_database
from extractor.cli.failures import CommandFailed
from extractor.cli.groups import OfBatch, OfReference, group_of
from extractor.cli.history_screen import print_history
from extractor.cli.overview_screen import print_overview, print_workers
from extractor.cli.places_screen import print_places
from extractor.cli.rows import JobId
from extractor.cli.terminal import note, print_json, print_json_list, say
from extractor.matching import MatchRefused
from extractor.models import RowId
from extractor.operations.rows import unknown_row
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports import History
from extractor.settings import load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print the same as JSON.")]


def status(as_json: AsJson = False, batch: OfBatch = None, reference: OfReference = None) -> None:
    """Show the backlog, who works, what is paused or broken, and what today cost."""
    group = group_of(batch, reference)
    with open_database() as database:
        overview = reports.overview(database, Viewpoint.of(load_settings()), group)
    print_json(overview) if as_json else print_overview(overview)


def workers(as_json: AsJson = False) -> None:
    """Show every worker process: its state, its account, its row."""
    with open_database() as database:
        found = reports.workers(database, Viewpoint.of(load_settings()))
    print_json_list(found) if as_json else print_workers(found)


def show(
    job_id: JobId,
    as_json: AsJson = False,
    evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Copy page, screenshot and steps of each failed attempt there.", show_default=False
        ),
    ] = None,
) -> None:
    """Show a row with every attempt: worker, account, times, steps, error, evidence."""
    with open_database() as database:
        history = reports.history(database, job_id)
    if history is None:
        raise _unknown(job_id)
    print_json(history) if as_json else print_history(history)
    if evidence is not None:
        _copy_evidence(history, evidence)


def _copy_evidence(history: History, target: Path) -> None:
    """Say on stderr what came, since stdout may be JSON; raises CommandFailed when some of it is not here."""
    try:
        copies = operations.copy_evidence(history, load_settings().evidence_dir, target)
    except OSError as error:
        raise CommandFailed(f"The evidence cannot be copied to {target}: {error.strerror or error}.") from error
    for folder in copies.folders:
        note(f"evidence: {folder}")
    if copies.elsewhere:
        raise CommandFailed("\n".join(["The evidence of some attempts is not on this machine:", *copies.elsewhere]))
    if not copies.folders:
        note("No attempt left evidence.")


def why(job_id: JobId, as_json: AsJson = False) -> None:
    """Say why a row is not running, or what to do about one that stopped, and the command that helps."""
    with open_database() as database:
        answer = reports.why(database, job_id, Viewpoint.of(load_settings()))
    if answer is None:
        raise _unknown(job_id)
    if as_json:
        print_json(answer)
        return
    if answer.reference:
        say(f"reference {answer.reference}")
    say(answer.sentence)
    if answer.next_step:
        say(answer.next_step)
    if answer.command:
        say(f"→ {answer.command}")


def places(
    circonscription: Annotated[
        str | None, typer.Option(help="List its cadastres, with the ministry's codes.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the circonscriptions, or the cadastres of one, as far as they are known here."""
    try:
        found = reports.places(circonscription)
    except MatchRefused as refusal:
        raise CommandFailed(f"circonscription: {refusal}.") from refusal
    print_json(found) if as_json else print_places(found)


def _unknown(job_id: RowId) -> CommandFailed:
    return CommandFailed(str(unknown_row(job_id)))
