"""`GET /api/extractions/{id}?wait=`: an answer at the end of the row, and no connection of the database meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from extractor.api import bell, create_app
from extractor.api.dependencies import CALLS
from extractor.postgres.database import Database
from extractor.postgres.events import Events
from tests.support.api import api_settings, serving
from tests.support.rows import insert_job
from tests.support.system import eventually

FAIL = "UPDATE extraction_queue SET status = 'Erreur', error_code = 'document_not_found'"
# The longest that a call may ask for; an answer before half of it came for another reason.
LONG = 60


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    return create_app(api_settings(database_url, tmp_path))


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with serving(app) as client:
        yield client


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4 * CALLS) as threads:
        yield threads


def wait_for(client: httpx.Client, job_id: str, seconds: object = LONG) -> httpx.Response:
    return client.get(f"/api/extractions/{job_id}", params={"wait": str(seconds)}, timeout=2 * LONG)


def all_wait(app: FastAPI, number: int) -> None:
    eventually(lambda: app.state.bell.waiting == number, f"{number} calls wait")


def test_row_that_has_ended_is_answered_at_once_and_another_as_it_is_after_the_time(
    client: httpx.Client, sql: psycopg.Connection
) -> None:
    begun = time.monotonic()
    for status in ("Complété", "Erreur"):
        answer = wait_for(client, insert_job(sql, status=status))
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert time.monotonic() - begun < LONG / 2

    begun = time.monotonic()
    answer = wait_for(client, insert_job(sql), 1)

    assert (answer.status_code, answer.json()["status"]) == (200, "En attente")
    assert time.monotonic() - begun >= 1


def test_many_callers_wait_without_a_connection_each_and_all_hear_of_the_end(
    app: FastAPI, client: httpx.Client, sql: psycopg.Connection, callers: ThreadPoolExecutor
) -> None:
    job_id, number = insert_job(sql), 4 * CALLS
    begun = time.monotonic()
    waiting = [callers.submit(wait_for, client, job_id) for _ in range(number)]
    all_wait(app, number)

    ((connections,),) = sql.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'registre-extractor'"
        " AND datname = current_database()"
    ).fetchall()
    assert client.get("/api/health").status_code == 200  # and no thread each
    sql.execute(FAIL)

    assert {call.result().json()["error_code"] for call in waiting} == {"document_not_found"}
    assert connections <= CALLS
    assert time.monotonic() - begun < LONG


def test_each_row_wakes_its_own_callers(
    app: FastAPI, client: httpx.Client, sql: psycopg.Connection, callers: ThreadPoolExecutor
) -> None:
    ended, other = insert_job(sql), insert_job(sql)
    of_ended, of_other = (callers.submit(wait_for, client, job_id) for job_id in (ended.upper(), other))
    all_wait(app, 2)

    sql.execute(f"{FAIL} WHERE id = %s", [ended])

    assert of_ended.result().json()["status"] == "Erreur"
    assert not of_other.done()
    sql.execute(FAIL)
    assert of_other.result().json()["id"] == other


def test_row_that_is_deleted_meanwhile_is_unknown(
    app: FastAPI, client: httpx.Client, sql: psycopg.Connection, callers: ThreadPoolExecutor
) -> None:
    job_id = insert_job(sql)
    call = callers.submit(wait_for, client, job_id, 1)
    all_wait(app, 1)

    sql.execute("DELETE FROM extraction_queue")

    assert call.result().status_code == 404


def test_stopping_api_answers_those_who_wait(
    app: FastAPI, sql: psycopg.Connection, callers: ThreadPoolExecutor
) -> None:
    job_id = insert_job(sql)
    call: Future[httpx.Response]
    with httpx.Client(timeout=2 * LONG) as own, serving(app) as client:
        own.base_url = client.base_url
        begun = time.monotonic()
        call = callers.submit(wait_for, own, job_id)
        all_wait(app, 1)

    assert (call.result().status_code, call.result().json()["status"]) == (200, "En attente")
    assert time.monotonic() - begun < LONG / 2


def test_time_has_bounds_and_an_unknown_row_is_not_waited_for(client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql)
    for seconds in ("-1", "61", "1.5", "soon", ""):
        answer = wait_for(client, job_id, seconds)
        assert (answer.status_code, answer.json()["fields"]) == (422, ["wait"])

    assert wait_for(client, "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d").status_code == 404


def test_one_caller_too_many_is_told_so(
    app: FastAPI,
    client: httpx.Client,
    sql: psycopg.Connection,
    callers: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bell, "MOST_LISTENERS", 1)
    job_id = insert_job(sql)
    first = callers.submit(wait_for, client, job_id)
    all_wait(app, 1)

    refused = wait_for(client, job_id)

    assert (refused.status_code, refused.json()["code"]) == (503, "too_many_waiting")
    sql.execute(FAIL)
    assert first.result().status_code == 200


def test_event_that_another_api_placed_before_the_first_look_is_heard(
    sql: psycopg.Connection, database: Database
) -> None:
    events = Events(database)

    async def call() -> bool:
        own = bell.Bell()
        with own.listening(lambda _: True) as listener:
            sql.execute(FAIL)
            events.place()
            watching = asyncio.create_task(own.watch(events))
            has_rung = await listener.wait(10)
            watching.cancel()
            return has_rung

    insert_job(sql)
    assert asyncio.run(call())
