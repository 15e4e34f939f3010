"""The whole system as processes of this machine: embedded servers where none is named, then our own processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import httpx
import psycopg

from extractor.browser.finder import ensure_browser
from extractor.local import env_file
from extractor.local.accounts import accounts_key, seed_accounts
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import port_like
from extractor.local.ending import answer_further_signals, ending_the_block
from extractor.local.errors import LocalError
from extractor.local.foreign_modules import refuse_foreign_modules
from extractor.local.log_lines import last_words
from extractor.local.outside import Outside
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.local.waiting import wait_until
from extractor.local.worker_login import worker_login
from extractor.postgres.migrate import migrate
from extractor.postgres.reasons import explain

# The two that everybody knows; the others are easy to recognise, and leave a server of your own its port.
DASHBOARD_PORT = 3000
FLOWER_PORT = 5555
STANDIN_PORT = 8900
POSTGRES_PORT = 15432
VALKEY_PORT = 16379
IN_ORDER = ("Dashboard", "API", "Flower", "PostgreSQL", "Valkey", "Redis", "Stand-in", "Registry")
# What a stop waits for a document that is paid at the stand-in; at the real site SHUTDOWN_GRACE_SECONDS rules.
STANDIN_GRACE_SECONDS = 15.0
START_SECONDS = 60.0


class Stack:
    """A context manager: everything runs inside the block and ends with it, however the block or the process ends.

    Each part writes into a log of its own in `logs`. `say` gets one line for each step of the start and of the stop.
    With `usual_ports` each server takes its usual port while that is free, so that addresses stay from start to start.
    """

    def __init__(
        self,
        directory: Path,
        *,
        outside: Outside,
        sessions: int,
        say: Callable[[str, str], None],
        usual_ports: bool = False,
    ) -> None:
        self._directory = directory.absolute()
        self._outside = outside
        self._sessions = sessions
        self._say = say
        self._usual_ports = usual_ports
        self._running = ExitStack()
        self._children: dict[str, ChildProcess] = {}
        self._values = dict(outside.values)
        self._environment = dict(os.environ)
        self.logs = self._directory / "logs"
        self.env_file = self._directory / "env"
        """The settings for the commands of another terminal; `DATABASE_URL` has the rights of the tables' owner."""
        self._addresses: dict[str, str] = {}

    @property
    def database_url(self) -> str:
        """The address of the database for a person: with the rights of the tables' owner, which our processes lack."""
        return self._values["DATABASE_URL"]

    @property
    def storage_directory(self) -> Path | None:
        """Where the documents go, unless Supabase Storage has them."""
        named = self._values.get("STORAGE_DIR")
        return Path(named) if named else None

    @property
    def is_billed(self) -> bool:
        """Whether the site is one that bills, and not the stand-in."""
        return "REGISTRY_BASE_URL" in self._outside.values

    @property
    def addresses(self) -> dict[str, str]:
        """What a person may want to open, the likeliest first; with a note where a usual port is taken."""
        return {name: self._addresses[name] for name in IN_ORDER if name in self._addresses}

    def require_everything(self) -> None:
        """Raise LocalError when a part has ended by itself; its log says why."""
        for name in self._children:
            self._require(name)

    def __enter__(self) -> Self:
        """Start everything. From now on SIGINT, SIGTERM and SIGHUP end the block in order."""
        try:
            self._running.enter_context(ending_the_block())
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        answer_further_signals(lambda: self._say_while_stopping("Still stopping"))
        if self._children:
            self._say_while_stopping("Stopping")
        self._running.close()

    def _say_while_stopping(self, what: str) -> None:
        seconds = f"{self._grace_seconds():g} s at most"
        with suppress(OSError):  # the terminal may be closed, and what is paid must be fetched all the same
            self._say(what, f"what is paid is fetched first ({seconds}); other rows go back to En attente")

    def _start(self) -> None:
        refuse_foreign_modules()
        self._make_directory()
        browser = ensure_browser(
            self._outside.settings.browser_executable,
            before_install=lambda: self._say("Browser", "none is here: installing one, which takes some minutes"),
        )
        self._say("Browser", str(browser))
        # From now on `_values` is what every command needs; the parts add their own addresses.
        self._values |= {
            "BROWSER_EXECUTABLE": str(browser),
            "SPOOL_DIR": str(self._place("SPOOL_DIR")),
            "EVIDENCE_DIR": str(self._place("EVIDENCE_DIR")),
            "DATABASE_URL": self._database(),
            "REDIS_URL": self._broker(),
            "SHUTDOWN_GRACE_SECONDS": f"{self._grace_seconds():g}",
        }
        if "SUPABASE_URL" not in self._values:
            self._values["STORAGE_DIR"] = str(self._place("STORAGE_DIR", "storage"))
        self._migrate()
        self._values["REGISTRY_BASE_URL"] = self._registry()
        self._processes()

    def _make_directory(self) -> None:
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(
                f"{self.logs} cannot be made ({error.strerror}): choose another place with --directory."
            ) from error

    def _place(self, name: str, own: str | None = None) -> Path:
        """The directory that is named, and beside your own database the one of every other command; else our own."""
        if name in self._outside.values or (own is None and self._has_own_database):
            named: Path = getattr(self._outside.settings, name.lower())
            return named.absolute()
        return self._directory / (own or name.removesuffix("_DIR").lower())

    @property
    def _has_own_database(self) -> bool:
        return "DATABASE_URL" in self._outside.values

    def _grace_seconds(self) -> float:
        return self._outside.settings.shutdown_grace_seconds if self.is_billed else STANDIN_GRACE_SECONDS

    def _database(self) -> str:
        if self._has_own_database:
            self._say("PostgreSQL", "yours (DATABASE_URL)")
            self._addresses["PostgreSQL"] = "yours (DATABASE_URL)"  # the address holds its password
            return self._outside.values["DATABASE_URL"]
        server = self._running.enter_context(
            EmbeddedPostgres(self._directory / "postgres", usual_port=self._usual(POSTGRES_PORT))
        )
        self._say("PostgreSQL", f"data in {server.directory}")
        self._note("PostgreSQL", server.url, server.port, POSTGRES_PORT)
        self._values["ACCOUNTS_KEY"] = accounts_key(
            self._directory / "accounts-key", self._outside.values.get("ACCOUNTS_KEY")
        )
        return server.url

    def _broker(self) -> str:
        if "REDIS_URL" in self._outside.values:
            self._outside.require_broker()
            self._say("Redis", "yours (REDIS_URL)")
            self._addresses["Redis"] = "yours (REDIS_URL)"
            return self._outside.values["REDIS_URL"]
        server = self._running.enter_context(
            EmbeddedValkey(self._directory / "valkey", usual_port=self._usual(VALKEY_PORT))
        )
        self._say("Valkey", f"data in {server.directory}")
        self._note("Valkey", server.url, server.port, VALKEY_PORT)
        return server.url

    def _migrate(self) -> None:
        try:
            applied = migrate(
                self.database_url,
                language=self._outside.settings.language,
                on_notice=lambda notice: self._say("Migrations", notice),
            )
        except psycopg.Error as error:
            raise LocalError(explain(error, self.database_url)) from error
        self._say("Migrations", ", ".join(applied) or "up to date")

    def _registry(self) -> str:
        if not self.is_billed:
            return self._standin()
        self._addresses["Registry"] = self._outside.settings.registry_base_url
        return self._outside.settings.registry_base_url

    def _standin(self) -> str:
        port = port_like(self._usual(STANDIN_PORT))
        url = f"http://127.0.0.1:{port}"
        ledger = self._directory / "standin-ledger.jsonl"
        self._launch("standin", "-m", "extractor.standin", "--port", str(port), "--ledger", str(ledger))
        self._wait_for("standin", f"{url}/Sirf/")
        seed_accounts(self.database_url, self._values["ACCOUNTS_KEY"])
        self._say("Registry", "the stand-in, which invents the documents: nothing is bought")
        self._note("Stand-in", f"{url}/Sirf/", port, STANDIN_PORT)
        return url

    def _processes(self) -> None:
        """Start our own processes at once, because each takes seconds; return when all of them have begun."""
        api, flower = port_like(self._usual(DASHBOARD_PORT)), port_like(self._usual(FLOWER_PORT))
        dashboard_url, flower_url = f"http://127.0.0.1:{api}", f"http://127.0.0.1:{flower}"
        self._values["FLOWER_API_URL"] = dashboard_url
        env_file.write(self.env_file, self._values)
        self._environment = self._child_environment()
        self._launch("bridge", "-m", "celery", "-A", "tasks", "bridge")
        # A name of its own: a worker that you start beside it has the default.
        worker = ("worker", f"--concurrency={self._sessions}", "--hostname=local@%h")
        self._launch("worker", "-m", "celery", "-A", "tasks", *worker, stop_seconds=self._grace_seconds() + 5)
        self._launch("api", "-m", "extractor", "api", "--host=127.0.0.1", f"--port={api}")
        self._launch("flower", "-m", "celery", "-A", "tasks", "flower", "--address=127.0.0.1", f"--port={flower}")
        self._say("Bridge, worker", f"{self._sessions} sessions")
        self._wait_for("api", dashboard_url)
        self._wait_for("flower", flower_url)
        self._note("Dashboard", dashboard_url, api, DASHBOARD_PORT)
        self._addresses["API"] = f"{dashboard_url}/docs"
        self._note("Flower", flower_url, flower, FLOWER_PORT)
        self.require_everything()

    def _usual(self, port: int) -> int | None:
        return port if self._usual_ports else None

    def _note(self, name: str, address: str, port: int, usual: int) -> None:
        is_other = self._usual_ports and port != usual
        self._addresses[name] = f"{address} ({usual} is taken)" if is_other else address

    def _launch(self, name: str, *arguments: str, stop_seconds: float = 10.0) -> None:
        self._children[name] = self._running.enter_context(
            ChildProcess(
                [sys.executable, *arguments],
                environment=self._environment,
                death_signal=signal.SIGKILL,  # its servers die with this process, so it has nothing left to finish
                output=self.logs / f"{name}.log",
                stop_timeout=stop_seconds,
            )
        )

    def _child_environment(self) -> dict[str, str]:
        """What our processes get beside the file of settings: lines that can be read, and fewer rights than a person.

        On an embedded server that is a login of their own. Your DATABASE_URL stays as it is.
        """
        login = {} if self._has_own_database else {"DATABASE_URL": worker_login(self.database_url)}
        flower = {"FLOWER_DB": str(self._directory / "flower" / "state")}
        return {**os.environ, "ENV_FILE": str(self.env_file), "LOG_FORMAT": "json", **flower, **login}

    def _wait_for(self, name: str, url: str) -> None:
        child = self._children[name]
        wait_until(
            lambda: not child.is_running or _answers(url), what=f"{name} answers at {url}", seconds=START_SECONDS
        )
        self._require(name)

    def _require(self, name: str) -> None:
        child = self._children[name]
        if not child.is_running:
            log = self.logs / f"{name}.log"
            raise LocalError(
                f"The part `{name}` has ended by itself, with exit code {child.returncode}, so everything is stopped."
                f" Its last lines, from {log}:\n{last_words(log)}"
            )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.TransportError:
        return False
