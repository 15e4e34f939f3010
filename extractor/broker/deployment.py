"""The deployment that a broker's database belongs to: two in one would take each other's messages.

A worker that takes the message of a foreign row finds no such row, and drops it. Nothing would be bought, and rows of
both would wait for `REDISPATCH_SECONDS` again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import redis

from extractor.broker.address import RedisAddress
from extractor.errors import ConfigurationError

KEY = "registre-extractor:deployment"
# How long it belongs to a deployment of which nothing runs any more, and how often what runs says that it does.
HELD_SECONDS = 120
RENEW_SECONDS = 30.0


@dataclass(frozen=True)
class Deployment:
    """The tables that bridge and workers serve."""

    id: str
    """Without blanks; another one for every database that was migrated, also for a copy of it."""
    place: str
    """Which database that is, to be shown."""


def reserve(client: redis.Redis, own: Deployment, address: RedisAddress) -> None:
    """Say that the broker's database is this deployment's for the next HELD_SECONDS.

    Raises ConfigurationError when it is another's, and redis.RedisError while the broker is away.
    """
    if not client.set(KEY, f"{own.id} {own.place}", nx=True, ex=HELD_SECONDS):
        refuse_other(client, own, address)
        client.expire(KEY, HELD_SECONDS)


def refuse_other(client: redis.Redis, own: Deployment, address: RedisAddress) -> None:
    """Raise ConfigurationError when the broker's database is another deployment's, and change nothing."""
    holder, _, place = str(client.get(KEY) or "").partition(" ")
    if holder and holder != own.id:
        raise ConfigurationError(
            f"Another deployment uses database {address.database} of the broker at {address.place}: its rows are in"
            f" {place}, and those of DATABASE_URL in {own.place}. Each would take the other's messages. No row was"
            " sent, and nothing was bought. Write another number at the end of REDIS_URL, or name another broker. If"
            f" that deployment was stopped for good, wait {HELD_SECONDS // 60} minutes."
        )
