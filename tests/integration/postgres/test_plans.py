"""What the bridge asks at every pass costs the same however long the table is: no plan reads the whole of it."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from extractor.models import Account
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.sql import load_queries
from tests.integration.conftest import LIMITS
from tests.support.jobs import take
from tests.support.rows import insert_job

ROWS = 30_000
TABLES_OF_A_ROW = ("extraction_queue", "extraction_attempts", "extraction_clicks")
PARAMETERS = {
    "sources": ["index"], "queued": [0], "window": 20, "room": 20, "limit": 20, "redispatch_seconds": 60,
    "daily_consultation_limit": None, "abandoned_seconds": 900, "max_kills": 3,
    "ids": [],
}  # fmt: skip


@pytest.fixture
def long_table(sql: psycopg.Connection) -> psycopg.Connection:
    """As many waiting rows, and as many finished ones, some sent; past the triggers, which is quicker."""
    fill(sql)
    sql.execute("ANALYZE extraction_queue")
    return sql


def fill(sql: psycopg.Connection) -> None:
    """Insert ROWS waiting rows, and as many finished ones."""
    sql.execute("SET session_replication_role = replica")
    for status in ("En attente", "Complété"):
        sql.execute(
            "INSERT INTO extraction_queue (document_source, document_number, circonscription_fonciere, cadastre,"
            " status, request_key, doubted_key, available_at, dispatched_at)"
            " SELECT (ARRAY['index', 'plan_cadastraux'])[1 + i %% 2], i::text, 'Montréal', 'Cadastre du Québec', %s,"
            " i::text, i::text, now(), CASE WHEN i <= 20 THEN now() END FROM generate_series(1, %s) AS i",
            [status, ROWS],
        )
    sql.execute("RESET session_replication_role")


def test_no_statement_of_a_pass_reads_the_whole_table(long_table: psycopg.Connection) -> None:
    for name in ("dispatch", "lock_rung", "mark_sent", "dispatch_spooled", "rescue", "unjudged"):
        explained = "EXPLAIN " + load_queries("dispatcher.sql")[name]
        plan = [line for (line,) in long_table.execute(explained, PARAMETERS).fetchall()]
        assert [line for line in plan if "Seq Scan on extraction_queue" in line] == [], name


def test_dispatch_reads_no_row_that_it_cannot_send(long_table: psycopg.Connection) -> None:
    """Of a source every row but the last is not due yet, lies on a spool, or both."""
    long_table.execute("SET session_replication_role = replica")
    long_table.execute(
        "UPDATE extraction_queue SET dispatched_at = NULL,"
        " available_at = now() + CASE document_number::integer / 2 % 3 WHEN 0 THEN interval '0' ELSE '1 day' END,"
        " spooled_on = CASE document_number::integer / 2 % 3 WHEN 1 THEN NULL ELSE gen_random_uuid() END,"
        " spooled_until = now() + interval '1 day'"
        f" WHERE status = 'En attente' AND document_number <> '{ROWS}'"
    )
    long_table.execute("UPDATE extraction_queue SET document_source = 'index' WHERE status = 'En attente'")
    long_table.execute("RESET session_replication_role")
    long_table.execute("VACUUM ANALYZE extraction_queue")

    assert pages_read(long_table, "dispatch", 1) < 600  # of 3,000, and most are catalogs
    assert pages_read(long_table, "lock_rung", 1) < 600


def test_row_is_sent_once_what_it_waited_for_is_over(sql: psycopg.Connection, database: Database) -> None:
    """It stands aside until then, and nobody writes to it when its moment comes."""
    dispatcher = Dispatcher(database, LIMITS)
    snoozed = insert_job(sql, available_at="2999-01-01")
    spooled = insert_job(sql, spooled_on=uuid4(), spooled_until="2999-01-01")
    assert take(dispatcher) == []

    sql.execute("SET session_replication_role = replica")  # as if time had passed: no trigger sees a write
    sql.execute("UPDATE extraction_queue SET updated_at = now() - interval '1 h'")
    sql.execute("UPDATE extraction_queue SET available_at = now() - interval '1 s' WHERE id = %s", [snoozed])
    sql.execute("UPDATE extraction_queue SET spooled_until = now() - interval '1 s' WHERE id = %s", [spooled])

    assert sorted(take(dispatcher)) == sorted([snoozed, spooled])
    assert take(dispatcher) == []


@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed when short", "never analysed"])
def test_plans_that_a_connection_keeps_serve_tables_that_grew(
    is_analysed: bool, sql: psycopg.Connection, account: Account, database_url: str
) -> None:
    """They are made while Postgres knows of one row, when any index that fits is as good as the right one."""
    sql.prepare_threshold = None  # as the workers' connections
    for table in TABLES_OF_A_ROW:
        sql.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    for _ in range(6):  # Postgres makes five plans of a trigger's statement before it keeps one
        serve(sql, account)
    if is_analysed:
        sql.execute(f"ANALYZE {', '.join(TABLES_OF_A_ROW)}")
    serve(sql, account)

    with psycopg.connect(database_url, autocommit=True) as other:  # whoever sets its role forgets its plans
        fill(other)
        other.execute("SET session_replication_role = replica")
        other.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, request_key)"
            " SELECT id, document_source, 'w', request_key FROM extraction_queue"
        )
        other.execute(
            "INSERT INTO extraction_clicks (attempt_id, job_id, document_source, kind, consultation, clicked_at)"
            " SELECT id, job_id, document_source, 'form', 1, now() - interval '40 days' FROM extraction_attempts"
        )
    assert serve(sql, account) < 100


def serve(sql: psycopg.Connection, account: Account) -> int:
    """Lock and claim a row, click twice for it, once in vain, and complete it; how many rows were read."""
    statements = load_queries("jobs.sql")
    job_id = insert_job(sql, priority=1)
    taken = {
        "job_id": job_id, "worker_id": "w", "account_id": account.id, "account_lease_id": account.lease_id,
        "message_id": None, "spool_id": None, "lease_seconds": 60.0, "reuse_days": 1,
    }  # fmt: skip
    with sql.transaction():
        before = rows_read(sql)
        rung = sql.execute(load_queries("dispatcher.sql")["lock_rung"], PARAMETERS | {"room": 1}).fetchall()
        assert [str(sent) for sent, _ in rung] == [job_id]
        claimed = sql.execute(statements["claim"], taken).fetchone()
        assert claimed is not None
        held = {"job_id": claimed[0], "attempt_id": claimed[1]}
        click = held | {
            "kind": "form", "max_consultations_per_job": 9, "daily_consultation_limit": None, "document_seconds": 60.0,
            "why_free": "not found", "lease_seconds": 60.0,
        }  # fmt: skip
        for statement in ("record_consultation", "clear_consultation", "record_consultation"):
            sql.execute(statements[statement], click)
        ended = held | {
            "supabase_path": "index/a.pdf", "sha256": "0" * 64, "size_bytes": 1, "pages": 1, "warning": None,
            "identity": "checked", "fetched_as": None, "steps": "[]",
        }  # fmt: skip
        assert sql.execute(statements["complete"], ended).fetchall() == [(True,)]
        return rows_read(sql) - before


def rows_read(sql: psycopg.Connection) -> int:
    """Of the tables of a row by this connection, with and without an index, since the server last took its counts."""
    counted = sql.execute(
        "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables WHERE relname = ANY (%s)",
        [list(TABLES_OF_A_ROW)],
    ).fetchone()
    assert counted is not None
    return int(counted[0])


def pages_read(sql: psycopg.Connection, name: str, rows: int) -> int:
    """The pages that a statement of the bridge touches; it must return this many rows."""
    explained = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + load_queries("dispatcher.sql")[name]
    with sql.transaction(force_rollback=True):
        found = sql.execute(explained, PARAMETERS).fetchone()
    assert found is not None
    plan = found[0][0]["Plan"]
    assert plan["Actual Rows"] == rows
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
