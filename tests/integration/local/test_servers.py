"""What both embedded servers promise: they keep data, ask for a password, and leave nothing behind."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from extractor.local import errors
from extractor.local.embedded_server import EmbeddedServer, free_port
from extractor.local.os_user import OsUser
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from extractor.local.waiting import wait_until
from tests.integration.local.parents import python_for, running_parent, said
from tests.support import processes

pytestmark = pytest.mark.parametrize("kind", ["postgres", "valkey"])

# Arguments: module, class, directory; for another user also uid, gid and the Python that guards it.
PARENT = """
import email.parser, encodings.idna, importlib, os, pathlib, sys, threading
module, name, directory, *other = sys.argv[1:]
kind = getattr(importlib.import_module(module), name)
if other:  # after the imports (redis makes two late ones): the user may not reach our Python
    os.setgroups([])
    os.setgid(int(other[1]))
    os.setuid(int(other[0]))
    sys.executable = other[2]
server = kind(pathlib.Path(directory)).start()
print(server.pid, server.url, flush=True)
threading.Event().wait()
"""

PLACES = {
    "postgres": ("extractor.local.postgres", "EmbeddedPostgres"),
    "valkey": ("extractor.local.valkey", "EmbeddedValkey"),
}


def make(kind: str, directory: Path, port: int | None = None, usual_port: int | None = None) -> EmbeddedServer:
    if kind == "postgres":
        return EmbeddedPostgres(directory / kind, port, usual_port=usual_port, fsync=False)
    return EmbeddedValkey(directory / kind, port, usual_port=usual_port)


def write(url: str) -> None:
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'word' AS content")
    else:
        with redis.Redis.from_url(url) as client:
            client.set("kept", "word")
            # The server does not promise the last second, so wait until the data is on disk.
            client.execute_command("WAITAOF", 1, 0, 5000)


def read(url: str) -> object:
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT content FROM kept").fetchone()
            return row and row[0]
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return client.get("kept")


def kill(process: psutil.Process) -> None:
    for member in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # it ended with its parent
            member.kill()


def test_data_survives_a_stop(kind: str, directory: Path) -> None:
    server = make(kind, directory)
    with server:
        write(server.url)
        process = psutil.Process(server.pid)
    assert processes.all_gone([process])
    with server:
        assert read(server.url) == "word"


def test_data_survives_a_kill_of_the_server(kind: str, directory: Path) -> None:
    with make(kind, directory) as server:
        write(server.url)
        kill(psutil.Process(server.pid))
    with make(kind, directory) as server:
        assert read(server.url) == "word"


def test_the_server_dies_with_its_parent_and_starts_again_at_once(kind: str, directory: Path) -> None:
    with running_parent(PARENT, *PLACES[kind], directory / kind) as parent:
        pid, url = said(parent).split()
        server = psutil.Process(int(pid))
        write(url)
        parent.kill()
        parent.wait()
        # Without a wait, so that the next start meets the end of the last server.
        with make(kind, directory) as successor:
            assert processes.all_gone([server])
            assert read(successor.url) == "word"


def test_nothing_is_left_of_a_killed_parent(kind: str, directory: Path) -> None:
    with running_parent(PARENT, *PLACES[kind], directory / kind) as parent:
        server = psutil.Process(int(said(parent).split()[0]))
        family = [server, *server.children(recursive=True)]
        parent.kill()
        wait_until(lambda: processes.all_gone(family), what="its processes end", seconds=20)


def test_a_server_that_outlived_its_parent_is_ended(kind: str, directory: Path) -> None:
    # Given a server without a supervisor, because the supervisor's lock is gone
    orphaned = make(kind, directory).start()
    process = psutil.Process(orphaned.pid)
    orphaned._home.unlock()
    # When the directory's next owner starts, then the old server goes first
    with make(kind, directory) as successor:
        assert processes.all_gone([process])
        assert successor.pid != process.pid
    orphaned.stop()


def test_the_directory_has_one_server(kind: str, directory: Path) -> None:
    with make(kind, directory), pytest.raises(errors.DirectoryInUseError, match=f"Process {os.getpid()} "):
        make(kind, directory).start()


def test_stop_may_be_called_twice_and_before_start(kind: str, directory: Path) -> None:
    server = make(kind, directory)
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_the_password_is_asked_for(kind: str, directory: Path) -> None:
    with make(kind, directory) as server:
        password = (server.directory / "password").read_text()
        for guess in ("", "wrong"):
            with pytest.raises((psycopg.OperationalError, redis.AuthenticationError)):
                read(server.url.replace(f":{password}@", f":{guess}@"))


def test_the_password_is_read_by_its_owner_only(kind: str, directory: Path) -> None:
    with make(kind, directory) as server:
        password = (server.directory / "password").read_text()
        private = [path for path in server.directory.iterdir() if path.is_file() and password in path.read_text()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
        assert not any(password in word for word in psutil.Process(server.pid).cmdline())


def test_a_taken_port_is_reported_with_the_servers_own_words(kind: str, directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = make(kind, directory, taken.getsockname()[1])
        with pytest.raises(errors.ServerStartError, match=r"(?s)while starting.*Address already in use"):
            server.start()


def test_another_port_is_tried_when_the_free_one_was_taken(
    kind: str, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        ports = [taken.getsockname()[1], free.getsockname()[1]]
        free.close()
        monkeypatch.setattr("extractor.local.embedded_server.free_port", iter(ports).__next__)
        with make(kind, directory) as server:
            assert server.port == ports[1]


def test_a_usual_port_is_kept_while_it_is_free(kind: str, directory: Path) -> None:
    usual = free_port()
    server = make(kind, directory, usual_port=usual)
    with server:
        assert server.port == usual
        write(server.url)
    with server:  # its port had connections a moment ago
        assert server.port == usual
        assert read(server.url) == "word"

    with socket.create_server(("127.0.0.1", usual)), server:
        assert server.port != usual


def test_an_ordinary_user_can_run_it(kind: str, directory: Path, nobody: OsUser) -> None:
    os.chown(directory, *nobody)
    place = (*PLACES[kind], directory / kind)
    with running_parent(PARENT, *place, *nobody, python_for(nobody)) as parent:
        pid, url = said(parent).split()
        assert psutil.Process(int(pid)).uids().effective == nobody.uid
        write(url)
        assert read(url) == "word"


@pytest.fixture(autouse=True)
def no_server_is_left(directory: Path) -> Iterator[None]:
    """After each test, nothing runs in its directory."""
    yield
    wait_until(lambda: not _running_in(directory), what="nothing runs in the directory", seconds=20)


def _running_in(directory: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["cwd"]) if str(directory) in (process.info["cwd"] or "")]
