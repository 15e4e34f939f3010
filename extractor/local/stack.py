"""The whole system as processes of this machine: embedded servers where none is named, then our own processes."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn, Self

import httpx

from extractor.browser.finder import ensure_browser
from extractor.environment import Variables
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import free_port
from extractor.local.errors import LocalError
from extractor.local.foreign_modules import refuse_foreign_modules
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.local.waiting import wait_until
from extractor.local.worker_login import worker_login
from extractor.postgres.database import connect
from extractor.postgres.migrate import migrate
from extractor.settings import DatabaseUrl, RedisUrl, Settings

API_PORT = 3000
FLOWER_PORT = 5555
# What a stop waits for a document that is paid at the stand-in; at the real site SHUTDOWN_GRACE_SECONDS rules.
STANDIN_GRACE_SECONDS = 15.0
START_SECONDS = 60.0
# Invented, of the registry's form; the stand-in takes any such code with this password.
STANDIN_ACCOUNTS = ("99X0001", "99X0002")
STANDIN_PASSWORD = "standin"  # noqa: S105 -- opens nothing but the stand-in


class Outside(Variables):
    """The parts that exist elsewhere, so that none is started here."""

    database_url: DatabaseUrl | None = None
    redis_url: RedisUrl | None = None
    registry_base_url: str | None = None
    supabase_url: str | None = None
    storage_dir: Path | None = None
    browser_executable: Path | None = None
    shutdown_grace_seconds: float = Settings.model_fields["shutdown_grace_seconds"].default


class Stack:
    """A context manager: everything runs inside the block and ends with it, however the block or the process ends."""

    def __init__(
        self,
        directory: Path,
        *,
        outside: Outside,
        sessions: int,
        say: Callable[[str, str], None],
        logs: Path | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._outside = outside
        self._sessions = sessions
        self._say = say
        self._logs = logs
        self._running = ExitStack()
        self.environment: dict[str, str] = {}
        self.dashboard_url = ""
        self.flower_url = ""
        self.database_url = ""
        """The address of the database for a person: with the rights of the tables' owner, which our processes lack."""

    @property
    def storage_directory(self) -> Path | None:
        """Where the documents go, unless Supabase Storage has them."""
        named = self.environment.get("STORAGE_DIR")
        return Path(named) if named else None

    def __enter__(self) -> Self:
        """Start everything. From now on SIGINT and SIGTERM end the block in order, also where `&` ignored SIGINT."""
        try:
            self._running.enter_context(_ending_the_block())
            self._start()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _start(self) -> None:
        if not self._outside.registry_base_url and (self._outside.database_url or self._outside.supabase_url):
            raise LocalError(
                "DATABASE_URL or SUPABASE_URL names your own project, and the registry would be the stand-in, whose"
                " documents are invented. Set REGISTRY_BASE_URL to the registry's site, or leave both out of .env."
            )
        refuse_foreign_modules()
        self._directory.mkdir(parents=True, exist_ok=True)
        browser = ensure_browser(self._outside.browser_executable)
        self._say("Browser", str(browser))
        self.database_url = self._database()
        self.environment = {
            **os.environ,
            "BROWSER_EXECUTABLE": str(browser),
            "SPOOL_DIR": str(self._directory / "spool"),
            "EVIDENCE_DIR": str(self._directory / "evidence"),
            "REDIS_URL": self._broker(),
        }
        if not self._outside.supabase_url:
            storage = self._outside.storage_dir or self._directory / "storage"
            self.environment["STORAGE_DIR"] = str(storage)
        self._say("Migrations", ", ".join(migrate(self.database_url)) or "up to date")
        self.environment["DATABASE_URL"] = self._process_database_url()
        self.environment["REGISTRY_BASE_URL"] = self._outside.registry_base_url or self._standin()
        self.environment["SHUTDOWN_GRACE_SECONDS"] = str(self._grace_seconds())
        bridge = self._launch("bridge", "-m", "celery", "-A", "tasks", "bridge")
        worker = self._launch(
            "worker", "-m", "celery", "-A", "tasks", "worker", f"--concurrency={self._sessions}",
            stop_seconds=self._grace_seconds() + 5,
        )  # fmt: skip
        self._say("Bridge, worker", f"{self._sessions} sessions")
        self._monitors()
        self._require(bridge, "The bridge")
        self._require(worker, "The worker")

    def _grace_seconds(self) -> float:
        return self._outside.shutdown_grace_seconds if self._outside.registry_base_url else STANDIN_GRACE_SECONDS

    def _database(self) -> str:
        if self._outside.database_url:
            self._say("PostgreSQL", "yours (DATABASE_URL)")
            return self._outside.database_url.get_secret_value()
        server = self._running.enter_context(EmbeddedPostgres(self._directory / "postgres"))
        self._say("PostgreSQL", f"127.0.0.1:{server.port}, data in {server.directory}")
        return server.url

    def _process_database_url(self) -> str:
        """Your DATABASE_URL as it is; on the embedded server a login with only the rights that our processes need."""
        return self.database_url if self._outside.database_url else worker_login(self.database_url)

    def _broker(self) -> str:
        if self._outside.redis_url:
            self._say("Redis", "yours (REDIS_URL)")
            return self._outside.redis_url.get_secret_value()
        server = self._running.enter_context(EmbeddedValkey(self._directory / "valkey"))
        self._say("Valkey", f"127.0.0.1:{server.port}")
        return server.url

    def _standin(self) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        ledger = self._directory / "standin-ledger.jsonl"
        child = self._launch("standin", "-m", "extractor.standin", "--port", str(port), "--ledger", str(ledger))
        self._wait_for(child, "The stand-in", f"{url}/Sirf/")
        self._seed_accounts()
        self._say("Registry", f"the stand-in, {url}/Sirf/")
        return url

    def _seed_accounts(self) -> None:
        """Give the stand-in's accounts to a database that has none; never touch one that has."""
        with connect(self.database_url) as connection:
            if connection.execute("SELECT FROM worker_accounts LIMIT 1").rowcount == 0:
                for username in STANDIN_ACCOUNTS:
                    connection.execute(
                        "INSERT INTO worker_accounts (username, password) VALUES (%s, %s)",
                        [username, STANDIN_PASSWORD],
                    )

    def _monitors(self) -> None:
        """Start Flower and the API at once: each takes seconds."""
        api, flower = _port(API_PORT), _port(FLOWER_PORT)
        self.dashboard_url, self.flower_url = f"http://127.0.0.1:{api}", f"http://127.0.0.1:{flower}"
        self.environment |= {
            "FLOWER_API_URL": self.dashboard_url,
            "FLOWER_DB": str(self._directory / "flower" / "state"),
        }
        children = (
            self._launch("api", "-m", "extractor", "api", "--host=127.0.0.1", f"--port={api}"),
            self._launch("flower", "-m", "celery", "-A", "tasks", "flower", "--address=127.0.0.1", f"--port={flower}"),
        )
        self._wait_for(children[0], "The API", self.dashboard_url)
        self._say("Dashboard, API", f"{self.dashboard_url}, {self.dashboard_url}/docs")
        self._wait_for(children[1], "Flower", self.flower_url)
        self._say("Flower", self.flower_url)

    def _launch(
        self,
        name: str,
        *arguments: str,
        stop_seconds: float = 10.0,
    ) -> ChildProcess:
        child = ChildProcess(
            [sys.executable, *arguments],
            environment=self.environment,
            death_signal=signal.SIGKILL,  # its servers die with this process, so it has nothing left to finish
            output=self._logs / f"{name}.log" if self._logs else None,
            stop_timeout=stop_seconds,
        )
        return self._running.enter_context(child)

    def _wait_for(self, child: ChildProcess, what: str, url: str) -> None:
        wait_until(
            lambda: not child.is_running or _answers(url), what=f"{what} answers at {url}", seconds=START_SECONDS
        )
        self._require(child, what)

    def _require(self, child: ChildProcess, what: str) -> None:
        """Raise LocalError when the part has ended; its own output says what it lacks."""
        if not child.is_running:
            said = f"see {self._logs}" if self._logs else "it said why above"
            raise LocalError(f"{what} ended at its start, with exit code {child.returncode}: {said}.")


@contextmanager
def _ending_the_block() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt and SIGTERM raise SystemExit; without it SIGTERM would kill what is paid."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, _exit),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.TransportError:
        return False


def _port(usual: int) -> int:
    """The usual port, or a free one where that is taken."""
    with socket.socket() as probe:
        return free_port() if probe.connect_ex(("127.0.0.1", usual)) == 0 else usual
