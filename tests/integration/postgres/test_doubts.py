"""Rows that came by SQL: the bridge notes what will probably be refused, once per request, and the view shows it."""

from __future__ import annotations

import psycopg
import pytest

from extractor.models import RowId, Source
from extractor.operations import NewRow, add, cancel
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.doorbell import Doorbell
from extractor.postgres.doubts import Doubts
from extractor.postgres.sql import Queries, load_queries
from tests.support.jobs import take
from tests.support.rows import column, insert_job

NOWHERE = {"circonscription_fonciere": "Terrebonne", "cadastre": "Nulle Part", "document_number": "227"}


@pytest.fixture
def doubts(database: Database) -> Doubts:
    return Doubts(database)


def doubtful(sql: psycopg.Connection) -> dict[RowId, str]:
    return dict(sql.execute("SELECT id::text, doubt FROM extraction_queue_doubtful").fetchall())


def test_doubtful_rows_are_noted_and_the_others_are_not_looked_at_again(
    sql: psycopg.Connection, doubts: Doubts
) -> None:
    insert_job(sql)
    bad = insert_job(sql, **NOWHERE)

    assert doubts.note() == [bad]

    assert list(doubtful(sql)) == [bad]
    assert doubtful(sql)[bad].startswith('will probably be refused, because cadastre "Nulle Part" is no cadastre known')
    assert sql.execute("SELECT count(*) FROM extraction_queue WHERE doubted_key <> request_key").fetchone() == (0,)
    before = sql.execute("SELECT ctid FROM extraction_queue ORDER BY id").fetchall()
    assert doubts.note() == []
    assert sql.execute("SELECT ctid FROM extraction_queue ORDER BY id").fetchall() == before


def test_doubt_changes_nothing_else_of_the_row(sql: psycopg.Connection, doubts: Doubts) -> None:
    insert_job(sql, **NOWHERE, priority=3, attemtps=1)
    columns = "to_jsonb(q) - '{doubt,doubted_key,updated_at}'::text[]"
    before = sql.execute(f"SELECT {columns} FROM extraction_queue q").fetchall()

    assert len(doubts.note()) == 1

    assert sql.execute(f"SELECT {columns} FROM extraction_queue q").fetchall() == before


def test_edit_takes_the_doubt_away_at_once_and_is_judged_at_the_next_look(
    sql: psycopg.Connection, doubts: Doubts
) -> None:
    bad = insert_job(sql, **NOWHERE)
    doubts.note()

    sql.execute("UPDATE extraction_queue SET cadastre = 'Paroisse de Nulle Part'")
    assert doubtful(sql) == {}
    assert doubts.note() == [bad]
    assert '"Paroisse de Nulle Part"' in doubtful(sql)[bad]

    sql.execute("UPDATE extraction_queue SET cadastre = 'Paroisse de Saint-Hippolyte'")
    assert doubts.note() == []
    assert doubtful(sql) == {}
    assert column(sql, bad, "doubt") is None


def test_only_rows_that_wait_are_doubtful(sql: psycopg.Connection, database: Database, doubts: Doubts) -> None:
    ended, bad = insert_job(sql, **NOWHERE, status="Erreur"), insert_job(sql, **NOWHERE)

    assert doubts.note() == [bad]
    cancel(database, bad, by="a person")

    assert doubtful(sql) == {}
    sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [ended])
    assert doubts.note() == [ended]


def test_a_look_is_bounded_and_takes_the_latest_rows_first(sql: psycopg.Connection, doubts: Doubts) -> None:
    rows = [insert_job(sql, **NOWHERE) for _ in range(3)]

    assert set(doubts.note(limit=2)) == set(rows[1:])
    assert doubts.note(limit=2) == rows[:1]


def test_locked_row_is_left_for_the_next_look(sql: psycopg.Connection, database_url: str, doubts: Doubts) -> None:
    bad = insert_job(sql, **NOWHERE)

    with psycopg.connect(database_url) as person:
        person.execute("SELECT FROM extraction_queue FOR UPDATE")
        assert doubts.note() == []

    assert doubts.note() == [bad]


def test_row_that_was_edited_after_it_was_read_keeps_no_doubt_of_the_earlier_request(
    sql: psycopg.Connection, database: Database
) -> None:
    bad = insert_job(sql, **NOWHERE)
    judged = {"ids": [bad], "keys": [column(sql, bad, "request_key")], "doubts": ["of the earlier request"]}
    sql.execute("UPDATE extraction_queue SET cadastre = 'Paroisse de Saint-Hippolyte'")

    assert Queries(database, "dispatcher.sql").records("note_doubts", judged) == []

    assert column(sql, bad, "doubt") is None


def test_a_look_rings_at_most_once_more(
    sql: psycopg.Connection, database_url: str, database: Database, dispatcher: Dispatcher, doubts: Doubts
) -> None:
    """For rows that are not sent yet, so that the next ones are judged at once; the look that finds none is silent."""
    with Doorbell(database_url, database, proof_seconds=60) as doorbell:
        assert not doorbell.wait(5)
        insert_job(sql, **NOWHERE)
        assert doorbell.wait(5)
        doubts.note()
        assert doorbell.wait(5)

        doubts.note()
        assert not doorbell.wait(0.5)

        insert_job(sql, **NOWHERE)
        assert doorbell.wait(5)
        assert len(take(dispatcher, Source.INDEX)) == 2
        doubts.note()
        assert not doorbell.wait(0.5)


def test_look_costs_the_same_beside_a_long_table(sql: psycopg.Connection) -> None:
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, status)"
        " SELECT 'index', g::text, 'Cadastre du Québec', 'Complété' FROM generate_series(1, 3000) g"
    )
    insert_job(sql)
    sql.execute("ANALYZE extraction_queue")
    unjudged = load_queries("dispatcher.sql")["unjudged"]

    plan = psycopg.ClientCursor(sql).execute(f"EXPLAIN {unjudged}", {"limit": 200}).fetchall()
    view = sql.execute("EXPLAIN SELECT count(*) FROM extraction_queue_doubtful").fetchall()

    assert "extraction_queue_unjudged" in str(plan)
    assert "extraction_queue_doubted" in str(view)


def test_row_that_is_added_by_a_person_is_judged_as_it_is_added(
    sql: psycopg.Connection, database: Database, doubts: Doubts
) -> None:
    bad = add(database, NewRow(document_source="index", **NOWHERE))

    assert list(doubtful(sql)) == [bad]
    assert column(sql, bad, "doubted_key") == column(sql, bad, "request_key")
    assert doubts.note() == []
