"""After a run with a right and a wrong password, the test searches for planted secrets: it finds only sealed ones.

The processes log in as extractor_worker and write at DEBUG. It searches files as they are; the database by COPY of
every table; Redis by the raw form of every key; Flower by its pages; arguments, and what a browser's processes have in
their environment, by the processes as they run.
"""

from __future__ import annotations

import html
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import httpx
import psutil
import psycopg
import pytest
import redis
from psycopg import sql as build
from pydantic import SecretStr

from extractor.browser.ownership import TAG
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import free_port
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.local.worker_login import worker_login
from extractor.postgres.sealing import Keyring, new_key
from tests.support.rows import insert_account, insert_job, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

RIGHT = 'planted-right-<é&"7>'
WRONG = 'planted-wrong-<é&"8>'
OTHERS = "planted-of-another-program"
KEY = new_key()
TABLE = "/tasks/datatable?draw=1&start=0&length=50&order[0][column]=0&columns[0][data]=received"
PAGES = ("/workers", "/tasks", TABLE, "/broker", "/api/workers?refresh=1", "/api/tasks", "/metrics")


def spellings(secret: str) -> set[bytes]:
    """The secret as HTML, a URL, JSON, or a repr may write it."""
    written = {
        secret, html.escape(secret), html.escape(secret, quote=False), quote(secret, safe=""), quote_plus(secret),
        json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1], ascii(secret)[1:-1],
    }  # fmt: skip
    return {text.encode() for text in written}


class Search:
    """Every place where a secret could lie, with the bytes that lie there."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = {name: spellings(secret) for name, secret in secrets.items()}
        self.places = 0
        self.found: list[tuple[str, str]] = []

    def look(self, place: str, content: bytes) -> None:
        self.places += 1
        self.found += [
            (name, place) for name, written in self._secrets.items() if any(spelling in content for spelling in written)
        ]

    def look_at_files(self, directory: Path) -> None:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                self.look(str(path.relative_to(directory)), path.read_bytes())


def arguments() -> Iterator[tuple[str, bytes]]:
    """What `ps` shows to every account of this machine, of all processes below this one."""
    for process in psutil.Process().children(recursive=True):
        try:
            yield f"arguments of {process.name()}", "\0".join(process.cmdline()).encode()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue


def browser_environments() -> Iterator[tuple[str, bytes]]:
    """What Playwright's driver and Chromium were given, of all below this process."""
    for process in psutil.Process().children(recursive=True):
        try:
            variables = process.environ()
        except psutil.Error:
            continue
        if TAG in variables:
            part = "driver" if "PW_LANG_NAME" in variables else "Chromium"  # Playwright's own, for its driver alone
            yield f"environment of {part}", repr(variables).encode()


