"""What an operator can read of running processes: their metrics over HTTP, and their logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from extractor.local.embedded_server import free_port
from tests.support.rows import insert_account, insert_job, statuses
from tests.support.system import System, eventually

PASSWORD = "standin"


def scrape(port: int) -> Callable[..., float | None]:
    """One scrape; the function that it returns looks a sample up."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=15).text
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return lambda name, **labels: samples.get((name, frozenset(labels.items())))


def test_bridge_and_worker_report_what_rows_became(sql: psycopg.Connection, system: System, tmp_path: Path) -> None:
    # Given rows in several states, one of which the site does not have
    insert_account(sql)
    insert_job(sql, document_number="9 000 001", status="Erreur", error_code="poison_row")
    insert_job(sql, document_number="9 000 002", available_at="tomorrow")
    jobs = [insert_job(sql, document_number=number) for number in ("5 300 001", "5 300 002", "5 300 404")]
    bridge_port, worker_port = free_port(), free_port()
    system.bridge(METRICS_PORT=str(bridge_port))
    worker = system.worker("w", METRICS_PORT=str(worker_port))
    eventually(lambda: statuses(sql) == {"Complété": 2, "Erreur": 2, "En attente": 1}, "the rows are done")

    # Then the bridge reports them, once its pause is over
    eventually(
        lambda: scrape(bridge_port)("registre_rows", source="index", status="Complété") == 2, "rows are counted", 60
    )
    eventually(lambda: scrape(bridge_port)("registre_uploads_total", source="index") == 2, "uploads too", 60)
    value = scrape(bridge_port)
    assert value("registre_rows", source="index", status="En attente") == 1
    assert value("registre_due_rows", source="index") == 0
    assert value("registre_held_rows", source="index", code="poison_row") == 1
    assert value("registre_attempts_total", source="index", outcome="completed", code="") == 2
    assert value("registre_dollars_total", source="index") == 3
    assert value("registre_step_seconds_count", source="index", step="whole") == 2
    assert value("registre_ready_sessions", source="index") == 1
    assert value("registre_accounts", condition="leased") == 1
    assert value("registre_logins_total", result="ok") == 1

    # with no more connections than docs/supabase.md#connections says: 3, 2, and 1 for each that reads its metrics
    held = sql.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'registre-extractor' AND datname = current_database()"
    ).fetchone()
    assert held is not None
    assert 3 <= held[0] <= 7

    # and the worker reports what no table holds
    value = scrape(worker_port)
    assert (value("registre_worker_tree_processes") or 0) >= 5
    assert (value("registre_worker_memory_bytes") or 0) > 150 * 2**20
    assert value("registre_spool_documents") == 0

    # A child that is started again leaves its parent's port alone
    insert_account(sql, "99X0002")  # the first is leased to the dead for a while
    worker.kill_child(worker.child_pids()[0])
    eventually(lambda: scrape(bridge_port)("registre_logins_total", result="ok") == 2, "the next one logs in", 60)

    _check_log([json.loads(line) for line in (tmp_path / "w.log").read_text().splitlines()], str(jobs[0]))
    assert PASSWORD not in (tmp_path / "w.log").read_text() + (tmp_path / "bridge.log").read_text()


def _check_log(lines: list[dict[str, object]], job_id: str) -> None:
    """Every line is an object, Celery's too; those about a row name it, its worker and its account."""
    done = next(line for line in lines if str(line["message"]).startswith(f"Job {job_id} done"))
    assert (
        done.items()
        >= {
            "level": "info",
            "logger": "extractor.worker.attempt",
            "job_id": job_id,
            "attempt": 1,
            "source": "index",
            "worker_id": "w-1",
            "account": "99•••01",
        }.items()
    )
    assert {line["worker_id"] for line in lines if str(line["logger"]).startswith("celery")} == {"w", "w-1"}
    assert any("exited with 'signal 9 (SIGKILL)'" in str(line["message"]) for line in lines)
    logins = [line for line in lines if line["message"] == "Logged in with account 99•••01"]
    assert {(line["worker_id"], line.get("job_id")) for line in logins} == {("w-1", None)}
