"""Servers that cannot carry the queues are refused before the start, by the doctor too; each in a sentence."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from extractor.doctor.check import State
from extractor.local.postgres import EmbeddedPostgres
from extractor.local.valkey import EmbeddedValkey
from tests.integration.broker.conftest import celery, doctor, start_refusal
from tests.support.raw_server import refusing_port
from tests.support.tls import Authority, tls_before
from tests.support.valkeys import old_redis, running_valkey

Start = Callable[..., str]


@pytest.fixture
def started() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def refused(with_broker: Callable[..., None], url: str) -> str:
    """The sentence before the start, which is the doctor's too."""
    with_broker(url)
    sentence, verdict = start_refusal(), doctor()
    assert verdict.state is State.PROBLEM
    assert verdict.text == sentence
    return sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param(
            ["--cluster-enabled", "yes"],
            "REDIS_URL names a Redis Cluster, on which Celery's queues do not work: no row would be sent.",
            marks=pytest.mark.supported("a Redis Cluster"),
        ),
        pytest.param(
            ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
            "The broker drops messages when its memory is full (maxmemory-policy is allkeys-lru): ",
            marks=pytest.mark.supported("`maxmemory` with a policy other than `noeviction`"),
        ),
        pytest.param(
            ["--maxmemory", "100mb", "--maxmemory-policy", "volatile-ttl", "--rename-command", "CONFIG", ""],
            "The broker drops messages when its memory is full (maxmemory-policy is volatile-ttl): ",
            marks=pytest.mark.supported("`maxmemory` with a policy other than `noeviction`"),
        ),
        pytest.param(
            ["--replicaof", "127.0.0.1 1"],
            "REDIS_URL names a replica, which takes no messages: no row would be sent. "
            "Name its primary, which it says is 127.0.0.1:1.",
            marks=pytest.mark.supported("a replica"),
        ),
        pytest.param(
            ["--sentinel"],
            "REDIS_URL names a Sentinel, which keeps no messages: no row would be sent.",
            marks=pytest.mark.supported("a Sentinel"),
        ),
    ],
)
def test_valkey_in_another_mode_is_refused(
    with_broker: Callable[..., None], tmp_path: Path, options: list[str], sentence: str
) -> None:
    with running_valkey(tmp_path / "valkey", *options) as port:
        assert refused(with_broker, f"redis://127.0.0.1:{port}/0").startswith(sentence)


@pytest.mark.supported("`maxmemory` with a policy other than `noeviction`")
@pytest.mark.parametrize("command", ["worker", "bridge", "flower"])
def test_command_ends_with_the_sentence(with_broker: Callable[..., None], tmp_path: Path, command: str) -> None:
    with running_valkey(tmp_path / "valkey", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru") as port:
        with_broker(f"redis://127.0.0.1:{port}/0")
        done = celery(command)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{command}: The broker drops messages when its memory is full")


@pytest.mark.supported("an eviction policy without `maxmemory`")
def test_policy_that_evicts_nothing_yet_is_a_warning(with_broker: Callable[..., None], tmp_path: Path) -> None:
    with running_valkey(tmp_path / "valkey", "--maxmemory-policy", "volatile-lru") as port:
        with_broker(f"redis://127.0.0.1:{port}/0")
        assert start_refusal() == ""
        assert doctor().state is State.WARNING


@pytest.mark.supported("a Redis older than 6.2")
@pytest.mark.parametrize(("version", "said"), [("5.0.14", "older than 6"), ("6.0.16", "6.0.16")])
def test_old_redis_is_refused(with_broker: Callable[..., None], version: str, said: str) -> None:
    with old_redis(version) as port:
        sentence = refused(with_broker, f"redis://127.0.0.1:{port}/0")
    assert sentence.startswith(f"The broker is Redis {said}, and Celery's queues need 6.2: no row would be sent.")


@pytest.mark.supported("a wrong password, or none")
@pytest.mark.parametrize("login", ["", ":another@", "nobody:{password}@"])
def test_wrong_login_is_refused(with_broker: Callable[..., None], valkey: EmbeddedValkey, login: str) -> None:
    login = login.format(password=urlsplit(valkey.url).password)
    sentence = refused(with_broker, f"redis://{login}127.0.0.1:{valkey.port}/0")
    assert sentence.startswith(f"The broker at 127.0.0.1:{valkey.port} refuses the user or the password of REDIS_URL")
    assert str(urlsplit(valkey.url).password) not in sentence


@pytest.mark.supported("a number of a database that the server does not have")
def test_wrong_number_of_a_database_is_refused(with_broker: Callable[..., None], valkey: EmbeddedValkey) -> None:
    sentence = refused(with_broker, valkey.url.removesuffix("/0") + "/99")
    assert sentence.startswith("The broker has no database 99: no row would be sent.")


@contextmanager
def web_server() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, name="web-server").start()
        yield server.server_port
        server.shutdown()


class Silent(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:  # nothing on the test's screen
        pass


@pytest.mark.supported("another server on the port of the broker")
@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_web_server_and_postgres_are_named(
    with_broker: Callable[..., None], postgres: EmbeddedPostgres, scheme: str
) -> None:
    with web_server() as port:
        sentence = refused(with_broker, f"{scheme}://127.0.0.1:{port}/0")
    assert sentence.startswith(f"A web server answers at 127.0.0.1:{port}, and no Redis. No row would be sent.")
    sentence = refused(with_broker, f"{scheme}://127.0.0.1:{postgres.port}/0")
    assert sentence.startswith(f"PostgreSQL answers at 127.0.0.1:{postgres.port}, and no Redis. No row would be sent.")


@pytest.mark.supported("`redis://` where the server wants TLS, and the reverse")
def test_tls_on_one_side_alone_is_named(
    with_broker: Callable[..., None], valkey: EmbeddedValkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractor.broker.server.TIMEOUT_SECONDS", 0.5)  # Valkey waits for more of the handshake
    sentence = refused(with_broker, valkey.url.replace("redis://", "rediss://"))
    assert sentence.startswith(f"The broker at 127.0.0.1:{valkey.port} speaks no TLS: write redis:// there.")
    with tls_before(valkey.port, Authority(tmp_path).certificate("127.0.0.1")) as port:
        sentence = refused(with_broker, f"redis://127.0.0.1:{port}/0")
    assert sentence.startswith(f"The server at 127.0.0.1:{port} wants TLS: write rediss:// there.")


@pytest.mark.supported("a broker that is away")
def test_broker_that_is_away_is_waited_for(with_broker: Callable[..., None]) -> None:
    with_broker(f"redis://127.0.0.1:{refusing_port()}/0")

    assert start_refusal() == ""
    verdict = doctor()
    assert verdict.state is State.PROBLEM
    assert "Connection refused. Correct REDIS_URL, or start the server." in verdict.text