def dump(sql: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema that is not PostgreSQL's own."""
    names = sql.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    for name in names:
        with sql.cursor().copy(build.SQL("COPY {} TO STDOUT").format(build.Identifier(*name))) as copy:
            yield f"table {name[1]}", b"".join(bytes(block) for block in copy)


def redis_keys(client: redis.Redis) -> Iterator[tuple[str, bytes]]:
    for key in client.scan_iter(count=1000):
        yield f"Redis {key!r}", bytes(key) + bytes(client.dump(key) or b"")


@pytest.fixture
def secrets(database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "right password": RIGHT,
        "wrong password": WRONG,
        "ACCOUNTS_KEY": KEY.get_secret_value(),
        "password of DATABASE_URL": urlsplit(worker_login(database_url)).password or "",
        "password of REDIS_URL": urlsplit(redis_url).password or "",
    }


@pytest.fixture
def environment(secrets: dict[str, str], database_url: str, redis_url: str, standin_url: str) -> dict[str, str]:
    """The environment of the processes: no more rights in the database than they need."""
    host = database_url.rpartition("@")[2]
    return {
        "DATABASE_URL": f"postgresql://extractor_process:{secrets['password of DATABASE_URL']}@{host}",
        "REDIS_URL": redis_url,
        "REGISTRY_BASE_URL": standin_url,
        "ACCOUNTS_KEY": KEY.get_secret_value(),
        "LOG_LEVEL": "DEBUG",
        "OTHER_PROGRAMS_TOKEN": OTHERS,
    }


@pytest.fixture
def system(environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[System]:
    with System(tmp_path, environment) as system:
        yield system
    request.node.add_report_section("teardown", "logs", system.logs())


@contextmanager
def running_flower(environment: dict[str, str], directory: Path) -> Iterator[httpx.Client]:
    port = free_port()
    command = [sys.executable, "-m", "celery", "-A", "tasks", "flower", f"--port={port}"]
    needed = {
        "ENV_FILE": "", "STORAGE_DIR": str(directory / "storage"), "FLOWER_DB": str(directory / "flower" / "state"),
        "FLOWER_BASIC_AUTH": "operator:night-shift",
    }  # fmt: skip
    with (
        ChildProcess(command, environment={**os.environ, **needed, **environment}, output=directory / "flower.log"),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", auth=("operator", "night-shift"), timeout=30, trust_env=False
        ) as client,
    ):
        eventually(lambda: _answers(client, "/healthcheck"), "Flower answers", seconds=60)
        yield client


def _answers(client: httpx.Client, page: str) -> bool:
    try:
        return client.get(page).is_success
    except httpx.TransportError:
        return False


@pytest.mark.timeout(400)
def test_planted_secrets_are_found_only_sealed(
    secrets: dict[str, str],
    environment: dict[str, str],
    system: System,
    sql: psycopg.Connection,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    redis_url: str,
    standin: StandinClient,
    tmp_path: Path,
) -> None:
    # Given an account with a right password and one whose password the site refuses, both in plain SQL
    standin.set_accounts({"99X0001": RIGHT, "99X0002": "another"})
    insert_account(sql, "99X0002", password=WRONG)
    insert_account(sql, "99X0001", password=RIGHT, last_used="2026-01-01")
    insert_job(sql, document_number="5 300 001")
    insert_job(sql, document_number="5 000 404")  # a failure, with evidence
    search = Search(secrets)

    # When everything runs, watched by Flower
    with running_flower(environment, tmp_path) as flower:
        system.bridge()
        system.worker("w", concurrency=1)
        seen: set[tuple[str, bytes]] = set()

        def is_over() -> bool:
            seen.update((*arguments(), *browser_environments()))
            return statuses(sql) == {"Complété": 1, "Erreur": 1}

        eventually(is_over, "both rows are done", seconds=120)
        eventually(lambda: _answers(flower, "/api/workers?refresh=1"), "Flower knows the worker")
        for page in PAGES:
            search.look(f"Flower {page}", flower.get(page).raise_for_status().content)
        (worker,) = flower.get("/api/workers").json()
        search.look("Flower's page of the worker", flower.get(f"/worker/{worker}").raise_for_status().content)

    # Then both were tried at no row's cost, sealed, and nothing of them lies anywhere
    assert (len(standin.logins()), len(standin.refused_logins())) == (1, 1)
    failures = sql.execute("SELECT failure_count FROM worker_accounts ORDER BY username").fetchall()
    assert (failures, sql.execute("SELECT DISTINCT attemtps FROM extraction_queue").fetchall()) == (
        [(0,), (1,)],
        [(1,)],
    )
    stored: dict[str, str] = dict(sql.execute("SELECT username, password FROM worker_accounts").fetchall())
    opened = {name: Keyring(KEY).open(text) for name, text in stored.items()}
    assert opened == {"99X0001": SecretStr(RIGHT), "99X0002": SecretStr(WRONG)}
    with redis.Redis.from_url(redis_url) as client:
        for place, content in (*seen, *dump(sql), *redis_keys(client)):
            search.look(place, content)
    search.look_at_files(tmp_path)
    search.look("PostgreSQL's log", postgres.log.read_bytes())
    search.look("Valkey's log", valkey.log.read_bytes())
    assert search.found == []
    given = [content for place, content in seen if place == "environment of Chromium"]
    assert not any(OTHERS.encode() in content for content in given)

    # And the search looked where there was something to find
    assert list((tmp_path / "evidence").glob("login_refused-*/page.html"))
    assert any(b"chrom" in content.lower() for _, content in seen)
    assert given
    assert any(place == "environment of driver" for place, _ in seen)
    assert search.places > 40


def test_search_finds_what_is_there(sql: psycopg.Connection, tmp_path: Path, redis_url: str) -> None:
    """The guard of the guard: each place, with a password planted in it."""
    insert_account(sql, password=RIGHT)
    (tmp_path / "page.html").write_text(f"<input value='{html.escape(RIGHT)}'>")
    search = Search({"right password": RIGHT})
    with redis.Redis.from_url(redis_url) as client:
        client.rpush("index", f'{{"password": {json.dumps(RIGHT)}}}')
        for place, content in (*dump(sql), *redis_keys(client)):
            search.look(place, content)
    search.look_at_files(tmp_path)

    assert [place for _, place in search.found] == ["table worker_accounts", "Redis b'index'", "page.html"]
