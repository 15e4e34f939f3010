"""Sends one event after another, and decides when a refused one goes again."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from extractor.webhooks.outbox import Delivery, Outbox
from extractor.webhooks.receiver import ANSWER_SECONDS, Receiver, Refused
from extractor.words import duration

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """Durations in seconds."""

    first_pause: float = 5.0
    """Before the second try of an event; doubles with each further one."""
    longest_pause: float = 3600.0
    """Between two tries of one event, and after a receiver said that it wants no more."""
    longest_rest: float = 60.0
    """Of the sender, before it tries a receiver that refused several events in a row with any other."""
    look: float = 1.0
    """How often it looks for events when none is due."""
    lease: float = 4 * ANSWER_SECONDS
    """How long a sender that was killed keeps an event; longer than a try, so that no two send it at the same time."""


class Sender:
    """One receiver, one event at a time. Its tries are in the table, so it may be killed anywhere."""

    def __init__(self, outbox: Outbox, receiver: Receiver, patience: Patience) -> None:
        self._outbox = outbox
        self._receiver = receiver
        self._patience = patience
        self._refused_in_a_row = 0

    async def send_next(self) -> float:
        """Send one event, if one is due; return after how many seconds to call again.

        Raises psycopg.Error. Cancelled while it sends, it gives the event back, which may then be sent twice.
        """
        delivery = self._outbox.take(lease_seconds=self._patience.lease)
        if delivery is None:
            return self._patience.look
        try:
            refused = await self._receiver.give(delivery.event)
        except asyncio.CancelledError:
            with suppress(psycopg.Error):  # then its lease passes
                self._outbox.not_delivered(delivery, pause_seconds=0)
            raise
        return self._note(delivery, refused)

    def _note(self, delivery: Delivery, refused: Refused | None) -> float:
        event = delivery.event
        if refused is None:
            self._outbox.delivered(delivery)
            self._refused_in_a_row = 0
            logger.info("Webhook: extraction.%s of row %s was taken", event.kind, event.job_id)
            return 0.0
        self._refused_in_a_row += 1
        pause = self._pause(refused, delivery.tries)
        self._outbox.not_delivered(delivery, pause_seconds=pause, problem=f"The receiver {refused.problem}.")
        logger.warning(
            "Webhook: the receiver %s. It gets extraction.%s of row %s again in %s (try %d)",
            refused.problem, event.kind, event.job_id, duration(pause), delivery.tries + 1,
        )  # fmt: skip
        return self._rest(refused)

    def _pause(self, refused: Refused, tries: int) -> float:
        """Until this event goes again; others may go before."""
        if refused.is_gone:
            return self._patience.longest_pause
        doubled = self._patience.first_pause * 2.0 ** min(tries - 1, 20)
        return min(max(doubled, refused.wait_seconds), self._patience.longest_pause)

    def _rest(self, refused: Refused) -> float:
        """Until the receiver gets anything again: one that is down is not asked for each event that waits."""
        if refused.is_gone:
            return self._patience.longest_pause
        doubled = self._patience.first_pause * 2.0 ** min(self._refused_in_a_row - 1, 20)
        return max(min(doubled, self._patience.longest_rest), min(refused.wait_seconds, self._patience.longest_pause))
