"""The sentences that the database writes itself, in the language that `migrate` was given."""

from __future__ import annotations

import psycopg
import pytest

from extractor.language.sentences import Language
from extractor.models import Job
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.jobs import Jobs
from extractor.postgres.migrate import migrate, spoken_by
from tests.support.jobs import expire_lease, job_limits
from tests.support.rows import column, insert_job
from tests.unit.test_sentences import ENGLISH


def message(sql: psycopg.Connection, job_id: str) -> str:
    return str(column(sql, job_id, "error_message"))


def test_language_is_kept_until_migrate_is_told_another(sql: psycopg.Connection, database_url: str) -> None:
    told: list[str] = []
    at_first = spoken_by(database_url)
    migrate(database_url, language=Language.FRENCH, on_notice=told.append)
    migrate(database_url, language=Language.FRENCH, on_notice=told.append)
    migrate(database_url, on_notice=told.append)

    with pytest.raises(psycopg.errors.CheckViolation, match="document_number est vide : donnez le numéro"):
        insert_job(sql, document_number=" ")
    assert (at_first, spoken_by(database_url)) == (Language.ENGLISH, Language.FRENCH)
    assert told == ["The database writes its own sentences in French from now on (LANGUAGE)."]
    migrate(database_url, language=Language.ENGLISH)
    with pytest.raises(psycopg.errors.CheckViolation, match="document_number is missing"):
        insert_job(sql, document_number=" ")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("2,78E+06", "document_number se lit '2,78E+06', ce qu'un tableur a peut-être fait d'un numéro plus long"),
        ("5 mars", "ce qui ressemble à une date"),
        ("1/2", "ce qui n'est pas un seul numéro entier"),
        ("12 34", "ce qui peut être deux numéros"),
    ],
)
def test_refusal_of_a_number(sql: psycopg.Connection, database_url: str, number: str, sentence: str) -> None:
    migrate(database_url, language=Language.FRENCH)

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        insert_job(sql, document_number=number)

    assert sentence in str(refused.value)
    assert str(refused.value).startswith("document_number se lit ")


def test_rows_that_triggers_and_statements_stop(
    sql: psycopg.Connection, database_url: str, database: Database, jobs: Jobs, claim: object
) -> None:
    migrate(database_url, language=Language.FRENCH)
    notices: list[str] = []
    sql.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    incomplete, edited = insert_job(sql), insert_job(sql, status="Complété", supabase_path="index/a.pdf")
    sql.execute("UPDATE extraction_queue SET cadastre = NULL WHERE id = %s", [incomplete])
    sql.execute("UPDATE extraction_queue SET document_number = '7' WHERE id = %s", [edited])
    assert callable(claim)
    job: Job = claim()
    sql.execute("UPDATE extraction_queue SET status = 'Erreur' WHERE id = %s", [job.id])
    jobs.snooze(job, error_code="site_closed", message="Le site est fermé.")
    killed: Job = claim()
    expire_lease(sql, killed)
    Dispatcher(database, job_limits()).rescue()

    assert message(sql, incomplete) == (
        "cadastre est vide : index en exige un, par exemple Cadastre du Québec. Corrigez la ligne, puis remettez"
        " status à En attente."
    )
    assert "Le premier reste à l'emplacement index/a.pdf." in message(sql, edited)
    assert notices[-1].startswith(f"extraction_queue : la ligne {job.id} reste En traitement")
    assert message(sql, job.id) == "Annulée : plus rien n'est demandé au registre pour cette ligne."
    assert message(sql, killed.id).startswith("Le worker worker-1 n'a plus donné signe de vie")
    for job_id in (incomplete, edited, job.id, killed.id):
        assert ENGLISH.search(message(sql, job_id)) is None
