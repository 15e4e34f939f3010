"""What the embedded servers of postgres.py and valkey.py share: lock, leftovers, start, readiness, stop."""

from __future__ import annotations

import abc
import contextlib
import signal
import socket
import time
from pathlib import Path
from typing import ClassVar, Self

from extractor.local import errors
from extractor.local.child_process import ChildProcess
from extractor.local.home import ServerHome
from extractor.local.os_user import OsUser

# Seconds between two looks at a starting server.
READY_INTERVAL = 0.02

# A port found free may be taken before the server binds it; another one is then tried.
PORT_ATTEMPTS = 3

LOG_TAIL_LINES = 15


class EmbeddedServer(abc.ABC):
    """A server on 127.0.0.1 with its data in `directory`, alive while the context lasts.

    It stops when this process dies, also by SIGKILL; the data stays for the next start.
    `port` is the one to use; without it `usual_port` is used while it is free, and else any free one.
    `start_timeout` is in seconds.
    """

    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]]  # process names, by which leftovers are known; the server's first
    stop_signal: ClassVar[signal.Signals]

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        usual_port: int | None = None,
        user: OsUser | None = None,
        start_timeout: float = 60.0,
    ) -> None:
        self._fixed_port = port
        self._usual_port = usual_port
        self._port: int | None = port
        self._user = user
        self._start_timeout = start_timeout
        self._home = ServerHome(directory, user)
        self._process: ChildProcess | None = None

    @property
    @abc.abstractmethod
    def url(self) -> str:
        """The address to connect to, password included."""

    @property
    def directory(self) -> Path:
        """Where the data, the password and the log really lie."""
        return self._home.path

    @property
    def log(self) -> Path:
        """The file with what the server printed since its last start."""
        return self.directory / f"{self.programs[0]}.log"

    @property
    def port(self) -> int:
        if self._port is None:
            raise errors.ServerStartError(f"{self.name} has no port before it is started.")
        return self._port

    @property
    def pid(self) -> int:
        if self._process is None:
            raise errors.ServerStartError(f"{self.name} is not running.")
        return self._process.pid

    def start(self) -> Self:
        """Start the server and return once a client can work with it."""
        self._home.lock()
        try:
            self._home.end_leftovers(self.programs, self.stop_signal)
            self._prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server; tolerates a second call, or none to start."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._home.unlock()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abc.abstractmethod
    def _prepare(self) -> None:
        """Make the data directory fit for a start."""

    @abc.abstractmethod
    def _child(self) -> ChildProcess:
        """Describe the server's process, on `self.port`."""

    @abc.abstractmethod
    def _answers(self) -> bool:
        """Whether a client is served; an error when none ever will be."""

    def _launch(self) -> None:
        for attempts_left in reversed(range(PORT_ATTEMPTS)):
            self._port = self._fixed_port or port_like(self._usual_port)
            self._process = self._child().start()
            try:
                self._wait_until_ready(self._process)
            except errors.ServerStartError:
                lost_its_port = not self._process.is_running and "address already in use" in self._tail().lower()
                if self._fixed_port or not lost_its_port or not attempts_left:
                    raise
            else:
                return

    def _wait_until_ready(self, process: ChildProcess) -> None:
        deadline = time.monotonic() + self._start_timeout
        while not self._answers():
            if not process.is_running:
                raise self._failure(f"ended with exit code {process.returncode} while starting")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready within {self._start_timeout:g} s")
            time.sleep(READY_INTERVAL)

    def _failure(self, what: str) -> errors.ServerStartError:
        return errors.ServerStartError(f"{self.name} {what}. End of {self.log}:\n{self._tail()}")

    def _tail(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        return ""


def port_like(usual: int | None) -> int:
    """Return the usual port of 127.0.0.1 if it is free at this moment, else another free one."""
    return usual if usual and _is_free(usual) else free_port()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    # At ::1 too: a browser may take `localhost` for it.
    for host in ("127.0.0.1", "::1"):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: an ended connection blocks none
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
