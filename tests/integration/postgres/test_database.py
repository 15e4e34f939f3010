"""What a line to Postgres that died silently leaves behind, and how soon the pool is over it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from extractor.postgres.database import Database
from tests.chaos.proxy import Proxies, Proxy

BOUND_SECONDS = 2.0
HOLD = "UPDATE source_control SET reason = 'held' WHERE document_source = 'index'"
TAKE = "UPDATE source_control SET reason = 'taken' WHERE document_source = 'index'"


@pytest.fixture
def line(database_url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before Postgres, and the URL that leads through it."""
    parts = conninfo_to_dict(database_url)
    with Proxies() as proxies:
        proxy = proxies.add(int(parts["port"] or 5432))
        yield proxy, make_conninfo(database_url, host="127.0.0.1", port=proxy.port)


def test_statement_whose_line_dies_leaves_no_row_locked(line: tuple[Proxy, str], sql: psycopg.Connection) -> None:
    proxy, url = line
    with closing(Database(url, max_connections=1, use_bound_seconds=BOUND_SECONDS)) as database:
        with database.statement() as connection:
            connection.execute(HOLD)
            proxy.blackhole()

        sql.execute("SET lock_timeout = '1s'")
        sql.execute(TAKE)


def test_transaction_whose_line_dies_is_ended_by_the_server(line: tuple[Proxy, str], sql: psycopg.Connection) -> None:
    proxy, url = line

    def hold() -> None:
        with database.transaction() as connection:
            connection.execute(HOLD)
            proxy.blackhole()

    database = Database(url, max_connections=1, use_bound_seconds=BOUND_SECONDS, silent_transaction_seconds=1)
    with closing(database), pytest.raises(psycopg.OperationalError):
        hold()

    sql.execute("SET lock_timeout = '10s'")
    sql.execute(TAKE)


def test_error_rolls_the_whole_transaction_back(database: Database, sql: psycopg.Connection) -> None:
    def hold_and_fail() -> None:
        with database.transaction() as connection:
            connection.execute(HOLD)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hold_and_fail()

    assert sql.execute("SELECT count(*) FROM source_control WHERE reason = 'held'").fetchone() == (0,)


def use_four(database: Database) -> None:
    """Make the pool open four connections, and give them back."""
    with database.statement() as a, database.statement() as b, database.statement() as c, database.statement() as d:
        assert len({a, b, c, d}) == 4


def ask(database: Database) -> None:
    with database.statement() as connection:
        connection.execute("SELECT 1")


def test_dead_line_costs_one_bound_however_many_connections(
    line: tuple[Proxy, str], caplog: pytest.LogCaptureFixture
) -> None:
    proxy, url = line
    with closing(Database(url, max_connections=4, use_bound_seconds=BOUND_SECONDS, fresh_seconds=0)) as database:
        use_four(database)
        proxy.blackhole()

        for _ in range(4):
            ask(database)

    assert caplog.text.count("Postgres has not answered") == 1


def test_line_that_dies_a_moment_after_its_use_fails_one_use_and_no_more(
    line: tuple[Proxy, str], caplog: pytest.LogCaptureFixture
) -> None:
    proxy, url = line
    with closing(Database(url, max_connections=4, use_bound_seconds=BOUND_SECONDS)) as database:
        use_four(database)
        proxy.blackhole()

        with pytest.raises(psycopg.OperationalError):
            ask(database)
        for _ in range(4):
            ask(database)

    assert caplog.text.count("Postgres has not answered") == 1


def pid_of_use(database: Database) -> int:
    """Use the one connection, and say which process of the server has it."""
    with database.statement() as connection:
        connection.execute("SELECT 1")
        return connection.info.backend_pid


def test_connection_that_the_server_ended_is_replaced_however_lately_it_was_used(
    database_url: str, sql: psycopg.Connection
) -> None:
    with closing(Database(database_url, max_connections=1)) as database:
        pid = pid_of_use(database)
        sql.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])  # waits for its end

        ask(database)


def test_connection_that_was_used_a_moment_ago_is_not_asked_whether_it_lives(
    database_url: str, sql: psycopg.Connection
) -> None:
    with closing(Database(database_url, max_connections=1)) as database:
        pid = pid_of_use(database)
        with database.statement():
            shown = sql.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()

    assert shown == ("SELECT 1",)


def test_what_one_cut_meets_does_not_end_the_bound_of_the_next(
    line: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, url = line
    dup, met = os.dup, []

    def fail_once(descriptor: int) -> int:
        met.append(descriptor)
        if len(met) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return dup(descriptor)

    monkeypatch.setattr(os, "dup", fail_once)
    database = Database(url, max_connections=1, use_bound_seconds=BOUND_SECONDS)
    with closing(database), database.statement() as connection:
        proxy.blackhole()
        with pytest.raises(psycopg.OperationalError):
            connection.execute(HOLD)

    assert len(met) == 2
