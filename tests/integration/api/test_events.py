"""`GET /api/events`: what happens to many rows on one open line, without a gap over a break."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from extractor.api import create_app, events
from extractor.postgres.database import Database
from extractor.postgres.events import Events
from tests.support.api import api_settings, serving
from tests.support.rows import insert_job
from tests.support.system import eventually

BATCH = "7f0c2a54-3c1e-4f0e-9d5b-3a4c0a1f2b6d"
FAIL = "UPDATE extraction_queue SET status = 'Erreur', error_code = 'document_not_found' WHERE id = %s"
AGAIN = "UPDATE extraction_queue SET status = 'En attente' WHERE id = %s"


@dataclass
class Told:
    """One block of the stream: its fields, or what a comment says."""

    fields: Mapping[str, str]

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.fields["data"])
        return data


class Stream:
    """An open stream; `next` waits for its next block."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> Told:
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and fields:
                return Told(fields)
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.strip()
        raise StopIteration

    def events(self, number: int) -> list[Told]:
        """The next events; heartbeats are passed over."""
        found: list[Told] = []
        while len(found) < number:
            told = self.next()
            if "event" in told.fields:
                found.append(told)
        return found


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> FastAPI:
    return create_app(api_settings(database_url, tmp_path))


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with serving(app) as client:
        yield client


@contextmanager
def listening(client: httpx.Client, last_id: str | None = None, **query: Any) -> Iterator[Stream]:
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    with client.stream("GET", "/api/events", params=query, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        yield Stream(answer)


def test_each_end_of_a_row_is_told_in_order_with_what_the_row_says(
    client: httpx.Client, sql: psycopg.Connection
) -> None:
    job_id = insert_job(sql, reference="Dossier 118")
    with listening(client) as stream:
        assert "id" in stream.next().fields  # so that a line which breaks before the first event loses none
        for statement in (FAIL, AGAIN, FAIL):
            sql.execute(statement, [job_id])

        told = stream.events(3)

    assert stream.answer.headers["content-type"].startswith("text/event-stream")
    assert [one.fields["event"] for one in told] == [
        "extraction.failed", "extraction.sent_again", "extraction.failed"
    ]  # fmt: skip
    assert told[0].data.keys() == {"type", "timestamp", "data"}
    facts = {"id": job_id, "status": "Erreur", "error_code": "document_not_found", "reference": "Dossier 118"}
    assert facts.items() <= told[0].data["data"].items()


def test_line_that_breaks_loses_nothing_and_repeats_nothing(client: httpx.Client, sql: psycopg.Connection) -> None:
    jobs = [insert_job(sql) for _ in range(3)]
    with listening(client) as stream:
        stream.next()
        sql.execute(FAIL, [jobs[0]])
        (first,) = stream.events(1)
    for job_id in jobs[1:]:
        sql.execute(FAIL, [job_id])

    with listening(client, first.fields["id"]) as stream:
        assert [told.data["data"]["id"] for told in stream.events(2)] == jobs[1:]
    with listening(client, after=0) as stream:  # from the oldest
        assert [told.data["data"]["id"] for told in stream.events(3)] == jobs


def test_filters_leave_out_other_rows(client: httpx.Client, sql: psycopg.Connection) -> None:
    other, named, member = insert_job(sql), insert_job(sql), insert_job(sql, batch_id=BATCH)
    with listening(client, id=[named.upper(), member]) as by_id, listening(client, batch_id=BATCH) as by_batch:
        for stream in (by_id, by_batch):
            stream.next()
        for job_id in (other, member, named):
            sql.execute(FAIL, [job_id])

        assert [told.data["data"]["id"] for told in by_id.events(2)] == [member, named]
        sql.execute(AGAIN, [member])
        assert [told.data["type"] for told in by_batch.events(2)] == ["extraction.failed", "extraction.sent_again"]


def test_silent_line_beats_and_its_id_moves_on(
    client: httpx.Client, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a filter left out needs no second look after a break, also when it is not kept any longer."""
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    watched, other = insert_job(sql), insert_job(sql)
    with listening(client, id=watched) as stream:
        begun = stream.next().fields["id"]
        sql.execute(FAIL, [other])
        beat = stream.next()
        while beat.fields["id"] == begun:
            beat = stream.next()

    assert beat.fields["comment"] == "still listening"


def test_whoever_was_away_for_too_long_is_told_so(
    client: httpx.Client, sql: psycopg.Connection, database: Database
) -> None:
    job_id = insert_job(sql)
    for statement in (FAIL, AGAIN, FAIL):
        sql.execute(statement, [job_id])
    Events(database).place()
    sql.execute("DELETE FROM extraction_events WHERE position < 3")

    for last_id, is_late in (("1", True), ("2", False), ("99", True)):  # the last is of another database
        with listening(client, last_id) as stream:
            assert (stream.events(1)[0].fields["event"] == "missed") is is_late, last_id


def test_stopping_api_ends_the_stream_and_a_caller_who_leaves_frees_his_place(app: FastAPI) -> None:
    with httpx.Client(timeout=60) as own:
        with serving(app) as client:
            own.base_url = client.base_url
            with listening(client):
                eventually(lambda: app.state.bell.waiting == 1, "the stream is open")
            eventually(lambda: app.state.bell.waiting == 0, "the place of the caller is free")
            stream = own.send(own.build_request("GET", "/api/events"), stream=True)
        assert stream.read().startswith(b": listening")  # to its end
        stream.close()


def test_what_is_wrong_has_a_status_of_its_own(database_url: str, tmp_path: Path) -> None:
    settings = api_settings(database_url, tmp_path, api_key="planted-key")
    with serving(create_app(settings)) as client:
        assert client.get("/api/events").status_code == 401
        client.headers["X-API-Key"] = "planted-key"
        assert client.get("/api/events", headers={"Last-Event-ID": "x"}).json()["fields"] == ["Last-Event-ID"]
        for query in ({"batch_id": "x"}, {"after": "-1"}, {"status": "failed"}):
            assert client.get("/api/events", params=query).status_code == 422
        assert client.get("/api/events", params={"id": "no id"}).status_code == 404
