"""Who holds a lock that a migration waits for, as far as the role may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from extractor.postgres.database import connect
from extractor.postgres.sql import load_queries

# Others work on the tables meanwhile: the transaction is played again.
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


@dataclass(frozen=True)
class Holder:
    """A session of Postgres. Without the right to see other roles' sessions, only `pid` and `role` are known."""

    pid: int
    role: str | None
    program: str | None
    state: str | None
    since: datetime | None

    def __str__(self) -> str:
        """For example: process 4711 (psql, role postgres, idle in transaction since 14:02:11 UTC)."""
        since = f"since {self.since:%H:%M:%S %Z}" if self.since else ""
        known = ", ".join(
            filter(None, (self.program, self.role and f"role {self.role}", f"{self.state or ''} {since}"))
        )
        return f"process {self.pid} ({known.strip()})"


def holders(database_url: str, lock_key: int) -> list[Holder]:
    """The sessions that hold the advisory lock or a lock on one of the tables of users, the longest first."""
    with connect(database_url, autocommit=True) as connection:
        cursor = connection.cursor(row_factory=class_row(Holder))
        return cursor.execute(load_queries("migrate.sql")["holders"], {"lock_key": lock_key}).fetchall()
