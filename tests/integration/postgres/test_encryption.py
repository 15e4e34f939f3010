"""A password crosses no open network in plain text; Postgres with and without TLS, on loopback under other names.

`hostaddr` lets a URL name any host and reach this machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from extractor.doctor.check import State
from extractor.doctor.database_checks import examine_server
from extractor.local.postgres import EmbeddedPostgres
from extractor.postgres.database import Database, connect
from extractor.postgres.encryption import is_local
from extractor.postgres.reasons import explain
from extractor.settings import Settings
from tests.support.certificate import NAME as FOREIGN
from tests.support.pgbouncer import pgbouncer


@pytest.fixture(scope="module")
def encrypted(postgres: EmbeddedPostgres, server_directory: Path) -> Iterator[str]:
    """The address of a PgBouncer that offers TLS: the wheel's PostgreSQL is built without it."""
    with pgbouncer(postgres.url, server_directory / "encrypted", tls="allow") as urls:
        yield urls["session"]


def under(url: str, host: str, *parameters: str) -> str:
    """The same server under another name."""
    return url.replace("@127.0.0.1:", f"@{host}:") + "?" + "&".join(("hostaddr=127.0.0.1", *parameters))


@pytest.mark.supported("A server with TLS, at any address")
def test_line_to_a_foreign_host_is_encrypted_by_whatever_it_is_opened(encrypted: str) -> None:
    url = under(encrypted, FOREIGN)

    with connect(url) as connection:
        assert connection.pgconn.ssl_in_use
    database = Database(url)
    with database.statement() as pooled:
        assert pooled.pgconn.ssl_in_use
    database.close()


@pytest.mark.supported("A server without TLS, at a host that is not local")
def test_foreign_host_without_tls_gets_no_password_and_is_explained(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = under(postgres.url, FOREIGN)

    with pytest.raises(psycopg.OperationalError) as refused:
        connect(url)
    with connect(f"{url}&sslmode=prefer") as by_url:
        assert not by_url.pgconn.ssl_in_use
    monkeypatch.setenv("PGSSLMODE", "disable")
    with connect(url) as by_environment:
        assert not by_environment.pgconn.ssl_in_use

    assert explain(refused.value, url).startswith(
        f"The server {FOREIGN} offers no encryption, and the password must not"
    )


@pytest.mark.supported("A server without TLS, local or in a private network")
@pytest.mark.parametrize("host", ["127.0.0.1", "db", "postgres.default.svc.cluster.local", "192.168.1.5"])
def test_private_host_needs_no_tls(postgres: EmbeddedPostgres, host: str) -> None:
    with connect(under(postgres.url, host)) as connection:
        assert not connection.pgconn.ssl_in_use


@pytest.mark.supported("`sslmode=verify-full` with the certificate of the server's authority")
def test_certificate_is_verified_when_it_is_asked_for(encrypted: str, server_directory: Path) -> None:
    authority = server_directory / "encrypted/server.crt"
    right = under(encrypted, FOREIGN, "sslmode=verify-full", f"sslrootcert={authority}")
    wrong_name = right.replace(FOREIGN, "other.example.org")
    no_authority = right.replace(str(authority), f"{authority}.missing")

    with connect(right) as connection:
        assert connection.pgconn.ssl_in_use
    for url in (wrong_name, no_authority):
        with pytest.raises(psycopg.OperationalError) as refused:
            connect(url)
        assert " cannot be verified: download the certificate of its authority" in explain(refused.value, url)


@pytest.mark.supported("A server that takes encrypted connections only")
def test_server_that_wants_tls_is_explained(postgres: EmbeddedPostgres, server_directory: Path) -> None:
    with pgbouncer(postgres.url, server_directory / "demanding", tls="require") as urls:
        url = under(urls["session"], FOREIGN, "sslmode=disable")
        with pytest.raises(psycopg.OperationalError) as refused:
            connect(url)
        connect(under(urls["session"], FOREIGN)).close()

    assert explain(refused.value, url).startswith(f"The server {FOREIGN} takes encrypted connections only: ")


@pytest.mark.supported("`sslmode=disable` or `prefer`, so that the line is plain")
def test_doctor_warns_of_a_plain_line_to_a_foreign_host(
    settings: Settings, postgres: EmbeddedPostgres, encrypted: str
) -> None:
    def verdict(url: str) -> tuple[State, str]:
        found = examine_server(
            Settings(_env_file=None, **settings.model_dump(exclude={"database_url"}), database_url=url)
        )
        return found.state, found.text

    plain = verdict(under(postgres.url, FOREIGN, "sslmode=prefer"))
    local = verdict(postgres.url)
    safe = verdict(under(encrypted, FOREIGN))

    assert plain[0] is State.WARNING
    assert f". The line to {FOREIGN} is not encrypted, so the password and every row can be read on the way" in plain[1]
    assert local[0] is safe[0] is State.OK


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True), ("/var/run/postgresql", True), ("@abstract", True), ("localhost", True), ("LOCALHOST.", True),
        ("db", True), ("host.docker.internal", True), ("db.prod.svc", True), ("nas.local", True),
        ("::1", True), ("[fd00::1]", True), ("fe80::1%eth0", True), ("10.1.2.3", True), ("172.31.0.1", True),
        ("::ffff:10.1.2.3", True), ("172.32.0.1", False), ("8.8.8.8", False), ("2600:1f1c::1", False),
        ("::ffff:8.8.8.8", False), ("db.abc.supabase.co", False), ("localhost.example.org", False),
        ("internal.example.org", False), ("203.0.113.7", False), ("100.64.0.1", False),
    ],
)  # fmt: skip
def test_what_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local
