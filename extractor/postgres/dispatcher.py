"""The bridge's half of the jobs: which rows are sent, and what happens to the rows of dead workers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from extractor.models import RowId, Source
from extractor.postgres.database import Database
from extractor.postgres.jobs import JobLimits
from extractor.postgres.money_stop import MoneyStop
from extractor.postgres.sql import Queries

# A row left in `En traitement` by a system without leases: the longest such run was 5 minutes
# (docs/site.md#in-production).
ABANDONED_SECONDS = 900


@dataclass(frozen=True)
class SpooledJob:
    """A waiting row whose bought document lies on a spool."""

    id: RowId
    source: Source
    spool_id: UUID


class Dispatcher:
    """Marks rows as sent and rescues them. Several bridges may share the table, since rows are locked."""

    def __init__(self, database: Database, limits: JobLimits) -> None:
        self._database = database
        self._queries = Queries(database, "dispatcher.sql")
        self._limits = limits
        self._money_stop = MoneyStop(database, limit=limits.paid_without_document_limit)

    @contextmanager
    def dispatch(self, queued: Mapping[Source, int], *, window: int) -> Iterator[dict[Source, list[RowId]]]:
        """Yield the ids of rows to send, marked as sent when the block ends without an error.

        `queued` is the number of messages on the queue of each source that is asked for; `window` is the most that may
        lie there. While every row that was sent may have a message, no row is sent again.

        A crash inside the block leaves the rows unmarked: a message already sent is then a harmless duplicate.
        """
        parameters = {
            "sources": list(queued),
            "queued": list(queued.values()),
            "window": window,
            "redispatch_seconds": self._limits.redispatch_seconds,
            "daily_consultation_limit": self._limits.daily_consultation_limit,
        }
        with self._database.transaction() as connection:
            rows = self._queries.records("dispatch", parameters, connection=connection)
            yield _by_source(queued, rows)

    @contextmanager
    def dispatch_rung(self, sources: Collection[Source], *, room: int) -> Iterator[dict[Source, list[RowId]]]:
        """As `dispatch`, for rows that rang: only what was due when it was written, of sources whose breaker is closed.

        `room` is the number of rows of each source. What is left out, the next `dispatch` sends. The rows are marked
        after the block: nobody waits for that.
        """
        parameters = {
            "sources": list(sources),
            "room": room,
            "daily_consultation_limit": self._limits.daily_consultation_limit,
        }
        with self._database.transaction() as connection:
            rows = self._queries.records("lock_rung", parameters, connection=connection)
            yield _by_source(sources, rows)
            if rows:
                ids = [str(row["id"]) for row in rows]
                self._queries.run("mark_sent", {"ids": ids}, connection=connection)

    @contextmanager
    def dispatch_spooled(self, *, limit: int) -> Iterator[list[SpooledJob]]:
        """Yield up to `limit` rows whose bought document lies on a spool, marked as `dispatch` does."""
        parameters = {"limit": limit, "redispatch_seconds": self._limits.redispatch_seconds}
        with self._database.transaction() as connection:
            rows = self._queries.records("dispatch_spooled", parameters, connection=connection)
            yield [SpooledJob(str(row["id"]), Source(row["source"]), row["spool_id"]) for row in rows]

    def restore_sources(self) -> list[Source]:
        """Give `source_control` the rows that it lacks, and return these sources."""
        return [Source(row["source"]) for row in self._queries.records("restore_sources", {})]

    def rescue(self) -> list[RowId]:
        """Return the rows of dead workers to En attente, or to Erreur when a row killed too many."""
        parameters = {"abandoned_seconds": ABANDONED_SECONDS, "max_kills": self._limits.max_kills}
        rescued = self._queries.records("rescue", parameters)
        self._money_stop.stop_in_vain(Source(row["source"]) for row in rescued)
        return [str(row["id"]) for row in rescued]


def _by_source(sources: Iterable[Source], rows: Iterable[Mapping[str, Any]]) -> dict[Source, list[RowId]]:
    """The ids of rows, for each source that was asked for."""
    ids: dict[Source, list[RowId]] = {source: [] for source in sources}
    for row in rows:
        ids[Source(row["source"])].append(str(row["id"]))
    return ids
