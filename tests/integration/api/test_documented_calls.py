"""The examples in the API document of the earlier system, verbatim: programs that were written for it still work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.api import api_settings, calling
from tests.support.rows import column, insert_job

CREATE = """\
POST /api/extractions
{
  "document_source": "index" | "acte" | "plan_cadastraux",
  "document_number": "2784195",
  "circonscription_fonciere": "Montréal",
  "cadastre": "Cadastre du Québec",  // Required for index and plan_cadastraux
  "acte_type": "Acte",  // Required for acte
  "designation_secondaire": ""  // Optional
}
"""
READ = "GET /api/extractions/{id}"
LIST = "GET /api/extractions?status=all|queued|processing|completed|failed"
RETRY = "POST /api/extractions/{id}/retry"

STATUSES = {
    "all": {"En attente", "En traitement", "Complété", "Erreur"},
    "queued": {"En attente"},
    "processing": {"En traitement"},
    "completed": {"Complété"},
    "failed": {"Erreur"},
}


def bodies() -> Iterator[dict[str, str]]:
    """The documented body, once per source, without its comments."""
    text = re.sub(r"  // .*", "", CREATE.partition("\n")[2])
    alternatives = re.search(r'"document_source": (.*),', text)
    assert alternatives is not None
    for source in alternatives[1].split(" | "):
        yield json.loads(text.replace(alternatives[1], source))


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def call(client: httpx.Client, line: str, **options: Any) -> dict[str, Any]:
    """Make the call that a line like `GET /path` names; it must succeed."""
    method, path = line.split()
    answer = client.request(method, path, **options)
    assert answer.is_success, answer.text
    row: dict[str, Any] = answer.json()
    return row


@pytest.mark.parametrize("body", [*bodies()], ids=lambda body: body["document_source"])
def test_create_extraction_job(client: httpx.Client, sql: psycopg.Connection, body: dict[str, str]) -> None:
    created = call(client, CREATE.partition("\n")[0], json=body)

    assert body.items() <= created.items()
    assert (created["status"], created["attemtps"], created["max_attempts"]) == ("En attente", 0, 3)
    assert created["document_number_normalized"] == "2784195"
    assert (created["processing_started_at"], created["supabase_path"]) == (None, None)
    assert column(sql, created["id"], "status") == "En attente"


def test_a_missing_field_of_a_source_is_refused_by_name(client: httpx.Client) -> None:
    for body in bodies():
        field = "acte_type" if body["document_source"] == "acte" else "cadastre"
        del body[field]

        answer = client.post("/api/extractions", json=body)

        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(f"{field} is missing: ")
        assert answer.json()["fields"] == [field]


def test_designation_secondaire_is_optional(client: httpx.Client) -> None:
    body = next(bodies())
    del body["designation_secondaire"]

    assert call(client, "POST /api/extractions", json=body)["designation_secondaire"] is None


def test_get_job_status(client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="document_not_found", error_message="Aucun document")

    row = call(client, READ.format(id=job_id))

    assert (row["id"], row["status"], row["error_message"]) == (str(job_id), "Erreur", "Aucun document")
    assert client.get(f"/api/extractions/{uuid4()}").status_code == 404


def test_list_jobs(client: httpx.Client, sql: psycopg.Connection) -> None:
    for status in STATUSES["all"]:
        insert_job(sql, status=status)
    path, _, words = LIST.partition("=")

    listed = {word: call(client, f"{path}={word}")["extractions"] for word in words.split("|")}

    assert {word: {row["status"] for row in rows} for word, rows in listed.items()} == STATUSES


def test_retry_failed_job(client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql, status="Erreur", attemtps=3, error_code="document_timeout")

    row = call(client, RETRY.format(id=job_id))

    assert (row["status"], row["attemtps"], row["error_code"]) == ("En attente", 0, None)
