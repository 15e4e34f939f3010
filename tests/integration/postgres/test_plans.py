"""What the bridge asks at every pass costs the same however long the table is: no plan reads the whole of it."""

from __future__ import annotations

import psycopg
import pytest

from extractor.postgres.sql import load_queries

ROWS = 30_000
PARAMETERS = {
    "source": "index", "limit": 20, "queued": 0, "redispatch_seconds": 60, "daily_consultation_limit": None,
    "abandoned_seconds": 900, "max_kills": 3,
}  # fmt: skip


@pytest.fixture
def long_table(sql: psycopg.Connection) -> psycopg.Connection:
    """As many waiting rows, and as many finished ones, some sent; past the triggers, which is quicker."""
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
    sql.execute("ANALYZE extraction_queue")
    return sql


def test_no_statement_of_a_pass_reads_the_whole_table(long_table: psycopg.Connection) -> None:
    for name in ("dispatch", "dispatch_spooled", "rescue", "unjudged"):
        explained = "EXPLAIN " + load_queries("dispatcher.sql")[name]
        plan = [line for (line,) in long_table.execute(explained, PARAMETERS).fetchall()]
        assert [line for line in plan if "Seq Scan on extraction_queue" in line] == [], name
