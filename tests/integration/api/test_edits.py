"""PATCH of a row over HTTP: its answer, and each of its problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.api import api_settings, calling
from tests.support.rows import column, insert_job


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def test_answers_the_corrected_row_and_each_problem(client: httpx.Client, sql: psycopg.Connection) -> None:
    failed = insert_job(sql, status="Erreur", error_code="name_not_matched", cadastre="Nulle Part")
    running = insert_job(sql, status="En traitement", worker_id="worker-1")
    completed = insert_job(sql, status="Complété", supabase_path="index/a.pdf")

    problems = [
        (running, {"cadastre": "X"}, 409, "not_possible", []),
        (completed, {"cadastre": "X"}, 409, "not_possible", []),
        (str(uuid4()), {"cadastre": "X"}, 404, "unknown", []),
        (failed, {"cadastre": None}, 422, "invalid_row", ["cadastre"]),
        (failed, {"document_source": "acte"}, 422, "invalid_row", ["acte_type"]),
        (failed, {"cadastre": 5}, 422, "invalid_request", ["cadastre"]),
        (failed, {"cadastral": "X"}, 422, "invalid_request", ["cadastral"]),
        (failed, {}, 422, "invalid_request", []),
        (failed, {"cadastre": "Nulle Part"}, 409, "not_possible", []),
    ]
    for job_id, body, status, code, fields in problems:
        answer = client.patch(f"/api/extractions/{job_id}", json=body)
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["fields"]) == (status, code, fields), problem

    answer = client.patch(f"/api/extractions/{failed}", json={"cadastre": "Cadastre du Québec"})

    assert answer.status_code == 200
    assert answer.json() == client.get(f"/api/extractions/{failed}").json()
    assert (answer.json()["status"], answer.json()["error_code"]) == ("En attente", None)
    assert column(sql, failed, "cadastre") == "Cadastre du Québec"
    assert client.put(f"/api/extractions/{failed}").headers["allow"] == "GET, PATCH"


def test_a_document_at_its_limit_names_the_price_and_can_be_allowed(
    client: httpx.Client, sql: psycopg.Connection
) -> None:
    job_id = insert_job(sql, status="Erreur", max_consultations=0, cadastre="Nulle Part")
    path, body = f"/api/extractions/{job_id}", {"cadastre": "Cadastre du Québec"}

    refused = client.patch(path, json=body)
    allowed = client.patch(path, json=body, params={"allow_one_more": True})

    assert (refused.status_code, refused.json()["code"]) == (409, "at_limit")
    assert "which may cost 1,50 $" in refused.json()["detail"]
    assert (allowed.status_code, allowed.json()["max_consultations"]) == (200, 1)
