"""A running worker says that the broker is its deployment's, and stops when it is another's.

The bridge says it too; a worker may outlive it.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

import psycopg
import redis

from extractor.broker.deployment import RENEW_SECONDS
from extractor.errors import ConfigurationError
from extractor.postgres.deployment import BrokerReservation
from extractor.settings import Settings

logger = logging.getLogger(__name__)


class ReservationWatch:
    """Renews the reservation from a thread until the process ends."""

    def __init__(self, settings: Settings) -> None:
        self._reservation = BrokerReservation(settings)

    def start(self) -> None:
        threading.Thread(target=self._watch, name="broker-reservation", daemon=True).start()

    def _watch(self) -> None:
        while self.renew():
            time.sleep(RENEW_SECONDS)

    def renew(self) -> bool:
        """Renew; False when the broker is another deployment's, and then the worker was asked to stop."""
        try:
            self._reservation.renew()
        except ConfigurationError as error:
            logger.critical("%s", error)
            os.kill(os.getpid(), signal.SIGTERM)
            return False
        except (psycopg.Error, redis.RedisError) as error:
            logger.debug("The reservation of the broker was not renewed: %s", error)
        return True
