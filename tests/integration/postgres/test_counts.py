"""The sums of `extraction_counts` are the numbers of rows, whoever wrote them and however."""

from __future__ import annotations

import random
from collections import Counter

import psycopg
import pytest

from extractor.postgres.counts import FOLD_ABOVE, Counts
from extractor.postgres.database import Database
from extractor.reports import Filter, count_rows
from tests.support.rows import insert_job

Groups = Counter[tuple[str, str, str]]


def said(sql: psycopg.Connection) -> Groups:
    rows = sql.execute(
        "SELECT document_source, status, error_code, sum(rows)::int FROM extraction_counts GROUP BY 1, 2, 3"
    )
    return Counter({(source, status, code): number for source, status, code, number in rows if number})


def found(sql: psycopg.Connection) -> Groups:
    return Counter(
        sql.execute("SELECT document_source, status, coalesce(error_code, '') FROM extraction_queue").fetchall()
    )


WRITES = (
    (
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, acte_type, status)"
        " SELECT (ARRAY['acte', 'index'])[1 + i % 2], i::text, 'Cadastre du Québec', 'Acte',"
        " (ARRAY['En attente', 'Complété', 'Erreur'])[1 + i % 3] FROM generate_series(1, 30) AS i"
    ),
    (
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, idempotency_key)"
        " VALUES ('index', '7', 'Cadastre du Québec', 'once') ON CONFLICT (idempotency_key)"
        " WHERE idempotency_key IS NOT NULL DO UPDATE SET status = 'Erreur', error_code = 'not_found'"
    ),
    "UPDATE extraction_queue SET status = 'En attente'",
    "UPDATE extraction_queue SET status = 'Erreur', error_code = 'site_down' WHERE document_number::int % 4 = 1",
    "UPDATE extraction_queue SET error_code = NULL WHERE document_number::int % 4 = 1",
    "UPDATE extraction_queue SET document_source = 'plan_cadastraux' WHERE document_number::int % 5 = 0",
    "UPDATE extraction_queue SET priority = 3",
    "UPDATE extraction_queue SET document_number = 'Janvier' WHERE document_number = '3'",
    "UPDATE extraction_queue SET document_number = '3' WHERE document_number = 'Janvier'",
    "DELETE FROM extraction_queue WHERE document_number::int % 7 = 2",
    (
        "MERGE INTO extraction_queue q USING (VALUES ('4'), ('99')) AS t (number) ON q.document_number = t.number"
        " WHEN MATCHED THEN UPDATE SET status = 'Complété' WHEN NOT MATCHED THEN"
        " INSERT (document_source, document_number, cadastre) VALUES ('index', t.number, 'Cadastre du Québec')"
    ),
    "TRUNCATE extraction_queue",
)


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_sums_are_the_numbers_after_any_write(sql: psycopg.Connection, database: Database, role: str) -> None:
    chance, counts = random.Random(15), Counts(database)
    sql.execute(f"SET session_replication_role = {role}")
    for _ in range(6):
        for write in chance.sample(WRITES[:-1], len(WRITES) - 1):
            if "::int" in write:
                sql.execute("DELETE FROM extraction_queue WHERE document_number !~ '^[0-9]+$'")
            with sql.transaction(force_rollback=chance.random() < 0.2):
                sql.execute(write)
            assert said(sql) == found(sql), write
        counts.tend()
        assert said(sql) == found(sql)
    sql.execute(WRITES[-1])
    assert said(sql) == found(sql) == Counter()


def test_copy_is_counted(sql: psycopg.Connection) -> None:
    line = "COPY extraction_queue (document_source, document_number, cadastre) FROM STDIN"
    with sql.cursor() as cursor, cursor.copy(line) as copy:
        for number in range(20):
            copy.write_row(("index", str(number + 1), "Cadastre du Québec"))

    assert said(sql) == found(sql) == Counter({("index", "En attente", ""): 20})


def test_fold_leaves_one_row_per_group_and_what_is_not_committed(
    sql: psycopg.Connection, database: Database, database_url: str
) -> None:
    counts = Counts(database)
    counts.tend()
    sql.execute(
        "INSERT INTO extraction_counts SELECT 'index', 'En attente', '', 1 FROM generate_series(1, %s)",
        [FOLD_ABOVE + 1],
    )
    with psycopg.connect(database_url) as person:
        insert_job(person)
        counts.tend()
        assert sql.execute("SELECT rows FROM extraction_counts").fetchall() == [(FOLD_ABOVE + 1,)]
        person.commit()

    assert said(sql) == Counter({("index", "En attente", ""): FOLD_ABOVE + 2})


def test_recount_at_the_start_of_a_bridge_corrects_what_disabled_triggers_left(
    sql: psycopg.Connection, database: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")
    sql.execute(WRITES[0])
    sql.execute("ALTER TABLE extraction_queue ENABLE TRIGGER USER")
    assert said(sql) == Counter()

    with psycopg.connect(database_url) as person:  # who writes meanwhile is counted once
        insert_job(person)
        Counts(database).tend()
        person.commit()

    assert said(sql) == found(sql)
    assert "Were triggers disabled?" in caplog.text


def test_two_bridges_never_count_at_once(sql: psycopg.Connection, database: Database, database_url: str) -> None:
    insert_job(sql)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('extraction_counts', 0))")
        other.execute("DELETE FROM extraction_counts")
        Counts(database).tend()  # returns at once
        assert said(sql) == Counter({("index", "En attente", ""): 1})


def test_broken_count_undoes_no_write(sql: psycopg.Connection) -> None:
    sql.execute("ALTER TABLE extraction_counts RENAME TO gone")
    insert_job(sql)
    sql.execute("UPDATE extraction_queue SET status = 'Erreur'")
    assert found(sql) == Counter({("index", "Erreur", ""): 1})


def test_count_of_a_list_is_the_sum_only_where_it_has_the_filter(sql: psycopg.Connection, database: Database) -> None:
    sql.execute(WRITES[0])
    sql.execute(WRITES[3])
    for chosen in (Filter(), Filter(status="Erreur"), Filter(source="acte"), Filter(error_code="site_down")):
        where = " AND ".join(
            f"{column} = '{value}'"
            for column, value in (
                ("status", chosen.status),
                ("document_source", chosen.source),
                ("error_code", chosen.error_code),
            )
            if value
        )
        row = sql.execute(f"SELECT count(*) FROM extraction_queue WHERE {where or 'true'}").fetchone()
        assert row == (count_rows(database, chosen),)
    assert count_rows(database, Filter(number="3")) > 0
    assert count_rows(database, Filter(error_code="")) == 0
