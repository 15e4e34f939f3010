"""`extraction_events`: what happened to rows, as a stream that each reader reads on from where it stopped."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from extractor.models import Frozen, RowId
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries

logger = logging.getLogger(__name__)

FILE = "events.sql"
# Events that one transaction places, and that one deletes: a fraction of a second.
PORTION = 1000


class EventKind(StrEnum):
    """`extraction_events.kind`."""

    COMPLETED = "completed"
    FAILED = "failed"
    SENT_AGAIN = "sent_again"


class Event(Frozen):
    """One row of `extraction_events`."""

    id: int
    position: int | None
    """Its place in the stream; None for one that nobody placed yet."""
    told_as: UUID
    """The same however often it is told."""
    job_id: RowId
    batch_id: str | None
    kind: EventKind
    at: datetime
    facts: dict[str, Any]


class Message(Frozen):
    """An event as its receiver gets it, in a webhook and in the stream."""

    type: str
    timestamp: datetime
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> Message:
        """Its type, such as extraction.completed, with what the row said then, under the names of its columns."""
        return cls(type=f"extraction.{event.kind}", timestamp=event.at, data=event.facts)


class Bounds(Frozen):
    """What of the stream can be read: from position `first` to `last`; nothing when `first` is `last` + 1."""

    first: int
    last: int


class Events:
    """The stream. A reader keeps the position of what it saw last: nothing ever appears below it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = Queries(database, FILE)

    def place(self) -> None:
        """Give a position to every event that has none yet; what another process places meanwhile is left to it."""
        while self._queries.records("unplaced", {}) and self._place_some() == PORTION:
            pass

    def _place_some(self) -> int:
        with self._database.transaction() as connection:
            if not self._queries.records("lock_stream", {}, connection=connection):
                return 0
            placed: int = self._queries.records("place", {"limit": PORTION}, connection=connection)[0]["placed"]
            return placed

    def bounds(self) -> Bounds:
        """Where the stream begins and ends now."""
        return Bounds.model_validate(self._queries.record("bounds", {}))

    def after(
        self,
        position: int,
        *,
        limit: int,
        ids: Sequence[RowId] | None = None,
        batch_ids: Sequence[str] | None = None,
    ) -> list[Event]:
        """The next placed events that fit every given filter; None is no filter."""
        parameters = {
            "position": position,
            "limit": limit,
            "ids": list(ids) if ids is not None else None,
            "batch_ids": list(batch_ids) if batch_ids is not None else None,
        }
        return [Event.model_validate(row) for row in self._queries.records("read_after", parameters)]

    def forget(self, *, days: int) -> int:
        """Delete some of the events that are older than this; return how many. Repeat it while it returns PORTION."""
        gone = self._queries.records("forget", {"days": days, "limit": PORTION})
        if undelivered := sum(row["is_undelivered"] for row in gone):
            events = "1 event was" if undelivered == 1 else f"{undelivered} events were"
            them = "it" if undelivered == 1 else "them"
            logger.error(
                "%s deleted after %d days (EVENT_DAYS), and the receiver never took %s: read the rows there once.",
                events, days, them,
            )  # fmt: skip
        return len(gone)
