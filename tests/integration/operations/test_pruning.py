"""`prune` deletes what ended long ago: every sum of money is the same before and after, and what matters stays."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from extractor.operations import plan_prune, prune
from extractor.operations import pruning as pruning_module
from extractor.postgres.database import Database
from extractor.reports import spending, spending_between
from tests.integration.postgres.test_days import close_all, figures
from tests.support.rows import insert_job

YEARS = """
INSERT INTO extraction_queue (id, document_source, document_number, cadastre, acte_type, status, completed_at,
                              spooled_on, spooled_until)
SELECT md5(i::text)::uuid, (ARRAY['acte', 'index'])[1 + i % 2], i::text, 'Cadastre du Québec', 'Acte',
       (ARRAY['Complété', 'Erreur', 'Complété', 'En attente'])[1 + i % 4],
       CASE WHEN i % 4 <> 3 THEN now() - make_interval(days => i * 3) END,
       CASE WHEN i % 10 = 1 THEN gen_random_uuid() END, CASE WHEN i % 10 = 1 THEN now() - interval '1 year' END
FROM generate_series(1, 240) AS i;
INSERT INTO extraction_attempts (job_id, document_source, worker_id, account_id, started_at, consultation_at,
                                 document_saved_at, uploaded_at, finished_at, outcome, error_code)
SELECT q.id, q.document_source, 'w', md5('account' || n)::uuid, at, at + interval '3 s', at + interval '40 s',
       at + interval '41 s', at + interval '50 s', 'completed', CASE n WHEN 1 THEN 'site_down' END
FROM (SELECT *, coalesce(completed_at, now() - interval '2 years') AS at FROM extraction_queue) AS q
CROSS JOIN generate_series(1, 2) AS n;
INSERT INTO extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind, clicked_at,
                               free_at, why_free, document_saved_at)
SELECT t.id, t.job_id, t.document_source, t.account_id, 1, 'form', t.consultation_at,
       CASE WHEN is_free THEN now() END, CASE WHEN is_free THEN 'a list' END,
       CASE WHEN NOT is_free THEN t.document_saved_at END
FROM (SELECT *, id % 2 = 1 OR id % 7 = 2 AS is_free FROM extraction_attempts) AS t;
UPDATE extraction_clicks SET free_at = NULL, why_free = NULL WHERE id % 33 = 1;
"""


@pytest.fixture
def years(sql: psycopg.Connection) -> psycopg.Connection:
    """Rows, attempts and clicks of two years; some rows lie in a spool, wait, or were perhaps paid twice."""
    sql.execute(YEARS)
    return sql


def money(database: Database) -> dict[str, Any]:
    """Every figure of money, of any report."""
    ever = spending(database)
    period = spending_between(database, None, None)
    return figures(database) | {
        "spend": ever.model_dump(exclude={"latest"}),
        "period": [period.total, period.by_account, period.by_source],
    }


def run(database: Database, days: int) -> int:
    return sum(portion.rows for portion in prune(database, days=days))


@pytest.mark.parametrize("is_closed", [True, False])
def test_no_sum_changes(years: psycopg.Connection, database: Database, is_closed: bool) -> None:
    chance = random.Random(15)
    if is_closed:
        close_all(database)
    before = money(database)
    for days in sorted((chance.randrange(62, 700) for _ in range(1 + is_closed)), reverse=True):
        planned = plan_prune(database, days=days)
        done = [*prune(database, days=days)]
        assert sum(one.rows for one in done) == planned.rows
        assert sum(one.attempts for one in done) == planned.attempts
        assert sum(one.clicks for one in done) == planned.clicks
        assert sum(one.consultations for one in done) == planned.consultations
        assert plan_prune(database, days=days).rows == 0
        assert money(database) == before
        close_all(database)
        assert money(database) == before

    assert len(years.execute("SELECT id FROM extraction_queue").fetchall()) < 200
    # A later change of what was kept is counted beside what was pruned.
    years.execute("UPDATE extraction_clicks SET free_at = now(), why_free = 'late', document_saved_at = NULL")
    ever = years.execute("SELECT sum(number)::int FROM extraction_days WHERE is_pruned AND kind = 'consultation'")
    assert ever.fetchone() == (spending(database).total.ever.consultations,)


def test_what_matters_stays(years: psycopg.Connection, database: Database) -> None:
    spared = {
        "waits": "SELECT id FROM extraction_queue WHERE status = 'En attente'",
        "lies in a spool": "SELECT id FROM extraction_queue WHERE spooled_on IS NOT NULL",
        "was perhaps paid twice": "SELECT job_id FROM extraction_clicks WHERE free_at IS NULL GROUP BY job_id"
        " HAVING count(DISTINCT (attempt_id, consultation)) > 1",
        "has the last document": "SELECT DISTINCT ON (document_source) job_id FROM extraction_clicks"
        " WHERE document_saved_at IS NOT NULL ORDER BY document_source, document_saved_at DESC",
        "is young": "SELECT id FROM extraction_queue WHERE completed_at > now() - interval '70 days'",
    }
    running = insert_job(years, document_number="777")
    years.execute("UPDATE extraction_queue SET status = 'En traitement' WHERE id = %s", [running])
    last_old = years.execute(
        "SELECT q.id FROM extraction_queue q WHERE status = 'Complété' AND spooled_on IS NULL"
        " AND completed_at < now() - interval '300 days' ORDER BY completed_at LIMIT 3"
    ).fetchall()
    (unfinished, late, untold) = (row[0] for row in last_old)
    years.execute("UPDATE extraction_attempts SET finished_at = NULL WHERE job_id = %s", [unfinished])
    years.execute("UPDATE extraction_clicks SET clicked_at = now() WHERE job_id = %s", [late])
    years.execute("UPDATE event_control SET wanted_until = now() + interval '1 day'")
    years.execute("UPDATE extraction_queue SET status = 'Erreur' WHERE id = %s", [untold])
    named = {why: {row[0] for row in years.execute(statement)} for why, statement in spared.items()}
    assert all(named.values())

    assert run(database, 70) > 20

    left = {row[0] for row in years.execute("SELECT id FROM extraction_queue")}
    assert {why: ids - left for why, ids in named.items() if ids - left} == {}
    assert {running, unfinished, late, untold} <= {str(one) for one in left} | left
    orphans = "SELECT count(*) FROM extraction_{} WHERE job_id NOT IN (SELECT id FROM extraction_queue)"
    for table in ("attempts", "clicks"):
        assert years.execute(orphans.format(table)).fetchone() == (0,)


@pytest.mark.usefixtures("years")
def test_row_that_somebody_has_locked_is_left(database: Database, database_url: str) -> None:
    planned = plan_prune(database, days=100).rows
    with psycopg.connect(database_url) as person:
        person.execute(
            "SELECT FROM extraction_queue WHERE id IN (SELECT id FROM extraction_prunable LIMIT 5) FOR UPDATE"
        )
        locked_old = person.execute(
            "SELECT count(*) FROM (SELECT id FROM extraction_prunable LIMIT 5) AS p JOIN extraction_queue USING (id)"
            " WHERE completed_at < now() - interval '100 days'"
        ).fetchone()
        assert locked_old is not None
        assert run(database, 100) == planned - locked_old[0]


@pytest.mark.usefixtures("years")
def test_kill_between_two_portions_loses_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning_module, "PORTION", 7)
    before, planned = money(database), plan_prune(database, days=80).rows
    first = next(iter(prune(database, days=80)))
    assert first.rows == 7
    assert money(database) == before
    assert run(database, 80) == planned - 7
    assert money(database) == before
