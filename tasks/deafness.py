"""A worker that no longer hears its broker: up, idle, and deaf.

A line that died without a word leaves the consumer waiting for ever; only the parent, which sees both the queue and
its idle children, can tell. It frees their accounts and restarts in place, under the same process id: Celery's
own reconnection would first say goodbye on the dead line, and wait there.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Sequence

import psutil
import redis
from celery.worker import state

from extractor.settings import Settings

logger = logging.getLogger(__name__)

BROKER_TIMEOUT_SECONDS = 5.0
# For the idle children to close their sessions.
STOP_SECONDS = 8.0
LOOKS = 6


class DeafnessWatch:
    """Looks a few times per `deaf_seconds`: a worker that is idle while messages lie there at every look is deaf."""

    def __init__(self, settings: Settings, *, queues: Sequence[str]) -> None:
        self._queues = queues
        self._interval = settings.deaf_seconds / LOOKS
        self._broker = redis.Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_timeout=BROKER_TIMEOUT_SECONDS,
            socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
        )

    def start(self) -> None:
        """Watch from a thread until the process ends."""
        threading.Thread(target=self._watch, name="deafness", daemon=True).start()

    def _watch(self) -> None:
        unheard = 0
        while True:
            time.sleep(self._interval)
            unheard = unheard + 1 if self._is_unheard() else 0
            if unheard == LOOKS:
                logger.error("Messages lie on the broker and are not heard: this worker restarts itself.")
                _restart()

    def _is_unheard(self) -> bool:
        """Whether a message lies on a queue while nothing runs here; a broker that is away is not deafness."""
        if state.reserved_requests or state.active_requests:
            return False
        try:
            return any(int(self._broker.llen(queue)) for queue in self._queues)
        except redis.RedisError as error:
            logger.debug("The broker is away: %s", error)
            return False


def _restart() -> None:
    children = psutil.Process().children()
    for child in children:
        child.terminate()
    psutil.wait_procs(children, timeout=STOP_SECONDS)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 -- the command that this process is
