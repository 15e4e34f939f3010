"""What the table tells of its rows: once per end, in one order, whoever writes and however much at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from extractor.models import Document, Job
from extractor.postgres.database import Database
from extractor.postgres.events import PORTION, Bounds, Event, EventKind, Events
from extractor.postgres.jobs import Jobs
from tests.support.rows import insert_job

COMPLETE = "UPDATE extraction_queue SET status = 'Complété', supabase_path = 'index/a.pdf' WHERE id = %s"
FAIL = "UPDATE extraction_queue SET status = 'Erreur', error_code = 'document_not_found' WHERE id = %s"
AGAIN = "UPDATE extraction_queue SET status = 'En attente' WHERE id = %s"


@pytest.fixture
def events(database: Database) -> Events:
    return Events(database)


def told(sql: psycopg.Connection) -> list[tuple[Any, ...]]:
    return sql.execute("SELECT job_id::text, kind FROM extraction_events ORDER BY id").fetchall()


def read(events: Events, position: int = 0, **filters: Any) -> list[Event]:
    events.place()
    return events.after(position, limit=100, **filters)


def test_each_end_is_told_once_and_what_happens_in_between_is_not(
    sql: psycopg.Connection, jobs: Jobs, claim: Callable[..., Job], document: Document, events: Events
) -> None:
    job = claim(reference="Dossier 118")
    jobs.renew(job)
    assert told(sql) == []

    jobs.complete(job, supabase_path="index/a.pdf", document=document)
    sql.execute("UPDATE extraction_queue SET priority = 3")
    sql.execute(AGAIN, [job.id])
    sql.execute(FAIL, [job.id])

    completed, again, failed = read(events)
    assert [event.kind for event in (completed, again, failed)] == [
        EventKind.COMPLETED, EventKind.SENT_AGAIN, EventKind.FAILED
    ]  # fmt: skip
    facts = {"id": job.id, "status": "Complété", "supabase_path": "index/a.pdf", "reference": "Dossier 118"}
    assert facts.items() <= completed.facts.items()
    assert (failed.facts["error_code"], failed.facts["supabase_path"]) == ("document_not_found", None)


def test_rows_that_are_inserted_finished_are_history_and_told_to_nobody(sql: psycopg.Connection) -> None:
    insert_job(sql, status="Complété", supabase_path="index/a.pdf")

    assert told(sql) == []


def test_what_is_rolled_back_is_told_to_nobody(sql: psycopg.Connection) -> None:
    job_id = insert_job(sql)
    with sql.transaction(force_rollback=True):
        sql.execute(FAIL, [job_id])

    assert told(sql) == []


def test_a_broken_table_of_events_undoes_no_end_of_a_row(sql: psycopg.Connection) -> None:
    """The document may have been paid."""
    job_id = insert_job(sql)
    sql.execute("ALTER TABLE extraction_events RENAME TO gone")

    sql.execute(COMPLETE, [job_id])

    assert sql.execute("SELECT status FROM extraction_queue").fetchall() == [("Complété",)]


def test_stream_shows_nothing_behind_a_readers_back(sql: psycopg.Connection, database_url: str, events: Events) -> None:
    """The transaction that told first ends last: its event has the lower id, and must come after what was read."""
    slow, quick = insert_job(sql), insert_job(sql)
    with psycopg.connect(database_url) as person:
        person.execute(FAIL, [slow])
        sql.execute(FAIL, [quick])
        (seen,) = read(events)
        assert seen.job_id == quick
        assert seen.position is not None

        person.commit()

    (late,) = read(events, seen.position)
    assert (late.job_id, late.id < seen.id) == (slow, True)


def test_stream_is_filtered_by_rows_and_by_batch(sql: psycopg.Connection, events: Events) -> None:
    batch = "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d"
    alone, member = insert_job(sql), insert_job(sql, batch_id=batch)
    for job_id in (alone, member):
        sql.execute(FAIL, [job_id])

    assert [event.job_id for event in read(events, ids=[alone])] == [alone]
    assert [event.job_id for event in read(events, batch_ids=[batch])] == [member]
    assert read(events, ids=[alone], batch_ids=[batch]) == []
    assert read(events, ids=[]) == []


def test_an_update_of_many_rows_tells_them_all_and_the_stream_has_no_gap(
    sql: psycopg.Connection, events: Events
) -> None:
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, cadastre)"
        " SELECT 'index', n::text, 'Cadastre du Québec' FROM generate_series(1, %s) AS n",
        [2 * PORTION + 1],
    )
    sql.execute("UPDATE extraction_queue SET status = 'Erreur'")

    events.place()

    assert events.bounds() == Bounds(first=1, last=2 * PORTION + 1)


def test_old_events_are_deleted_and_positions_go_on(sql: psycopg.Connection, events: Events) -> None:
    job_id = insert_job(sql)
    sql.execute(FAIL, [job_id])
    events.place()
    sql.execute("UPDATE extraction_events SET at = now() - interval '31 days'")

    assert (events.forget(days=30), events.forget(days=30)) == (1, 0)

    assert events.bounds() == Bounds(first=2, last=1)
    sql.execute(AGAIN, [job_id])
    (event,) = read(events, 1)
    assert event.position == 2


def test_a_deleted_control_row_comes_back_and_no_position_twice(sql: psycopg.Connection, events: Events) -> None:
    job_id = insert_job(sql)
    sql.execute(FAIL, [job_id])
    events.place()
    sql.execute("DELETE FROM event_control")
    sql.execute(AGAIN, [job_id])

    events.place()  # restores it
    events.place()

    assert [event.position for event in events.after(0, limit=9)] == [1, 2]
