"""Closed days change no figure: every report says the same before and after, whatever is written in between."""

from __future__ import annotations

import random
from typing import Any

import psycopg
from psycopg.rows import dict_row

from extractor.postgres.database import Database
from extractor.postgres.days import PORTION, STEP_BOUNDS, Days
from extractor.postgres.sql import Queries, load_queries
from extractor.reports import spending, spending_between

READS = (("reports.sql", "consultations"), ("metrics.sql", "history"), ("metrics.sql", "money"),
         ("reports.sql", "paid_twice"), ("dashboard.sql", "days"))  # fmt: skip
HISTORY = """
INSERT INTO extraction_attempts (job_id, document_source, worker_id, account_id, started_at, consultation_at,
                                 document_saved_at, uploaded_at, finished_at, outcome, error_code)
SELECT md5((i / 2)::text)::uuid, (ARRAY['acte', 'index'])[1 + i % 2], 'w', md5('account' || i % 3)::uuid,
       at, at + interval '3 s', at + interval '40 s', at + interval '41 s',
       CASE WHEN i % 9 > 0 THEN at + interval '50 s' END, CASE WHEN i % 9 > 0 THEN 'completed' END,
       CASE WHEN i % 4 = 0 THEN 'site_down' END
FROM (SELECT i, now() - make_interval(hours => i * 5) AS at FROM generate_series(1, 300) AS i) AS t;
INSERT INTO extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at,
                               free_at, why_free)
SELECT t.id, t.job_id, t.document_source, t.account_id, n / 2 + 1, 'form', t.started_at + make_interval(hours => n * 4),
       CASE WHEN (t.id + n) % 3 = 0 THEN now() END, CASE WHEN (t.id + n) % 3 = 0 THEN 'a list' END
FROM extraction_attempts t CROSS JOIN generate_series(0, 3) AS n;
"""
LATE_WRITES = (
    "UPDATE extraction_clicks SET free_at = now(), why_free = 'late' WHERE id %% 7 = %s",
    "UPDATE extraction_clicks SET free_at = NULL, why_free = NULL WHERE id %% 7 = %s",
    "UPDATE extraction_clicks SET clicked_at = clicked_at - interval '30 hours' WHERE id %% 11 = %s",
    "UPDATE extraction_clicks SET account_id = md5('other')::uuid WHERE id %% 13 = %s",
    "DELETE FROM extraction_clicks WHERE id %% 29 = %s",
    (
        "INSERT INTO extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind)"
        " SELECT id, job_id, document_source, account_id, 1, 'plan' FROM extraction_attempts WHERE id %% 17 = %s"
    ),
    "UPDATE extraction_attempts SET finished_at = now(), outcome = 'lost' WHERE finished_at IS NULL AND id %% 3 = %s",
    "UPDATE extraction_attempts SET uploaded_at = NULL WHERE id %% 19 = %s",
    "UPDATE extraction_attempts SET finished_at = finished_at - interval '3 days' WHERE id %% 23 = %s",
    "DELETE FROM extraction_attempts WHERE id %% 31 = %s",
)


def figures(database: Database) -> dict[str, Any]:
    """What every reader of the sums says, in an order of its own; sums of seconds to a microsecond."""
    parameters = {"bounds": list(STEP_BOUNDS), "price": 1, "limit": 1000, "days": 60}
    found = {}
    for file, name in READS:
        rows = Queries(database, file).records(name, parameters)
        found[f"{file} {name}"] = sorted(
            str([round(value, 6) if isinstance(value, float) else value for value in row.values()]) for row in rows
        )
    return found


