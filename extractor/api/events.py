"""The stream of events: one open call that tells of many rows (server-sent events, as browsers read them)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from extractor.api.dependencies import OpenDatabase, OwnBell
from extractor.api.problems import documented
from extractor.api.rows import Text
from extractor.models import RowId
from extractor.operations.rows import typed_id
from extractor.postgres.database import OUTAGES
from extractor.postgres.events import Event, Events, Message

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/events", tags=["events"])

# Proxies close a line that is silent for longer, often after a minute.
HEARTBEAT_SECONDS = 15.0
# After this a browser whose line broke comes back.
RETRY_MILLISECONDS = 2000
# Events that one look reads.
PORTION = 200
# Rows or batches that one call may name; more do not fit into an address.
MOST_NAMED = 200
MISSED = "missed"
LOST = "Events behind your Last-Event-ID are no longer kept: read your rows once, then go on with this stream."
_POSITION = r"^[0-9]{0,18}$"

# Empty where a caller names none; no null, which a header cannot say.
Position = Annotated[str, Header(alias="Last-Event-ID", pattern=_POSITION, description="Go on behind this id.")]


class EventFilters(BaseModel):
    """Which events; one must fit every filter that is given."""

    model_config = ConfigDict(extra="forbid")

    id: list[Text] = Field(default=[], max_length=MOST_NAMED, description="Only of these rows: ?id=A&id=B.")
    batch_id: list[UUID] = Field(default=[], max_length=MOST_NAMED, description="Only of rows of these imports.")
    after: str = Field(
        default="",
        pattern=_POSITION,
        description="As Last-Event-ID, for a first call; the header wins. 0 begins with the oldest that is kept.",
    )

    def ids(self) -> list[RowId] | None:
        """The rows; None for all."""
        return [typed_id(text) for text in self.id] or None

    def batch_ids(self) -> list[str] | None:
        """The imports; None for all."""
        return [str(batch) for batch in self.batch_id] or None

    def may_fit(self, event: Event) -> bool:
        """Whether it is worth a look in the table, which alone knows how an id may be written."""
        return not self.id or event.job_id.lower() in {text.lower() for text in self.id}


@dataclass(frozen=True)
class Start:
    """Where a stream begins: behind this position."""

    position: int
    is_late: bool
    """Some events behind the position that the caller named are no longer kept, or never were."""


def _start(
    filters: Annotated[EventFilters, Query()], database: OpenDatabase, bell: OwnBell, last_event_id: Position = ""
) -> Start:
    """Asked before the answer begins, so that what is wrong has a status of its own."""
    bell.require_room()
    filters.ids()  # refuses what no row can have
    events = Events(database)
    events.place()
    bounds, said = events.bounds(), last_event_id or filters.after
    if not said:
        return Start(bounds.last, is_late=False)
    position = int(said)
    is_known = bounds.first - 1 <= position <= bounds.last
    return Start(position if is_known else bounds.first - 1, is_late=position != 0 and not is_known)


@router.get("", response_class=EventSourceResponse, responses=documented(404))
async def stream_events(
    filters: Annotated[EventFilters, Query()],
    start: Annotated[Start, Depends(_start)],
    database: OpenDatabase,
    bell: OwnBell,
) -> AsyncIterable[ServerSentEvent]:
    """Tell of each row that ends or is sent again, from now on or behind `Last-Event-ID`, until the caller leaves.

    Each has the type extraction.completed, extraction.failed or extraction.sent_again, and as data what a webhook
    gets. `missed` says that events were lost: read the rows once. The stream ends when the API stops: come back with
    the last id.
    """
    with bell.listening(filters.may_fit) as listener:
        yield ServerSentEvent(id=str(start.position), retry=RETRY_MILLISECONDS, comment="listening")
        if start.is_late:
            yield ServerSentEvent(event=MISSED, data={"type": MISSED, "message": LOST})
        position = start.position
        while not bell.is_ending:
            try:
                found, seen = await run_in_threadpool(_read, Events(database), position, filters)
            except OUTAGES as error:
                logger.warning("Postgres: %s; a stream ends, and its reader comes back", error)
                return
            for event in found:
                yield _told(event)
            position = seen
            if len(found) < PORTION and not await listener.wait(HEARTBEAT_SECONDS):
                yield ServerSentEvent(id=str(position), comment="still listening")


def _read(events: Events, position: int, filters: EventFilters) -> tuple[list[Event], int]:
    """The next events that fit, and the position up to which the stream was seen with them."""
    last = events.bounds().last
    found = events.after(position, limit=PORTION, ids=filters.ids(), batch_ids=filters.batch_ids())
    of_last = found[-1].position if found else None
    if len(found) == PORTION:
        return found, of_last or position
    return found, max(position, last, of_last or 0)


def _told(event: Event) -> ServerSentEvent:
    message = Message.of(event)
    return ServerSentEvent(event=message.type, id=str(event.position), raw_data=message.model_dump_json())
