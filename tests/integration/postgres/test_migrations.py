"""The migrations on an empty database, on one that users already have, and twice."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from extractor.language.sentences import Language
from extractor.postgres.migrate import migrate, pending
from tests.support.adopted import EARLIER_QUEUE
from tests.support.locales import in_each_locale
from tests.support.rows import column, insert_account, insert_job

EARLIER_SQL = (Path(__file__).parent / "earlier" / "worker_accounts.sql").read_text()
EARLIER_ROWS = """
INSERT INTO extraction_queue (document_source, document_number, cadastre, status, supabase_path, attemtps) VALUES
    ('index', '2 784 195', 'Cadastre du Québec', 'En attente', NULL, 0),
    ('index', '2 784 196', 'Cadastre du Québec', 'En traitement', NULL, 1),
    ('index', '2 784 197', 'Cadastre du Québec', 'Complété', 'index/a.pdf', 1),
    ('index', '2 784 198', 'Cadastre du Québec', 'Erreur', NULL, NULL),
    ('index', '2 784 199', NULL, 'En attente', NULL, 0),
    ('vente', '1', NULL, 'Erreur', NULL, 3)
"""


def earlier_statements() -> list[str]:
    return [statement for statement in re.split(r";\s*\n", EARLIER_SQL) if statement.strip("- \n")]


def test_complete_an_empty_database_once(empty_database_url: str) -> None:
    assert len(pending(empty_database_url)) == len(migrate(empty_database_url)) > 0

    assert pending(empty_database_url) == migrate(empty_database_url) == []


def test_two_at_once_wait_for_each_other(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        applied = sorted(pool.map(migrate, [empty_database_url] * 2), key=len)

    assert applied[0] == []
    assert applied[1] != []


def test_every_statement_of_the_accounts_document_runs_verbatim(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as sql:
        creations = [statement for statement in earlier_statements() if "CREATE TABLE" in statement]
        others = [statement for statement in earlier_statements() if "CREATE TABLE" not in statement]
        assert (len(creations), len(others)) == (2, 20)
        for statement in creations:  # the tables as the document makes them, then the migrations
            sql.execute(statement)
        migrate(empty_database_url)
        used = insert_account(sql, "account1", password="pass1")
        sql.execute("INSERT INTO worker_status (worker_id, status, account_id) VALUES ('w', 'idle', %s)", [used])

        for statement in others:
            sql.execute(statement)


def test_adopt_a_table_with_rows_in_every_status(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as sql:
        sql.execute(EARLIER_QUEUE)
        sql.execute(EARLIER_ROWS)

        migrate(empty_database_url)

        rows = sql.execute(
            "SELECT document_number_normalized, status, attemtps, error_code FROM extraction_queue ORDER BY 1"
        ).fetchall()
        assert rows == [
            ("1", "Erreur", 3, None),
            ("2784195", "En attente", 0, None),
            ("2784196", "En traitement", 1, None),
            ("2784197", "Complété", 1, None),
            ("2784198", "Erreur", 0, None),
            ("2784199", "Erreur", 0, "invalid_request"),  # it lacks its cadastre, so it could never be fetched
        ]
        assert insert_job(sql) is not None


def test_every_column_says_what_it_means(database_url: str) -> None:
    with psycopg.connect(database_url) as sql:
        silent = sql.execute("""
            SELECT c.relname, a.attname
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relname IN ('extraction_queue', 'worker_accounts', 'worker_status',
                                'extraction_attempts', 'source_control', 'extraction_clicks', 'registry_sessions')
              AND a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL
        """).fetchall()

    assert silent == []


@in_each_locale
@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"cadastre": None}, "cadastre is missing: index needs one"),
        ({"cadastre": "  "}, "cadastre is missing: index needs one"),
        ({"document_source": "plan_cadastraux", "cadastre": None}, "cadastre is missing: plan_cadastraux"),
        ({"document_source": "acte"}, "acte_type is missing"),
        ({"document_source": "vente"}, "document_source is 'vente': it must be acte, index or plan_cadastraux"),
        ({"document_source": None}, "document_source is missing"),
        ({"document_number": "  "}, "document_number is missing"),
        ({"document_number": "\u00a0"}, "document_number is missing"),
        ({"document_number": None}, "document_number is missing"),
    ],
)
def test_bad_row_is_refused_with_what_it_lacks(
    columns: dict[str, object], sentence: str, sql: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=re.escape(sentence)):
        insert_job(sql, **columns)


@pytest.mark.parametrize("written", ["En Attente", "en attente", "Complete", "done", ""])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (Language.ENGLISH, "status is '{}': it must be En attente, En traitement, Complété or Erreur"),
        (Language.FRENCH, "status est '{}' : inscrivez En attente, En traitement, Complété ou Erreur"),
    ],
)
def test_status_that_does_not_exist_is_refused_with_the_four_that_do(
    written: str, language: Language, sentence: str, sql: psycopg.Connection, database_url: str
) -> None:
    migrate(database_url, language=language)
    job_id = insert_job(sql)
    said = f"^{re.escape(sentence.format(written))}"

    with pytest.raises(psycopg.errors.CheckViolation, match=said):
        sql.execute("UPDATE extraction_queue SET status = %s WHERE id = %s", [written, job_id])
    with pytest.raises(psycopg.errors.CheckViolation, match=said):
        insert_job(sql, status=written)
    assert column(sql, job_id, "status") == "En attente"


def test_invariants_hold_without_the_trigger_too(sql: psycopg.Connection) -> None:
    sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")

    for columns in (
        {"cadastre": None},
        {"document_source": "acte"},
        {"document_source": "vente"},
        {"document_number": " "},
        {"status": "Fini"},
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            insert_job(sql, **columns)


@in_each_locale
def test_number_loses_every_kind_of_space(sql: psycopg.Connection) -> None:
    insert_job(sql, document_number=" 2\u00a0784\u202f195\u2009\t")

    assert sql.execute("SELECT document_number_normalized FROM extraction_queue").fetchone() == ("2784195",)


def test_insert_rings_once_per_statement_with_an_empty_payload(sql: psycopg.Connection) -> None:
    sql.execute("LISTEN extraction_queue")

    sql.execute("""
        INSERT INTO extraction_queue (document_source, document_number, cadastre)
        SELECT 'index', n::text, 'Cadastre du Québec' FROM generate_series(2000000, 2000999) n
    """)

    assert [notify.payload for notify in sql.notifies(timeout=1)] == [""]
