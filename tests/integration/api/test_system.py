"""The calls about the system, over a real database, and the answers when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from extractor.models import Account
from tests.support.api import api_settings, calling
from tests.support.rows import insert_account, insert_job, record_clicks

SECRET = "planted-password"
NOWHERE = f"postgresql://user:{SECRET}@127.0.0.1:9/nothing"


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def test_accounts_are_masked_and_their_passwords_are_nowhere(client: httpx.Client, sql: psycopg.Connection) -> None:
    insert_account(sql, password=SECRET, failure_count=3, last_error="99X0001 is refused")
    insert_account(sql, "99X0002", password=SECRET)

    answers = {path: client.get(path) for path in ("/api/accounts", "/api/workers", "/api/status", "/api/spend")}

    accounts = answers["/api/accounts"].json()
    assert [(account["account"], account["condition"]) for account in accounts] == [
        ("99•••01", "failing"),
        ("99•••02", "usable"),
    ]
    assert accounts[0]["last_error"] == "99•••01 is refused"
    text = "".join(answer.text for answer in answers.values())
    assert [word for word in (SECRET, "99X0001", "99X0002") if word in text] == []


def test_workers_are_shown_with_their_account_masked(
    client: httpx.Client, sql: psycopg.Connection, account: Account
) -> None:
    sql.execute(
        "INSERT INTO worker_status (worker_id, status, queues, account_id) VALUES ('bureau-1-1', 'idle', '{acte}', %s)",
        [account.id],
    )

    (worker,) = client.get("/api/workers").json()

    assert (worker["worker_id"], worker["state"], worker["queues"]) == ("bureau-1-1", "idle", ["acte"])
    assert worker["account"] == "99•••01"


def test_source_is_paused_and_resumed(client: httpx.Client, sql: psycopg.Connection) -> None:
    insert_job(sql)

    paused = client.post("/api/sources/index/pause", json={"why": "Closed until Monday.", "by": "marie"}).json()
    listed = {source["document_source"]: source for source in client.get("/api/sources").json()}
    resumed = client.post("/api/sources/index/resume").json()

    assert (paused["paused"], paused["waiting"]) == (True, 1)
    assert (listed["index"]["paused_by"], listed["index"]["reason"]) == ("marie", "Closed until Monday.")
    assert not listed["acte"]["paused"]
    assert not resumed["paused"]


def test_pause_needs_a_reason_and_a_source(client: httpx.Client) -> None:
    silent = client.post("/api/sources/index/pause", json={"why": ""})
    blank = client.post("/api/sources/index/pause", json={"why": " "})
    unknown = client.post("/api/sources/vente/pause", json={"why": "x"})

    assert (silent.status_code, silent.json()["fields"]) == (422, ["why"])
    assert (blank.status_code, blank.json()["detail"].split(":")[0]) == (409, "Say why")
    assert (unknown.status_code, unknown.json()["fields"]) == (422, ["source"])


def test_status_and_spending_are_those_of_the_command_line(client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql)
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
        " VALUES (%s, 'index', 'worker-1', now())",
        [job_id],
    )
    record_clicks(sql)

    status, spending = client.get("/api/status").json(), client.get("/api/spend").json()

    assert [(source["document_source"], source["waiting"]) for source in status["sources"]] == [
        ("acte", 0),
        ("index", 1),
        ("plan_cadastraux", 0),
    ]
    assert status["spent_today"] == spending["total"]["today"] == {"consultations": 1, "dollars": "1.50"}


def test_without_postgres_it_starts_and_says_so_soon(tmp_path: Path) -> None:
    with calling(api_settings(NOWHERE, tmp_path)) as client:
        answer = client.get("/api/health")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.elapsed.total_seconds() < 5
    assert SECRET not in answer.text


def test_health_tells_tables_from_no_tables(client: httpx.Client, empty_database_url: str, tmp_path: Path) -> None:
    healthy = client.get("/api/health")
    with calling(api_settings(empty_database_url, tmp_path)) as other:
        unmigrated = other.get("/api/health")

    assert (healthy.status_code, healthy.json()) == (200, {"status": "ok"})
    assert unmigrated.status_code == 503
    assert "run `extractor migrate`" in unmigrated.json()["detail"]
