"""Why Postgres gave no connection, or refused a statement: one sentence each, which blames the right thing."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from extractor.doctor.check import Check, Finding, State
from extractor.doctor.database_checks import REMEDIES, examine_accounts, examine_server
from extractor.local.postgres import EmbeddedPostgres
from extractor.postgres.database import connect
from extractor.postgres.reasons import explain
from extractor.settings import Settings
from tests.support.databases import url_of

POOLER = "aws-0-ca-central-1.pooler.supabase.com"
NO_SSL, STARTUP = b"N", 196608


def reason(url: str) -> str:
    with pytest.raises(psycopg.Error) as refused:
        connect(url)
    return explain(refused.value, url)


@pytest.fixture
def poor_role(postgres: EmbeddedPostgres, database_url: str) -> Iterator[str]:
    """The address of the test's database for a role without any right."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
        yield database_url.replace(database_url.split("@", maxsplit=1)[0], "postgresql://poor:poor")
        admin.execute("DROP ROLE poor")


@contextmanager
def server_saying(message: str) -> Iterator[int]:
    """A server that refuses every connection with this message, as Supabase's pooler does; yields its port."""
    body = b"".join(f"{kind}{text}\0".encode() for kind, text in zip("SCM", ("FATAL", "XX000", message), strict=True))
    answer = struct.pack("!ci", b"E", len(body) + 5) + body + b"\0"

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    while struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL))[1] != STARTUP:
                        client.sendall(NO_SSL)
                    client.recv(4096)
                    client.sendall(answer)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.supported("A wrong password, user or database name")
def test_what_the_server_knows_better_is_named(postgres: EmbeddedPostgres, poor_role: str, database_url: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"REVOKE CONNECT ON DATABASE {database_url.rpartition('/')[2]} FROM PUBLIC")
        no_connect = reason(poor_role)
        admin.execute("ALTER ROLE poor NOLOGIN")
        no_login = reason(poor_role)

    assert reason(poor_role.replace(":poor@", ":rich@")).startswith(
        "The server 127.0.0.1 is there and refused the password of user poor: write the right one into DATABASE_URL"
    )
    assert reason(url_of(postgres, "nowhere")).startswith("The server 127.0.0.1 has no database nowhere: correct the")
    assert no_connect.startswith("User poor may not use database test_")
    assert no_login.startswith("User poor cannot log in at 127.0.0.1: ")


@pytest.mark.supported("Supabase's pooler with a wrong user, project or region")
@pytest.mark.parametrize(
    ("user", "message"),
    [
        ("postgres.abc", "Tenant or user not found"),
        ("postgres.abc", "(ENOTFOUND) tenant/user postgres.abc not found"),
        ("postgres", "(ENOIDENTIFIER) no tenant identifier provided (external_id or sni_hostname required)"),
        ("postgres", 'password authentication failed for user "postgres"'),
    ],
)
def test_pooler_that_does_not_know_the_project_blames_no_password(user: str, message: str) -> None:
    with server_saying(message) as port:
        said = reason(f"postgresql://{user}:x@{POOLER}:{port}/postgres?hostaddr=127.0.0.1&sslmode=disable")

    assert said.startswith("Supabase's pooler does not know the project: its user is postgres.PROJECT, and its host is")


@pytest.mark.supported("A server whose connections are all in use")
@pytest.mark.parametrize(
    "message",
    [
        "sorry, too many clients already",
        'too many connections for role "x"',
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
        "Max client connections reached",
        "no more connections allowed (max_client_conn)",
    ],
)
def test_used_up_connections_are_named(message: str) -> None:
    with server_saying(message) as port:
        assert reason(f"postgresql://u:x@127.0.0.1:{port}/d").startswith("All connections of 127.0.0.1 are in use: ")


@pytest.mark.supported("A server that starts, stops or recovers")
def test_server_that_starts_is_no_wrong_address() -> None:
    with server_saying("the database system is starting up") as port:
        assert reason(f"postgresql://u:x@127.0.0.1:{port}/d").endswith("wait a minute and try again.")


