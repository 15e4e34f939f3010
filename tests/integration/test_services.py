"""The services of docker-compose.yml as plain processes: the file's commands, its environment, its health checks."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from extractor import health
from extractor.local.chromium import find_browser
from extractor.local.process import ChildProcess
from extractor.local.server import free_port
from extractor.local.wheels import valkey_binary
from extractor.settings import Settings
from extractor.standin.sessions import Accounts
from tests.support import compose, processes
from tests.support.compose import ROOT
from tests.support.rows import insert_account
from tests.support.system import FAST, eventually

# Short enough to see a silence; what .env says, and --env-file.
SETTINGS = FAST | {
    "LEASE_SECONDS": "3",
    "PROOF_SECONDS": "0.5",
    "ACCOUNT_WAIT_SECONDS": "0.5",
    "MIN_FREE_DISK_MB": "1",
    "FLOWER_BASIC_AUTH": "user:password",
    "API_KEY": "a-key-of-the-test",
    "STORAGE_DIR": "anything",
}


class Services:
    """Starts services of the file; what is a place in the container becomes one of this test's."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._given = {**SETTINGS, **environment}
        self._directory = directory
        self._services: dict[str, Any] = compose.load(self._given)["services"]
        self._places = {
            "/var/lib/extractor": str(directory / "var"),
            "/app/flowerconfig.py": str(ROOT / "flowerconfig.py"),
            "/usr/lib/chromium/chromium-headless-shell": str(find_browser()),
            "redis://redis:6379/0": environment.get("REDIS_URL", ""),
        }
        self._running = ExitStack()
        for folder in ("spool", "evidence", "storage", "flower"):
            (directory / "var" / folder).mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Services:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def start(self, name: str, port: int | None = None) -> ChildProcess:
        """The service's own command; a port is the one thing that two tests cannot share."""
        command = [*self._services[name]["command"], *(["--port", str(port)] if port else [])]
        if port and command[0] == "celery":
            command[-2:] = [f"--port={port}"]
        child = ChildProcess(
            [_program(command[0]), *command[1:]],
            environment=self.environment(name),
            output=self._directory / f"{name}.log",
            stop_timeout=20,
        )
        return self._running.enter_context(child)

    def run(self, name: str) -> str:
        """A one-shot service; what it said."""
        return self._run(self._services[name]["command"], name).stdout

    def health(self, name: str, port: int | None = None, **environment: str) -> tuple[bool, str]:
        """The service's health check, run beside it as Docker does."""
        test = self._services[name]["healthcheck"]["test"]
        assert test[0] == "CMD"
        command = [re.sub(r"(127\.0\.0\.1):\d+", rf"\1:{port}", word) for word in test[1:]]
        done = self._run(command, name, check=False, **environment)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0, done.stdout.strip()

    def environment(self, name: str) -> dict[str, str]:
        """What the container would have: .env, then `environment`; and no more of this machine than it takes."""
        said = {key: self._here(str(value)) for key, value in self._services[name]["environment"].items()}
        system = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
        return {**system, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **self._given, **said}

    def _here(self, value: str) -> str:
        for place, here in self._places.items():
            value = value.replace(place, here)
        return value

    def _run(
        self, command: list[str], name: str, *, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_program(command[0]), *command[1:]],
            env=self.environment(name) | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
        )


def _program(name: str) -> str:
    """The image's PATH leads to its virtual environment, as here."""
    return str(Path(sys.executable).parent / name)


@pytest.fixture
def services(database_url: str, redis_url: str, standin_url: str, tmp_path: Path) -> Iterator[Services]:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "REGISTRY_BASE_URL": standin_url}
    with Services(tmp_path, urls) as services:
        yield services


