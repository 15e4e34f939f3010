"""Every statement of the product takes a row's and an account's id as text, whatever the columns' type."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from extractor.postgres import sql as statements
from extractor.postgres.sql import load_queries
from tests.support.rows import insert_account, insert_job, record_clicks

FILES = sorted(path.name for path in Path(statements.__file__).parent.glob("*.sql"))
NOT_EXPLAINED = {"create_imported", "copy_imported"}  # no EXPLAIN takes CREATE TABLE without rows, or COPY
# Of the import: they read the temporary table that create_imported makes.
IMPORTED = re.compile(r"\bimported\b")
# What no row has and no statement may fail at: other types' ids, too large ones, and no id at all.
NO_ID = ("0", "-7", "99999999999999999999", "1e3", "7.0", " 7", "x'; --", "", "a" * 300, "{}", "NULL",
         "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d", "é")  # fmt: skip


def test_ids_are_texts_in_every_statement(sql: psycopg.Connection) -> None:
    job_id, account_id = insert_job(sql), insert_account(sql)
    one = {"job_id": job_id, "text": job_id, "current_job_id": job_id, "after_id": job_id, "account_id": account_id}
    lists = {"ids": [job_id], "job_ids": [job_id], "raised_ids": [job_id], "account_ids": [account_id]}
    others = {"keys": ["k"], "doubts": ["d"], "after_created_at": "2026-01-01Z"}
    sql.execute(load_queries("operations.sql")["create_imported"].replace(" ON COMMIT DROP", ""))

    named = {name: statement for file in FILES for name, statement in load_queries(file).items()}
    for name, statement in named.items():
        if name not in NOT_EXPLAINED:
            unnamed = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement))
            sql.execute(f"EXPLAIN {statement}", {**unnamed, **one, **lists, **others})


ROW = "extraction_queue_pkey"
INDEXES = {
    ("jobs.sql", "find"): ROW,
    ("jobs.sql", "record_consultation"): ROW,
    ("jobs.sql", "unfinished"): ROW,
    ("operations.sql", "retry_candidates"): ROW,
    ("operations.sql", "retry"): ROW,
    ("operations.sql", "cancel"): ROW,
    ("reports.sql", "find_row"): ROW,
    ("reports.sql", "facts"): ROW,
    ("reports.sql", "list_rows"): "extraction_queue_listed",
    ("reports.sql", "clicks"): "extraction_clicks_of_job",
    ("reports.sql", "attempts_of"): "extraction_attempts_of_job",
    ("flower.sql", "find_rows"): ROW,
    ("dispatcher.sql", "note_doubts"): ROW,
}


def test_row_is_found_by_an_index(sql: psycopg.Connection) -> None:
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, status, created_at)"
        " SELECT 'index', n::text, 'Cadastre du Québec', 'Erreur', now() - n * interval '1 s'"
        " FROM generate_series(1, 1500) AS n"
    )
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
        " SELECT id, 'index', 'w', now() FROM extraction_queue"
    )
    record_clicks(sql)
    sql.execute("ANALYZE")
    ((job_id,),) = sql.execute("SELECT id::text FROM extraction_queue LIMIT 1").fetchall()
    given = dict.fromkeys(("job_id", "text", "after_id"), job_id) | dict.fromkeys(
        ("ids", "job_ids", "raised_ids"), [job_id] * 3
    )
    others = {"keys": ["k"] * 3, "doubts": ["d"] * 3, "after_created_at": "2026-01-01Z", "limit": 50, "attempt_id": 1}

    for (file, name), index in INDEXES.items():
        statement = load_queries(file)[name]
        unnamed = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement))
        plan = "\n".join(row[0] for row in sql.execute(f"EXPLAIN {statement}", {**unnamed, **given, **others}))
        assert re.search(rf"{index} .*\n +Index Cond: .*id\b", plan), plan


def test_claim_finds_its_row_by_an_index(sql: psycopg.Connection) -> None:
    """Its plan is made inside a function, where no EXPLAIN looks."""
    insert_job(sql)
    job_id = insert_job(sql)
    claim = load_queries("jobs.sql")["claim"]
    given = dict.fromkeys(re.findall(r"%\((\w+)\)s", claim)) | {"job_id": job_id, "reuse_days": 1, "lease_seconds": 60}
    with sql.transaction():
        sql.execute(claim, given)
        found = sql.execute(
            "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'extraction_queue'"
        ).fetchall()

    assert found == [(0,)]


def test_text_that_is_no_id_finds_no_row_and_changes_none(sql: psycopg.Connection) -> None:
    insert_job(sql, status="Erreur", error_code="storage")
    insert_job(sql)
    before = sql.execute("SELECT * FROM extraction_queue").fetchall()

    for file, name in (("jobs.sql", "find"), ("reports.sql", "find_row"), ("reports.sql", "facts"),
                       ("reports.sql", "clicks"), ("operations.sql", "retry_candidates"),
                       ("operations.sql", "cancel")):  # fmt: skip
        statement = load_queries(file)[name]
        for text in NO_ID:
            parameters = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)) | {"job_id": text, "text": text}
            assert sql.execute(statement, parameters).fetchall() == []

    for file, name in (("jobs.sql", "unfinished"), ("flower.sql", "find_rows")):
        texts = {"ids": list(NO_ID), "job_ids": list(NO_ID), "messages": list(NO_ID)}
        assert sql.execute(load_queries(file)[name], texts).fetchall() == []
    assert sql.execute("SELECT * FROM extraction_queue").fetchall() == before
