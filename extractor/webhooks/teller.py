"""The thread of a bridge that tells of events. What it does never holds up a message of the bridge."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Self

import psycopg

from extractor.postgres.database import Database
from extractor.postgres.events import PORTION, Events
from extractor.settings import Settings
from extractor.webhooks.outbox import Outbox
from extractor.webhooks.receiver import Receiver
from extractor.webhooks.sender import Patience, Sender

logger = logging.getLogger(__name__)

# How often old events are deleted, and how often it says that a sender is there.
KEEP_SECONDS = 60.0
# After Postgres did not answer.
OUTAGE_SECONDS = 5.0
# What a stop waits for: a try that is given back.
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[None]
    thread: threading.Thread


class Teller:
    """Sends webhooks if there is a receiver, and deletes old events. `start` and `stop` belong to one thread.

    Every bridge may have one: the table gives each event to one of them. Killed anywhere, it loses none.
    """

    def __init__(
        self, database: Database, receiver: Receiver | None, *, event_days: int, patience: Patience | None = None
    ) -> None:
        self._events, self._outbox = Events(database), Outbox(database)
        self._receiver = receiver
        self._event_days = event_days
        self._patience = patience or Patience()
        self._running: _Running | None = None
        self._next_keeping = self._next_sending = 0.0

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Self:
        """With the receiver of the settings, if they name one."""
        receiver = None
        if settings.webhook_url and settings.webhook_secret:
            receiver = Receiver(settings.webhook_url, settings.webhook_secret)
        return cls(database, receiver, event_days=settings.event_days)

    def start(self) -> None:
        """Start the thread; its task exists when this returns, so that `stop` always finds it."""
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._tell())
        thread = threading.Thread(target=_run, args=(loop, task), name="teller", daemon=True)
        self._running = _Running(loop, task, thread)
        thread.start()

    def stop(self) -> None:
        """End the thread, which gives back what it was sending; harmless when it never started."""
        if self._running is not None and not self._running.task.done():
            self._running.loop.call_soon_threadsafe(self._running.task.cancel)
            self._running.thread.join(STOP_SECONDS)

    async def _tell(self) -> None:
        async with AsyncExitStack() as stack:
            sender = None
            if self._receiver is not None:
                sender = Sender(self._outbox, await stack.enter_async_context(self._receiver), self._patience)
            while True:
                await asyncio.sleep(await self._step(sender))

    async def _step(self, sender: Sender | None) -> float:
        """Do what is due; return after how many seconds something is due again."""
        try:
            if time.monotonic() >= self._next_keeping:
                self._keep()
                self._next_keeping = time.monotonic() + KEEP_SECONDS
            if sender is None:
                return KEEP_SECONDS
            if time.monotonic() >= self._next_sending:
                seconds = await sender.send_next()
                self._next_sending = time.monotonic() + seconds
        except psycopg.Error as error:
            logger.warning("Postgres: %s", error)
            return OUTAGE_SECONDS
        return max(0.0, min(self._next_keeping, self._next_sending) - time.monotonic())

    def _keep(self) -> None:
        if self._receiver is not None:
            self._outbox.want(days=self._event_days)
        while self._events.forget(days=self._event_days) == PORTION:
            pass


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