def by_hand(sql: psycopg.Connection) -> dict[str, int]:
    """The same, counted from the clicks alone."""
    row = (
        sql.cursor(row_factory=dict_row)
        .execute(
            """
        WITH k AS (SELECT job_id, max(clicked_at) AS at FROM extraction_clicks WHERE free_at IS NULL
                   GROUP BY job_id, attempt_id, consultation, document_source, account_id)
        SELECT count(*) AS ever, count(*) FILTER (WHERE at >= registry_this_month()) AS this_month,
               count(*) FILTER (WHERE at >= registry_today()) AS today,
               (SELECT count(*) FROM (SELECT FROM extraction_clicks WHERE free_at IS NULL GROUP BY job_id
                                      HAVING count(DISTINCT (attempt_id, consultation)) > 1) AS t) AS twice
        FROM k"""
        )
        .fetchone()
    )
    assert row is not None
    return row


def close_all(database: Database) -> None:
    days = Days(database)
    while days.close() == PORTION:
        pass


def open_days(sql: psycopg.Connection) -> int:
    row = sql.execute("SELECT count(*) FROM extraction_open_days").fetchone()
    assert row is not None
    return int(row[0])


def test_late_writes_are_in_every_figure(sql: psycopg.Connection, database: Database) -> None:
    sql.execute(HISTORY)
    chance = random.Random(15)
    for role in ("origin", "replica"):
        sql.execute(f"SET session_replication_role = {role}")
        for write in chance.sample(LATE_WRITES, len(LATE_WRITES)):
            with sql.transaction(force_rollback=chance.random() < 0.2):
                sql.execute(write, [chance.randrange(3)])
            before = figures(database)
            spent = spending(database)
            said = {"ever": spent.total.ever.consultations, "this_month": spent.total.this_month.consultations,
                    "today": spent.total.today.consultations, "twice": spent.twice_rows}  # fmt: skip
            assert said == by_hand(sql), write
            assert spending_between(database, None, None).total.cost.consultations == said["ever"]
            close_all(database)
            assert figures(database) == before, write
            assert open_days(sql) <= 3
    sql.execute("TRUNCATE extraction_clicks")
    assert spending(database).total.ever.consultations == 0
    sql.execute("TRUNCATE extraction_attempts")
    close_all(database)
    assert sql.execute("SELECT count(*) FROM extraction_closed_sums").fetchone() == (0,)


def test_closed_days_are_read_and_not_counted_again(sql: psycopg.Connection, database: Database) -> None:
    sql.execute(HISTORY)
    close_all(database)
    before = figures(database)
    sql.execute("SELECT 1")
    sql.execute("ALTER TABLE extraction_clicks DISABLE TRIGGER ALL")
    sql.execute("DELETE FROM extraction_clicks WHERE clicked_at < now() - interval '5 days'")

    assert figures(database)["reports.sql consultations"] == before["reports.sql consultations"]


def test_change_that_was_not_committed_while_its_day_was_closed_reopens_it(
    sql: psycopg.Connection, database: Database, database_url: str
) -> None:
    sql.execute(HISTORY)
    with psycopg.connect(database_url) as person:
        person.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        person.execute(LATE_WRITES[0], [1])
        close_all(database)
        person.commit()

    assert spending(database).total.ever.consultations == by_hand(sql)["ever"]


def test_two_bridges_never_close_at_once(sql: psycopg.Connection, database: Database, database_url: str) -> None:
    sql.execute(HISTORY)
    with psycopg.connect(database_url) as other:
        other.execute(load_queries("days.sql")["lock"])
        assert Days(database).close() == 0


def test_work_of_today_reopens_nothing(sql: psycopg.Connection, database: Database) -> None:
    sql.execute(HISTORY)
    close_all(database)
    count = "SELECT count(*) FROM extraction_reopened_days"
    reopened = sql.execute(count).fetchone()
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id) VALUES (gen_random_uuid(), 'acte', 'w')"
    )
    sql.execute("UPDATE extraction_attempts SET finished_at = now(), outcome = 'retry' WHERE worker_id = 'w'"
                " AND finished_at IS NULL AND started_at > now() - interval '1 hour'")  # fmt: skip
    assert sql.execute(count).fetchone() == reopened
