"""Real servers for the tests: PostgreSQL and Valkey once per test process, a fresh database per test."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.postgres.database import Database
from extractor.postgres.migrate import migrate
from extractor.standin.app import create_app
from tests.support.databases import fresh_database, url_of
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running

TEMPLATE = "template_extractor"
LIBC_TEMPLATE = "template_extractor_libc"
# On Linux; a container may have 64 MB of it only.
MEMORY = Path("/dev/shm")
IN_MEMORY = "extractor-tests-"
# Bytes. The servers of one test process take a tenth of it, and a flood of writes some more.
ROOM = 2 * 2**30


def pytest_configure() -> None:
    """Restore the signals that `make test &` in a script ignores here, and so in every process that a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """A command that a test runs in this process sets logging up for the process; the next test has its own."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    for handler in set(root.handlers) - set(handlers):
        if not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    """A place that the unprivileged account of root's PostgreSQL can enter, as pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="extractor-tests-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def data_directory(server_directory: Path) -> Iterator[Path]:
    """Where the servers' data are: in memory if there is room.

    A fresh database is a thousand files. A disk's file system takes six times as long to make them.
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield server_directory
        return
    _sweep_memory()
    with tempfile.TemporaryDirectory(prefix=f"{IN_MEMORY}{os.getpid()}-", dir=MEMORY) as path:
        Path(path).chmod(0o711)
        yield Path(path)


@pytest.fixture(scope="session")
def postgres(data_directory: Path) -> Iterator[EmbeddedPostgres]:
    """PostgreSQL with a migrated template database."""
    with EmbeddedPostgres(data_directory / "postgres", fsync=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(url_of(server, TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def libc_template(postgres: EmbeddedPostgres) -> str:
    """A migrated template database whose locale is the C library's: any that this machine has in UTF-8."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        ((locale,),) = connection.execute(
            "SELECT min(collcollate) FROM pg_collation WHERE collprovider = 'c' AND collcollate ~* 'utf-?8$'"
        )
        connection.execute(f"CREATE DATABASE {LIBC_TEMPLATE} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE '{locale}'")
    migrate(url_of(postgres, LIBC_TEMPLATE))
    return LIBC_TEMPLATE


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of the test's own; by `tests.support.locales` once in each kind of locale."""
    is_libc = getattr(request, "param", None) == "libc"
    yield from fresh_database(postgres, request.getfixturevalue("libc_template") if is_libc else TEMPLATE)


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without any table."""
    yield from fresh_database(postgres, "template0")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The system's own access to `database_url`."""
    database = Database(database_url, max_connections=4)
    yield database
    database.close()


@pytest.fixture
def sql(database_url: str) -> Iterator[psycopg.Connection]:
    """A user's connection to `database_url`: plain SQL, each statement committed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def valkey(data_directory: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(data_directory / "valkey") as server:
        yield server


@pytest.fixture
def redis_url(valkey: EmbeddedValkey) -> Iterator[str]:
    """An empty broker."""
    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
        yield valkey.url
        client.flushall()


@pytest.fixture
def standin_url() -> Iterator[str]:
    """A stand-in site of the test's own."""
    with running(create_app()) as url:
        yield url


@pytest.fixture
def standin(standin_url: str) -> Iterator[StandinClient]:
    """Its ledger and its variants."""
    with StandinClient(standin_url) as client:
        yield client


def _sweep_memory() -> None:
    """Give back what test processes held in memory when they were killed."""
    for left in MEMORY.glob(f"{IN_MEMORY}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(IN_MEMORY).partition("-")[0])):
            shutil.rmtree(left, ignore_errors=True)  # another test process may sweep too
