"""Looks at what is there before the first migration: whether the tables that people already have can be adopted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from extractor.errors import MigrationRefused
from extractor.postgres.columns import TEXTS, Column, column_problem, id_problem
from extractor.postgres.reasons import READ_ONLY, REPLICA
from extractor.postgres.sql import load_queries
from extractor.words import counted

Record = dict[str, Any]

# The tables of users, each with the columns without which its rows mean nothing. All others are added.
USERS_TABLES = {
    "extraction_queue": ("id", "document_source", "document_number", "status"),
    "worker_accounts": ("id", "username", "password"),
    "worker_status": ("worker_id", "status"),
}
ADDED_TABLES = (
    "extraction_attempts",
    "extraction_clicks",
    "registry_sessions",
    "registry_logins",
    "source_control",
    "bridge_status",
    "extraction_events",
    "webhook_deliveries",
    "event_control",
    "extraction_counts",
    "extraction_days",
    "extraction_closed_days",
    "extraction_reopened_days",
    "extraction_paid_again",
    "learned_forms",
    "learned_control",
)
# What a statement finds a row by.
_KEYS = {"extraction_queue": "id", "worker_accounts": "id", "worker_status": "worker_id"}
# Views whose reader has the rights of its caller came with Postgres 15.
_OLDEST = 150000
_KINDS = {
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "p": "a partitioned table",
    "S": "a sequence",
    "i": "an index",
    "I": "an index",
    "c": "a type",
}


def look(connection: psycopg.Connection[Any], shape: LiteralString) -> None:
    """Raise MigrationRefused unless the tables can be made, or adopted as they are; one sentence for each obstacle.

    `shape` is the file that makes the tables: it is run in pg_temp, compared with what is there, and rolled back.
    """
    for examine in (_server, _relations):
        _refuse(list(examine(connection)))
    with _shape(connection, shape):
        problems = [*_lacking(connection), *_columns(connection)]
    _refuse(problems)
    _refuse(list(_odd_ids(connection)))


def _refuse(problems: list[str]) -> None:
    if problems:
        raise MigrationRefused("Nothing was changed. " + " ".join(problems))


def _ask(connection: psycopg.Connection[Any], name: str) -> list[Record]:
    names = {"names": [*USERS_TABLES, *ADDED_TABLES]}
    return connection.execute(load_queries("migrate.sql")[name], names).fetchall()


def _server(connection: psycopg.Connection[Any]) -> Iterator[str]:
    (server,) = _ask(connection, "server")
    if server["replica"]:
        yield REPLICA
    elif server["read_only"]:
        yield READ_ONLY
    if server["version"] < _OLDEST:
        yield f"The server is PostgreSQL {server['version_text']}; this program needs 15 or later."
    if server["encoding"] != "UTF8":
        yield f"The database has the encoding {server['encoding']}, which has no é for Complété: make one with UTF8."
    if not server["has_public"]:
        yield "The database has no schema public, where the tables belong: CREATE SCHEMA public;"
    elif not server["may_create"]:
        yield f'The role {server["role"]} may make no tables: GRANT CREATE ON SCHEMA public TO "{server["role"]}";'
    if not server["may_look"]:
        yield (
            f"The role {server['role']} may make no temporary tables, with which the tables are compared:"
            f' GRANT TEMPORARY ON DATABASE … TO "{server["role"]}";'
        )


def _relations(connection: psycopg.Connection[Any]) -> Iterator[str]:
    for other in _ask(connection, "elsewhere"):
        table = f"{other['schema']}.{other['name']}"
        if other["name"] in USERS_TABLES:
            yield f"{table} is not in the schema public, where it is looked for: ALTER TABLE {table} SET SCHEMA public;"
    for relation in _ask(connection, "relations"):
        yield from _relation(relation)


def _relation(relation: Record) -> Iterator[str]:
    name, role = relation["name"], relation["role"]
    table = f"public.{name}"
    if relation["kind"] != "r":
        yield f"{table} is {_KINDS.get(relation['kind'], 'no table')}, and must be a table: rename it."
        return
    if not relation["may_change"]:
        yield (
            f"{table} belongs to the role {relation['owner']}, and {role} may not change it: put the address of"
            f" {relation['owner']} into DATABASE_URL, or as {relation['owner']}:"
            f' ALTER TABLE {table} OWNER TO "{role}";'
        )
    if relation["is_unlogged"]:
        yield f"{table} is unlogged, so a crash of Postgres would empty it: ALTER TABLE {table} SET LOGGED;"
    if relation["child"]:
        yield (
            f"{table} has rows in {relation['child']} too, without its key: ALTER TABLE {relation['child']} NO INHERIT"
            f" {table};"
        )
    if relation["forces"] and not relation["bypasses"]:
        yield (
            f"{table} forces row level security on its owner, who then sees no row:"
            f" ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;"
        )
    key = _KEYS.get(name)
    if key and key not in relation["keys"]:
        yield f"{table} has no key on {key}: {_key_cure(relation, table, key)}"
    elif key and not relation["can_be_published"]:
        yield (
            f"{table} is in a publication and has no primary key, so Postgres refuses each UPDATE of it:"
            f" ALTER TABLE {table} ADD PRIMARY KEY ({key});"
        )


def _key_cure(relation: Record, table: str, key: str) -> str:
    if relation["has_primary"]:
        return f"ALTER TABLE {table} ALTER COLUMN {key} SET NOT NULL, ADD UNIQUE ({key});"
    return f"ALTER TABLE {table} ADD PRIMARY KEY ({key});"


@contextmanager
def _shape(connection: psycopg.Connection[Any], shape: LiteralString) -> Iterator[None]:
    """The tables as the migrations make them, in pg_temp, until the end of the block."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = pg_temp")
        connection.execute(shape)
        yield


def _lacking(connection: psycopg.Connection[Any]) -> Iterator[str]:
    for column in _ask(connection, "lacking"):
        table, name = column["table"], column["name"]
        if table in ADDED_TABLES:
            yield f"public.{table} is not the table of that name which this program makes: it has no {name}. Rename it."
        elif name in USERS_TABLES[table]:
            yield f"public.{table} has no column {name}, which each row needs: ALTER TABLE public.{table} ADD COLUMN …;"


def _columns(connection: psycopg.Connection[Any]) -> Iterator[str]:
    for record in _ask(connection, "columns"):
        if not record.pop("known"):
            continue
        column = Column(**record)
        is_key = _KEYS.get(column.table) == column.name == "id"
        problem = id_problem(column) if is_key else column_problem(column)
        if problem:
            yield problem


def _odd_ids(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Only a table whose ids are text can have such, and only then is it read."""
    if not any(record["type"] in TEXTS for record in _ask(connection, "row_id_type")):
        return
    (ids,) = _ask(connection, "odd_ids")
    if ids["odd"]:
        yield (
            f"{counted(ids['odd'], 'row')} of public.extraction_queue with an id such as {ids['example']!r}, after"
            " which no file can be named: an id begins with a letter, a digit or _, and may have . and - besides, 100"
            " signs at most."
        )
