"""Which deployment this is, and its reservation of the broker: a worker, a bridge, Flower and the doctor ask it."""

from __future__ import annotations

import logging
import time
from contextlib import closing

import psycopg
import redis

from extractor.broker.deployment import RENEW_SECONDS, Deployment, refuse_other, reserve
from extractor.broker.server import connect_once
from extractor.postgres.database import connect
from extractor.postgres.sql import load_queries
from extractor.settings import Settings

logger = logging.getLogger(__name__)


def deployment_of(url: str) -> Deployment:
    """Ask the database; raises psycopg.Error while it is away, or not migrated."""
    with closing(connect(url, autocommit=True)) as connection:
        (found,) = connection.execute(load_queries("deployment.sql")["deployment"]).fetchall()
        place = f"the database {found['name']} at {connection.info.host}:{connection.info.port}"
    return Deployment(found["id"], place)


def require_own_broker(settings: Settings) -> None:
    """Raise ConfigurationError when another deployment uses the broker, and change nothing there.

    Where Postgres or the broker is away nobody knows: who needs them waits for them.
    """
    try:
        own = deployment_of(settings.database_url.get_secret_value())
        with connect_once(settings.broker) as client:
            refuse_other(client, own, settings.broker)
    except (psycopg.Error, redis.RedisError) as error:
        logger.debug("Whose the broker is was not asked: %s", error)


class BrokerReservation:
    """Holds the broker for this deployment as long as somebody calls `renew`; a kill leaves it held for a while."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database_url.get_secret_value()
        self._address = settings.broker
        self._own: Deployment | None = None
        self._due = 0.0

    def renew(self) -> None:
        """Reserve the broker when that is due; call it as often as you like.

        Raises ConfigurationError when the broker is another's, psycopg.Error or redis.RedisError while one is away.
        """
        if time.monotonic() < self._due:
            return
        self._own = self._own or deployment_of(self._url)
        with connect_once(self._address) as client:
            reserve(client, self._own, self._address)
        self._due = time.monotonic() + RENEW_SECONDS
