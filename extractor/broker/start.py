"""What a process that uses the broker asks before it starts."""

from __future__ import annotations

import logging

import redis

from extractor.broker.address import RedisAddress
from extractor.broker.server import connect_once, examine

logger = logging.getLogger(__name__)


def require_usable(address: RedisAddress) -> None:
    """Raise ConfigurationError where no waiting helps.

    A broker that is away may come back: who needs it waits for it.
    """
    with connect_once(address) as client:
        try:
            examine(client, address)
        except redis.RedisError as error:
            logger.debug("The broker is away: %s", error)
