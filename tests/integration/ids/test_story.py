"""A row of an adopted table, from its INSERT to its document, through every part that handles its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from extractor.cli import app
from extractor.models import RowId
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.doubts import Doubts
from extractor.settings import Settings, load_settings
from extractor.worker.housekeeping import Housekeeping, HousekeepingLimits
from tests.integration.conftest import LIMITS
from tests.support.api import api_settings, calling
from tests.support.jobs import a_job, take
from tests.support.rows import insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry
from tests.support.scripted_worker import Killed, ScriptedWorker, settings_of_a_worker


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_of_a_worker(database_url, tmp_path)


@pytest.fixture
def registry() -> ScriptedRegistry:
    return ScriptedRegistry()


@pytest.fixture
def worker(sql: psycopg.Connection, settings: Settings, registry: ScriptedRegistry) -> Iterator[ScriptedWorker]:
    insert_account(sql)
    worker = ScriptedWorker(settings, registry, "w-1")
    worker.make_ready()
    yield worker
    worker.close()


def sent(database: Database) -> list[RowId]:
    return take(Dispatcher(database, LIMITS))


def test_row_is_fetched_stored_and_reported(
    sql: psycopg.Connection, database: Database, worker: ScriptedWorker, registry: ScriptedRegistry, settings: Settings
) -> None:
    # Given a row that was bought, and whose upload failed
    job_id = insert_job(sql)
    assert sent(database) == [job_id]
    bucket = settings.storage_dir / "index" if settings.storage_dir else Path()
    worker.before("store.upload", lambda: bucket.rename(bucket.with_name("away")))
    worker.handle(job_id)
    bucket.with_name("away").rename(bucket)
    sql.execute("UPDATE extraction_queue SET available_at = now()")

    # When it is sent to its spool
    with Dispatcher(database, LIMITS).dispatch_spooled(limit=10) as spooled:
        assert [(job.id, job.spool_id) for job in spooled] == [(job_id, worker.parts.spool.id)]
    assert worker.handle(job_id).startswith("Complété")

    # Then the API knows all of it under its id
    with calling(api_settings(str(settings.database_url.get_secret_value()), settings.storage_dir or Path())) as client:
        path = f"/api/extractions/{job_id}"
        assert client.get(path).json()["id"] == job_id
        assert [attempt["outcome"] for attempt in client.get(f"{path}/attempts").json()] == ["snooze", "completed"]
        assert client.get(f"{path}/why").json()["job_id"] == job_id
        assert client.get(client.get(f"{path}/document").json()["url"]).status_code == 200
        assert client.get("/api/spend").json()["latest"][0]["job_id"] == job_id
        ((account_id,),) = sql.execute("SELECT id::text FROM worker_accounts").fetchall()
        assert [account["id"] for account in client.get("/api/accounts").json()] == [account_id]
        made = client.post("/api/extractions", json={"document_source": "index", "document_number": "227",
                                                     "cadastre": "Nulle Part"}).json()  # fmt: skip
        pages = [client.get("/api/extractions", params={"limit": 1}).json()]
        pages.append(client.get("/api/extractions", params={"cursor": pages[0]["next_cursor"]}).json())
        assert [row["id"] for page in pages for row in page["extractions"]] == [made["id"], job_id]
        assert client.post(f"/api/extractions/{made['id']}/cancel").json()["job_id"] == made["id"]
        assert client.post(f"/api/extractions/{made['id']}/retry").json()["id"] == made["id"]
    assert len(registry.bills) == 1


def test_rows_of_a_dead_worker_and_doubtful_rows_are_named(
    sql: psycopg.Connection, database: Database, worker: ScriptedWorker
) -> None:
    nowhere = {"document_number": "227", "circonscription_fonciere": "Terrebonne", "cadastre": "Nulle Part"}
    doubtful = insert_job(sql, **nowhere, available_at="infinity")
    job_id = insert_job(sql)
    worker.die_after("jobs.record_consultation")
    with pytest.raises(Killed):
        worker.handle(job_id)
    sql.execute("UPDATE extraction_queue SET lease_expires_at = '2020-01-01' WHERE status = 'En traitement'")
    sql.execute("UPDATE extraction_attempts SET alive_until = '2020-01-01'")

    assert Dispatcher(database, LIMITS).rescue() == [job_id]
    assert Doubts(database).note() == [doubtful]


def test_spool_is_swept_of_rows_that_are_done(sql: psycopg.Connection, worker: ScriptedWorker) -> None:
    parts = worker.parts
    waiting, done = insert_job(sql), insert_job(sql, status="Complété")
    for job_id in (waiting, done, "no-row.of_any.table"):
        (parts.spool.incoming(a_job(id=job_id))).with_suffix(".1.bought").write_bytes(b"%PDF-")

    limits = HousekeepingLimits(interval_seconds=60, evidence_days=1, file_seconds=-60)
    Housekeeping(limits, jobs=parts.jobs, spool=parts.spool, evidence=parts.evidence).sweep()

    assert [parts.spool.holds(job_id) for job_id in (waiting, done)] == [True, False]


def test_commands_take_and_print_the_id(
    sql: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="cancelled", error_message="x")
    for name, value in (("ENV_FILE", ""), ("REDIS_URL", "redis://127.0.0.1:9/0"), ("STORAGE_DIR", "documents"),
                        ("DATABASE_URL", settings.database_url.get_secret_value())):  # fmt: skip
        monkeypatch.setenv(name, value)

    def extractor(*arguments: str) -> str:
        load_settings.cache_clear()
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    try:
        assert json.loads(extractor("show", job_id, "--json"))["row"]["id"] == job_id
        assert json.loads(extractor("why", job_id, "--json"))["command"] == f"extractor retry {job_id}"
        assert f"  {job_id}  index" in extractor("retry", job_id, "--yes")
        assert f"Row {job_id} is corrected" in extractor("edit", job_id, "--number", "2 784 196", "--yes")
        assert extractor("cancel", job_id) == "Cancelled: the row is at Erreur.\n"
    finally:
        load_settings.cache_clear()
