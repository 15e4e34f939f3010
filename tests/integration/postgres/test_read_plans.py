"""No report, metric or call of the dashboard reads the whole of a long table: the plans for a million rows."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from extractor.metrics.tables import _PARAMETERS
from extractor.postgres.database import Database
from extractor.postgres.sql import load_queries
from extractor.reports import Filter
from extractor.reports.facts import MOST_BEFORE
from tests.integration.postgres.test_days import close_all

ROWS = 6_000
LONG = ("extraction_queue", "extraction_attempts", "extraction_clicks")
BEATS = {"worker_beat_seconds": 5, "bridge_beat_seconds": 5, "openable": []}
GROUP = {"batch_id": None, "reference": None}
PAGE = {"limit": 20, "after_created_at": None, "after_id": None}
FILTERS = (Filter(), Filter(status="Erreur"), Filter(error_code="site_down"), Filter(reference="118"))
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("reports.sql", "sources", GROUP),
    ("reports.sql", "sources", {"batch_id": "1", "reference": None}),
    ("reports.sql", "count_doubtful", GROUP),
    ("reports.sql", "consultations", {}),
    ("reports.sql", "consultations_today", {}),
    ("reports.sql", "paid_twice", {"limit": 50}),
    ("reports.sql", "clicks", {"job_id": None, "limit": 20}),
    ("reports.sql", "facts", BEATS | {"most_before": MOST_BEFORE}),
    ("reports.sql", "find_row", {}),
    ("reports.sql", "attempts_of", {}),
    ("reports.sql", "has_error_code", {"error_code": "paper_onyl"}),
    ("reports.sql", "equal_rows", {"reuse_days": 0, "days": 30, "limit": 4}),
    *(("reports.sql", "list_rows", one.parameters | PAGE) for one in FILTERS),
    *(("reports.sql", "count_rows", one.parameters) for one in FILTERS),
    *(("metrics.sql", name, _PARAMETERS | BEATS) for name in load_queries("metrics.sql")),
    ("dashboard.sql", "days", {"days": 30}),
    ("dashboard.sql", "failures", {}),
    ("operations.sql", "pause", {"sources": ["acte"], "paused_by": "x", "reason": "x"}),
    ("counts.sql", "is_long", {"limit": 1000}),
    ("days.sql", "close", {"limit": 5, "bounds": [1]}),
)


@pytest.fixture
def million(sql: psycopg.Connection, database: Database) -> psycopg.Connection:
    """Rows, attempts and clicks of two months, whose statistics say that they are a million each."""
    sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, acte_type, status, request_key,"
        " doubted_key, available_at, created_at, completed_at, dispatched_at, error_code)"
        " SELECT (ARRAY['index', 'acte'])[1 + i %% 2], i::text, 'Cadastre du Québec', 'Acte', status, i::text, i::text,"
        " now(), now() - make_interval(mins => i * 15), CASE WHEN status <> 'En attente' THEN"
        " now() - make_interval(mins => i * 15) END, CASE WHEN status <> 'En attente' THEN"
        " now() - make_interval(mins => i * 15) END, CASE WHEN i %% 50 = 0 THEN 'site_down' END"
        " FROM (SELECT i, CASE WHEN i %% 2 = 0 THEN 'En attente' WHEN i %% 99 = 0 THEN 'Erreur' ELSE 'Complété' END AS"
        " status FROM generate_series(1, %s) AS i) AS t",
        [2 * ROWS],
    )
    sql.execute("ALTER TABLE extraction_queue ENABLE TRIGGER USER")
    sql.execute("UPDATE extraction_queue SET status = status WHERE status = 'Erreur'")
    sql.execute("INSERT INTO extraction_counts SELECT document_source, status, '', 1 FROM extraction_queue")
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, started_at, finished_at, outcome)"
        " SELECT id, document_source, 'w', completed_at, completed_at, 'completed' FROM extraction_queue"
        " WHERE completed_at IS NOT NULL"
    )
    sql.execute(
        "INSERT INTO extraction_clicks (attempt_id, job_id, document_source, consultation, kind, clicked_at)"
        " SELECT id, job_id, document_source, 1, 'form', started_at FROM extraction_attempts"
    )
    close_all(database)
    sql.execute("ANALYZE")
    # The planner multiplies this density with the pages of the file.
    sql.execute(
        "UPDATE pg_class c SET reltuples = c.reltuples * 1e6 / %s FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
        " WHERE t.relname = ANY (%s) AND c.oid IN (t.oid, i.indexrelid)",
        [ROWS, list(LONG)],
    )
    return sql


def test_no_read_scans_a_long_table(million: psycopg.Connection) -> None:
    row = million.execute("SELECT id FROM extraction_queue WHERE status = 'En attente' LIMIT 1").fetchone()
    assert row is not None
    # Of a short table a sequential scan is right: then the rest shows nothing.
    whole = million.execute("EXPLAIN SELECT count(*) FROM extraction_queue WHERE priority = 0").fetchall()
    assert "Seq Scan on extraction_queue" in str(whole)
    for file, name, parameters in READS:
        explained = "EXPLAIN " + load_queries(file)[name]
        plan = [line for (line,) in million.execute(explained, {"job_id": str(row[0]), **parameters}).fetchall()]
        scans = [line for line in plan for table in LONG if f"Seq Scan on {table} " in line]
        assert scans == [], (name, parameters, "\n".join(plan))


def test_rows_before_one_are_read_in_their_order(million: psycopg.Connection) -> None:
    """By the index that ends after the first of them; of the rows by age, a million come before ten thousand fit."""
    explained = "EXPLAIN " + load_queries("reports.sql")["facts"]
    row = million.execute("SELECT id FROM extraction_queue WHERE status = 'En attente' LIMIT 1").fetchone()
    assert row is not None
    parameters = BEATS | {"most_before": MOST_BEFORE, "job_id": str(row[0])}
    plan = "\n".join(line for (line,) in million.execute(explained, parameters).fetchall())
    assert "Index Only Scan using extraction_queue_ready" in plan
    assert "extraction_queue_listed" not in plan


def test_open_days_are_joined_without_a_loop_in_a_loop(sql: psycopg.Connection) -> None:
    """Also before anybody has analyzed the tables: they may have ten thousand rows of today."""
    for rows in (0, 1, 100, ROWS):
        sql.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, finished_at, outcome)"
            " SELECT gen_random_uuid(), 'index', 'w', now(), 'completed' FROM generate_series(1, %s)",
            [rows],
        )
        lines = sql.execute("EXPLAIN " + load_queries("metrics.sql")["history"], _PARAMETERS).fetchall()
        plan = "\n".join(line for (line,) in lines)
        assert re.search(r"Hash Cond: \((k.attempt_id = e.id|e.id = k.attempt_id)\)", plan), (rows, plan)
