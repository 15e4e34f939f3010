"""What our triggers add to an INSERT and to an UPDATE of a hundred thousand rows in one statement."""

from __future__ import annotations

import time
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
    """Both sides on one table, emptied after each sample."""
    url = stage.new_database(NAME)
    figures: list[Figure] = []
    with psycopg.connect(url, autocommit=True) as sql:
        for what, act in ((f"INSERT of {ROWS:,} rows", _insert), (f"UPDATE of {ROWS:,} rows to En attente", _update)):
            sides = {WITH: partial(act, sql, "origin"), WITHOUT: partial(act, sql, "replica")}
            samples = in_turn(min(rounds, MOST_ROUNDS), sides)
            figures += [Figure(what, side, "s", seconds) for side, seconds in samples.items()]
    stage.drop_database(NAME)
    pairs = zip(figures[::2], figures[1::2], strict=True)
    goals = (Goal(f"{ours.what}, over {bare.side}", ratio(ours, bare), LIMIT) for ours, bare in pairs)
    return Section(NAME, tuple(figures), tuple(goals))


def _insert(sql: psycopg.Connection, role: str) -> float:
    sql.execute("TRUNCATE extraction_queue CASCADE")
    return _timed(sql, role, INSERT % ROWS)


def _update(sql: psycopg.Connection, role: str) -> float:
    sql.execute("TRUNCATE extraction_queue CASCADE")
    _timed(sql, "origin", INSERT % ROWS)
    _timed(sql, "replica", "UPDATE extraction_queue SET status = 'Erreur', completed_at = now(), error_code = 'x'")
    sql.execute("VACUUM ANALYZE extraction_queue")
    return _timed(sql, role, UPDATE)


def _timed(sql: psycopg.Connection, role: str, statement: str) -> float:
    """With its commit, at which a trigger may run too. `replica` switches triggers off."""
    sql.execute(f"SET session_replication_role = {role}".encode())
    started = time.perf_counter()
    sql.execute(statement.encode())
    seconds = time.perf_counter() - started
    sql.execute("RESET session_replication_role")
    return seconds
