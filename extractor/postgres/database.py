"""Connections and transactions to Postgres (psycopg 3); `sql/` runs statements on them."""

from __future__ import annotations

import logging
import math
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

from extractor.language.sentences import Sentence
from extractor.postgres import encryption
from extractor.postgres.texts import make_storable

logger = logging.getLogger(__name__)
# What a statement meets while Postgres is away, starts again, or follows another server and takes no writes.
OUTAGES = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
# What a statement meets where no migration was applied, or not every one; and the sentence for a person.
NOT_MIGRATED = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction)
MIGRATE_FIRST = Sentence("The tables are missing, or older than this program: run `extractor migrate`.")

# Keepalives find a peer that vanished silently in less than a minute. The kernel's default is two hours.
CONNECTION_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "application_name": "registre-extractor",
    "prepare_threshold": None,  # a pooler may give every transaction another server connection
}
# How long a caller waits for a connection; then it gets psycopg.OperationalError.
WAIT_SECONDS = 30.0
HURRY_SECONDS = 2.0
# No use of a connection takes longer. One that does hangs on a line that died silently.
USE_BOUND_SECONDS = 30.0
# A connection that was used this lately is not asked whether it lives, unless something lies on its line: a server that
# ends it says so there. The next use of one that died silently meanwhile fails after its bound.
FRESH_SECONDS = 5.0
# The server ends a transaction whose client is silent for this long: until then nobody else gets the rows it locked.
SILENT_TRANSACTION_SECONDS = 15


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection[DictRow]:
    """Open one connection beside any pool, encrypted unless its host is local; its statements are not bounded.

    Raises psycopg.OperationalError within ten seconds for each address that the host name has.
    """
    options = CONNECTION_OPTIONS | encryption.options(url)
    return psycopg.connect(url, autocommit=autocommit, row_factory=dict_row, **options)


class Database:
    """A small pool; make it after a fork, close it before exit.

    Each statement is a transaction of its own, except inside `transaction()`. A crash leaves only what was committed,
    and a line that dies silently leaves no row locked for longer than `silent_transaction_seconds`.

    `takes_any_text` is for what a page of the registry says (`texts.py`). What a person writes is refused instead when
    Postgres cannot hold it.
    """

    def __init__(
        self,
        url: str,
        *,
        max_connections: int = 2,
        wait_seconds: float = WAIT_SECONDS,
        use_bound_seconds: float = USE_BOUND_SECONDS,
        silent_transaction_seconds: int = SILENT_TRANSACTION_SECONDS,
        fresh_seconds: float = FRESH_SECONDS,
        takes_any_text: bool = False,
    ) -> None:
        self._begin = sql.SQL("BEGIN; SET LOCAL idle_in_transaction_session_timeout = {}").format(
            f"{silent_transaction_seconds}s"
        )
        self._pool = ConnectionPool(
            url,
            kwargs=CONNECTION_OPTIONS | encryption.options(url) | {"autocommit": True},
            min_size=1,
            max_size=max_connections,
            timeout=wait_seconds,
            configure=make_storable if takes_any_text else None,
            check=self._check,
            open=False,
        )
        # Where one line died silently, the others of the pool most likely did: each would cost a bound of its own.
        self._bounds = _Bounds(use_bound_seconds, on_cut=self._pool.drain)
        self._fresh_seconds = fresh_seconds
        self._pool.open()

    def hurry(self) -> None:
        """From now on a caller waits HURRY_SECONDS for a connection: its process ends, and Postgres may be away."""
        self._pool.timeout = HURRY_SECONDS

    def close(self) -> None:
        """Return every connection; closing twice is harmless."""
        self._pool.close()
        self._bounds.close()

    @contextmanager
    def statement(self) -> Iterator[psycopg.Connection[Any]]:
        """Give a connection on which each statement commits by itself."""
        with self._pool.connection() as connection, self._bounds.of(connection):
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """Commit at the end, roll back on any error."""
        with self.statement() as connection:
            # One round trip for both; without parameters psycopg sends them as they are.
            connection.execute(self._begin)
            try:
                yield connection
            except BaseException:
                with suppress(psycopg.OperationalError):  # a line that broke has rolled back by itself
                    connection.rollback()
                raise
            connection.commit()

    def _check(self, connection: psycopg.Connection[Any]) -> None:
        if self._bounds.idle_seconds(connection) < self._fresh_seconds and not _has_said_something(connection):
            return
        with self._bounds.of(connection):
            ConnectionPool.check_connection(connection)


def _has_said_something(connection: psycopg.Connection[Any]) -> bool:
    """Whether something unasked came from the server, such as its end."""
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    return bool(line.poll(0))


class _Bounds:
    """Cuts connections that are used for too long, from a thread: libpq itself waits without a bound."""

    def __init__(self, seconds: float, *, on_cut: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_cut = on_cut
        self._deadlines: dict[psycopg.Connection[Any], float] = {}
        self._answered_at: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        threading.Thread(target=self._cut_late_uses, name="database-bounds", daemon=True).start()

    @contextmanager
    def of(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Bound the use of the connection inside the block; past it the block meets psycopg.OperationalError."""
        with self._lock:
            self._deadlines[connection] = time.monotonic() + self._seconds
        try:
            yield
        finally:
            with self._lock:
                self._answered_at[connection] = time.monotonic()
                del self._deadlines[connection]

    def idle_seconds(self, connection: psycopg.Connection[Any]) -> float:
        """Since its last use ended, which it survived: the pool keeps none that broke."""
        with self._lock:
            return time.monotonic() - self._answered_at.get(connection, -math.inf)

    def close(self) -> None:
        """End the thread."""
        self._closing.set()

    def _cut_late_uses(self) -> None:
        while not self._closing.wait(1):
            if self._cut_those_past_their_bound():
                self._on_cut()

    def _cut_those_past_their_bound(self) -> bool:
        has_cut = False
        with self._lock:
            for connection, deadline in self._deadlines.items():
                if deadline < time.monotonic() and not connection.closed:
                    logger.warning("Postgres has not answered for %g s: cutting the connection", self._seconds)
                    _cut(connection)
                    has_cut = True
        return has_cut


def _cut(connection: psycopg.Connection[Any]) -> None:
    """End the line under a connection that another thread uses, and may be closing at this moment."""
    # On a copy of the descriptor: the connection's own stays libpq's to close.
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