def test_worker_is_healthy_while_it_can_serve(services: Services, sql: psycopg.Connection, tmp_path: Path) -> None:
    # Before it shows up it is not
    assert services.health("worker-index") == (False, "No worker process of this host has shown up in worker_status.")
    insert_account(sql)
    worker = services.start("worker-index")
    eventually(lambda: services.health("worker-index")[0], "the worker is healthy", seconds=60)
    # Named by its host, as replicas are
    expected = f"celery@{socket.gethostname()}-1: logged in with 99•••01."
    assert services.health("worker-index") == (True, expected)

    # A full or lost disk under the spool
    spool = tmp_path / "var" / "spool"
    spool.rename(tmp_path / "lost")
    spool.write_text("no directory")
    assert services.health("worker-index") == (False, f"{spool} cannot be written (Not a directory).")
    spool.unlink()
    (tmp_path / "lost").rename(spool)
    healthy, sentence = services.health("worker-index", MIN_FREE_DISK_MB="999999999")
    assert (healthy, "MB left" in sentence) == (False, True)

    # A database that gives no answer, without a word of its password
    elsewhere = "postgresql://someone:se@cret@127.0.0.1:1/none"
    healthy, sentence = services.health("worker-index", DATABASE_URL=elsewhere)
    assert (healthy, "se" in sentence.split(), "cret" in sentence) == (False, False, False)

    # A process that stands still
    child = processes.prefork_children(worker.pid)[0]
    assert services.health("worker-index")[0] is True
    os.kill(child, signal.SIGSTOP)
    eventually(lambda: "silent for" in services.health("worker-index")[1], "the silence is noticed", seconds=30)
    os.kill(child, signal.SIGKILL)


def test_bridge_is_healthy_while_notifications_are_proven(services: Services) -> None:
    bridge = services.start("bridge")
    eventually(lambda: services.health("bridge")[0], "the bridge listens", seconds=60)
    bridge.stop()
    assert services.health("bridge") == (False, "No bridge of this host has shown up in bridge_status.")


@pytest.mark.parametrize("name", ["flower", "standin"])
def test_server_is_healthy_while_it_answers(services: Services, name: str) -> None:
    port = free_port()
    server = services.start(name, port)
    eventually(lambda: services.health(name, port)[0], f"{name} answers", seconds=60)
    server.stop()
    assert services.health(name, port)[0] is False


def test_migrate_fills_an_empty_database_once(empty_database_url: str, tmp_path: Path) -> None:
    services = Services(tmp_path, {"DATABASE_URL": empty_database_url, "REDIS_URL": "redis://127.0.0.1:1/0"})
    assert "0001" in services.run("migrate")
    assert "0001" not in services.run("migrate")


def test_redis_keeps_its_queues_and_evicts_none(tmp_path: Path) -> None:
    program, *arguments = compose.load(SETTINGS)["services"]["redis"]["command"]
    assert program == "valkey-server"
    port = free_port()
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    with (
        ChildProcess([valkey_binary(), *arguments, *place], output=tmp_path / "redis.log"),
        redis.Redis(port=port, decode_responses=True) as client,
    ):
        eventually(lambda: _answers(client), "the broker answers", seconds=10)
        said = {
            name: client.config_get(name)[name] for name in ("appendonly", "appendfsync", "maxmemory-policy", "save")
        }
    assert said == {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


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


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url, redis_url="redis://127.0.0.1:1/0", storage_dir=tmp_path, spool_dir=tmp_path
    )


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
    # WORKER_ID tells apart what shares a host
    assert health.examine_worker(settings.model_copy(update={"worker_id": "bureau"})).is_healthy


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ({"status": "idle", "message": "starting"}, "is starting"),
        ({"status": "error", "message": None}, "states no reason"),
        ({"status": "busy", "message": None, "ago": 60}, "silent for 60 s"),
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
    """Insert what a process would have written so many seconds ago."""
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    moment = f"now() - least({ago}, 100000000) * interval '1 second'"
    started = moment if ago >= 10**9 else "now()"
    sql.execute(
        f"INSERT INTO {table} ({names}, last_heartbeat, started_at) VALUES ({marks}, {moment}, {started})",
        list(columns.values()),
    )
