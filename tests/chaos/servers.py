"""The servers of one chaos run, each behind a proxy, and the environment that leads processes to them."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis

from extractor.browser.finder import find_browser
from extractor.local.embedded_server import free_port
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.postgres.migrate import migrate
from extractor.standin.app import create_app
from tests.chaos.proxy import Proxies
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running
from tests.support.storage_server import running_storage

DATABASE = "chaos"
STORAGE_KEY = "sb_secret_chaos"


class Servers:
    """A context manager: PostgreSQL, Valkey, the stand-in and a storage server, with nothing in them yet.

    The suite speaks to the servers themselves, the processes under test through the proxies: the bridge has its own
    to Postgres and Valkey, so that a test can cut off the bridge or the workers alone.
    """

    def __init__(self) -> None:
        self._running = ExitStack()
        # Not pytest's: the unprivileged account of root's PostgreSQL must be able to enter.
        self.directory = Path(tempfile.mkdtemp(prefix="chaos-"))
        self.directory.chmod(0o711)
        self.storage_directory = self.directory / "storage"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._running.close()
        shutil.rmtree(self.directory)

    def _start(self) -> None:
        enter = self._running.enter_context
        self.postgres = enter(EmbeddedPostgres(self.directory / "postgres", fsync=False))
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        self.database_url = self.postgres.url.rpartition("/")[0] + f"/{DATABASE}"
        migrate(self.database_url)
        self.sql = enter(psycopg.connect(self.database_url, autocommit=True))
        # A fixed port, so that it comes back where its clients look for it.
        self.valkey = enter(EmbeddedValkey(self.directory / "valkey", port=free_port()))
        self.broker = redis.Redis.from_url(self.valkey.url)
        self._running.callback(self.broker.close)
        self.standin_url = enter(running(create_app()))
        self.standin = enter(StandinClient(self.standin_url))
        self.storage_url, self.storage = enter(running_storage(self.storage_directory, STORAGE_KEY))
        self.proxies = enter(Proxies())
        self.postgres_of_bridge = self.proxies.add(self.postgres.port, speaks_postgres=True)
        self.postgres_of_workers = self.proxies.add(self.postgres.port)
        self.valkey_of_bridge = self.proxies.add(self.valkey.port)
        self.valkey_of_workers = self.proxies.add(self.valkey.port)
        self.site = self.proxies.add(_port(self.standin_url))
        self.supabase = self.proxies.add(_port(self.storage_url))

    def of_workers(self) -> dict[str, str]:
        """The environment that leads a worker to the servers, through its proxies."""
        return {
            "DATABASE_URL": self._database(self.postgres_of_workers.port),
            "REDIS_URL": self._redis(self.valkey_of_workers.port),
            "REGISTRY_BASE_URL": f"http://127.0.0.1:{self.site.port}",
            "SUPABASE_URL": f"http://127.0.0.1:{self.supabase.port}",
            "SUPABASE_SERVICE_KEY": STORAGE_KEY,
            "BROWSER_EXECUTABLE": str(find_browser()),
        }

    def of_bridge(self) -> dict[str, str]:
        """The same for a bridge."""
        return {
            **self.of_workers(),
            "DATABASE_URL": self._database(self.postgres_of_bridge.port),
            "REDIS_URL": self._redis(self.valkey_of_bridge.port),
        }

    def restart_valkey(self) -> None:
        """Start a Valkey again that was killed."""
        self.valkey.stop()
        self.valkey.start()

    def _database(self, port: int) -> str:
        # Without TLS, so that a proxy can read the stream.
        url = self.database_url.replace(f":{self.postgres.port}/", f":{port}/")
        return f"{url}?sslmode=disable&gssencmode=disable"

    def _redis(self, port: int) -> str:
        return self.valkey.url.replace(f":{self.valkey.port}/", f":{port}/")


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
