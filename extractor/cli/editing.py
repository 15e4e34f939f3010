"""The command `edit`: corrects a row and sends it again, once it has named the price and a person has said yes."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from extractor import operations
from extractor.cli.connection import open_database
from extractor.cli.consent import consents
from extractor.cli.doubted import warn_in
from extractor.cli.rows import JobId
from extractor.cli.terminal import amount, say
from extractor.language.sentences import Language, Sentence
from extractor.operations import Correction, Edited
from extractor.settings import load_settings
from extractor.words import counted, dollars

Text = Annotated[str | None, typer.Option(show_default=False)]


def edit(
    job_id: JobId,
    source: Annotated[str | None, typer.Option(help="acte, index or plan_cadastraux.", show_default=False)] = None,
    number: Annotated[str | None, typer.Option(help="The lot or the inscription number.", show_default=False)] = None,
    circonscription: Text = None,
    cadastre: Text = None,
    designation: Annotated[str | None, typer.Option(help="Désignation secondaire.", show_default=False)] = None,
    acte_type: Text = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this option it asks, or is a dry run.")] = False,
    allow_one_more: Annotated[
        bool, typer.Option("--allow-one-more", help="Let a document at its limit be consulted once more.")
    ] = False,
) -> None:
    """Correct what a row asks for, and send it again; what was paid stays counted.

    An option that is not given leaves its column as it is, and '' empties it. A row in progress and a row at
    Complété are refused. Without --yes a terminal is asked; elsewhere nothing is changed.
    """
    correction = _correction(
        document_source=source,
        document_number=number,
        circonscription_fonciere=circonscription,
        cadastre=cadastre,
        designation_secondaire=designation,
        acte_type=acte_type,
    )
    settings = load_settings()
    with open_database() as database:
        plan, do = (
            partial(
                operation,
                database,
                job_id,
                correction,
                max_consultations_per_job=settings.max_consultations_per_job,
                language=settings.language,
                allow_one_more=allow_one_more,
            )
            for operation in (operations.plan_edit, operations.edit)
        )
        planned = plan()
        _print(planned, settings.language)
        if yes or consents(f"Correct the row and send it again, for at most {amount(planned.cost)}?"):
            do()
            say(f"Row {job_id} is corrected and En attente.")


def _correction(**columns: str | None) -> Correction:
    given = {name: value for name, value in columns.items() if value is not None}
    if not given:
        raise typer.BadParameter("Say what to correct, for example --cadastre 'Cadastre du Québec'.")
    return Correction.model_validate(given)


def _print(edited: Edited, language: Language) -> None:
    for name, value in edited.after.items():
        say(f"{name}: {edited.before[name] or '(empty)'} → {value or '(empty)'}")
    say(f"The corrected row may cost {amount(edited.cost)}.")
    if edited.paid:
        times = counted(edited.paid, "time")
        say(f"It was consulted {times} before, perhaps for {amount(dollars(edited.paid))}: this stays counted.")
    if edited.doubt:
        doubted = Sentence(
            "The row {doubt}. The registry decides; a name that it refuses is not charged.", doubt=edited.doubt
        )
        warn_in(language, doubted)
