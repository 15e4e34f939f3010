"""`prune` says what it would delete before it asks, and refuses an age that would cost something."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.integration.cli.conftest import Extractor
from tests.support.rows import insert_job


@pytest.fixture
def old_row(sql: psycopg.Connection) -> str:
    """A row that was completed two years ago, with an attempt and a click; a younger one has the last document."""
    for years, number in ((2, "1"), (0, "2")):
        job_id = insert_job(sql, document_number=number)
        sql.execute(
            "UPDATE extraction_queue SET status = 'Complété', completed_at = now() - make_interval(years => %s)"
            " WHERE id = %s",
            [years, job_id],
        )
        sql.execute(
            "WITH t AS (INSERT INTO extraction_attempts (job_id, document_source, worker_id, started_at, finished_at)"
            " SELECT id, document_source, 'w', completed_at, completed_at FROM extraction_queue WHERE id = %s"
            " RETURNING id, job_id, document_source, finished_at)"
            " INSERT INTO extraction_clicks (attempt_id, job_id, document_source, consultation, kind, clicked_at,"
            " document_saved_at) SELECT id, job_id, document_source, 1, 'form', finished_at, finished_at FROM t",
            [job_id],
        )
    return str(sql.execute("SELECT id FROM extraction_queue WHERE document_number = '1'").fetchone()[0])  # type: ignore[index]  # it is there


def rows(sql: psycopg.Connection) -> int:
    return len(sql.execute("SELECT id FROM extraction_queue").fetchall())


@pytest.mark.usefixtures("old_row")
def test_dry_run_names_what_goes_and_what_stays(extractor: Extractor, sql: psycopg.Connection) -> None:
    said = extractor("prune", "--older-than", "1y").output

    assert "1 row, 1 attempt and 1 click" in said
    assert "1 consultation of them (1,50 $) stay in the sums" in " ".join(said.split())
    assert "documents stay in storage" in said
    assert "add --yes" in said
    assert rows(sql) == 2


@pytest.mark.usefixtures("old_row")
def test_yes_deletes_and_spend_says_the_same(extractor: Extractor, sql: psycopg.Connection) -> None:
    before = json.loads(extractor("spend", "--json").output)
    assert json.loads(extractor("prune", "--older-than", "400d", "--json").output)["rows"] == 1
    assert rows(sql) == 2

    assert "1 row, 1 attempt and 1 click deleted." in extractor("prune", "--older-than", "400d", "--yes").output

    assert rows(sql) == 1
    after = json.loads(extractor("spend", "--json").output)
    assert after["total"] == before["total"]
    assert "`prune` deleted their rows" in " ".join(extractor("spend", "--since", "2000-01-01").output.split())
    assert "No row ended more than 400d ago" in extractor("prune", "--older-than", "400d").output


@pytest.mark.parametrize(
    ("age", "why"), [("1 year", "is no age"), ("30d", "is too short"), ("70d", "REUSE_DAYS is 90")]
)
def test_age_that_would_cost_something_is_refused(
    extractor: Extractor, environment: pytest.MonkeyPatch, age: str, why: str
) -> None:
    environment.setenv("REUSE_DAYS", "90")
    assert why in " ".join(extractor("prune", "--older-than", age, code=2).output.split())


@pytest.mark.usefixtures("old_row")
def test_role_that_may_not_delete_gets_a_sentence(
    extractor: Extractor, sql: psycopg.Connection, environment: pytest.MonkeyPatch, database_url: str
) -> None:
    sql.execute("SET client_min_messages = warning")
    environment.setenv("DATABASE_URL", database_url + "?options=-crole%3Dextractor_worker")
    said = extractor("prune", "--older-than", "1y", "--yes", code=1).output
    assert "as the owner of the tables" in " ".join(said.split())
    assert rows(sql) == 2
