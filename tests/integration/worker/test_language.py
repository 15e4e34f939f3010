"""A French deployment: what a worker writes to a row is French, and codes stay as they are."""

from __future__ import annotations

import psycopg
import pytest

from extractor import errors
from extractor.errors import ExtractorError
from extractor.language.sentences import Language, Sentence
from extractor.matching.mismatches import NoMatch
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import insert_job
from tests.support.scripted_site import ScriptedRegistry, Step

PAPER = Sentence("The registry keeps {number} on paper only.", number="2784195")
NEAREST = NoMatch("St-Hipolite", ("Paroisse de Saint-Hippolyte", "Saint-Hilaire"))


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (errors.PaperOnly(PAPER), "paper_only", "Le registre ne conserve le numéro 2784195 que sur papier."),
        (
            errors.NameNotMatched(Sentence("{column}: {refusal}", column="cadastre", refusal=NEAREST)),
            "name_not_matched",
            (
                "cadastre : « St-Hipolite » ne ressemble assez à aucun choix; les plus proches : Paroisse de"
                " Saint-Hippolyte · Saint-Hilaire"
            ),
        ),
        (errors.DocumentNotFound("Aucun document."), "document_not_found", "Aucun document."),
    ],
)
def test_row_that_fails_has_a_french_message(
    error: ExtractorError,
    code: str,
    message: str,
    sql: psycopg.Connection,
    start: Start,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    worker = start(language=Language.FRENCH)
    job_id = insert_job(sql)
    registry.plan(Step.FILLED, error, error)  # the second for another reading of the row

    answer = worker.handle(job_id)

    assert book.row(job_id, "status, error_code, error_message") == ("Erreur", code, message)
    assert book.attempts("error_code, message") == [(code, message)]
    assert answer == f"{type(error).__name__}: {error}"  # what Flower and the log show is English


def test_site_and_accounts_that_fail_are_told_in_french(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    worker = start(language=Language.FRENCH)
    registry.plan(Step.FORM, errors.SiteClosed(Sentence("The site is closed.")))
    worker.handle(insert_job(sql))
    sql.execute("UPDATE worker_accounts SET is_active = false")
    without = start("w-2", language=Language.FRENCH)

    assert sql.execute("SELECT broken_reason FROM source_control WHERE broken_reason IS NOT NULL").fetchone() == (
        "Le site est fermé.",
    )
    assert without.make_ready() is not None
    told = sql.execute("SELECT message FROM worker_status WHERE worker_id = 'w-2'").fetchone()
    assert told is not None
    assert told[0].startswith("Aucun compte disponible, sur 1 : 1 ")