@pytest.mark.supported("A host or port where no Postgres answers")
def test_place_where_no_postgres_is(standin_url: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        closed = listener.getsockname()[1]
    web = standin_url.rpartition(":")[2]

    assert reason(f"postgresql://127.0.0.1:{closed}/d").startswith(f"Nothing listens at 127.0.0.1:{closed}: correct ")
    assert reason("postgresql://db.nowhere.invalid/d").startswith("The host name db.nowhere.invalid is not known: ")
    assert reason(f"postgresql://db.example.org:{web}/d?hostaddr=127.0.0.1").startswith(
        f"What answers at db.example.org:{web} is no Postgres: "
    )
    silent = explain(psycopg.OperationalError("connection timeout expired"), "postgresql://db.example.org/d")
    assert silent.startswith("db.example.org:5432 does not answer: a firewall")


@pytest.mark.supported("A parameter of another driver in the URL, such as `pgbouncer=true`")
@pytest.mark.parametrize("parameter", ["pgbouncer=true", "connection_limit=1", "sslmode=require&schema=public"])
def test_parameter_of_another_driver_is_named(settings: Settings, parameter: str) -> None:
    url = f"postgresql://u:planted@127.0.0.1/d?{parameter}"
    with pytest.raises(ValueError, match="has a parameter that Postgres does not know, ") as refused:
        Settings(_env_file=None, **settings.model_dump(exclude={"database_url"}), database_url=url)

    assert "planted" not in str(refused.value)
    assert f", {parameter.rpartition('&')[2].partition('=')[0]}: it belongs to another driver" in str(refused.value)


@pytest.mark.supported("An address that is not Postgres', such as `https://…`")
@pytest.mark.parametrize("scheme", ["https", "postgresql+psycopg", "jdbc:postgresql"])
def test_address_of_something_else_does_not_blame_the_password(settings: Settings, scheme: str) -> None:
    with pytest.raises(ValueError, match="begins with") as refused:
        Settings(
            _env_file=None, **settings.model_dump(exclude={"database_url"}), database_url=f"{scheme}://u:planted@h/d"
        )

    said = str(refused.value)
    assert f"begins with {scheme}://, so it is another address: it must be postgresql://USER:PASSWORD@" in said
    assert "planted" not in said
    assert "percent-encode" not in said


@pytest.mark.supported("A password with special characters that are not encoded")
@pytest.mark.parametrize("password", ["pl@nted", "pl/nted", "pl#nted", "pl?nted", "pl%nted", "[nted]", "pl nted"])
def test_password_that_is_not_encoded_is_refused_and_not_shown(settings: Settings, password: str) -> None:
    url = f"postgresql://u:{password}@db.example.org:5432/d"
    with pytest.raises(ValueError, match="percent-encode the special characters of its password") as refused:
        Settings(_env_file=None, **settings.model_dump(exclude={"database_url"}), database_url=url)

    assert "nted" not in str(refused.value)


@pytest.mark.supported("A role without the rights of the tables' owner")
def test_role_without_rights_is_told_of_rights(settings: Settings, poor_role: str, sql: psycopg.Connection) -> None:
    found = verdict("accounts", settings, poor_role)
    sql.execute("DROP TABLE worker_accounts CASCADE")
    missing = verdict("accounts", settings, poor_role)

    assert found.state is State.PROBLEM
    assert found.text.startswith("The role of DATABASE_URL lacks a right (permission denied for ")
    assert missing.text == "The tables are missing, or older than this program: run `extractor migrate`."


@pytest.mark.supported("A database that takes no writes: read-only, or a replica")
def test_database_that_takes_no_writes_is_said_to_be_so(
    settings: Settings, database_url: str, sql: psycopg.Connection, data_directory: Path
) -> None:
    sql.execute(f"ALTER DATABASE {sql.info.dbname} SET default_transaction_read_only = on")
    read_only = verdict("server", settings, database_url)
    with connect(database_url) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("DELETE FROM worker_status")

    assert read_only.state is State.PROBLEM
    assert read_only.text.startswith("The database takes no writes at the moment (default_transaction_read_only is on)")
    assert explain(refused.value, database_url) == read_only.text

    with EmbeddedPostgres(data_directory / "replica", fsync=False) as primary:
        data = primary.directory / "data"
    (data / "standby.signal").touch()
    with EmbeddedPostgres(data_directory / "replica", fsync=False) as replica:
        assert verdict("server", settings, replica.url).text.startswith("This server is a replica, which takes no ")


def verdict(what: str, settings: Settings, url: str) -> Finding:
    """What the doctor says with this DATABASE_URL."""
    remedies, examine = {
        "server": (REMEDIES, examine_server),
        "accounts": (REMEDIES, examine_accounts),
    }[what]
    own = Settings(_env_file=None, **settings.model_dump(exclude={"database_url"}), database_url=url)
    said = Check(what, examine, remedies).verdict(own)
    return Finding(what, said.state, said.text)
