"""The services of docker-compose.yml as plain processes: the file's commands, its environment, its health checks."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from extractor.doctor import health
from extractor.settings import Settings
from extractor.standin.sessions import Accounts
from tests.support import compose, processes
from tests.support.compose import ROOT
from tests.support.rows import insert_account, ready_sessions
from tests.support.services import SETTINGS, Services
from tests.support.system import eventually


@pytest.fixture
def services(database_url: str, redis_url: str, standin_url: str, tmp_path: Path) -> Iterator[Services]:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "REGISTRY_BASE_URL": standin_url}
    with Services(tmp_path, urls) as services:
        yield services


@pytest.mark.parametrize("module", ["extractor.doctor.health", "extractor.cli.health"])
def test_health_check_imports_neither_browser_nor_storage(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert module in modules
    assert not {"playwright", "supabase"} & {*modules}


def test_worker_is_healthy_while_it_can_serve(services: Services, sql: psycopg.Connection, tmp_path: Path) -> None:
    # It is not healthy before it has reported
    assert services.health("worker-index") == (False, "No worker process of this host has shown up in worker_status.")
    insert_account(sql)
    worker = services.start("worker-index")
    # Each health check is a process of its own: the database says first when one is worth it.
    eventually(lambda: ready_sessions(sql) == 1, "the worker is ready", seconds=60)
    # A worker that is named after its host, as replicas are
    expected = f"celery@{socket.gethostname()}-1: logged in with 99•••01."
    assert services.health("worker-index") == (True, expected)

    # The spool's disk is full or lost
    spool = tmp_path / "var" / "spool"
    spool.rename(tmp_path / "lost")
    spool.write_text("no directory")
    assert services.health("worker-index") == (False, f"{spool} cannot be written (Not a directory).")
    spool.unlink()
    (tmp_path / "lost").rename(spool)
    healthy, sentence = services.health("worker-index", MIN_FREE_DISK_MB="999999999")
    assert (healthy, "MB left" in sentence) == (False, True)

    # A database that does not answer; the message does not show its password
    elsewhere = "postgresql://someone:se@cret@127.0.0.1:1/none"
    healthy, sentence = services.health("worker-index", DATABASE_URL=elsewhere)
    assert (healthy, "se" in sentence.split(), "cret" in sentence) == (False, False, False)

    # A process that is frozen
    child = processes.prefork_children(worker.pid)[0]
    assert services.health("worker-index")[0] is True
    os.kill(child, signal.SIGSTOP)
    state = "SELECT process_state(status, last_heartbeat, %s) FROM worker_status"
    beat = [float(SETTINGS["HEARTBEAT_SECONDS"])]
    eventually(lambda: sql.execute(state, beat).fetchone() == ("silent",), "it is silent", seconds=30)
    healthy, sentence = services.health("worker-index")
    assert (healthy, "silent for" in sentence) == (False, True)
    os.kill(child, signal.SIGKILL)


def test_migrate_fills_an_empty_database_once(empty_database_url: str, tmp_path: Path) -> None:
    services = Services(tmp_path, {"DATABASE_URL": empty_database_url, "REDIS_URL": "redis://127.0.0.1:1/0"})
    assert "0001" in services.run("migrate")
    assert "0001" not in services.run("migrate")


def test_trial_has_accounts_that_open_the_standin_and_never_adds_to_yours(sql: psycopg.Connection) -> None:
    command = compose.load(SETTINGS)["services"]["trial-accounts"]["command"]
    statement = command[-1].removeprefix("--command=")
    sql.execute(statement)
    sql.execute(statement)
    accounts = sql.execute("SELECT username, password FROM worker_accounts").fetchall()
    assert len(accounts) == 9
    assert all(Accounts().accept(username, password) for username, password in accounts)


def test_backlog_query_of_the_scaling_page_counts_what_waits_and_what_runs(sql: psycopg.Connection) -> None:
    page = (ROOT / "docs/scale.md").read_text()
    query = re.search(r"query: \|\n((?: {10}.*\n)+)", page)
    assert query is not None
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, status, available_at)"
        " SELECT 'index', '1 234 567', 'Cadastre du Québec', status, now() + wait * interval '1 hour'"
        " FROM (VALUES ('En attente', 0), ('En attente', 1), ('En traitement', 0), ('Complété', 0)) AS r (status, wait)"
    )
    assert sql.execute(query[1]).fetchone() == (2,)


def test_rows_of_other_hosts_and_of_earlier_containers_say_nothing(sql: psycopg.Connection, settings: Settings) -> None:
    here = socket.gethostname()
    show(sql, "worker_status", worker_id="elsewhere-1", status="idle", host="elsewhere", ago=900)
    show(sql, "worker_status", worker_id="before-1", status="idle", host=here, ago=10**9)
    show(sql, "worker_status", worker_id="left-1", status="offline", host=here, ago=900)
    assert not health.examine_worker(settings).is_healthy
    show(sql, "worker_status", worker_id="bureau-1", status="error", host=here, message="no account is free")
    assert health.examine_worker(settings).sentence == "bureau-1: no account is free."
    show(sql, "worker_status", worker_id="other-1", status="idle", host=here, ago=900)
    assert not health.examine_worker(settings).is_healthy
    # WORKER_ID distinguishes workers on the same host
    assert health.examine_worker(settings.model_copy(update={"worker_id": "bureau"})).is_healthy


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ({"status": "idle", "message": "starting"}, "is starting"),
        ({"status": "error", "message": None}, "states no reason"),
        ({"status": "busy", "message": None, "ago": 90}, "silent for 90 s"),
    ],
)
def test_worker_in_trouble(sql: psycopg.Connection, settings: Settings, row: dict[str, Any], trouble: str) -> None:
    show(sql, "worker_status", worker_id="w-1", host=socket.gethostname(), **row)
    examined = health.examine_worker(settings)
    assert not examined.is_healthy
    assert trouble in examined.sentence


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ({"mode": "polling", "message": "port 6543"}, "polls: port 6543"),
        ({"mode": "listening", "ago": 90}, "silent for 90 s"),
    ],
)
def test_bridge_in_trouble(sql: psycopg.Connection, settings: Settings, row: dict[str, Any], trouble: str) -> None:
    show(sql, "bridge_status", bridge_id="b-1", pid=1, host=socket.gethostname(), **row)
    examined = health.examine_bridge(settings)
    assert not examined.is_healthy
    assert trouble in examined.sentence


def show(sql: psycopg.Connection, table: str, *, ago: int = 0, **columns: object) -> None:
    """Insert what a process would have written this many seconds ago."""
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    moment = f"now() - least({ago}, 100000000) * interval '1 second'"
    started = moment if ago >= 10**9 else "now()"
    sql.execute(
        f"INSERT INTO {table} ({names}, last_heartbeat, started_at) VALUES ({marks}, {moment}, {started})",
        list(columns.values()),
    )
