"""Finds out whether DATABASE_URL leads through a transaction pooler, by what it does and not by its port.

A direct connection and a session pooler keep one server process for a connection until it closes. A transaction pooler
gives an idle connection's process to the next one that asks. That breaks LISTEN, and leaves session locks behind.
"""

from __future__ import annotations

import select
import time
from contextlib import ExitStack
from typing import Any

import psycopg

from extractor.postgres.database import connect

# By three connections a pooler is also found behind a balancer of two, each with a pool of its own.
CONNECTIONS = 3
# Other clients of a busy pooler may take a process between two questions: ask again.
ROUNDS = 3
# Seconds for all questions together. A session pooler whose pool is used up lets a connection wait for minutes.
BOUND_SECONDS = 5.0
# The pid that a pooler itself reports at the start may be invented. Two servers may use one pid.
_PROCESS = b"SELECT pg_backend_pid() || ' of ' || pg_postmaster_start_time()"


def is_transaction_pooler(url: str) -> bool:
    """Whether one server process serves several connections, or several one; leaves nothing behind.

    Raises psycopg.OperationalError when there is no connection, or no answer on one within BOUND_SECONDS.
    """
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(url, autocommit=True)) for _ in range(CONNECTIONS)]
        deadline = time.monotonic() + BOUND_SECONDS
        seen: set[tuple[int, bytes | None]] = set()
        for _ in range(ROUNDS):
            for number, connection in enumerate(connections):
                # Twice: a pool of as many processes as there are connections, used in turn, gives each its own.
                seen.update((number, _process(connection, deadline)) for _ in range(2))
        processes = {process for _, process in seen}
    return not len(seen) == len(processes) == CONNECTIONS


def _process(connection: psycopg.Connection[Any], deadline: float) -> bytes | None:
    """Which process of the server answers; libpq alone would wait for it without a bound."""
    line = connection.pgconn
    line.send_query(_PROCESS)
    while line.is_busy():
        if not select.select([line.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise psycopg.OperationalError(
                f"a connection was opened and got no answer in {BOUND_SECONDS:g} s, as behind a pooler whose"
                " connections are all in use"
            )
        line.consume_input()
    result = line.get_result()
    while line.get_result() is not None:  # what libpq wants before the next question
        pass
    if result is None or result.error_message:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace") if result else "no answer")
    return result.get_value(0, 0)
