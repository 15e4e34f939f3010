"""Many rows in one call: all of them or none, once per Idempotency-Key; and how many rows fit a list's filters."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from extractor.api.rows import MAX_ROWS
from tests.support.api import api_settings, calling
from tests.support.rows import insert_job

BATCHES = "/api/batches"
KEY = {"Idempotency-Key": "week 48"}


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def lots(number: int) -> list[dict[str, object]]:
    """This many rows, each with another lot."""
    common = {"document_source": "index", "cadastre": "Cadastre du Québec", "reference": "Dossier 118"}
    return [{**common, "document_number": f"{2_784_000 + lot}"} for lot in range(number)]


def rows_of(client: httpx.Client, created: httpx.Response) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = client.get(created.headers["Location"]).json()["extractions"]
    return rows


def test_rows_of_a_call_are_a_batch_in_its_order(client: httpx.Client, sql: psycopg.Connection) -> None:
    asked = [*lots(3), {**lots(1)[0], "priority": 5}]
    insert_job(sql, document_number="2 784 001", circonscription_fonciere=None)

    created = client.post(BATCHES, json=asked)

    assert created.status_code == 201, created.text
    batch = created.json()
    assert batch["repeated"] == 2  # the last repeats the first, and the second a row that waits
    listed = rows_of(client, created)
    assert [row["id"] for row in reversed(listed)] == batch["ids"]
    assert [row["document_number"] for row in reversed(listed)] == [row["document_number"] for row in asked]
    assert {(row["batch_id"], row["reference"]) for row in listed} == {(batch["batch_id"], "Dossier 118")}
    assert [row["priority"] for row in reversed(listed)] == [0, 0, 0, 5]


def test_one_bad_row_keeps_all_out_and_is_named_by_its_place(client: httpx.Client, sql: psycopg.Connection) -> None:
    asked = lots(4)
    del asked[1]["cadastre"], asked[3]["document_source"]

    refused = client.post(BATCHES, json=asked, headers=KEY)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_row")
    assert refused.json()["fields"] == ["1.cadastre", "3.document_source"]
    assert refused.json()["detail"].startswith(
        "2 of 4 rows cannot be taken, so none was: row 1, counted from 0: cadastre is missing"
    )
    assert sql.execute("SELECT FROM extraction_queue").rowcount == 0
    assert client.post(BATCHES, json=lots(4), headers=KEY).status_code == 201  # the refused call kept no key


def test_same_key_makes_the_rows_once_and_takes_no_other_body(client: httpx.Client, sql: psycopg.Connection) -> None:
    first = client.post(BATCHES, json=lots(3), headers=KEY)
    again = client.post(BATCHES, json=lots(3), headers=KEY)
    other = client.post(BATCHES, json=lots(2), headers=KEY)
    single = client.post("/api/extractions", json=lots(1)[0], headers=KEY)

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == {**first.json(), "repeated": None}
    assert again.headers["Location"] == first.headers["Location"]
    assert [(answer.status_code, answer.json()["code"]) for answer in (other, single)] == [(422, "key_reused")] * 2
    assert sql.execute("SELECT FROM extraction_queue").rowcount == 3


def test_calls_at_the_same_moment_make_the_rows_once(client: httpx.Client, sql: psycopg.Connection) -> None:
    def call(_: int) -> httpx.Response:
        """As a program does: a call that a busy machine answers with 503 is sent again."""
        answers = (client.post(BATCHES, json=lots(20), headers=KEY) for _ in range(10))
        return next(answer for answer in answers if answer.status_code != 503)

    with ThreadPoolExecutor(3) as callers:
        answers = [*callers.map(call, range(3))]

    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len({tuple(answer.json()["ids"]) for answer in answers}) == 1
    assert sql.execute("SELECT FROM extraction_queue").rowcount == 20


def test_thousand_rows_are_taken_and_one_more_is_not(client: httpx.Client) -> None:
    assert len(client.post(BATCHES, json=lots(MAX_ROWS)).json()["ids"]) == MAX_ROWS
    assert client.post(BATCHES, json=lots(MAX_ROWS + 1)).status_code == 422
    assert client.post(BATCHES, json=[]).status_code == 422

    page = client.get("/api/extractions", params={"with_total": True, "limit": 2, "number": "27841"}).json()
    assert (len(page["extractions"]), page["total"]) == (2, 100)
    last = client.get("/api/extractions", params={"with_total": True, "cursor": page["next_cursor"]}).json()
    assert last["total"] == MAX_ROWS
    assert client.get("/api/extractions").json()["total"] is None


@pytest.mark.parametrize("path", ["/api/extractions", BATCHES, "/api/sources/index/pause"])
@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded"])
def test_body_without_its_content_type_is_told_what_it_needs(client: httpx.Client, path: str, kind: str | None) -> None:
    refused = client.post(path, content='{"why": "x"}', headers={"Content-Type": kind} if kind else {})

    assert (refused.status_code, refused.json()["code"]) == (415, "not_json")
    assert "with the header Content-Type: application/json" in refused.json()["detail"]
    assert (kind or "without a Content-Type") in refused.json()["detail"]
