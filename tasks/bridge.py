"""The bridge: sends a message for each waiting row, and returns the rows of dead workers to waiting.

`celery -A tasks bridge` starts it. NOTIFY makes it fast; the sweep finds every row that NOTIFY missed. The other half
is `extract.py`, which receives the messages. Several bridges may run: each locks the rows that it sends, and one
message too many does no harm.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import click
import psycopg
import redis
from celery import Celery
from celery.bin.base import CeleryCommand
from kombu import Queue as BrokerQueue
from kombu.exceptions import OperationalError

from extractor.broker.server import connect
from extractor.broker.start import require_usable
from extractor.errors import ConfigurationError
from extractor.language.sentences import Sentence, say_in
from extractor.log import configure_process
from extractor.metrics import endpoint as metrics
from extractor.metrics.tables import Tables
from extractor.models import RowId, Source
from extractor.postgres.bridges import BridgeMode, BridgeStatus
from extractor.postgres.database import Database
from extractor.postgres.deployment import BrokerReservation
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.doorbell import Doorbell
from extractor.postgres.doubts import Doubts
from extractor.postgres.jobs import JobLimits
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import Settings, load_settings
from extractor.webhooks import Teller
from tasks.routing import source_queue, spool_queue, task_name

logger = logging.getLogger(__name__)

# The exit code for bad settings, as on the command line.
BAD_SETTINGS = 2
# The longest wait for a notification, and so for the reaction to a stop.
LISTEN_SECONDS = 1.0
RECONNECT_SECONDS = 2.0
# After an outage of Postgres a living worker connects again, and then beats, before a row of its is rescued. psycopg's
# pool doubles its pause after each vain try, so that it may sleep on for as long as the outage was, up to five minutes.
BEATS_BEFORE_RESCUE = 3
LONGEST_PAUSE_SECONDS = 300.0
POLLING = Sentence(
    "Notifications do not arrive (a transaction pooler?): rows wait for the sweep."
    " Use a direct connection or a session pooler."
)


class Bridge:
    """One pass is `make_pass`; `serve` repeats it at every notification and every sweep."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._database = Database(settings.database_url.get_secret_value())
        self._dispatcher = Dispatcher(self._database, JobLimits.of(settings))
        self._language = settings.language
        self._doubts = Doubts(self._database, settings.language)
        self._status = BridgeStatus(self._database)
        self._teller = Teller.of(settings, self._database)
        self._broker = connect(settings.broker)
        self._reservation = BrokerReservation(settings)
        self._stopping = threading.Event()
        self._rescues_from = 0.0
        self._in_contact_at = time.monotonic()

    def serve(self) -> None:
        """Make passes until `stop`; waits while Postgres or Redis is away, and makes a pass when it is back.

        Beside it, in a thread, webhooks are sent and old events deleted. Raises ConfigurationError when another
        deployment uses the broker.
        """
        self._teller.start()
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error as error:
                logger.warning("Postgres: %s", error)
            except (redis.RedisError, OperationalError) as error:
                logger.warning("Redis: %s", error)
            self._stopping.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """Make `serve` return after the pass in work."""
        self._stopping.set()

    def close(self) -> None:
        """Show this bridge as offline and close its connections; call it after `serve`, or instead of it."""
        self._teller.stop()
        try:
            self._status.show(BridgeMode.OFFLINE, "stopped")
        except psycopg.Error as error:
            logger.warning("Postgres: %s", error)
        self._database.close()
        self._broker.close()

    def make_pass(self) -> int:
        """Rescue the rows of dead workers, send the rows that are due; return the number of messages.

        What is sent first is not delayed by what is only noted: the doubts about rows come last.
        """
        for source in self._dispatcher.restore_sources():
            logger.warning("source_control had no row for %s: restored", source)
        if time.monotonic() >= self._rescues_from:
            for job_id in self._dispatcher.rescue():
                logger.warning("Rescued job %s: its worker went silent", job_id)
        sent = self._dispatch_spooled() + sum(self._dispatch(source) for source in Source)
        self._status.add_sent(sent)
        if doubtful := self._doubts.note():
            logger.info("Doubtful: %d new rows will probably be refused (extraction_queue_doubtful)", len(doubtful))
        return sent

    def _dispatch(self, source: Source) -> int:
        """Fill the source's queue up to the window, however long the table is."""
        queue = source_queue(source)
        queued = self._depth(queue)
        free = self._settings.dispatch_window - queued
        if free <= 0:
            return 0
        with self._dispatcher.dispatch(source, limit=free, queued=queued) as job_ids:
            for job_id in job_ids:
                self._send(source, job_id, queue)
        if job_ids:
            logger.info("Sent %d %s", len(job_ids), source)
        return len(job_ids)

    def _dispatch_spooled(self) -> int:
        """Send each row whose document is bought to the workers that have it on their disk."""
        with self._dispatcher.dispatch_spooled(limit=self._settings.dispatch_window) as jobs:
            for job in jobs:
                self._send(job.source, job.id, spool_queue(job.spool_id))
        if jobs:
            logger.info("Sent %d bought documents to their spools", len(jobs))
        return len(jobs)

    def _depth(self, queue: BrokerQueue) -> int:
        """Messages that lie on the queue; without priorities its key is its name."""
        return int(self._broker.llen(queue.name))

    def _send(self, source: Source, job_id: RowId, queue: BrokerQueue) -> None:
        self._app.send_task(
            task_name(source),
            args=[job_id],
            queue=queue,  # type: ignore[arg-type]  # Celery takes a Queue too; a spool's is declared nowhere
            ignore_result=True,
        )

    def _listen(self) -> None:
        """Make a pass at once, since notifications may be lost; then one at each notification and each sweep.

        Postgres may have been away until now: living workers have time for a beat before any row of theirs is rescued.
        """
        url, sweep_seconds = self._settings.database_url.get_secret_value(), self._settings.sweep_seconds
        with Doorbell(url, self._database, proof_seconds=self._settings.proof_seconds) as doorbell:
            self._reservation.renew()
            self._status.register()
            self._rescues_from = time.monotonic() + self._grace_seconds()
            next_sweep = 0.0
            while not self._stopping.is_set():
                self._reservation.renew()
                if time.monotonic() >= next_sweep:
                    self.make_pass()
                    self._show(doorbell)
                    self._in_contact_at = time.monotonic()
                    next_sweep = time.monotonic() + sweep_seconds
                if doorbell.wait(min(LISTEN_SECONDS, sweep_seconds)):
                    next_sweep = 0.0

    def _grace_seconds(self) -> float:
        """What living workers get before a row of theirs is rescued; ask once the contact is back, not before."""
        outage_seconds = min(time.monotonic() - self._in_contact_at, LONGEST_PAUSE_SECONDS)
        return BEATS_BEFORE_RESCUE * self._settings.heartbeat_seconds + outage_seconds

    def _show(self, doorbell: Doorbell) -> None:
        seconds = doorbell.seconds_since_proof
        mode, message = (
            (BridgeMode.POLLING, say_in(self._language, POLLING)) if seconds is None else (BridgeMode.LISTENING, None)
        )
        self._status.show(mode, message, seconds_since_proof=seconds)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        sys.stderr.write(f"bridge: {error}\n")
        raise SystemExit(BAD_SETTINGS) from None


@click.command(cls=CeleryCommand)
@click.pass_context
def bridge(ctx: click.Context) -> None:
    """Turn the rows of extraction_queue into Celery messages."""
    settings = load_settings()
    configure_process(settings)
    with _refusing():
        require_usable(settings.broker)
    tables = Tables(settings.database_url.get_secret_value(), Viewpoint.of(settings))
    metrics.serve(settings.metrics_host, settings.metrics_port, tables)
    service = Bridge(ctx.obj.app, settings)

    def stop(_number: int, _frame: Any) -> None:
        service.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with _refusing(), closing(service):
        service.serve()
