"""Databases of the tests' own, on one server per test process."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg

from extractor.local.postgres import EmbeddedPostgres

_ended: list[str] = []
"""The databases of tests that are over, on this process's server."""


def fresh_database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """A copy of the template; it goes when the next one is made.

    At a test's end its connections are still closing, and Postgres would wait a tenth of a second for them, a thousand
    times in a run.
    """
    name = f"test_{uuid4().hex}"
    drop_ended_databases(server)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield url_of(server, name)
    _ended.append(name)


def drop_ended_databases(server: EmbeddedPostgres) -> None:
    """Drop them now; before a role is dropped, on which their objects depend."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        while _ended:
            connection.execute(f"DROP DATABASE {_ended.pop()} WITH (FORCE)")


def url_of(server: EmbeddedPostgres, database: str) -> str:
    """The address of one database of the server."""
    return server.url.rpartition("/")[0] + f"/{database}"
