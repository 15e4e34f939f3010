"""The doorbell: the connection on which rows ring, and the proof that it is heard.

NOTIFY is lost on a line that died silently, and does not pass a transaction pooler. LISTEN seems to work on both.
So the doorbell sends itself a notification through another connection, and waits for it.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import psycopg

from extractor.postgres.database import Database, connect
from extractor.postgres.sql import Queries

logger = logging.getLogger(__name__)

CHANNEL = "extraction_queue"
_PROOF = "proof:"
# How long a proof may take before the line counts as deaf.
PROOF_BOUND_SECONDS = 5.0


class Doorbell:
    """A context manager around one LISTEN connection; raises psycopg.OperationalError when the line is lost."""

    def __init__(self, url: str, database: Database, *, proof_seconds: float) -> None:
        self._url = url
        self._queries = Queries(database, "bridges.sql")
        self._proof_seconds = proof_seconds
        self._token = f"{_PROOF}{uuid4()}"
        self._asked_at: float | None = None
        self._next_proof = 0.0
        self._heard_at: float | None = None
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> Self:
        self._connection = connect(self._url, autocommit=True)
        self._connection.execute(f"LISTEN {CHANNEL}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    @property
    def seconds_since_proof(self) -> float | None:
        """Since its own notification last came back; None when none ever did."""
        return None if self._heard_at is None else time.monotonic() - self._heard_at

    def wait(self, seconds: float) -> bool:
        """Wait for a row to ring, for this long at most. The proof goes on meanwhile."""
        self._prove()
        assert self._connection is not None
        has_rung = False
        for ring in self._connection.notifies(timeout=seconds, stop_after=1):  # all that came in one packet
            if ring.payload == self._token:
                self._hear()
            elif not ring.payload.startswith(_PROOF):  # another bridge's proof is no row
                has_rung = True
        return has_rung

    def _prove(self) -> None:
        now = time.monotonic()
        if self._asked_at is not None and now - self._asked_at > PROOF_BOUND_SECONDS:
            self._asked_at = None
            if self._heard_at is not None:
                raise psycopg.OperationalError("the LISTEN connection is deaf: its own notification did not come back")
            logger.warning("Notifications do not pass DATABASE_URL's connection (a transaction pooler?): polling")
        if self._asked_at is None and now >= self._next_proof:
            self._queries.run("ring_for_proof", {"channel": CHANNEL, "token": self._token})
            self._asked_at, self._next_proof = now, now + self._proof_seconds

    def _hear(self) -> None:
        if self._heard_at is None:
            logger.info("Notifications arrive: listening")
        self._asked_at, self._heard_at = None, time.monotonic()
