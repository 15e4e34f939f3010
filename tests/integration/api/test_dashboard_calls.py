"""The calls that the dashboard adds, over a real database and a real evidence directory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.api import api_settings, calling
from tests.support.evidence import insert_attempt, keep_evidence, red_picture
from tests.support.rows import column, insert_account, insert_job, record_clicks, statuses


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path, evidence_dir=tmp_path / "evidence")) as client:
        yield client


def test_failures_are_grouped_by_code_and_sent_again_together(client: httpx.Client, sql: psycopg.Connection) -> None:
    for reference in ("a", "a", "b"):
        insert_job(sql, status="Erreur", error_code="document_timeout", error_message="Late.", reference=reference)
    insert_job(sql, error_code="site_closed", error_message="Closed.")
    insert_job(sql, status="Erreur", error_code="cancelled")

    groups = {group.pop("error_code"): group for group in client.get("/api/failures").json()}
    assert {code: (group["stopped"], group["waiting"]) for code, group in groups.items()} == {
        "document_timeout": (3, 0),
        "site_closed": (0, 1),
        "cancelled": (1, 0),
    }
    assert groups["site_closed"]["latest_message"] == "Closed."

    plan = client.post("/api/retries", json={"error_code": "document_timeout", "dry_run": True}).json()
    assert plan == {"rows": 3, "dollars": "4.50", "at_limit": 0, "unaskable": 0}
    assert statuses(sql) == {"Erreur": 4, "En attente": 1}
    some = client.post("/api/retries", json={"error_code": "document_timeout", "reference": "a"}).json()
    assert (some["rows"], statuses(sql)) == (2, {"Erreur": 2, "En attente": 3})


def test_a_retry_that_would_pass_the_limit_says_so_before(client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="document_timeout", max_consultations=1)
    insert_attempt(sql, job_id, consultation_at=datetime.now(UTC), account_id=insert_account(sql))
    record_clicks(sql)

    plan = client.get(f"/api/extractions/{job_id}/retry-plan").json()
    assert plan == {"rows": 0, "dollars": "0.00", "at_limit": 1, "unaskable": 0}
    asked = {"error_code": "document_timeout", "allow_one_more": True}
    assert client.post("/api/retries", json=asked).json()["dollars"] == "1.50"
    assert column(sql, job_id, "status") == "En attente"


def test_rows_of_a_code_or_a_source_are_cancelled_together(client: httpx.Client, sql: psycopg.Connection) -> None:
    wanted = [insert_job(sql, error_code="site_closed"), insert_job(sql, error_code="site_closed")]
    other = insert_job(sql)
    plan = insert_job(sql, document_source="plan_cadastraux")

    done = client.post("/api/cancellations", json={"error_code": "site_closed", "by": "marie"}).json()

    assert done == {"at_once": 2, "asked": 0, "is_paid": 0}
    assert {column(sql, job_id, "error_code") for job_id in wanted} == {"cancelled"}
    assert client.post("/api/cancellations", json={"document_source": "plan_cadastraux"}).json()["at_once"] == 1
    assert [column(sql, job_id, "status") for job_id in (other, plan)] == ["En attente", "Erreur"]


@pytest.mark.parametrize("call", ["retries", "cancellations"])
def test_no_filter_never_means_every_row(client: httpx.Client, sql: psycopg.Connection, call: str) -> None:
    insert_job(sql)
    insert_job(sql, status="Erreur", error_code="document_timeout")

    for body in ({}, {"reference": ""}, {"error_code": None}, {"error_code": ""}):
        assert client.post(f"/api/{call}", json=body).status_code == 422
    assert statuses(sql) == {"En attente": 1, "Erreur": 1}


def test_the_last_days_are_those_of_the_registry(client: httpx.Client, sql: psycopg.Connection) -> None:
    sql.execute("SET TIME ZONE 'Asia/Tokyo'")  # a session's own zone is of no matter
    now = datetime.now(UTC)
    job_id = insert_job(sql, status="Complété", completed_at=now, supabase_path="index/a.pdf")
    insert_job(sql, status="Erreur", completed_at=now, error_code="paper_only")
    insert_job(sql, status="Complété", completed_at=now - timedelta(days=40), supabase_path="index/b.pdf")
    insert_attempt(sql, job_id, consultation_at=now, account_id=insert_account(sql))
    record_clicks(sql)
    ((today,),) = sql.execute("SELECT (now() AT TIME ZONE 'America/Toronto')::date::text")

    answer = client.get("/api/days").json()

    assert answer["dollars_per_consultation"] == "1.50"
    assert len(answer["days"]) == 30
    assert answer["days"][-1] == {"day": today, "completed": 1, "failed": 1, "consultations": 1, "dollars": "1.50"}
    assert sum(day["completed"] + day["failed"] + day["consultations"] for day in answer["days"]) == 3


def test_evidence_is_given_as_text_source_and_picture(
    client: httpx.Client, sql: psycopg.Connection, tmp_path: Path
) -> None:
    job_id = insert_job(sql)
    elsewhere = insert_attempt(sql, job_id, evidence_path="/var/lib/other/8-failed")
    none = insert_attempt(sql, job_id)
    attempt = insert_attempt(sql, job_id, evidence_path=str(keep_evidence(tmp_path, "7-failed")))
    outside = insert_attempt(sql, job_id, evidence_path="..")
    path = f"/api/extractions/{job_id}/attempts"

    evidence = client.get(f"{path}/{attempt}/evidence").json()
    picture = client.get(f"{path}/{attempt}/evidence/page.png")

    assert (evidence["text"], evidence["has_screenshot"]) == ("Fermé\nDemain", True)
    assert evidence["html"].startswith("<!-- https://site/ -->")
    assert (picture.content, picture.headers["content-type"]) == (red_picture(), "image/png")
    assert picture.headers["cache-control"] == "no-store"
    refused = [client.get(f"{path}/{it}/evidence") for it in (elsewhere, none, outside, 10**9)]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(404, "no_evidence")}
    assert "on the host of worker bureau-1-1, in /var/lib/other/8-failed" in refused[0].json()["detail"]
    other = insert_job(sql)  # an attempt belongs to its own row
    assert client.get(f"/api/extractions/{other}/attempts/{attempt}/evidence").status_code == 404


def test_evidence_needs_the_key(database_url: str, tmp_path: Path) -> None:
    with calling(api_settings(database_url, tmp_path, api_key="planted")) as client:
        paths = ("", "/page.png")
        answers = [client.get(f"/api/extractions/1/attempts/1/evidence{path}") for path in paths]
    assert {answer.status_code for answer in answers} == {401}
