"""Restarts a deaf worker: it runs and is idle, but no message of its broker reaches it.

When a connection dies without an error, the consumer waits on it forever. Only the parent can tell, because it sees
both the queue and its idle children. It ends the children, which frees their accounts, and restarts in place under
the same process id. Celery's own reconnection would first say goodbye on the dead connection, and hang there.
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

logger = logging.getLogger(__name__)

# What the idle children get to close their sessions.
STOP_SECONDS = 8.0
LOOKS = 6


class DeafnessWatch:
    """Looks LOOKS times per `deaf_seconds`: a worker is deaf when it is idle and messages wait at every look."""

    def __init__(self, broker: redis.Redis, *, deaf_seconds: float, queues: Sequence[str]) -> None:
        self._queues = queues
        self._interval = deaf_seconds / LOOKS
        self._broker = broker

    def start(self) -> None:
        """Watch from a thread until the process ends."""
        threading.Thread(target=self._watch, name="deafness", daemon=True).start()

    def _watch(self) -> None:
        unheard = 0
        while True:
            time.sleep(self._interval)
            unheard = unheard + 1 if self.is_unheard() else 0
            if unheard == LOOKS:
                logger.error("Messages wait on the broker and do not reach this worker: it restarts itself.")
                _restart()

    def is_unheard(self) -> bool:
        """Whether a message waits on a queue while nothing runs here; False while the broker is away.

        A worker that was asked to stop takes no message any more: a restart would undo the stop.
        """
        if state.reserved_requests or state.active_requests or _is_stopping():
            return False
        try:
            return any(int(self._broker.llen(queue)) for queue in self._queues)
        except redis.RedisError as error:
            logger.debug("The broker is away: %s", error)
            return False


def _is_stopping() -> bool:
    return (state.should_stop, state.should_terminate) != (None, None)


def _restart() -> None:
    children = psutil.Process().children()
    for child in children:
        child.terminate()
    psutil.wait_procs(children, timeout=STOP_SECONDS)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 -- the command that this process is
