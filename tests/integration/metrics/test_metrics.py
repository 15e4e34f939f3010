"""What Prometheus reads about the tables, a worker's host and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from extractor.local.embedded_server import free_port
from extractor.metrics import endpoint, tables
from extractor.metrics.api import count_requests
from extractor.metrics.host import Host
from extractor.metrics.tables import Tables
from extractor.postgres.sealing import Keyring, new_key
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import Settings
from tests.support.rows import PASSWORD, insert_account, insert_job, record_clicks
from tests.support.standin_server import running

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples_of(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(collector: Collector) -> Callable[..., float | None]:
    """One scrape; the answer is a function that looks up a sample."""
    registry = CollectorRegistry()
    registry.register(collector)
    samples = samples_of(generate_latest(registry).decode())
    return lambda name, **labels: samples.get((name, frozenset(labels.items())))


def tables_of(settings: Settings) -> Tables:
    return Tables(settings.database_url.get_secret_value(), Viewpoint.of(settings))


def insert_attempt(sql: psycopg.Connection, *, seconds: tuple[int | None, ...], **columns: object) -> None:
    """An attempt; `seconds` are, after its claim: consultation, spool, storage, end."""
    started = datetime.now(UTC) - timedelta(hours=1)
    names = ("consultation_at", "document_saved_at", "uploaded_at", "finished_at")
    moments = {
        name: started + timedelta(seconds=after)
        for name, after in zip(names, seconds, strict=True)
        if after is not None
    }
    row = {"job_id": uuid4(), "document_source": "index", "worker_id": "w-1", "outcome": "completed", **columns}
    row |= {"started_at": started, **moments}
    marks = ", ".join(f"%({name})s" for name in row)
    sql.execute(f"INSERT INTO extraction_attempts ({', '.join(row)}) VALUES ({marks})", row)
    record_clicks(sql)


def test_rows_by_source_and_status_with_their_ages(sql: psycopg.Connection, settings: Settings) -> None:
    insert_job(sql)
    old = insert_job(sql, document_number="1")
    later = insert_job(sql, document_number="2")
    sql.execute("UPDATE extraction_queue SET created_at = now() - interval '1 hour' WHERE id = %s", [old])
    sql.execute("UPDATE extraction_queue SET available_at = now() + interval '1 hour' WHERE id = %s", [later])
    insert_job(sql, status="Erreur", error_code="poison_row")
    insert_job(sql, document_source="acte", acte_type="Acte", status="Complété")
    insert_job(sql, dispatched_at="now", available_at="now")
    sql.execute("UPDATE extraction_queue SET available_at = now() - interval '7 s' WHERE dispatched_at IS NOT NULL")

    value = scrape(tables_of(settings))

    assert value("registre_rows", source="index", status="En attente") == 4
    assert value("registre_rows", source="index", status="Erreur") == 1
    assert value("registre_rows", source="acte", status="Complété") == 1
    assert value("registre_rows", source="plan_cadastraux", status="En attente") == 0
    assert value("registre_due_rows", source="index") == 3
    assert value("registre_held_rows", source="index", code="poison_row") == 1
    age = value("registre_oldest_row_age_seconds", source="index", status="En attente")
    assert age == pytest.approx(3600, abs=20)
    assert value("registre_oldest_row_age_seconds", source="acte", status="En attente") == 0
    assert value("registre_oldest_row_age_seconds", source="acte", status="Complété") is None
    assert value("registre_dispatch_lag_seconds", source="index") == pytest.approx(7, abs=2)
    assert value("registre_dispatch_lag_seconds", source="acte") is None


def test_attempts_by_their_end_with_what_they_cost_and_how_long_they_took(
    sql: psycopg.Connection, settings: Settings
) -> None:
    insert_attempt(sql, seconds=(9, 60, 62, 63))
    insert_attempt(sql, seconds=(9, 100, 101, 102))
    insert_attempt(sql, seconds=(30, None, None, 40), outcome="lost", error_code="worker_lost")
    insert_attempt(sql, seconds=(None, None, None, 5), outcome="hold", error_code="document_not_found")
    insert_attempt(sql, seconds=(9, None, None, None), outcome=None)  # this attempt still runs

    value = scrape(tables_of(settings))

    assert value("registre_attempts_total", source="index", outcome="completed", code="") == 2
    assert value("registre_attempts_total", source="index", outcome="lost", code="worker_lost") == 1
    assert value("registre_attempts_total", source="index", outcome="hold", code="document_not_found") == 1
    assert value("registre_consultations_total", source="index", outcome="completed") == 2
    assert value("registre_consultations_total", source="index", outcome="lost") == 1
    assert value("registre_consultations_total", source="index", outcome="hold") == 0
    assert value("registre_dollars_total", source="index") == 4.5
    assert value("registre_uploads_total", source="index") == 2
    assert value("registre_consultations_today") in (0, 4)  # 0 in the first hour of a day
    # In a histogram each bucket includes the smaller ones, and the last one is the count
    bucket = "registre_step_seconds_bucket"
    assert value(bucket, source="index", step="request", le="5.0") == 0
    assert value(bucket, source="index", step="request", le="10.0") == 2
    assert value(bucket, source="index", step="request", le="+Inf") == 3
    assert value("registre_step_seconds_count", source="index", step="request") == 3
    assert value("registre_step_seconds_sum", source="index", step="request") == 48
    assert value("registre_step_seconds_sum", source="index", step="document") == 51 + 91
    assert value("registre_step_seconds_sum", source="index", step="storage") == 3
    assert value("registre_step_seconds_count", source="index", step="whole") == 2


def test_row_paid_twice_is_counted(sql: psycopg.Connection, settings: Settings) -> None:
    job = insert_job(sql)
    for _ in range(2):
        insert_attempt(sql, seconds=(9, 60, 61, 62))
    assert scrape(tables_of(settings))("registre_rows_paid_twice") == 0
    sql.execute("UPDATE extraction_clicks SET job_id = %s", [job])
    assert scrape(tables_of(settings))("registre_rows_paid_twice") == 1


def test_consultation_of_an_attempt_that_nobody_ended_is_counted_once_nobody_can(
    sql: psycopg.Connection, settings: Settings
) -> None:
    insert_attempt(sql, seconds=(9, None, None, None), outcome=None)  # in progress: its click may still be free
    insert_attempt(sql, seconds=(9, None, None, None), outcome=None, job_id=UUID(int=1))
    insert_attempt(sql, seconds=(None, None, None, 9), outcome="hold", job_id=UUID(int=1))
    insert_attempt(sql, seconds=(9, None, None, None), outcome=None, job_id=UUID(int=2))
    sql.execute("UPDATE extraction_clicks SET clicked_at = now() - interval '2 days' WHERE job_id = %s", [UUID(int=2)])

    value = scrape(tables_of(settings))

    assert value("registre_consultations_total", source="index", outcome="unfinished") == 2
    assert value("registre_dollars_total", source="index") == 3


def test_what_stops_sources_and_who_works(sql: psycopg.Connection, settings: Settings) -> None:
    sql.execute("UPDATE source_control SET paused = true WHERE document_source = 'acte'")
    sql.execute("UPDATE source_control SET broken_until = now(), site_failures = 4 WHERE document_source = 'index'")
    sql.execute(
        "UPDATE source_control SET paused = true, money_stopped = true WHERE document_source = 'plan_cadastraux'"
    )
    account = insert_account(sql)
    insert_account(sql, "99X0002", failure_count=3)
    insert_account(sql, "99X0003", is_active=False)
    insert_account(sql, "99X0004", password=Keyring(new_key()).seal(SecretStr(PASSWORD)))
    sql.execute(
        "INSERT INTO worker_status (worker_id, status, queues, account_id, last_heartbeat) VALUES"
        " ('a', 'idle', '{index}', %(account)s, now()), ('b', 'busy', '{index,acte}', %(account)s, now()),"
        " ('c', 'error', '{index}', %(account)s, now()), ('d', 'idle', '{index}', NULL, now()),"
        " ('e', 'busy', '{index}', %(account)s, now() - interval '5 minutes'),"
        " ('f', 'offline', '{index}', NULL, now()), ('g', 'idle', '{index}', NULL, now() - interval '3 days')",
        {"account": account},
    )
    sql.execute(
        "INSERT INTO bridge_status (bridge_id, host, pid, mode, proven_at, last_heartbeat) VALUES"
        " ('here-1', 'here', 1, 'listening', now() - interval '9 s', now()),"
        " ('here-2', 'here', 2, 'polling', NULL, now()),"
        " ('gone-3', 'gone', 3, 'listening', now(), now() - interval '1 hour')"
    )

    sql.execute("UPDATE event_control SET wanted_until = now() + interval '1 day'")
    sql.execute("UPDATE extraction_queue SET status = 'Erreur' WHERE id = %s", [insert_job(sql)])
    sql.execute("UPDATE extraction_events SET at = now() - interval '1 hour'")

    value = scrape(tables_of(settings))

    assert value("registre_undelivered_event_age_seconds") == pytest.approx(3600, abs=60)
    assert [value("registre_source_paused", source=source) for source in ("acte", "index")] == [1, 0]
    assert [value("registre_source_stopped", source=source) for source in ("acte", "plan_cadastraux")] == [0, 1]
    assert [value("registre_breaker_open", source=source) for source in ("acte", "index")] == [0, 1]
    assert value("registre_site_failures", source="index") == 4
    assert [value("registre_ready_sessions", source=s) for s in ("acte", "index", "plan_cadastraux")] == [1, 2, 0]
    states = {state: value("registre_worker_processes", state=state) for state in ("idle", "busy", "error", "silent")}
    assert states == {"idle": 2, "busy": 1, "error": 1, "silent": 1}
    assert value("registre_worker_processes", state="offline") is None
    conditions = {"usable": 1, "failing": 1, "disabled": 1, "sealed": 1}
    assert {name: value("registre_accounts", condition=name) for name in conditions} == conditions
    # By the heartbeat of the settings: six beats of a minute have not passed for `e`
    slow = scrape(tables_of(settings.model_copy(update={"heartbeat_seconds": 60})))
    assert slow("registre_ready_sessions", source="index") == 3
    assert slow("registre_worker_processes", state="silent") is None
    assert [value("registre_bridge_listening", bridge=b) for b in ("here-1", "here-2", "gone-3")] == [1, 0, None]
    assert value("registre_listener_proof_age_seconds", bridge="here-1") == pytest.approx(9, abs=5)
    assert value("registre_listener_proof_age_seconds", bridge="here-2") is None


def test_scrapes_in_a_row_read_once(
    sql: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = tables_of(settings)
    assert scrape(collector)("registre_rows", source="index", status="En attente") == 0
    insert_job(sql)
    assert scrape(collector)("registre_rows", source="index", status="En attente") == 0
    # After the time for which a reading is kept
    monkeypatch.setattr(tables, "LEAST_REST_SECONDS", 0)
    monkeypatch.setattr(tables, "RESTS", 0)
    collector = tables_of(settings)
    scrape(collector)
    insert_job(sql)
    assert scrape(collector)("registre_rows", source="index", status="En attente") == 2


def test_statement_that_takes_too_long_is_given_up(
    sql: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "STATEMENT_SECONDS", 0.1)
    with sql.transaction():
        sql.execute("LOCK TABLE extraction_queue IN ACCESS EXCLUSIVE MODE")
        value = scrape(tables_of(settings))
    assert value("registre_database_up", part="now") == 0
    assert value("registre_database_up", part="history") == 1


def test_database_that_is_away_is_reported(settings: Settings) -> None:
    value = scrape(Tables("postgresql://127.0.0.1:1/x", Viewpoint.of(settings)))
    assert value("registre_database_up", part="now") == 0
    assert value("registre_rows", source="index", status="En attente") is None


def test_host_reports_its_disk_and_its_memory(tmp_path: Path) -> None:
    (tmp_path / "11111111-2222-3333-4444-555555555555.pdf").write_bytes(b"%PDF")

    value = scrape(Host(tmp_path, min_free_mb=500))

    assert value("registre_spool_documents") == 1
    assert value("registre_spool_needed_bytes") == 500 * 2**20
    assert (value("registre_spool_free_bytes") or 0) > 0
    assert (value("registre_worker_memory_bytes") or 0) > 10 * 2**20
    assert (value("registre_worker_tree_processes") or 0) >= 1


def test_lost_disk_has_no_room(tmp_path: Path) -> None:
    assert scrape(Host(tmp_path / "gone", min_free_mb=500))("registre_spool_free_bytes") == 0


def test_endpoint_is_off_by_default_and_a_taken_port_costs_the_metrics_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host(tmp_path, min_free_mb=500)
    endpoint.serve("127.0.0.1", None, host)
    assert caplog.text == ""
    port = free_port()
    endpoint.serve("127.0.0.1", port, host)
    endpoint.serve("127.0.0.1", port, host)
    assert "need a METRICS_PORT each" in caplog.text
    assert "registre_spool_documents" in httpx.get(f"http://127.0.0.1:{port}/metrics").text


def test_api_counts_its_requests_by_route() -> None:
    def row(request: Request) -> Response:
        return JSONResponse({"id": request.path_params["id"]})

    def defect(_request: Request) -> Response:
        raise RuntimeError("a defect")

    app = Starlette(routes=[Route("/rows/{id}", row), Route("/defect", defect)])
    requests = count_requests(app)
    with running(app) as url:
        for path in ("/rows/1", "/rows/2", "/defect", "/nowhere", "/rows/3/"):
            httpx.get(url + path)
    samples = samples_of(generate_latest(requests).decode())

    def count(route: str, status: int) -> float | None:
        labels = {"method": "GET", "route": route, "status": str(status)}
        return samples.get(("registre_api_requests_total", frozenset(labels.items())))

    assert (count("/rows/{id}", 200), count("/defect", 500), count("other", 404)) == (2, 1, 1)
    assert count("other", 307) == 1
    labels = frozenset({("method", "GET"), ("route", "/rows/{id}")})
    assert samples["registre_api_request_seconds_count", labels] == 2
