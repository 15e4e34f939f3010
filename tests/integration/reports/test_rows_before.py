"""`why` counts the rows before one as a plain statement over the whole table does, and reads few of them."""

from __future__ import annotations

import psycopg
import pytest

from extractor.postgres.database import Database
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports import facts
from extractor.settings import Settings

# Every way to wait, twice for each source: with each priority and order; due since it was written, since a while, not
# yet; sent or not; on a spool or not. Some moments are the same for several rows.
ROWS = """
INSERT INTO extraction_queue (document_source, document_number, cadastre, acte_type, status, priority, created_at,
                              updated_at, available_at, dispatched_at, spooled_on, spooled_until)
SELECT source, '1', 'Cadastre du Québec', 'Acte', status, priority,
       now() - make_interval(mins => (row_number() OVER () * 37 % 50)::integer), now() - interval '1 hour',
       now() + make_interval(mins => due), CASE WHEN is_sent THEN now() END,
       CASE WHEN spool IS NOT NULL THEN gen_random_uuid() END, now() + make_interval(mins => spool)
FROM unnest(ARRAY['index', 'acte']) AS source
CROSS JOIN unnest(ARRAY['En attente', 'Complété']) AS status
CROSS JOIN unnest(ARRAY[0, 0, 1, -1]) AS priority
CROSS JOIN unnest(ARRAY[-90, -30, 30]) AS due
CROSS JOIN unnest(ARRAY[true, false]) AS is_sent
CROSS JOIN unnest(ARRAY[NULL, -30, 30]) AS spool
"""
BY_HAND = """
SELECT q.id::text, (SELECT count(*) FROM extraction_queue o
                    WHERE o.document_source = q.document_source AND o.status = 'En attente' AND o.available_at <= now()
                      AND (o.priority > q.priority
                           OR (o.priority = q.priority AND (o.created_at, o.id) < (q.created_at, q.id))))
FROM extraction_queue q WHERE q.status = 'En attente' ORDER BY q.id
"""


@pytest.mark.parametrize("most", [10_000, 5])
def test_rows_before_are_those_that_a_worker_gets_first(
    sql: psycopg.Connection, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(facts, "MOST_BEFORE", most)
    with sql.transaction():
        sql.execute("SET LOCAL session_replication_role = replica")  # so that the moments stay as they are given
        sql.execute(ROWS)
    by_hand: dict[str, int] = dict(sql.execute(BY_HAND).fetchall())
    assert {0, 5, 6} < set(by_hand.values())
    viewpoint = Viewpoint.of(settings)

    for job_id, before in by_hand.items():
        found = facts.find_facts(database, job_id, viewpoint)
        assert found is not None
        assert (found.rows_before == before) if before <= most else found.rows_before > most
