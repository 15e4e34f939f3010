"""The bridge: turns waiting rows into messages, and returns to waiting what dead workers held.

`celery -A tasks bridge`. NOTIFY makes it quick, the sweep makes it certain. The other half is `extract.py`,
which does what the messages ring for. Several bridges may run: rows are locked, and a message too many is harmless.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any
from uuid import UUID

import click
import psycopg
import redis
from celery import Celery
from celery.bin.base import CeleryCommand
from kombu.exceptions import OperationalError

from extractor.database import CONNECTION_OPTIONS, Database
from extractor.log import configure_logging
from extractor.models import Source
from extractor.queue import Queue, QueueLimits
from extractor.settings import Settings, load_settings
from tasks.extract import task_name

logger = logging.getLogger(__name__)

CHANNEL = "extraction_queue"
# How long one wait for a notification lasts: the bound on reacting to a stop.
LISTEN_SECONDS = 1.0
RECONNECT_SECONDS = 2.0
BROKER_TIMEOUT_SECONDS = 5.0


class Bridge:
    """One pass is `run_once`; `run` repeats it at every ring and at every sweep."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._database = Database(settings.database_url.get_secret_value())
        self._queue = Queue(self._database, QueueLimits.of(settings))
        self._broker = redis.Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_timeout=BROKER_TIMEOUT_SECONDS,
            socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
        )
        self._stopping = threading.Event()

    def run(self) -> None:
        """Serve until `stop`; an outage of Postgres or Redis is waited out, and followed by a sweep."""
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.OperationalError as error:
                logger.warning("Postgres: %s", error)
            except (redis.RedisError, OperationalError) as error:
                logger.warning("Redis: %s", error)
            self._stopping.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """Make `run` return after the pass in work."""
        self._stopping.set()

    def close(self) -> None:
        """Return the connections; after `run`, or instead of it."""
        self._database.close()
        self._broker.close()

    def run_once(self) -> int:
        """Rescue what the dead held, send what may be sent; return the number of messages."""
        for job_id in self._queue.rescue():
            logger.warning("Rescued job %s: its worker went silent", job_id)
        return sum(self._dispatch(source) for source in Source)

    def _dispatch(self, source: Source) -> int:
        """Fill the source's queue up to the window, however long the table is."""
        free = self._settings.dispatch_window - self._depth(source)
        if free <= 0:
            return 0
        with self._queue.dispatch(source, limit=free) as job_ids:
            for job_id in job_ids:
                self._send(source, job_id)
        if job_ids:
            logger.info("Sent %d %s", len(job_ids), source)
        return len(job_ids)

    def _depth(self, source: Source) -> int:
        """Messages that lie on the source's queue; without priorities its key is its name."""
        return int(self._broker.llen(source))

    def _send(self, source: Source, job_id: UUID) -> None:
        self._app.send_task(task_name(source), args=[str(job_id)], queue=source, ignore_result=True)

    def _listen(self) -> None:
        """Pass at once, since rings may have been missed; then at every ring and every sweep."""
        url = self._settings.database_url.get_secret_value()
        with psycopg.connect(url, autocommit=True, **CONNECTION_OPTIONS) as listener:  # type: ignore[arg-type]
            listener.execute(f"LISTEN {CHANNEL}")
            logger.info("Listening for rows; sweeping every %s s", self._settings.sweep_seconds)
            next_sweep = 0.0
            while not self._stopping.is_set():
                rung = any(True for _ in listener.notifies(timeout=LISTEN_SECONDS if next_sweep else 0, stop_after=1))
                if rung or time.monotonic() >= next_sweep:
                    self.run_once()
                    next_sweep = time.monotonic() + self._settings.sweep_seconds


@click.command(cls=CeleryCommand)
@click.pass_context
def bridge(ctx: click.Context) -> None:
    """Turn the rows of extraction_queue into Celery messages."""
    settings = load_settings()
    configure_logging(settings.log_level)
    service = Bridge(ctx.obj.app, settings)

    def stop(_number: int, _frame: Any) -> None:
        service.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    service.run()
    service.close()
