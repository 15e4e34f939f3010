"""The bridge: sends a message for each waiting row, and returns the rows of dead workers to waiting.

`celery -A tasks bridge` starts it. NOTIFY makes it fast: at a ring it sends first, and does the rest of its pass
afterwards. The sweep finds every row that NOTIFY missed. The other half is `extract.py`, which receives the messages.
Several bridges may run: each locks the rows that it sends, and one message too many does no harm.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import Any

import click
import psycopg
import redis
from celery import Celery
from celery.bin.base import CeleryCommand
from kombu import Queue as BrokerQueue
from kombu.exceptions import BatchPublishError, OperationalError  # type: ignore[attr-defined]  # its stubs are of 5.6

from extractor.broker.server import connect
from extractor.broker.start import require_usable
from extractor.errors import ConfigurationError
from extractor.language.sentences import Sentence, say_in
from extractor.log import configure_process
from extractor.metrics import endpoint as metrics
from extractor.metrics.tables import Tables
from extractor.models import RowId, Source
from extractor.postgres.bridges import BridgeMode, BridgeStatus
from extractor.postgres.counts import Counts
from extractor.postgres.database import Database
from extractor.postgres.days import Days
from extractor.postgres.deployment import BrokerReservation
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.doorbell import Doorbell
from extractor.postgres.doubts import Doubts
from extractor.postgres.jobs import JobLimits
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import Settings, load_settings
from extractor.webhooks import Teller
from tasks.routing import source_queue, spool_queue, task_name
from tasks.window import Window

logger = logging.getLogger(__name__)

# The exit code for bad settings, as on the command line.
BAD_SETTINGS = 2
# The longest wait for a notification, and so for the reaction to a stop.
LISTEN_SECONDS = 1.0
RECONNECT_SECONDS = 2.0
# The rest of a pass comes this long after a ring: the rings of a burst have one together.
REST_SECONDS = 0.2
# How soon the bridge looks at a full queue again while more rows wait; each look that finds it full doubles the pause.
REFILL_SECONDS = 0.02
# How many times one pass judges rows; it looks at the doorbell after each.
DOUBTS_OF_A_PASS = 10
# After an outage of Postgres a living worker connects again, and then beats, before a row of its is rescued. psycopg's
# pool doubles its pause after each failed try, so it may sleep on for as long as the outage was, up to five minutes.
BEATS_BEFORE_RESCUE = 3
LONGEST_PAUSE_SECONDS = 300.0
# Of what no row waits for.
REST_AFTER_ERROR_SECONDS = 600.0
# What a broker causes that is away, or whose line breaks: of its client, of kombu, and what kombu passes on as it is.
BROKER_OUTAGES = (redis.RedisError, OperationalError, BatchPublishError, ConnectionError, TimeoutError)
POLLING = Sentence(
    "Notifications do not arrive (a transaction pooler?): rows wait for the sweep."
    " Use a direct connection or a session pooler."
)


class Bridge:
    """One pass is `make_pass`. `serve` sends at every notification; the rest of a pass comes soon after it."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._database = Database(settings.database_url.get_secret_value())
        self._dispatcher = Dispatcher(self._database, JobLimits.of(settings))
        self._language = settings.language
        self._doubts = Doubts(self._database, settings.language)
        self._counts = Counts(self._database)
        self._days = Days(self._database)
        self._status = BridgeStatus(self._database)
        self._teller = Teller.of(settings, self._database)
        self._broker = connect(settings.broker)
        self._window = Window(settings.dispatch_window)
        self._reservation = BrokerReservation(settings)
        self._stopping = threading.Event()
        self._rescues_from = 0.0
        self._tends_from = 0.0
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
            except BROKER_OUTAGES as error:
                logger.warning("Redis: %s", error)
            self._stopping.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """Make `serve` return after the pass in progress."""
        self._stopping.set()

    def close(self) -> None:
        """Show this bridge as offline and close its connections; call it after `serve`, or instead of it."""
        self._database.hurry()
        self._teller.stop()
        try:
            self._status.show(BridgeMode.OFFLINE, "stopped")
        except psycopg.Error as error:
            logger.warning("Postgres: %s", error)
        self._database.close()
        self._broker.close()

    def make_pass(self) -> int:
        """Send the rows that are due, then do the rest; return the number of messages."""
        return self.send_due() + sum(step() for step in self._rest())

    def send_due(self, *, at_most: int | None = None) -> int:
        """Fill each source's queue up to the window, however long the table is; return the number of messages.

        With `at_most` only the queues that hold no more messages than that: a queue is filled in few passes.
        """
        self._measure()
        queued = self._window.queued(at_most=at_most)
        if not queued:
            return 0
        with self._dispatcher.dispatch(queued, window=self._window.size) as due:
            return self._send_marked(due, asked=self._window.rooms())

    def send_rung(self) -> int:
        """Send what rang, by a statement that does no more; return the number of messages.

        It asks the broker nothing: since the last pass measured the rooms, workers have only made more of them. Only a
        queue that was full then is looked at again.
        """
        if self._window.has_full_queue:
            self._measure()
        rooms = self._window.rooms()
        if not rooms:
            return 0
        room = min(rooms.values())  # the statement has one number for all sources
        with self._dispatcher.dispatch_rung(rooms, room=room) as due:
            return self._send_marked(due, asked=dict.fromkeys(rooms, room))

    def _send_marked(self, due: Mapping[Source, Sequence[RowId]], *, asked: Mapping[Source, int]) -> int:
        """Publish rows that are marked as sent; `asked` is up to how many rows of each source were asked for."""
        self._send((source, job_id, source_queue(source)) for source in due for job_id in due[source])
        for source, job_ids in due.items():
            self._window.sent(source, len(job_ids), asked=asked[source])
            if job_ids:
                logger.info("Sent %d %s", len(job_ids), source)
        return self._count(sum(map(len, due.values())))

    def _rest(self) -> Iterator[Callable[[], int]]:
        """The steps of a pass that no ring waits for; each returns the number of messages that it sent."""
        yield from (self._restore_sources, self._rescue, self._send_spooled)
        for _ in range(DOUBTS_OF_A_PASS):
            yield self._note_doubts
            if not self._doubts.has_more:
                break
        yield self._tend_sums

    def _restore_sources(self) -> int:
        restored = self._dispatcher.restore_sources()
        for source in restored:
            logger.warning("source_control had no row for %s: restored", source)
        return self.send_due() if restored else 0

    def _rescue(self) -> int:
        """A rescued row that goes again rings."""
        if time.monotonic() >= self._rescues_from:
            for job_id in self._dispatcher.rescue():
                logger.warning("Rescued job %s: its worker went silent", job_id)
        return 0

    def _send_spooled(self) -> int:
        """Send each row whose document is bought to the workers that have it on their disk."""
        with self._dispatcher.dispatch_spooled(limit=self._settings.dispatch_window) as jobs:
            self._send((job.source, job.id, spool_queue(job.spool_id)) for job in jobs)
        if jobs:
            logger.info("Sent %d bought documents to their spools", len(jobs))
        return self._count(len(jobs))

    def _note_doubts(self) -> int:
        """It sends nothing, so it comes last."""
        if doubtful := self._doubts.note():
            logger.info("Doubtful: %d new rows will probably be refused (extraction_queue_doubtful)", len(doubtful))
        return 0

    def _tend_sums(self) -> int:
        """Reports are right without it. What fails is tried again after a rest, not at each pass.

        Without statistics of a large table that was just restored, either may take minutes.
        """
        if time.monotonic() >= self._tends_from:
            self._tends_from = time.monotonic() + REST_AFTER_ERROR_SECONDS
            self._counts.tend()
            self._days.tend()
            self._tends_from = 0.0
        return 0

    def _count(self, sent: int) -> int:
        self._status.add_sent(sent)
        return sent

    def _measure(self) -> None:
        """Ask how long each queue is, in one round trip; without priorities a queue's key is its name."""
        with self._broker.pipeline(transaction=False) as commands:
            for source in Source:
                commands.llen(source_queue(source).name)
            depths = zip(Source, map(int, commands.execute()), strict=True)
        self._window.measure(dict(depths))

    def _send(self, messages: Iterable[tuple[Source, RowId, BrokerQueue]]) -> None:
        """Publish all messages, several in one round trip; when this returns, the broker has them.

        One alone is on its way before Celery has told Flower of it. Raises one of BROKER_OUTAGES when the broker may
        have some: these are duplicates then, which do no harm.
        """
        waiting = list(messages)
        if not waiting:
            return
        with (
            self._app.amqp.producer_pool.acquire(block=True) as producer,
            producer.batch() if len(waiting) > 1 else nullcontext(),  # type: ignore[attr-defined]  # stubs are of 5.6
        ):
            for source, job_id, queue in waiting:
                self._app.send_task(
                    task_name(source),
                    args=[job_id],
                    queue=queue,  # type: ignore[arg-type]  # Celery takes a Queue too; a spool's is declared nowhere
                    ignore_result=True,
                    producer=producer,
                    retry=False,  # kombu would connect again within a batch, and go on with the channel that it closed
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
            next_rest = 0.0
            has_rung = True
            while not self._stopping.is_set():
                self._reservation.renew()
                if has_rung:
                    self.send_rung()
                    next_rest = min(next_rest, time.monotonic() + REST_SECONDS)
                if time.monotonic() >= next_rest:
                    self._do_the_rest(doorbell)
                    next_rest = time.monotonic() + sweep_seconds
                has_rung = self._wait(doorbell, until=next_rest)

    def _do_the_rest(self, doorbell: Doorbell) -> None:
        """Look at the doorbell after each step: a row that rings waits for one statement at most."""
        self.send_due()  # what did not ring: rows that became due, and messages that were lost
        for step in self._rest():
            step()
            if doorbell.wait(0):
                self.send_rung()
        self._show(doorbell)
        self._in_contact_at = time.monotonic()

    def _wait(self, doorbell: Doorbell, *, until: float) -> bool:
        """Wait for a ring; meanwhile fill the queues again from which workers have taken half, while more rows wait."""
        pause = REFILL_SECONDS
        while not self._stopping.is_set():
            seconds = min(LISTEN_SECONDS, until - time.monotonic())
            if not self._window.may_have_more:
                return doorbell.wait(max(seconds, 0))
            if seconds <= 0 or doorbell.wait(min(seconds, pause)):
                return seconds > 0
            pause = REFILL_SECONDS if self.send_due(at_most=self._window.size // 2) else 2 * pause
        return False

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
