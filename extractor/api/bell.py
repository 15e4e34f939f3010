"""Wakes the calls that wait for something to happen to a row.

One task looks at the stream of events for all of them, and only while somebody waits. So a waiting call holds neither a
thread nor a connection of the database. It looks instead of listening, since NOTIFY does not pass every pooler.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from starlette.concurrency import run_in_threadpool

from extractor.api.problems import ApiProblem
from extractor.language.sentences import Sentence
from extractor.postgres.events import Event, Events

logger = logging.getLogger(__name__)

# How often it looks, and so how late a waiting call may hear of an event.
LOOK_SECONDS = 0.5
# After Postgres did not answer.
OUTAGE_SECONDS = 5.0
# Events that one look reads; the rest follows at once.
PORTION = 500
# Calls that wait at the same time. Each is an open connection of this process, of which a system often allows 1024.
MOST_LISTENERS = 500

Concerns = Callable[[Event], bool]


class Listener:
    """One waiting call."""

    def __init__(self, concerns: Concerns) -> None:
        self.concerns = concerns
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the call; a ring that comes while it does not wait is kept."""
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, for this long at most; whether one came. It may come without an event."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bell:
    """Belongs to the event loop of the API, and only its tasks may use it."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._wanted = asyncio.Event()
        self.is_ending = False
        """The API is asked to stop: whoever waits answers now."""

    @contextmanager
    def listening(self, concerns: Concerns) -> Iterator[Listener]:
        """Give a listener for the events that concern it; raises ApiProblem when too many wait."""
        self.require_room()
        listener = Listener(concerns)
        self._listeners.add(listener)
        self._wanted.set()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._listeners)

    def require_room(self) -> None:
        """Raise ApiProblem when too many calls wait."""
        if self.waiting >= MOST_LISTENERS:
            raise ApiProblem(
                "too_many_waiting",
                Sentence(
                    "{most} calls wait for events already: ask for many rows in one GET /api/events instead of one call"
                    " per row, or try again later.",
                    most=MOST_LISTENERS,
                ),
            )

    def end(self) -> None:
        """Wake every call, for its last answer."""
        self.is_ending = True
        for listener in self._listeners:
            listener.ring()

    async def watch(self, events: Events) -> None:
        """Ring at each event until cancelled; while Postgres is away, look again and again."""
        position: int | None = None
        while True:
            if not self._listeners:
                self._wanted.clear()
                position = None
                await self._wanted.wait()
            try:
                position = await self._look(events, position)
                await asyncio.sleep(LOOK_SECONDS)
            except psycopg.Error as error:
                logger.warning("Postgres: %s", error)
                await asyncio.sleep(OUTAGE_SECONDS)

    async def _look(self, events: Events, position: int | None) -> int:
        """Ring for what came behind the position; where it was not known, for everybody: it may have come meanwhile."""
        await run_in_threadpool(events.place)
        if position is None:
            bounds = await run_in_threadpool(events.bounds)
            for listener in [*self._listeners]:
                listener.ring()
            return bounds.last
        while found := await run_in_threadpool(events.after, position, limit=PORTION):
            self._ring_for(found)
            position = found[-1].position or position
        return position

    def _ring_for(self, found: list[Event]) -> None:
        for listener in [*self._listeners]:
            if any(listener.concerns(event) for event in found):
                listener.ring()
