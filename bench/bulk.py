"""What our triggers add to an INSERT and to an UPDATE of a hundred thousand rows in one statement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import psycopg

from bench.rounds import Figure, Goal, Section, in_turn, ratio
from bench.stage import Stage

NAME = "bulk"
ROWS = 100_000
LIMIT = 1.5
# Each sample takes seconds, and ends with an empty table.
MOST_ROUNDS = 3
WITH, WITHOUT = "with our triggers", "the same table without them"
# What the triggers compute is given, so that both sides write the same row into the same indexes.
INSERT = """
INSERT INTO extraction_queue (document_source, document_number, document_number_normalized, circonscription_fonciere,
                              cadastre, request_key)
SELECT 'index', n::text, n::text, 'Montréal', 'Cadastre du Québec',
       'index|' || n || '|montreal|cadastre du quebec||'
FROM generate_series(2000000, 2000000 + %s - 1) AS n
"""
UPDATE = "UPDATE extraction_queue SET status = 'En attente' WHERE status = 'Erreur'"


def measure(stage: Stage, rounds: int) -> Section:
    """Two databases that differ in the triggers of one table, which is emptied before each sample."""
    figures: list[Figure] = []
    with ExitStack() as ends:
        tables = {side: ends.enter_context(_table(stage, side)) for side in (WITH, WITHOUT)}
        for what, act in ((f"INSERT of {ROWS:,} rows", _insert), (f"UPDATE of {ROWS:,} rows to En attente", _update)):
            samples = in_turn(min(rounds, MOST_ROUNDS), {side: partial(act, sql) for side, sql in tables.items()})
            figures += [Figure(what, side, "s", seconds) for side, seconds in samples.items()]
    pairs = zip(figures[::2], figures[1::2], strict=True)
    goals = (Goal(f"{ours.what}, over {bare.side}", ratio(ours, bare), LIMIT) for ours, bare in pairs)
    return Section(NAME, tuple(figures), tuple(goals))


@contextmanager
def _table(stage: Stage, side: str) -> Iterator[psycopg.Connection]:
    name = f"{NAME}_{'with' if side == WITH else 'without'}"
    with psycopg.connect(stage.new_database(name), autocommit=True) as sql:
        if side == WITHOUT:
            sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")
        yield sql
    stage.drop_database(name)


def _insert(sql: psycopg.Connection) -> float:
    sql.execute("TRUNCATE extraction_queue CASCADE")
    return _timed(sql, INSERT % ROWS)


def _update(sql: psycopg.Connection) -> float:
    """Rows at Erreur are sent again; how they came there is not measured."""
    _insert(sql)
    with sql.transaction():
        sql.execute("SET LOCAL session_replication_role = replica")
        sql.execute("UPDATE extraction_queue SET status = 'Erreur', completed_at = now(), error_code = 'x'")
    sql.execute("VACUUM ANALYZE extraction_queue")
    return _timed(sql, UPDATE)


def _timed(sql: psycopg.Connection, statement: str) -> float:
    """With its commit, at which a trigger may run too."""
    started = time.perf_counter()
    sql.execute(statement.encode())
    return time.perf_counter() - started
