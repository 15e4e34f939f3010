"""The outbox, `webhook_deliveries`: which event goes next, and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from extractor.models import Frozen
from extractor.postgres.database import Database
from extractor.postgres.events import FILE, Event
from extractor.postgres.sql import Queries


class Delivery(Frozen):
    """One event, leased to one sender."""

    event: Event
    lease_id: UUID
    tries: int
    """With this one."""


class Outbox:
    """Several senders may share it: each event is leased to one of them. What a dead sender had is due again later."""

    def __init__(self, database: Database) -> None:
        self._queries = Queries(database, FILE)

    def want(self, *, days: int) -> None:
        """Say that a sender is there: each event of these days gets a delivery."""
        self._queries.run("want", {"days": days})

    def take(self, *, lease_seconds: float) -> Delivery | None:
        """Lease the next event that is due, if there is one; those of one row in their order."""
        row: dict[str, Any] | None = self._queries.record("take", {"lease_seconds": lease_seconds})
        return None if row is None else Delivery(event=Event.model_validate(row), **_lease(row))

    def delivered(self, delivery: Delivery) -> None:
        """The receiver has it."""
        self._queries.run("delivered", _fence(delivery))

    def not_delivered(self, delivery: Delivery, *, pause_seconds: float, problem: str | None = None) -> None:
        """Give it back, due after the pause; without a problem it was not refused, but the sender stopped."""
        given = {"pause_seconds": pause_seconds, "problem": problem}
        self._queries.run("not_delivered", {**_fence(delivery), **given})


def _lease(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("lease_id", "tries")}


def _fence(delivery: Delivery) -> dict[str, object]:
    return {"event_id": delivery.event.id, "lease_id": delivery.lease_id}
